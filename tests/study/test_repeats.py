"""Few rows are judged on further cuts, as far as there is time."""

from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_breast_cancer

import holdfast as hf
from holdfast.metrics.regression import RMSE
from holdfast.search.candidates import Candidate
from holdfast.search.clock import Clock
from holdfast.search.trial import Outcome, Spec
from holdfast.study.board import board_of
from holdfast.study.repeats import first_in


def test_as_many_of_the_first_as_there_is_time_for():
    taken = [SimpleNamespace(seconds=seconds) for seconds in (0.0, 2.0, 3.0, 1.0)]
    assert first_in(taken, 5.5) == taken[:3]
    assert first_in(taken, 100.0) == taken
    assert first_in(taken, -1.0) == []


def test_the_best_trials_are_judged_on_more_cuts_of_few_rows(tmp_path):
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    rows = pl.from_pandas(X.iloc[:200, :5]).with_columns(y=pl.Series(y[:200].to_numpy()))
    learners = "logistic,decision_tree,gaussian_naive_bayes"
    result = hf.train(rows, "y", out=tmp_path / "s", budget="30s", learners=learners).result
    assert result["split"]["folds"] > 5
    assert {row["learner"] for row in result["leaderboard"]} >= set(learners.split(","))


def test_learners_that_were_not_judged_again_stay_on_the_board():
    problem = SimpleNamespace(
        y=np.arange(12.0) % 5, judged=np.tile(np.arange(12), 2), parts=np.array_split(np.arange(24), 4), test_share=1.0
    )
    problem.once = SimpleNamespace(parts=problem.parts[:2])
    once = [outcome("mean", 12, 3.0), outcome("ridge", 12, 0.5), outcome("lasso", 12, 1.0), outcome("lasso", 12, 0.8)]
    again = [outcome("mean", 24, 3.0), outcome("ridge", 24, 0.6)]
    found = SimpleNamespace(outcomes=once)
    searched = SimpleNamespace(problem=problem, found=found, contenders=again, baseline=again[0])
    question = SimpleNamespace(metric=RMSE, request=SimpleNamespace(seed=0))
    chosen = Candidate("ridge", ((again[1], 1.0),), again[1].predictions, 0.6)
    board = board_of(question, searched, chosen, clock=Clock(None))
    assert [(row.learner, row.folds) for row in board] == [("ridge", 4), ("lasso", 2), ("mean", 4)]
    assert board[1].score == pytest.approx(0.8)


def outcome(learner, n_rows, off, number=0):
    predictions = np.tile(np.arange(12.0) % 5, n_rows // 12) + off
    return Outcome(Spec(number, learner, {}), off, (off, off), predictions, {}, 6, 0.1, 1e5, 1.0)


def test_the_board_shows_the_trial_that_ships():
    """A limit on size may rule out the learner's best."""
    problem = SimpleNamespace(y=np.arange(12.0) % 5, judged=np.arange(12), parts=np.array_split(np.arange(12), 2))
    problem.once, problem.test_share = problem, 1.0
    tried = [outcome("mean", 12, 3.0), outcome("lasso", 12, 0.8, number=1), outcome("lasso", 12, 1.0, number=2)]
    searched = SimpleNamespace(
        problem=problem, found=SimpleNamespace(outcomes=tried), contenders=tried, baseline=tried[0]
    )
    question = SimpleNamespace(metric=RMSE, request=SimpleNamespace(seed=0))
    alone = Candidate("lasso", ((tried[2], 1.0),), tried[2].predictions, 1.0)
    board = board_of(question, searched, alone, clock=Clock(None))
    assert [(row.learner, row.trial, row.chosen) for row in board] == [("lasso", 2, True), ("mean", 0, False)]
    assert board[0].score == pytest.approx(1.0)
