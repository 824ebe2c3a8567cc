"""Folds as asked: kept, checked before anything is trained, and right for groups."""

import re

import numpy as np
import polars as pl
import pytest

import holdfast as hf
from holdfast.study.request import Request
from holdfast.study.settings import read_settings

FAST = {"learners": "ridge", "trials": 1}


def frame(n=200, n_groups=10, n_rare=40):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, 3))
    return pl.DataFrame(
        {
            "a": x[:, 0],
            "b": x[:, 1],
            "who": [f"p{k}" for k in np.arange(n) % n_groups],
            "y": x.sum(axis=1) + rng.normal(size=n),
            "label": np.where(np.arange(n) < n_rare, "rare", "common"),
        }
    )


def train(tmp_path, target="y", n_groups=10, n_rare=40, **settings):
    drop = ("label",) if target == "y" else ("y",)
    learners = FAST if target == "y" else {**FAST, "learners": "logistic"}
    return hf.train(
        frame(n_groups=n_groups, n_rare=n_rare), target, drop=drop, out=tmp_path / "study", **{**learners, **settings}
    )


@pytest.mark.parametrize(
    ("asked", "folds", "repeats"),
    [("5x3", 5, 3), ("10", 10, None), (4, 4, None), ("logo", "logo", None), (None, None, None), ("2 x 2", 2, 2)],
)
def test_what_folds_may_be(asked, folds, repeats):
    request = Request.of(target="y", folds=asked, group="who")
    assert (request.folds, request.repeats) == (folds, repeats)


def test_a_study_file_has_a_table_for_it(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text('target = "y"\n\n[validation]\nnested = true\nfolds = "5x3"\nouter_folds = 4\n')
    request = Request.of(**read_settings(path))
    assert (request.nested, request.folds, request.repeats, request.outer_folds) == (True, 5, 3, 4)
    path.write_text(request.to_toml())
    assert Request.of(**read_settings(path)) == request
    path.write_text('target = "y"\nvalidation = 3\n')
    with pytest.raises(hf.RequestError, match=r"expected a table: \[validation\]"):
        read_settings(path)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"folds": "logo"}, "no group was named; expected --group"),
        ({"folds": "logo", "group": "who", "time": "a"}, "rows are also split by time"),
        ({"folds": "logo", "group": "who", "repeats": 2}, "can be cut in one way only"),
        ({"folds": "5x3", "time": "a"}, "can be cut in one way only"),
        ({"folds": "5x3", "repeats": 2}, "expected one of the two"),
        ({"folds": "five"}, "expected a number such as 10"),
        ({"folds": "5x3x2"}, "expected a number such as 10"),
        ({"folds": 1}, "'folds' got 1"),
        ({"repeats": 0}, "'repeats' got 0"),
        ({"folds": 300}, "hold 1.. distinct rows; expected no more folds"),
        ({"folds": 12, "group": "who"}, "hold [0-9]+ groups; expected no more folds than groups"),
        ({"folds": 8, "target": "label", "n_rare": 6}, "class 'rare' has . distinct rows to learn from"),
        ({"nested": True, "outer_folds": 11, "group": "who"}, "outer_folds is 11"),
        ({"folds": 160, "metric": "r2"}, "r2 can't be computed on any of the 1.. folds|hold 1.. distinct rows"),
    ],
)
def test_what_cannot_be_cut_is_an_error_before_training(tmp_path, settings, says):
    with pytest.raises(hf.RequestError, match=says):
        train(tmp_path, **settings)
    assert not (tmp_path / "study").exists()


def test_what_holds_one_answer_is_no_fold(tmp_path):
    """Of five stretches of time the first two know no rare label."""
    rows = frame(n=600).with_columns(
        when=pl.int_range(600), label=pl.Series(np.where(np.arange(600) % 7, "common", "rare"))
    )
    rows = rows.with_columns(label=pl.when(pl.col("when") < 200).then(pl.lit("common")).otherwise("label"))
    found = hf.train(
        rows, "label", drop=("y", "who"), time="when", learners="logistic,lightgbm", trials=2, out=tmp_path / "study"
    ).result
    assert {row["learner"] for row in found["leaderboard"]} >= {"logistic", "lightgbm"}
    assert found["split"]["folds"] == 3


def test_one_group_a_fold(tmp_path):
    result = train(tmp_path, folds="logo", group="who").result
    groups = frame()["who"].n_unique()
    assert 6 <= result["split"]["folds"] < groups
    assert "leave one group out, as asked" in (tmp_path / "study" / "report.html").read_text(encoding="utf-8")


def test_repeats_are_kept_and_compared(tmp_path):
    study = train(tmp_path, folds="4x3", learners="ridge,nearest_neighbours", trials=2)
    assert study.result["split"]["folds"] == 12
    assert "4 folds, cut 3 times, as asked" in re.sub("<[^>]*>", "", study.report().read_text(encoding="utf-8"))
    against = [row["against_best"]["p"] for row in study.result["leaderboard"][1:]]
    assert all(0 <= p <= 1 for p in against)


def test_few_rows_are_judged_again_when_there_is_time(tmp_path):
    study = train(tmp_path, learners="ridge,lasso", tuner="none", trials=None, budget=25)
    result = study.result
    assert result["split"]["folds"] in (10, 15, 20, 25)
    assert "as there was time" in study.report().read_text(encoding="utf-8")
    assert (tmp_path / "study" / "trials" / "repeat-1" / "0000.json").exists()


def test_without_a_budget_folds_are_not_repeated_unasked(tmp_path):
    assert train(tmp_path).result["split"]["folds"] == 5
