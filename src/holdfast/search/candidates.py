"""What could ship: the ensemble and every single model, best first, with what finishing each would cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers
from holdfast.evaluate.bootstrap import resample, score_by_parts
from holdfast.metrics.metric import Metric
from holdfast.search.ensemble import greedy_weights
from holdfast.search.trial import Outcome

# The ensemble draws on this many of the best trials; more would mostly fit the noise of the out-of-fold rows.
DRAWN_FROM = 20

# An ensemble must gain this share of the distance between baseline and best single model to be worth its size.
WORTHWHILE = 0.002


@dataclass(frozen=True)
class Candidate:
    """One model or a weighted average; `predictions` are out of fold."""

    name: str
    members: tuple[tuple[Outcome, float], ...]
    predictions: Floats
    score: float

    @property
    def complexity(self) -> tuple[int, int]:
        """How much a reader must take on trust: of the hardest member, and how many there are."""
        return max(outcome.complexity for outcome, _ in self.members), len(self.members)

    def seconds(self, rows: float) -> float:
        """Estimate a fit of all members on this many rows, from what the folds took."""
        return sum(fit_seconds(outcome, rows) for outcome, _ in self.members)


def fit_seconds(outcome: Outcome, rows: float) -> float:
    """Estimate a fit on this many rows, its encoding included; time grows in proportion."""
    return outcome.fit_seconds * max(rows / outcome.fit_rows, 1.0)


def rank(
    outcomes: Sequence[Outcome],
    baseline: Outcome,
    *,
    metric: Metric,
    y: Any,
    parts: Sequence[Integers],
    rows: float,
    max_seconds: float,
) -> list[Candidate]:
    """Order what could ship, best first, the baseline last.

    y: the truth of the out-of-fold rows; parts: the places of each fold in it.
    rows, max_seconds: an ensemble is built only of members whose fits on this
    many rows take no longer than this together.
    """
    models = [outcome for outcome in outcomes if outcome is not baseline]
    models.sort(key=lambda outcome: -metric.gain(outcome.score))
    singles = [_single(outcome) for outcome in models]
    ensemble = _ensemble(models[:DRAWN_FROM], metric=metric, y=y, parts=parts, rows=rows, max_seconds=max_seconds)
    last = _single(baseline)
    if ensemble is None:
        return [*singles, last]
    best, worth = metric.gain(models[0].score), metric.gain(ensemble.score) - metric.gain(models[0].score)
    room = best - metric.gain(baseline.score)
    if worth > WORTHWHILE * max(room, 0.0):
        return [ensemble, *singles, last]
    return [*singles, last]


def simplest_first(
    candidates: Sequence[Candidate],
    *,
    metric: Metric,
    y: Any,
    parts: Sequence[Integers],
    once: int | None = None,
    seed: int = 0,
) -> list[Candidate]:
    """Move the simplest candidate within one standard error of the best to the front (Breiman et al., 1984).

    once: how many of the parts, from the first, hold each row once; all when None.
    """
    best = candidates[0]
    error = float(np.nanstd(resample(metric, y, best.predictions, parts=parts, once=once, seed=seed).draws))
    near = [each for each in candidates if metric.gain(each.score) >= metric.gain(best.score) - error]
    simple = min(near, key=lambda each: (each.complexity, -metric.gain(each.score)))
    return [simple, *(each for each in candidates if each is not simple)]


def _single(outcome: Outcome) -> Candidate:
    return Candidate(outcome.spec.learner, ((outcome, 1.0),), outcome.predictions, outcome.score)


def _ensemble(
    models: Sequence[Outcome], *, metric: Metric, y: Any, parts: Sequence[Integers], rows: float, max_seconds: float
) -> Candidate | None:
    if len(models) < 2:
        return None
    costs = [fit_seconds(outcome, rows) for outcome in models]
    predictions = [outcome.predictions for outcome in models]
    weights = greedy_weights(metric, y, predictions, costs, max_cost=max_seconds)
    chosen = [(outcome, float(weight)) for outcome, weight in zip(models, weights, strict=True) if weight > 0]
    if len(chosen) < 2:
        return None
    mixed = np.sum([weight * outcome.predictions for outcome, weight in chosen], axis=0)
    return Candidate("ensemble", tuple(chosen), mixed, score_by_parts(metric, y, mixed, parts))
