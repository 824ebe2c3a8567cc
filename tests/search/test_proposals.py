from dataclasses import replace

import numpy as np
import pytest

from holdfast.learners import portfolio as module
from holdfast.learners.catalogue import find
from holdfast.learners.space import Choice, Float
from holdfast.metrics.classification import LOG_LOSS
from holdfast.metrics.regression import RMSE
from holdfast.search.proposals import Proposals
from holdfast.search.trial import Outcome, Spec

LEARNERS = [find(name, "regression") for name in ("ridge", "lasso", "linear")]


@pytest.fixture
def proposals(monkeypatch):
    """Elsewhere ridge took one second, lasso ten; of linear nothing is known."""
    order = [("ridge", {"alpha": 1.0}, 1.0), ("lasso", {"alpha": 1.0}, 10.0), ("ridge", {"alpha": 2.0}, 2.0)]
    learned = [dict(zip(("learner", "params", "seconds"), each, strict=True)) for each in order]
    monkeypatch.setattr(
        module, "_orders", lambda family: [{"rows": 3_000, "order": learned, "seconds": {"lasso": 7.0}}]
    )
    return Proposals(LEARNERS, metric=RMSE, rows=1_000)


def outcome(spec, seconds):
    return Outcome(spec, 1.0, (1.0,), np.zeros(3), {}, 2.0, seconds, 1.0, seconds)


def test_trials_take_as_long_as_others_here_if_they_do_elsewhere(proposals):
    first = proposals.next([])
    assert (first.learner, proposals.expected(first, [])) == ("ridge", 0.0)
    done = [outcome(first, 3.0)]
    assert proposals.expected(Spec(9, "lasso", {"alpha": 1.0}), done) == 30.0
    assert proposals.expected(Spec(9, "lasso", {"alpha": 7.0}), done) == 21.0
    assert proposals.expected(Spec(9, "ridge", {"alpha": 7.0}), done) == 3.0
    assert proposals.expected(Spec(9, "linear", {}), done) == 0.0


def test_a_learner_that_is_slow_here_makes_no_other_look_slow(proposals):
    done = [outcome(Spec(1, "ridge", {"alpha": 1.0}), 3.0), outcome(Spec(2, "lasso", {"alpha": 1.0}), 1_000.0)]
    assert proposals.expected(Spec(9, "ridge", {"alpha": 2.0}), done) == 6.0
    assert proposals.expected(Spec(9, "lasso", {"alpha": 7.0}), done) == 700.0


def test_without_a_limit_the_learned_order_is_kept(proposals):
    specs = [proposals.next([]) for _ in range(4)]
    assert [spec.learner for spec in specs] == ["ridge", "lasso", "ridge", "linear"]
    assert [spec.number for spec in specs] == [1, 2, 3, 4]


def test_what_would_take_long_waits_for_shorter_ones_and_for_the_tuner(proposals):
    done = [outcome(proposals.next([]), 3.0), outcome(Spec(9, "lasso", {"alpha": 1.0}), 30.0)]
    specs = [proposals.next(done, left=50.0) for _ in range(3)]
    assert [(spec.number, spec.learner) for spec in specs[:2]] == [(3, "ridge"), (4, "linear")]
    assert proposals.refines(specs[2])
    assert specs[2].number == 5
    assert proposals.next(done, left=120.0).number == 2


@pytest.mark.parametrize(("score", "number"), [(0.9, 2), (1.1, 3)])
def test_what_would_take_long_waits_less_if_its_learner_is_ahead(proposals, score, number):
    done = [outcome(proposals.next([]), 3.0), replace(outcome(Spec(9, "lasso", {"alpha": 1.0}), 30.0), score=score)]
    assert proposals.next(done, left=70.0).number == number


def test_a_learner_not_tried_yet_comes_before_the_tuner_if_there_is_time_for_it(proposals):
    done = [outcome(proposals.next([]), 3.0)]
    for number in (3, 4):
        assert proposals.next(done, left=50.0).number == number
    assert proposals.refines(proposals.next(done, left=20.0))
    untried = proposals.next(done, left=50.0)
    assert (untried.number, untried.learner) == (2, "lasso")


def test_without_a_tuner_what_takes_long_is_tried_all_the_same(proposals):
    alone = Proposals([find("lasso", "regression")], metric=RMSE, tuner="none", rows=1_000)
    timed = [outcome(Spec(9, "lasso", {"alpha": 1.0}), 3.0)]
    assert alone.next(timed, left=0.1).learner == "lasso"
    assert alone.next(timed, left=0.1) is None


def test_what_grows_a_tree_a_class_takes_longer_where_there_are_many():
    learners = [find(name, "classification") for name in ("lightgbm", "extra_trees")]
    few, many = (Proposals(learners, metric=LOG_LOSS, rows=3_000, n_outputs=each) for each in (1, 20))
    boosted, forest = (Spec(9, each.name, each.defaults) for each in learners)
    done = [outcome(boosted, 40.0)]
    assert few.expected(boosted, done) == pytest.approx(40.0)
    assert many.expected(boosted, done) == pytest.approx(40.0)
    assert many.expected(forest, done) == pytest.approx(few.expected(forest, done) / 20)


def test_a_costly_option_is_scouted_but_not_taken_over():
    crossed = {"crosses": Choice(("none", "auto", "arithmetic"), "none", scouted=True, costly=("arithmetic",))}
    learners = [replace(find(name, "regression"), space=crossed) for name in ("lightgbm", "extra_trees")]
    scores = {"none": 1.0, "auto": 0.9, "arithmetic": 0.5}
    tried = [
        replace(outcome(Spec(number, "lightgbm", {"crosses": each}), 1.0), score=score)
        for number, (each, score) in enumerate(scores.items(), start=1)
    ]
    proposals = Proposals(learners, metric=RMSE)
    assert proposals.next([]).learner == "lightgbm"
    assert proposals.next(tried).params["crosses"] == "auto"


@pytest.mark.parametrize(("scouted", "second"), [(False, "lightgbm"), (True, "extra_trees")])
def test_a_choice_that_the_learner_ahead_scouts_waits_as_others_do(monkeypatch, scouted, second):
    params = ({"lambda_l2": 1.0}, {"lambda_l2": 2.0})
    learned = [{"learner": "lightgbm", "params": each, "seconds": 1.0} for each in params[: 1 if scouted else 2]]
    learned.append({"learner": "extra_trees", "params": {}, "seconds": 0.5})
    monkeypatch.setattr(module, "_orders", lambda family: [{"rows": 3_000, "order": learned, "seconds": {}}])
    space = {"lambda_l2": Float(0.1, 10.0, default=1.0)}
    if scouted:
        space["crosses"] = Choice(("none", "auto"), "none", scouted=True)
    learners = [
        replace(find("lightgbm", "regression"), space=space),
        replace(find("extra_trees", "regression"), space={}),
    ]
    proposals = Proposals(learners, metric=RMSE, rows=1_000)
    done = [outcome(proposals.next([]), 4.0)]
    assert proposals.next(done, left=10.0).learner == second
