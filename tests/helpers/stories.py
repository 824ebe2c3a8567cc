"""Stories for reports: small, with everything in them."""

import numpy as np

from holdfast.report.story import Answers, ColumnFacts, Importance, Story

RNG = np.random.default_rng(0)
EVIL = "<script>alert('x')</script>"


def share(k):
    return {"score": 0.5 + 0.001 * k, "low": 0.4, "high": 0.6 + 0.001 * k}


def of_class(k):
    return {
        "class": f"{EVIL}{k}",
        "support": 100 + k,
        "called": 90,
        "precision": share(k),
        "recall": share(k),
        "f1": share(k),
    }


def decision(n_classes):
    points = [{"threshold": at / 10, "precision": at / 10, "recall": 1 - at / 10, "f1": 0.4} for at in range(1, 10)]
    return {
        "rule": "likeliest", "threshold": None, "reason": EVIL, "costs": None, "words": EVIL, "chosen": False, "score": 0.5,
        "curve": points if n_classes == 2 else [],
    }  # fmt: skip


def verdict(metric, n_classes=None):
    return {
        "classes": n_classes and [of_class(k) for k in range(n_classes)], "cost": None,
        "metric": metric, "score": 0.84, "low": 0.8, "high": 0.88, "level": 0.95, "openings": 1, "rows": 500,
        "baseline": 0.5, "others": {"other": {"score": 1.5, "low": 1.0, "high": 2.0}},
    }  # fmt: skip


def row(learner, score, **facts):
    p = None if facts.get("baseline") else {"p": 0.004}
    return {
        "learner": learner, "score": score, "low": score - 0.02, "high": score + 0.02, "fit_seconds": 0.5,
        "rows_per_second": 1e5, "beats_baseline": p, "baseline": False, "chosen": False, "trial": 1, "folds": 10, **facts,
    }  # fmt: skip


def inside(n_classes):
    """Pictures of the model and its search: effects of a number, a date and words, a small tree, and twelve trials."""
    n = 1 if n_classes in (None, 2) else 3
    rows = [[0.1 + 0.2 * k] * n for k in range(3)]
    ranges = {"mean": rows, "low": [0.0, 0.1, 0.2], "high": [0.3, 0.5, 0.7], "lines": [[0.1, 0.2, 0.3]] * 4}
    columns = [
        {"feature": EVIL, "kind": "category", "values": ["red", None, EVIL], **ranges},
        {"feature": "size", "kind": "number", "values": [1.0, 2.0, 9.0], **ranges},
        {"feature": "day", "kind": "datetime", "values": [0.0, 1e8, 2e8], **ranges},
    ]
    leaf = {"value": [0.2] if n_classes is None else [0.8, 0.2, *[0.0] * (n_classes - 2)], "rows": 0.5, "question": ""}
    leaf |= {"yes": None, "no": None, "leaves": 1}
    trials = [{"trial": k, "learner": "abcdefg"[k % 7], "score": 0.5 + k / 100, "seconds": 1.0} for k in range(1, 13)]
    parameters = [
        {"name": EVIL, "importance": 0.7, "log": True, "options": [], "values": [10.0**k for k in range(12)]},
        {"name": "how", "importance": 0.3, "log": False, "options": ["x", EVIL], "values": [EVIL] * 11 + ["x"]},
    ]
    scores = [each["score"] for each in trials]
    return {
        "dependence": {"outputs": [EVIL] * n, "probability": n_classes is not None, "columns": columns},
        "tree": {
            "what": "surrogate", "root": {**leaf, "leaves": 2, "question": EVIL, "yes": leaf, "no": leaf}, "explained": 0.9,
            "agreement": None if n_classes is None else 0.8,
        },
        "search": {
            "trials": trials,
            "slices": {"learner": "forest", "trials": list(range(12)), "scores": scores, "parameters": parameters},
        },
    }  # fmt: skip


def weighed(name, score):
    return {"name": name, "trial": 1, "score": score, "size": 12_345, "latency": 2e-5, "front": True, "within": True}


def story(n_classes=2, n_columns=5, n_findings=2) -> Story:
    n = 500
    if n_classes is None:
        y = RNG.normal(size=n)
        answers, classes, metric = Answers(y, y + RNG.normal(size=n)), None, "rmse"
    else:
        y = RNG.integers(0, n_classes, n)
        shares = RNG.dirichlet(np.ones(n_classes), n)
        answers = Answers(y, shares, shares.argmax(axis=1))
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
            "front": [weighed("lightgbm", 0.84), weighed("prior", 0.5)],
            "verdict": verdict(metric, n_classes),
            "decision": n_classes and decision(n_classes),
            **inside(n_classes),
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
        learners={"lightgbm": "Many trees, each mending what the ones before left wrong.", "prior": EVIL},
        not_tried=[("catboost", "not installed")],
    )
