"""Nested cross-validation: noise gives chance, whatever the search believes; a killed study goes on."""

import json

import numpy as np
import polars as pl
import pytest

import holdfast as hf
from holdfast.metrics.classification import ROC_AUC
from holdfast.metrics.regression import RMSE
from holdfast.study import nested as nested_module
from holdfast.study.nested import Outer, summary, words_of

NOISY = {"learners": "decision_tree,nearest_neighbours,logistic", "tuner": "random", "trials": 25, "nested": True}


def noise(seed, n=120):
    rng = np.random.default_rng(seed)
    frame = pl.DataFrame(rng.normal(size=(n, 10)), schema=[f"x{k}" for k in range(10)])
    return frame.with_columns(y=pl.Series(rng.permutation(np.arange(n) % 2)))


def outer(inner, score):
    return Outer("ridge", inner, score, 80, 20, 10)


@pytest.mark.slow
def test_on_noise_the_search_is_fooled_and_nested_is_not(tmp_path):
    """Labels are shuffled: the truth is 0.5. The best of many trials looks better; the outer folds say what it is worth."""
    inner, outer_scores = [], []
    for seed in range(3):
        found = hf.train(noise(seed), "y", out=tmp_path / str(seed), **NOISY).result["nested"]
        inner.append(found["inner"])
        outer_scores.append(found["score"])
        assert found["low"] < 0.5 < found["high"]
    assert np.mean(inner) > 0.54
    assert np.mean(outer_scores) == pytest.approx(0.5, abs=0.08)
    assert np.mean(inner) - np.mean(outer_scores) > 0.05


def test_a_study_that_was_killed_in_an_outer_fold_goes_on_there(tmp_path, monkeypatch):
    settings = {"learners": "logistic,gaussian_naive_bayes", "trials": 3, "nested": True, "outer_folds": 3}
    frame = noise(0)
    whole = hf.train(frame, "y", out=tmp_path / "whole", **settings)
    judge, calls = nested_module._judge, []

    def counting(*args):
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return judge(*args)

    monkeypatch.setattr(nested_module, "_judge", counting)
    with pytest.raises(KeyboardInterrupt):
        hf.train(frame, "y", out=tmp_path / "killed", **settings)
    assert not (tmp_path / "killed" / "judged").exists()  # the seal is still closed
    resumed = hf.train(frame, "y", out=tmp_path / "killed", **settings)
    assert len(calls) == 4
    assert resumed.result["nested"] == whole.result["nested"]
    assert resumed.openings == 1
    (tmp_path / "killed" / "result.json").unlink()
    (tmp_path / "killed" / "trials" / "outer-1" / "outer.json").write_text("{")
    with pytest.raises(hf.DataError, match=r"outer\.json can't be read"):
        hf.train(frame, "y", out=tmp_path / "killed", **settings)


def test_the_report_and_the_result_say_what_the_procedure_achieves(tmp_path):
    from sklearn.datasets import load_diabetes

    data = load_diabetes(as_frame=True).frame
    study = hf.train(data, "target", learners="ridge", trials=2, nested=True, outer_folds=3, out=tmp_path / "study")
    found = json.loads((tmp_path / "study" / "result.json").read_text())["nested"]
    assert found["asked"] == len(found["folds"]) == 3
    assert sum(fold["held_out"] for fold in found["folds"]) == study.result["split"]["development"]
    assert found["low"] < found["score"] < found["high"]
    page = study.report().read_text(encoding="utf-8")
    assert "What the procedure achieves" in page
    assert "chosen by its own search" in page
    assert hf.train(data, "target", learners="ridge", trials=1, out=tmp_path / "plain").result["nested"] is None


def test_the_budget_is_shared_with_the_outer_folds(tmp_path):
    study = hf.train(
        noise(1), "y", learners="logistic,gaussian_naive_bayes", budget=30, nested=True, out=tmp_path / "study"
    )
    seconds = study.result["seconds"]
    assert sum(seconds[phase] for phase in ("read", "audit", "search", "nested")) < 30
    assert study.result["nested"]["asked"] == 5


def test_scores_of_losses_turn_round():
    flattered = summary([outer(1.0, 1.5), outer(1.1, 1.5), outer(0.9, 1.6)], asked=3, metric=RMSE)
    assert flattered.optimism.score == pytest.approx(0.5333, abs=1e-3)
    assert flattered.optimism.low > 0
    achieves, flatters = words_of(flattered, RMSE)
    assert "achieves RMSE 1.533" in achieves
    assert "promised 1: choosing by them flatters by 0.5333" in flatters


def test_what_can_be_said_of_few_folds():
    honest = summary([outer(0.9, 0.88), outer(0.9, 0.93)], asked=5, metric=ROC_AUC)
    assert honest.score.high == 1.0  # an interval ends where the metric does
    achieves, tells = words_of(honest, ROC_AUC)
    assert "(of 5; time ran out for the others)" in achieves
    assert "can't be told from none" in tells
    (nothing,) = words_of(summary([], asked=5, metric=ROC_AUC), ROC_AUC)
    assert "0 of 5 outer folds: ask for more with --budget" in nothing


def test_outer_folds_are_scored_by_the_answers_that_are_decided(tmp_path):
    """Few are positive: at the likeliest class nobody is called so."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=600)
    frame = pl.DataFrame({"x": x, "y": rng.random(600) < 1 / (1 + np.exp(2.5 - x))})
    settings = {
        "learners": "logistic",
        "tuner": "none",
        "metric": "f1",
        "threshold": "best",
        "nested": True,
        "outer_folds": 3,
    }
    found = hf.train(frame, "y", out=tmp_path / "study", trials=1, **settings).result["nested"]
    assert found["score"] > 0.2
    # What the searches promised is decided by the thresholds they led to, too.
    assert found["inner"] > 0.2


def test_an_outer_fold_that_cant_be_cut_again_is_left_out(tmp_path):
    """Of three sites one outer fold learns from one, the other from two."""
    rng = np.random.default_rng(0)
    site, x = np.arange(300) % 4, rng.normal(size=300)
    frame = pl.DataFrame({"site": site, "x": x, "y": x + rng.normal(size=300)})
    settings = {"learners": "ridge", "trials": 1, "folds": 2, "group": "site", "nested": True, "outer_folds": 2}
    found = hf.train(frame, "y", out=tmp_path / "study", **settings).result["nested"]
    assert 0 < len(found["folds"]) < found["asked"]


def test_outer_folds_of_a_study_that_goes_on_with_more_trials_are_judged_anew(tmp_path):
    settings = {"learners": "logistic,gaussian_naive_bayes", "nested": True, "outer_folds": 2}
    hf.train(noise(0), "y", out=tmp_path / "study", trials=1, **settings)
    (tmp_path / "study" / "result.json").unlink()
    found = hf.train(noise(0), "y", out=tmp_path / "study", trials=3, **settings).result["nested"]
    assert [fold["trials"] for fold in found["folds"]] == [4, 4]


def test_outer_folds_keep_the_limits(tmp_path):
    settings = {"learners": "random_forest,logistic", "tuner": "none", "trials": 2, "nested": True, "outer_folds": 2}
    found = hf.train(noise(0), "y", out=tmp_path / "study", max_size="20 kB", **settings).result["nested"]
    assert {fold["chosen"] for fold in found["folds"]} <= {"logistic"}
