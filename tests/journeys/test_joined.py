"""How models are joined, from a file to what ships: a stack where it pays, and nothing gained where there is nothing."""

import re

import numpy as np
import polars as pl
import pytest

import holdfast as hf

ROWS = 2500


def parts_of_the_odds(seed):
    """Odds made of a slope, which a tree cuts in steps, and a step, which a linear model can't see."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(ROWS, 8))
    odds = 1.5 * x[:, :4].sum(axis=1) + 3.0 * np.where(np.abs(x[:, 4]) > 0.67, 1, -1)
    y = np.where(rng.uniform(size=ROWS) < 1 / (1 + np.exp(-odds)), "yes", "no")
    return pl.DataFrame(x, schema=[f"x{k}" for k in range(8)]).with_columns(y=pl.Series(y))


def test_a_stack_ships_where_it_pays(tmp_path):
    settings = {"trials": 2, "metric": "log_loss", "learners": "logistic,decision_tree", "tuner": "none"}
    study = hf.train(parts_of_the_odds(0), "y", out=tmp_path / "study", **settings)
    joined = study.result["chosen"]["joined"]
    scores = {way["name"]: way["score"] for way in joined["ways"]}
    assert joined["how"] == "stack"
    assert len(joined["shift"]) == 2
    assert scores["stack"] < scores["average"] < scores["single"]
    verdict = study.result["verdict"]
    assert verdict["low"] < scores["stack"] < verdict["high"] < scores["single"]
    assert study.result["leaderboard"][0]["score"] == pytest.approx(scores["stack"])
    assert study.result["model"]["proof"]["max_abs_difference"] < 1e-12
    page = (tmp_path / "study" / "report.html").read_text(encoding="utf-8")
    assert "standard errors and 0.05% of its lead over the baseline" in re.sub("<[^>]+>", "", page)
    weights = [member["weight"] for member in study.result["chosen"]["members"]]
    assert sum(weights) > 1.2


def beyond_chance(verdict, kind):
    """Whether a verdict is better than its baseline by more than eighty rows of noise explain: 2 % of an error, or any area."""
    if kind == "binary":
        return verdict["low"] > verdict["baseline"]
    return verdict["score"] < 0.98 * verdict["baseline"]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_a_target_of_noise_gains_nothing(tmp_path, kind, seed):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=400) if kind == "regression" else rng.integers(0, {"binary": 2, "multiclass": 4}[kind], 400)
    noise = pl.DataFrame(rng.normal(size=(400, 5)), schema=[f"x{k}" for k in range(5)])
    noise = noise.with_columns(y=pl.Series(y if kind == "regression" else [f"class {code}" for code in y]))
    learners = "linear,decision_tree,ridge" if kind == "regression" else "logistic,decision_tree,gaussian_naive_bayes"
    study = hf.train(noise, "y", out=tmp_path / "study", trials=3, folds=3, learners=learners, tuner="none")
    board = study.result["leaderboard"]
    assert beyond_chance(study.result["verdict"], kind) is False
    chosen = next(row for row in board if row["chosen"])
    assert chosen["baseline"] or chosen["beats_baseline"]["p"] > 0.01
    for row in board:
        if row["learner"] == "ensemble":
            assert row["low"] <= study.result["baseline"]["score"] <= row["high"]
