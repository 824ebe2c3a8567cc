"""What may ship, by the time that is left for it."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from small_problems import regression_problem

from holdfast.search.trial import Spec, run_trial
from holdfast.study.board import candidates_of
from holdfast.study.times import compiling


@pytest.fixture(scope="module")
def problem():
    return regression_problem()


@pytest.fixture(scope="module")
def baseline(problem):
    return run_trial(problem, Spec(0, "mean", {}), float("inf"))


@pytest.fixture
def first(problem, baseline, monkeypatch):
    """The members of the first candidate: of a booster that takes a while to fit and a network that takes half of that."""
    monkeypatch.setattr("holdfast.study.finish.processors", lambda: 2)

    def first(left, n_jobs=1, errors=(0.2, 0.3)):
        y = problem.y[problem.judged]
        errors = np.random.default_rng(0).normal(size=(2, len(y))) * y.std() * np.array(errors)[:, None]
        models = [
            replace(
                baseline,
                spec=Spec(k, learner, {}),
                predictions=y + wrong,
                score=problem.metric.score(y, y + wrong),
                fit_seconds=seconds,
                fit_rows=float(len(y)),
            )
            for k, (learner, wrong, seconds) in enumerate(
                zip(("lightgbm", "realmlp"), errors, (8.0, 4.0), strict=True), start=1
            )
        ]
        question = SimpleNamespace(
            request=SimpleNamespace(distill=None, prefer="best", budget=60.0),
            metric=problem.metric,
            split=SimpleNamespace(development=range(len(y)), sealed=[]),
            n_jobs=n_jobs,
        )
        searched = SimpleNamespace(problem=problem, contenders=[baseline, *models], baseline=baseline)
        clock = SimpleNamespace(budget=60.0, left=left + 2 * compiling(60.0), writing=0.0)
        best = candidates_of(question, searched, clock=clock)[0]
        return {outcome.spec.learner for outcome, _ in best.members}

    return first


def test_models_that_can_be_fitted_twice_are_joined(first):
    assert first(left=40.0) == {"lightgbm", "realmlp"}


def test_a_model_that_can_be_fitted_once_is_joined_by_what_is_fitted_beside_it_meanwhile(first):
    assert first(left=15.0) == {"lightgbm", "realmlp"}


def test_a_model_that_needs_all_threads_and_a_model_there_is_no_time_for_are_not(first):
    assert first(left=15.0, n_jobs=2) == {"lightgbm"}
    assert first(left=5.0) == {"lightgbm"}


def test_what_can_be_fitted_once_is_taken_where_it_is_worth_more_than_a_second_fit(first):
    assert first(left=20.0, errors=(0.3, 0.2)) == {"lightgbm", "realmlp"}
    assert first(left=20.0, errors=(1.0, 0.2)) == {"realmlp"}
    assert first(left=20.0, errors=(0.3, 0.2), n_jobs=2) == {"realmlp"}
