"""Validation curves: what they say, and that a study draws them."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import holdfast as hf
from holdfast.metrics.classification import ROC_AUC
from holdfast.study.validation import Curve, Point, words_of

LUCK = (0.9, 0.7, 0.5), (0.9, 0.7, 0.8)


def curve(fitted, unseen, chosen=4, ordered=True):
    points = tuple(
        Point(2**k, f, u, 0.01, (u - 0.01, u, u + 0.01)) for k, (f, u) in enumerate(zip(fitted, unseen, strict=True))
    )
    return Curve("decision_tree", "max_leaf_nodes", chosen, ordered, ordered, 3, 0.25, points)


@pytest.mark.parametrize(
    ("fitted", "unseen", "says", "not_said"),
    [
        ([0.6, 0.8, 0.85, 1.0, 1.0], [0.6, 0.75, 0.8, 0.7, 0.65],
         ["Towards 16 it overfits: 1 on rows it was fitted on, 0.65", "Towards 1 it underfits: 0.6 even", "bias"], "end of its"),
        ([0.6, 0.7, 0.75, 0.8, 0.82], [0.6, 0.7, 0.74, 0.78, 0.8],
         ["Towards 1 it underfits", "at the end of its range", "what is left is bias"], "overfits"),
        ([1.0, 1.0, 0.97, 0.95, 0.93], [0.6, 0.6, 0.7, 0.75, 0.75],
         ["Towards 1 it overfits", "matters", "bias"], "underfits"),
        ([1.0, 1.0, 1.0, 1.0, 1.0], [0.7, 0.702, 0.701, 0.7, 0.7], ["hardly matters"], "overfits"),
        ([1.0, 1.0, 1.0, 1.0, 1.0], [0.6, 0.65, 0.7, 0.65, 0.6], ["variance is what is left"], "underfits"),
    ],
)  # fmt: skip
def test_what_a_curve_says(fitted, unseen, says, not_said):
    if says[-1] == "bias" and not_said == "underfits":
        says = says[:-1]
    words = " ".join(words_of(curve(fitted, unseen), ROC_AUC, baseline=0.5))
    for expected in says:
        assert expected in words
    assert not_said not in words


def test_a_choice_has_no_ends():
    words = " ".join(words_of(curve([0.6, 0.9, 1.0], [0.6, 0.75, 0.65], ordered=False), ROC_AUC, baseline=0.5))
    assert "matters" in words
    assert "Towards" not in words


def test_what_the_folds_cannot_tell_apart_is_no_finding():
    """The same means, once steady from fold to fold and once by the luck of one fold."""
    steady = curve([0.6, 1.0], [0.7, 0.8])
    lucky = replace(
        steady, points=tuple(replace(each, folds=folds) for each, folds in zip(steady.points, LUCK, strict=True))
    )
    assert "matters: on rows not seen" in words_of(steady, ROC_AUC, baseline=0.5)[0]
    assert "hardly matters" in words_of(lucky, ROC_AUC, baseline=0.5)[0]


def steps(n=800):
    """A staircase with noise: few leaves can't follow it, many follow the noise."""
    rng = np.random.default_rng(0)
    x = rng.uniform(size=n)
    return pl.DataFrame({"x": x, "z": rng.normal(size=n), "y": np.floor(6 * x) + rng.normal(size=n)})


def test_a_tree_that_grows_is_seen_to_overfit(tmp_path):
    study = hf.train(
        steps(), "y", learners="decision_tree", trials=1, validation_curve="min_samples_leaf", out=tmp_path / "study"
    )
    found = study.result["validation_curve"]
    assert (found["learner"], found["param"]) == ("decision_tree", "min_samples_leaf")
    values = [point["value"] for point in found["points"]]
    assert values == sorted(set(values))
    assert found["chosen"] in values
    assert found["folds"] == 5
    fitted = [point["fitted"] for point in found["points"]]
    assert fitted[0] == pytest.approx(min(fitted), rel=1e-3)
    assert fitted[-1] == max(fitted)  # bigger leaves fit their own rows worse: the error grows
    assert found["points"][0]["unseen"] > min(point["unseen"] for point in found["points"])
    page = study.report().read_text(encoding="utf-8")
    assert "it overfits" in page
    assert "Validation curve" in page


def test_unasked_it_is_the_parameter_that_matters_most(tmp_path):
    study = hf.train(steps(), "y", learners="decision_tree", trials=1, out=tmp_path / "study")
    assert study.result["validation_curve"]["param"] in ("max_leaf_nodes", "min_samples_leaf")


@pytest.mark.parametrize("asked", ["depth", "ridge.alpha", "decision_tree.alpha"])
def test_a_parameter_no_learner_has_is_an_error_before_training(tmp_path, asked):
    with pytest.raises(
        hf.RequestError, match=r"validation_curve is .*which no learner to be tried has; expected one of"
    ):
        hf.train(steps(), "y", learners="decision_tree", validation_curve=asked, trials=1, out=tmp_path / "study")
    assert not (tmp_path / "study").exists()
