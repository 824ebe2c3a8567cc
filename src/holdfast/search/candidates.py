"""What could ship: the ensemble and every single model, best first, with what finishing each would cost."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers
from holdfast.evaluate.bootstrap import resample
from holdfast.evaluate.pool import AVERAGE, Pool
from holdfast.metrics.metric import Metric
from holdfast.search.contenders import first_of_each
from holdfast.search.joining import Joint, Models, join
from holdfast.search.trial import Outcome

# The ensemble draws on this many of the best trials; more would mostly fit the noise of the out-of-fold rows. Up to so many of
# them are each learner's best: those that err otherwise are worth more together than the best of one kind, however many.
DRAWN_FROM, LEARNERS = 20, 10

# Fits side by side wait for each other, the more the less alike they are: where an ensemble would take too long for it, its
# members may take this share of what they might before.
FEWER = 0.8


@dataclass(frozen=True)
class Candidate:
    """One model, or several joined by weight.

    predictions: out of fold; an ensemble's are made by weights that were learned on other folds. joint: how the members were
    joined; None for one.
    """

    name: str
    members: tuple[tuple[Outcome, float], ...]
    predictions: Floats
    score: float
    joint: Joint | None = None

    @property
    def pool(self) -> Pool:
        """What joins the members' answers."""
        return AVERAGE if self.joint is None else self.joint.pool

    @property
    def complexity(self) -> tuple[int, int]:
        """How much a reader must take on trust: of the hardest member, and how many there are."""
        return max(outcome.complexity for outcome, _ in self.members), len(self.members)

    def seconds(self, rows: float, lanes: int) -> float:
        """Estimate a fit of all members on this many rows, from what the folds took: so many side by side, the heaviest first."""
        heaviest = sorted(self.members, key=lambda member: -member[1])
        fits = [fit_seconds(outcome, rows) for outcome, _ in heaviest]
        return sum(max(fits[place : place + lanes]) for place in range(0, len(fits), lanes))


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
    apart: Sequence[Integers],
    judged: int,
    rows: float,
    lanes: int,
    max_seconds: float,
    taken: Mapping[int, Sequence[float]] | None = None,
    most: Sequence[float] = (),
) -> list[Candidate]:
    """Order what could ship, best first, the baseline last.

    y: the truth of the out-of-fold rows; parts: the places of each fold in it; apart: as in `Problem.apart`.
    judged: how many rows these are, as repeats of the folds judge each again.
    rows, lanes, max_seconds: an ensemble is built only of members whose fits on this many rows, so many side by side, take no
    longer than this together.
    taken: by trial, what else it takes; others are left out, and members of an ensemble take no more than `most` together.
    """
    models = [each for each in outcomes if each is not baseline and (taken is None or each.spec.number in taken)]
    models.sort(key=lambda outcome: -metric.gain(outcome.score))
    singles = [_single(outcome) for outcome in models]
    last = _single(baseline)
    if len(models) < 2 or len(apart) < 2:
        return [*singles, last]
    drawn = drawn_from(models)
    # What takes too long by itself, however many are side by side, is no member; but it may be ahead of all members together.
    seconds = [fit_seconds(each, rows) for each in drawn]
    seconds = [each if each <= max_seconds else lanes * max_seconds + each for each in seconds]
    costs = [[each, *(taken[model.spec.number] if taken else ())] for each, model in zip(seconds, drawn, strict=True)]
    given = Models(
        [each.predictions for each in drawn], [each.spec.learner for each in drawn], costs, [lanes * max_seconds, *most]
    )
    joined = partial(join, metric, y, base=baseline.score, parts=parts, apart=apart, judged=judged)
    ensemble, joint = _within(max_seconds, drawn, given, joined, rows=rows, lanes=lanes)
    # The best of many is a little lucky, and joined models seldom lose to it: it ships alone where it is clearly ahead, or where
    # together they know nothing.
    clearly = joint.ahead_alone(metric) >= joint.alone.error
    if len(ensemble.members) < 2 or clearly or metric.gain(joint.chosen.score) <= metric.gain(baseline.score):
        return [*singles, last]
    return [ensemble, *singles, last]


def _within(
    max_seconds: float,
    drawn: Sequence[Outcome],
    given: Models,
    joined: Callable[[Models], Joint],
    *,
    rows: float,
    lanes: int,
) -> tuple[Candidate, Joint]:
    """Join models, the fewer the longer the ensemble takes side by side; given: what they may cost together, seconds first."""
    while True:
        joint = joined(given)
        chosen = [(each, float(weight)) for each, weight in zip(drawn, joint.weights, strict=True) if weight > 0]
        ensemble = Candidate("ensemble", tuple(chosen), joint.predictions, joint.chosen.score, joint)
        together, *others = given.most
        if together <= max_seconds or ensemble.seconds(rows, lanes) <= max_seconds:
            return ensemble, joint
        given = replace(given, most=[max(FEWER * together, max_seconds), *others])


def drawn_from(models: Sequence[Outcome]) -> list[Outcome]:
    """Of outcomes, best first, those that an ensemble draws on, in their order."""
    foremost = first_of_each([each.spec.learner for each in models])[:LEARNERS]
    others = [place for place in range(len(models)) if place not in foremost]
    return [models[place] for place in sorted([*foremost, *others[: DRAWN_FROM - len(foremost)]])]


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
