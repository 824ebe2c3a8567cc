import re

import numpy as np
import pytest

from holdfast.report.page import MOST_CLASSES, number, render, span
from holdfast.report.story import Answers, ColumnFacts, Importance, Story

RNG = np.random.default_rng(0)
EVIL = "<script>alert('x')</script>"


def verdict(metric):
    return {
        "metric": metric, "score": 0.84, "low": 0.8, "high": 0.88, "level": 0.95, "openings": 1, "rows": 500,
        "baseline": 0.5, "others": {"other": {"score": 1.5, "low": 1.0, "high": 2.0}},
    }  # fmt: skip


def row(learner, score, **facts):
    p = None if facts.get("baseline") else {"p": 0.004}
    return {
        "learner": learner, "score": score, "low": score - 0.02, "high": score + 0.02, "fit_seconds": 0.5,
        "rows_per_second": 1e5, "beats_baseline": p, "baseline": False, "chosen": False, "trial": 1, **facts,
    }  # fmt: skip


def story(n_classes=2, n_columns=5, n_findings=2) -> Story:
    n = 500
    if n_classes is None:
        y = RNG.normal(size=n)
        answers, classes, metric = Answers(y, y + RNG.normal(size=n)), None, "rmse"
    else:
        y = RNG.integers(0, n_classes, n)
        answers = Answers(y, RNG.dirichlet(np.ones(n_classes), n))
        classes, metric = [f"class {k}" for k in range(n_classes)], "roc_auc"
    finding = {
        "code": "target-copy", "severity": "blocker", "columns": [EVIL], "evidence": EVIL, "remedy": EVIL, "action": EVIL,
    }  # fmt: skip
    return Story(
        title=f"Holdfast: {EVIL}",
        sentence="On 500 rows it had never seen, the model is fine.",
        result={
            "metric": metric,
            "findings": [finding] * n_findings,
            "leaderboard": [row("lightgbm", 0.84, chosen=True), row("prior", 0.5, baseline=True)],
            "verdict": verdict(metric),
            "model": {"path": "study/model", "size_bytes": 12_345, "sha256": "ab" * 32},
            "seconds": dict.fromkeys(("read", "audit", "search", "verdict", "compile"), 1.25),
            "fingerprint": "cd" * 16,
            "version": "0.1",
        },
        decisions=[("Task", EVIL), ("Chosen", "lightgbm")],
        metrics={metric: ("The Score", "What it means.", True), "other": ("Another", "Something else.", False)},
        classes=classes,
        sealed=answers,
        columns=[ColumnFacts(f"{EVIL}{k}", "number", 0.1, 7, "1 · 2 · 3", [10, 100, 50]) for k in range(n_columns)],
        importance=[Importance(EVIL, 0.2, 0.1, 0.3), Importance("b", -0.01, -0.02, 0.0)],
        not_tried=[("catboost", "not installed")],
    )


@pytest.mark.parametrize("n_classes", [2, 3, 77, None])
def test_every_section_is_there(n_classes):
    page = render(story(n_classes))
    for heading in (
        "What was asked",
        "Findings",
        "Leaderboard",
        "On the sealed rows",
        "What the model looks at",
        "The data",
        "Use the model",
    ):
        assert f"<h2>{heading}" in page
    assert ("<h2>Confusion" in page) == (n_classes is not None)
    assert ("ROC curve" in page) == (n_classes is not None)
    assert ("Residuals" in page) == (n_classes is None)
    if n_classes == 77:
        assert f"Only the {MOST_CLASSES} commonest" in page


@pytest.mark.parametrize("n_classes", [2, None])
def test_what_the_data_says_is_never_run(n_classes):
    page = render(story(n_classes))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_nothing_is_fetched():
    page = render(story())
    assert "default-src 'none'" in page
    assert not re.search(r"(src|href)\s*=\s*[\"'](?!data:|#)", page)
    assert "@import" not in page


@pytest.mark.parametrize("n_classes", [200, None])
def test_it_stays_small(n_classes):
    page = render(story(n_classes, n_columns=10_000, n_findings=500))
    assert len(page.encode()) < 2_000_000
    assert "more columns are not shown" in page
    assert "more are in result.json" in page


def test_the_same_story_is_the_same_page():
    one = story()
    assert render(one) == render(one)


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.8425123, "0.8425"), (12345.6, "12,346"), (7, "7"), (None, "–"), (float("nan"), "–"), (1e-7, "1e-07")],
)
def test_numbers(value, shown):
    assert number(value) == shown


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [(0.8, 0.9, "0.80 – 0.90"), (0.5, 0.5, "0.5000 – 0.5000"), (1000, 1900, "1,000 – 1,900"), (None, 1, "–")],
)
def test_intervals(low, high, shown):
    assert span(low, high) == shown
