"""The search: its order, its memory, its promise to the clock."""

import time
from dataclasses import replace

import numpy as np
import pytest
from small_problems import classification_problem

from holdfast.errors import DataError, RequestError, WorkerEndedError, WorkFailedError
from holdfast.learners.catalogue import find
from holdfast.learners.watching import best_round
from holdfast.search import trial
from holdfast.search.clock import Clock
from holdfast.search.executor import Inline
from holdfast.search.journal import Journal
from holdfast.search.plan import plan
from holdfast.search.proposals import Proposals
from holdfast.search.search import search
from holdfast.search.trial import Spec, run_trial

NAMES = ("logistic", "decision_tree", "gaussian_naive_bayes")


def run(folder=None, trials=8, tuner="bayes", executor=None, clock=None, reserve=0.0):
    executor = executor or Inline()
    executor.load(classification_problem())
    return search(
        Spec(0, "prior", {}),
        Proposals(
            [find(name, "classification") for name in NAMES],
            metric=classification_problem().metric,
            tuner=tuner,
            seed=1,
        ),
        executor=executor,
        journal=Journal(folder, classification_problem()),
        clock=clock or Clock(None),
        max_trials=trials,
        enough="enough",
        reserve=lambda outcomes: reserve,
        say=lambda message: None,
    )


def shape(board):
    return [(o.spec.number, o.spec.learner, dict(o.spec.params), o.score) for o in board.outcomes]


def test_first_the_fixed_order_then_the_tuner():
    board = run()
    assert [outcome.spec.learner for outcome in board.outcomes[:4]] == ["prior", *NAMES]
    assert len(board.outcomes) == 9
    assert {outcome.spec.learner for outcome in board.outcomes[4:]} <= set(NAMES)
    assert board.stopped == "enough"


@pytest.mark.parametrize("tuner", ["bayes", "random"])
def test_the_same_seed_tries_the_same(tuner):
    assert shape(run(tuner=tuner)) == shape(run(tuner=tuner))


def test_without_a_tuner_it_ends():
    board = run(tuner="none", trials=None)
    assert len(board.outcomes) == 4
    assert board.stopped == "every configuration was tried"


class Counting(Inline):
    def __init__(self, most=10**9):
        super().__init__()
        self.calls, self.most = 0, most

    def call(self, function, *args, deadline=float("inf")):
        self.calls += 1
        if self.calls > self.most:
            raise KeyboardInterrupt
        return super().call(function, *args, deadline=deadline)


class Refusing(Counting):
    """Fails whenever one learner is to be tried."""

    def __init__(self, learner, error):
        super().__init__()
        self.learner, self.error = learner, error

    def call(self, function, *args, deadline=float("inf")):
        found = super().call(function, *args, deadline=deadline)
        if args[0].learner == self.learner:
            raise self.error
        return found


def test_a_killed_search_goes_on_where_it_was(tmp_path):
    whole = run()
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, executor=Counting(most=6))
    counting = Counting()
    resumed = run(tmp_path, executor=counting)
    assert counting.calls == 9 - 6
    assert shape(resumed) == shape(whole)
    for one, two in zip(resumed.outcomes, whole.outcomes, strict=True):
        assert np.array_equal(one.predictions, two.predictions)


def test_trials_of_other_folds_are_not_read(tmp_path):
    run(tmp_path, trials=1)
    spec = Spec(0, "prior", {})
    assert Journal(tmp_path, classification_problem()).read(spec) is not None
    assert (
        Journal(tmp_path, replace(classification_problem(), folds=classification_problem().folds[:2])).read(spec)
        is None
    )


def test_an_empty_record_is_named(tmp_path):
    run(tmp_path, trials=1)
    (tmp_path / "0001.npy").write_bytes(b"")
    with pytest.raises(DataError, match=r"0001\.json can't be read"):
        run(tmp_path, trials=1)


def test_without_a_baseline_nothing_else_is_tried():
    refusing = Refusing("prior", WorkFailedError("no"))
    board = run(executor=refusing)
    assert (refusing.calls, board.outcomes, board.stopped) == (1, [], "the baseline failed")


def test_a_trial_whose_process_ended_is_tried_again_when_the_study_goes_on(tmp_path):
    ending = Refusing("decision_tree", WorkerEndedError("the worker process ended with code -9"))
    assert len(run(tmp_path, trials=3, executor=ending).failures) == 1
    assert not run(tmp_path, trials=3).failures


def test_the_pipelines_of_the_best_trials_are_kept(monkeypatch):
    monkeypatch.setattr("holdfast.search.trial.FIRST_FOLDS", 2)
    task = classification_problem()
    for number, gain in enumerate([0.5, float("-inf"), 0.9, 0.7]):
        task.keep_first(number, gain, pipeline=number)
    assert sorted(task.first_fold) == [2, 3]


def test_a_torn_record_is_named(tmp_path):
    run(tmp_path, trials=1)
    (tmp_path / "0001.json").write_text('{"number": 1, ')
    with pytest.raises(DataError, match=r"0001\.json can't be read"):
        run(tmp_path, trials=1)


def test_no_trial_starts_when_the_time_is_needed_for_the_end():
    board = run(clock=Clock(5.0), reserve=6.0)
    assert [outcome.spec.learner for outcome in board.outcomes] == ["prior"]
    assert board.stopped == "the budget was used up"


def test_a_failing_learner_is_put_on_record_and_passed_over(tmp_path):
    board = run(tmp_path, trials=3, executor=Refusing("decision_tree", DataError("it does not like this")))
    assert board.failures == [(board.failures[0][0], "it does not like this")]
    assert len(board.outcomes) == 3
    assert run(tmp_path, trials=3).failures[0][1] == "it does not like this"


def test_a_trial_judges_every_row_out_of_fold():
    task = classification_problem()
    outcome = run_trial(task, Spec(1, "logistic", {"C": 1.0}), float("inf"))
    assert outcome.predictions.shape == (len(task.y), 2)
    assert np.isfinite(outcome.predictions).all()
    assert len(outcome.fold_scores) == 3
    assert outcome.score == pytest.approx(np.mean(outcome.fold_scores), abs=0.01)
    assert outcome.score > 0.9


def test_folds_side_by_side_are_the_same_folds():
    spec = Spec(1, "lightgbm", find("lightgbm", "classification").defaults)
    alone, together = (
        run_trial(replace(classification_problem(), lanes=lanes), spec, float("inf")) for lanes in (1, 2)
    )
    np.testing.assert_array_equal(alone.predictions, together.predictions)
    assert alone.fold_scores == together.fold_scores
    assert alone.settled == together.settled


@pytest.mark.parametrize("learner", ["lightgbm", pytest.param("realmlp", marks=pytest.mark.slow)])
def test_how_long_a_fold_learns_is_for_the_other_folds_to_say(learner):
    task = classification_problem()
    spec = Spec(1, learner, find(learner, "classification").defaults)
    outcome = run_trial(task, spec, float("inf"))
    fits, found = [], find(learner, "classification")
    for k in range(3):
        encoded = trial.encode_fold(task, found, spec.params, k)
        fits.append(trial.fit_fold(task, found, spec, k, encoded, watched=task.watched(k, encoded.valid)))
    losses = [each.estimator.losses_ for each in fits]
    for k, (fold, part) in enumerate(zip(task.folds, task.parts, strict=True)):
        fits[k].estimator.keep(best_round([each for number, each in enumerate(losses) if number != k]))
        np.testing.assert_array_equal(outcome.predictions[part], fits[k].predict(task.columns.take(fold.valid)))
    assert list(outcome.settled.values()) == [best_round(losses)]


def test_what_is_judged_by_one_fold_at_a_time_does_not_watch_it(monkeypatch):
    task, learner, seen = classification_problem(), find("lightgbm", "classification"), []
    spec, fit = Spec(1, "lightgbm", learner.defaults), trial.fit_pipeline

    def told(*given, watched, **settings):
        seen.append(watched)
        return fit(*given, watched=watched, **settings)

    monkeypatch.setattr(trial, "fit_pipeline", told)
    trial.score_fold(task, learner, spec, 0)
    run_trial(task, replace(spec, share=0.5), float("inf"))
    run_trial(task, replace(spec, teacher=((spec, 1.0),)), float("inf"))
    assert seen == [None] * len(seen)
    run_trial(task, spec, float("inf"))
    assert None not in seen[-3:]


def test_what_does_not_fit_in_the_time_left_is_passed_over(monkeypatch):
    monkeypatch.setattr(
        Proposals, "expected", lambda self, spec, outcomes: 1e9 if spec.learner == "decision_tree" else 0.0
    )
    board = run(trials=6, clock=Clock(60.0))
    assert [outcome.spec.learner for outcome in board.outcomes].count("decision_tree") == 0
    assert len(board.outcomes) == 7


def test_encoding_is_shared_by_learners_that_want_the_same():
    task = classification_problem()
    run_trial(task, Spec(1, "logistic", {"C": 1.0}), float("inf"))
    n_encoded = len(task.encoded)
    run_trial(task, Spec(2, "gaussian_naive_bayes", {}), float("inf"))
    assert len(task.encoded) == n_encoded == 3


def test_each_fold_is_told_its_part_of_the_time(monkeypatch):
    told, fit = [], trial.fit_pipeline

    def watched(*args, deadline, **settings):
        told.append(deadline)
        return fit(*args, deadline=deadline, **settings)

    monkeypatch.setattr(trial, "fit_pipeline", watched)
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)
    run_trial(classification_problem(), Spec(1, "decision_tree", {}), 30.0)
    run_trial(replace(classification_problem(), lanes=2), Spec(1, "decision_tree", {}), 30.0)
    assert told == pytest.approx([8, 12, 24, 16, 16, 24])


def test_a_trial_that_cannot_be_done_in_time_gives_up():
    from holdfast.errors import OverrunError

    with pytest.raises(OverrunError, match="would not fit"):
        run_trial(classification_problem(), Spec(1, "logistic", {"C": 1.0}), time.monotonic())


def test_tuners_have_names():
    with pytest.raises(RequestError, match="Did you mean 'bayes'"):
        Proposals([], metric=classification_problem().metric, tuner="bays")


def test_plans_shrink_with_size_and_grow_with_the_budget():
    assert plan(1_000, 20, 1, budget=None, folds=7).folds == 7
    assert plan(1_000, 20, 1, budget=60) == plan(1_000, 20, 1, budget=60)
    assert plan(200_000, 20, 1, budget=60).judged == 1
    assert plan(5_000_000, 50, 1, budget=60).rows < 5_000_000
    assert plan(100_000, 20, 1, budget=6000).judged is None
    assert [plan(n_rows, 8, 1, budget=60).judged for n_rows in (9_000, 12_000, 30_000)] == [None, 2, 2]
    assert plan(12_000, 8, 1, budget=300).judged is None
    assert plan(12_000, 8, 1, budget=None).judged is None


def test_many_classes_cost_no_more_than_the_trees_that_are_grown_for_them():
    few, many = (plan(5_000_000, 50, n_outputs, budget=60).rows for n_outputs in (3, 24))
    assert few / many == pytest.approx((24 / 6) / (1 + 3 / 2), rel=1e-3)


def test_folds_that_were_asked_for_are_kept():
    asked = plan(5_000_000, 50, 1, budget=60, folds=10, repeats=2)
    assert (asked.folds, asked.repeats, asked.judged) == (10, 2, None)
    assert asked.rows < 5_000_000
    assert plan(1_000, 20, 1, budget=60, repeats=3).rows is None


class Hopeless(Inline):
    """Every trial of the tuner is no better than guessing."""

    def call(self, function, *args, deadline=float("inf")):
        spec, stop, bar, most = args
        if bar is not None:
            self._state.y = np.random.default_rng(spec.number).permutation(self._state.y)
            self._state.encoded.clear()
        try:
            return function(self._state, spec, stop, bar, most)
        finally:
            self._state.y = classification_problem().y


def test_a_trial_that_is_clearly_worse_is_stopped_after_a_few_folds(tmp_path):
    board = run(tmp_path, trials=6, executor=Hopeless())
    assert [outcome.spec.learner for outcome in board.outcomes] == ["prior", *NAMES]
    assert [pruned.folds for pruned in board.pruned] == [2, 2, 2]
    best = max(outcome.score for outcome in board.outcomes)
    assert all(pruned.gain < best - 0.2 for pruned in board.pruned)
    resumed = run(tmp_path, trials=6, executor=Counting(most=0))
    assert [pruned.spec.params for pruned in resumed.pruned] == [pruned.spec.params for pruned in board.pruned]
    assert [pruned.gain for pruned in resumed.pruned] == [pruned.gain for pruned in board.pruned]
