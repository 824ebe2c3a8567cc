import re
from dataclasses import replace

import pytest
from stories import EVIL, row, story

from holdfast.report.page import MOST_CLASSES, render


@pytest.mark.parametrize("n_classes", [2, 3, 77, None])
def test_every_section_is_there(n_classes):
    page = render(story(n_classes))
    for heading in (
        "What was asked",
        "Findings",
        "Leaderboard",
        "On the sealed rows",
        "How the search went",
        "What the model looks at",
        "How the answer moves with a column",
        "The model as a tree",
        "The data",
        "Use the model",
        "Words",
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


def test_what_was_not_found_out_has_no_section():
    bare = story()
    nothing = {
        "dependence": {"outputs": [], "probability": False, "columns": []},
        "tree": None,
        "search": {"trials": bare.result["search"]["trials"][:9], "slices": None},
    }
    page = render(replace(bare, result={**bare.result, **nothing}))
    for heading in ("How the search went", "How the answer moves", "The model as a tree"):
        assert heading not in page


def test_learners_judged_on_fewer_folds_say_so():
    one = story()
    assert "5 folds" not in render(one)
    one.result["leaderboard"].append(row("ridge", 0.8, folds=5))
    page = render(one)
    assert "The best were judged on 10 folds" in page
    assert page.count("<small>5 folds</small>") == 1


def test_the_shipped_tree_is_called_the_model():
    bare = story()
    page = render(replace(bare, result={**bare.result, "tree": {"what": "model", "root": bare.result["tree"]["root"]}}))
    assert "The model that ships is this" in page
    assert "not the model itself" not in page


def test_what_validation_found_is_shown():
    one = story()
    points = [{"value": v, "fitted": 0.9, "unseen": 0.8 - v / 100, "spread": 0.02} for v in (1, 3, 9)]
    curve = {
        "learner": "lightgbm",
        "param": EVIL,
        "chosen": 3,
        "ordered": True,
        "log": True,
        "folds": 5,
        "points": points,
    }
    fold = {"chosen": "lightgbm", "inner": 0.9, "outer": 0.85, "rows": 400, "held_out": 100, "trials": 12}
    nested = {"asked": 5, "folds": [fold] * 5, "score": 0.8512, "low": 0.8, "high": 0.9, "level": 0.95}
    result = {**one.result, "validation_curve": curve, "nested": nested}
    page = render(replace(one, result=result, values_words=[EVIL], nested_words=["It achieves something."]))
    assert "<h2>What the procedure achieves" in page
    assert "0.8512" in page
    assert "<h2>Does it fit too little, or too much?" in page
    assert "Validation curve" in page
    assert "<script" not in page
    choice = {**curve, "ordered": False, "log": False}
    assert "Validation curve" in render(replace(one, result={**result, "validation_curve": choice}, values_words=["w"]))
    assert "What the procedure achieves" not in render(one)
