"""How models are best joined: every way is fitted on some of the folds and judged on the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers
from holdfast.evaluate.bootstrap import score_by_parts
from holdfast.evaluate.pool import AVERAGE, Pool
from holdfast.metrics.classification import LOG_LOSS
from holdfast.metrics.metric import Metric
from holdfast.search.ensemble import MAX_ROWS, greedy_weights, stack, steadied

# On fewer rows than this nothing but the average is tried: there a stack won out of fold and lost on the sealed rows. And
# the order of so few rows tells less than how likely their classes were said to be: weights chosen by log loss gained 0.35 %
# of ROC AUC on 600 rows (13 draws of 6 sets, 0.18 standard error; -0.4 to 1.7 %), and lost 0.23 % on 2,500 (5 sets).
FEWEST_ROWS = 1_000

# Another way than the average must gain so many standard errors over it: where folds follow each other in time, a stack that
# gained one lost what it had gained, and as much again, on the sealed rows.
ERRORS = 2.0

# What is more than an average must gain this share of the average's lead over the baseline to be worth it.
WORTHWHILE = 0.0005

LOGS, SINGLE = Pool(logs=True), "single"


@dataclass(frozen=True)
class Models:
    """What may be joined: answers out of fold, of which learner each is, what each costs, and what they may cost together.

    costs, most: as in `greedy_weights`.
    """

    predictions: Sequence[Floats]
    learners: Sequence[str]
    costs: Sequence[Sequence[float]]
    most: Sequence[float]


@dataclass(frozen=True)
class Way:
    """A way to join models: its score on rows that had no part in its weights, and what it gains there over the average.

    error: the standard error of that gain, over the folds.
    """

    name: str
    score: float
    gain: float
    error: float


@dataclass(frozen=True)
class Joint:
    """Models joined in the way that is kept. ways: all that were judged, "single" (the best model alone) first.

    weights: (n_models,), learned on all rows. predictions: of each row, by weights learned on the other folds.
    """

    weights: Floats
    pool: Pool
    predictions: Floats
    ways: tuple[Way, ...]

    @property
    def chosen(self) -> Way:
        """The way that is kept."""
        return next(way for way in self.ways if way.name == self.pool.name)

    @property
    def alone(self) -> Way:
        """The best model alone, chosen by the same rule."""
        return next(way for way in self.ways if way.name == SINGLE)

    def ahead_alone(self, metric: Metric) -> float:
        """What the best model alone scores over the way that is kept, as a gain; below 0 it is behind."""
        return metric.gain(self.alone.score) - metric.gain(self.chosen.score)


def join(
    metric: Metric,
    y: Any,
    models: Models,
    *,
    base: float,
    parts: Sequence[Integers],
    apart: Sequence[Integers],
    judged: int,
) -> Joint:
    """Join models by the average, or by another way where that is better beyond luck, and worth it.

    y: the truth of the rows predicted. base: the baseline's score. parts: the places of each fold; apart: of whole folds, such
    that no row stands in two of them: what is left out together. judged: how many rows there are, which repeats of the folds
    judge again.
    """
    several = judged >= FEWEST_ROWS
    crossed: dict[str, Floats] = {}
    for held in apart:
        rest = np.setdiff1d(np.arange(len(y)), held)
        for name, (weights, pool) in _ways(metric, y, models, rest, base, judged, several=several).items():
            members = np.flatnonzero(weights).tolist() or [0]
            joined = pool.join([models.predictions[k][held] for k in members], weights[members])
            crossed.setdefault(name, np.empty_like(models.predictions[0]))[held] = joined
    ways = {name: _way(metric, y, crossed, name, parts, apart) for name in crossed}
    average = ways[AVERAGE.name]
    least = WORTHWHILE * max(metric.lead(average.score, base), 0.0)
    better = [way for name, way in ways.items() if name != SINGLE and way.gain > max(ERRORS * way.error, least)]
    best = max(better, key=lambda way: way.gain, default=average)
    fitted = _ways(metric, y, models, np.arange(len(y)), base, judged, several=best is not average)
    return Joint(*fitted[best.name], crossed[best.name], tuple(ways.values()))


def _ways(
    metric: Metric, y: Any, models: Models, rows: Integers, base: float, judged: int, *, several: bool
) -> dict[str, tuple[Floats, Pool]]:
    """Learn the weights (n_models,) of each way from some of the rows; with `several` of more than the average."""
    rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), MAX_ROWS)).astype(int)]
    y, predictions = y[rows], [each[rows] for each in models.predictions]
    by, leads = metric, [metric.lead(metric.score(y, each), base) for each in predictions]
    single = np.eye(len(predictions))[int(np.argmax(leads))]
    if judged < FEWEST_ROWS and metric.is_ranking:
        by, prior = LOG_LOSS, np.bincount(y, minlength=predictions[0].shape[1]) / len(y)
        leads = [LOG_LOSS.score(y, np.tile(prior, (len(y), 1))) - LOG_LOSS.score(y, each) for each in predictions]

    def average(pool: Pool) -> Floats:
        weights = greedy_weights(by, y, predictions, models.costs, max_costs=models.most, pool=pool)
        return steadied(weights, leads, models.learners, models.costs, max_costs=models.most, n_rows=judged)

    weights = average(AVERAGE)
    found = {SINGLE: (single, AVERAGE), AVERAGE.name: (weights, AVERAGE)}
    if several:
        if predictions[0].ndim == 2:
            weights = average(LOGS)
            found[LOGS.name] = (weights, LOGS)
        stacked, pool = stack(y, predictions, weights)
        found[pool.name] = (stacked, pool)
    return found


def _way(
    metric: Metric,
    y: Any,
    crossed: Mapping[str, Floats],
    name: str,
    parts: Sequence[Integers],
    apart: Sequence[Integers],
) -> Way:
    """A way's score and its gain over the average, whose error knows that the rows learned from overlap."""
    cut = parts if len(parts) > 1 else apart
    gains = np.array(
        [
            metric.gain(metric.score(y[each], crossed[name][each]))
            - metric.gain(metric.score(y[each], crossed[AVERAGE.name][each]))
            for each in cut
        ]
    )
    gains = gains[np.isfinite(gains)]
    score = score_by_parts(metric, y, crossed[name], parts)
    if len(gains) < 2:
        return Way(name, score, 0.0, float("inf"))
    error = sqrt((1 / len(gains) + 1 / max(len(apart) - 1, 1)) * float(np.var(gains, ddof=1)))
    return Way(name, score, float(gains.mean()), error)
