"""What an ensemble draws on: the best trials, and those of other learners."""

from dataclasses import replace

import numpy as np
import pytest
from small_problems import regression_problem

from holdfast.search.candidates import DRAWN_FROM, LEARNERS, Candidate, drawn_from, rank
from holdfast.search.trial import Spec, run_trial


@pytest.fixture(scope="module")
def problem():
    return regression_problem()


@pytest.fixture(scope="module")
def baseline(problem):
    return run_trial(problem, Spec(0, "mean", {}), float("inf"))


def outcomes(baseline, learner, numbers, predictions, score):
    return [
        replace(baseline, spec=Spec(k, learner, {}), predictions=predictions, score=score + k / 1e6) for k in numbers
    ]


def test_the_best_of_each_learner_and_then_the_best_of_all(baseline):
    models = outcomes(baseline, "lightgbm", range(1, 40), baseline.predictions, 1.0)
    models += outcomes(baseline, "ridge", range(40, 50), baseline.predictions, 2.0)
    drawn = [each.spec.number for each in drawn_from(models)]
    assert drawn == [*range(1, DRAWN_FROM), 40]


def test_many_learners_leave_room_for_the_best_of_all(baseline):
    models = outcomes(baseline, "lightgbm", range(1, 40), baseline.predictions, 1.0)
    models += [each for k in range(40, 60) for each in outcomes(baseline, f"other {k}", [k], baseline.predictions, 2.0)]
    drawn = [each.spec.learner for each in drawn_from(models)]
    assert drawn.count("lightgbm") == DRAWN_FROM - LEARNERS + 1
    assert len(drawn) == DRAWN_FROM


def ranked(problem, baseline, models, lanes=1, max_seconds=60.0):
    y = problem.y[problem.judged]
    return rank(
        models, baseline, metric=problem.metric, y=y, parts=problem.parts, apart=problem.apart, judged=len(y),
        rows=len(y), lanes=lanes, max_seconds=max_seconds,
    )  # fmt: skip


def test_a_model_that_is_clearly_ahead_ships_alone_and_one_that_is_as_good_does_not(problem, baseline):
    y = problem.y[problem.judged]
    first, second = np.random.default_rng(0).normal(size=(2, len(y))) * y.std() / 4
    score = problem.metric.score

    def names(*answers):
        models = [
            each
            for k, (learner, given) in enumerate(answers)
            for each in outcomes(baseline, learner, [k], given, score(y, given))
        ]
        return [each.name for each in ranked(problem, baseline, models)]

    assert names(("lightgbm", y + first), ("catboost", y + second))[0] == "ensemble"
    assert names(("lightgbm", y + 0.01 * first), ("catboost", y + second))[0] == "lightgbm"
    assert names(("lightgbm", y), ("catboost", y))[0] != "ensemble"


def test_a_worse_model_that_errs_otherwise_is_joined_though_many_are_better(problem, baseline):
    y = problem.y[problem.judged]
    wrong, other = np.random.default_rng(0).normal(size=(2, len(y))) * y.std() / 4
    score = problem.metric.score
    models = outcomes(baseline, "lightgbm", range(1, 40), y + wrong, score(y, y + wrong))
    models += outcomes(baseline, "realmlp", [40], y + 1.2 * other, score(y, y + 1.2 * other))
    best = ranked(problem, baseline, models)[0]
    assert {each.spec.learner for each, _ in best.members} == {"lightgbm", "realmlp"}
    assert best.score < 0.8 * score(y, y + wrong)


def test_members_may_take_what_they_take_side_by_side(problem, baseline):
    y = problem.y[problem.judged]
    errors = np.random.default_rng(0).normal(size=(4, len(y))) * y.std() / 4
    learners = ("lightgbm", "catboost", "xgboost", "realmlp")
    score = problem.metric.score

    def members(seconds, **limits):
        models = [
            replace(each, fit_seconds=taken, fit_rows=float(len(y)))
            for learner, wrong, taken in zip(learners, errors, seconds, strict=True)
            for each in outcomes(baseline, learner, [1], y + wrong, score(y, y + wrong))
        ]
        best = ranked(problem, baseline, models, **limits)[0]
        assert len(best.members) == 1 or best.seconds(len(y), limits["lanes"]) <= limits["max_seconds"]
        return {each.spec.learner for each, _ in best.members}

    alike = (1.0, 1.0, 1.0, 1.0)
    assert len(members(alike, lanes=1, max_seconds=2.5)) == 2
    assert len(members(alike, lanes=2, max_seconds=2.5)) == 4
    # One that is too slow by itself doesn't keep the others out; pairs that wait for each other are counted as they wait.
    assert members((9.0, 1.0, 1.0, 1.0), lanes=2, max_seconds=2.5) == set(learners[1:])
    for uneven in ((2.0, 0.1, 2.0, 0.1), (2.4, 2.4, 0.1, 0.1), (0.1, 2.4, 0.1, 2.4)):
        members(uneven, lanes=2, max_seconds=2.5)


def test_pairs_take_as_long_as_the_slower_of_them(baseline):
    seconds, weights = (1.0, 3.0, 2.0), (0.2, 0.5, 0.3)
    members = tuple(
        (replace(baseline, fit_seconds=taken, fit_rows=10.0), weight)
        for taken, weight in zip(seconds, weights, strict=True)
    )
    three = Candidate("ensemble", members, baseline.predictions, 0.0)
    assert [three.seconds(10, lanes) for lanes in (1, 2, 3)] == [6.0, 4.0, 3.0]
    assert three.seconds(20, 2) == 8.0


def test_a_model_too_slow_for_an_ensemble_ships_alone_where_it_is_clearly_ahead(problem, baseline):
    y = problem.y[problem.judged]
    errors = np.random.default_rng(0).normal(size=(3, len(y))) * y.std() / 4
    models = []
    for learner, wrong, seconds in zip(
        ("xgboost", "lightgbm", "ridge"), errors * np.array([[0.1], [1.0], [1.0]]), (9.0, 1.0, 1.0), strict=True
    ):
        given = y + wrong
        [made] = outcomes(baseline, learner, [1], given, problem.metric.score(y, given))
        models.append(replace(made, fit_seconds=seconds, fit_rows=float(len(y))))
    for lanes in (1, 2):
        assert ranked(problem, baseline, models, lanes=lanes, max_seconds=2.5)[0].name == "xgboost"
