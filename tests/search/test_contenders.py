"""Judging again joins up with judging at once."""

from dataclasses import replace

import numpy as np
import pytest
from small_problems import classification_problem

from holdfast.evaluate.calibrate import calibrate
from holdfast.metrics.classification import ROC_AUC
from holdfast.search.contenders import BEST, contenders, joined
from holdfast.search.trial import Spec, run_trial


def test_repeats_one_by_one_are_the_repeats_at_once():
    whole, spec = classification_problem(3), Spec(1, "logistic", {"C": 1.0})
    at_once = run_trial(whole, spec, float("inf"))
    each = [
        run_trial(
            replace(classification_problem(1), folds=[fold for fold in whole.folds if fold.repeat == k]),
            spec,
            float("inf"),
        )
        for k in range(3)
    ]
    found = joined(whole, each)
    assert found.score == pytest.approx(at_once.score)
    assert found.fold_scores == at_once.fold_scores
    assert np.array_equal(found.predictions, at_once.predictions)
    assert found.score == pytest.approx(np.mean(found.fold_scores), abs=0.01)


def test_places_are_those_of_their_rows():
    whole = classification_problem(2)
    y = whole.y[whole.judged]
    assert len(y) == 2 * len(whole.y)
    for fold, part in zip(whole.folds, whole.parts, strict=True):
        assert np.array_equal(whole.judged[part], fold.valid)
    once = whole.once
    assert np.array_equal(once.judged, np.arange(len(whole.y)))
    assert np.array_equal(whole.judged[: len(once.judged)], once.judged)
    assert [part.tolist() for part in once.parts] == [part.tolist() for part in whole.parts[:3]]
    outcome = run_trial(whole, Spec(1, "logistic", {"C": 1.0}), float("inf"))
    calibrate(whole.y[once.judged], outcome.predictions[: len(once.judged)], once.parts)


def test_the_baseline_each_learners_best_and_the_best_of_all():
    template = run_trial(classification_problem(1), Spec(0, "prior", {}), float("inf"))

    def outcome(number, learner, score):
        return replace(template, spec=Spec(number, learner, {}), score=score)

    many = [outcome(k, "lightgbm", 0.9 - k / 1000) for k in range(1, 20)]
    chosen = contenders([template, outcome(30, "logistic", 0.6), outcome(31, "logistic", 0.7), *many], ROC_AUC)
    assert chosen[0] is template
    assert [each.spec.number for each in chosen[1:]] == [*range(1, BEST + 1), 31]
