"""Intervals and comparisons by resampling rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.arrays import Floats
from holdfast.metrics.metric import Metric

# Resampling more rows than this adds time, not precision: the spread found is rescaled to the true number of rows.
MAX_RESAMPLED_ROWS = 10_000


@dataclass(frozen=True)
class Interval:
    """A score and the range that covers its true value with probability `level`."""

    score: float
    low: float
    high: float
    level: float = 0.95


@dataclass(frozen=True)
class Resampled:
    """A score and what it would have been on other draws of the same size, shape (n_resamples,)."""

    score: float
    draws: Floats

    def interval(self, level: float = 0.95) -> Interval:
        """Percentile interval (Efron, 1979); NaN bounds where no draw could be scored."""
        known = self.draws[np.isfinite(self.draws)]
        if not len(known):
            return Interval(self.score, float("nan"), float("nan"), level)
        tail = (1 - level) / 2
        low, high = np.quantile(known, [tail, 1 - tail])
        return Interval(self.score, float(min(low, self.score)), float(max(high, self.score)), level)


def resample(metric: Metric, y: Any, predictions: Floats, *, n_resamples: int = 200, seed: int = 0) -> Resampled:
    """Score predictions on bootstrap draws of the rows.

    The same seed draws the same rows for every model, so the draws of two models can be compared pair by pair.
    """
    n_rows = len(y)
    rng = np.random.default_rng(seed)
    score = metric.score(y, predictions)
    rows = np.arange(n_rows)
    if n_rows > MAX_RESAMPLED_ROWS:
        rows = np.sort(rng.choice(n_rows, MAX_RESAMPLED_ROWS, replace=False))
    centre = score if len(rows) == n_rows else metric.score(y[rows], predictions[rows])
    draws = np.empty(n_resamples)
    for i in range(n_resamples):
        counts = rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)))
        drawn = np.flatnonzero(counts)
        draws[i] = metric.score(y[rows[drawn]], predictions[rows[drawn]], counts[drawn].astype(np.float64))
    shrink = np.sqrt(len(rows) / n_rows)
    return Resampled(score, score + (draws - centre) * shrink)


def p_better(metric: Metric, model: Resampled, other: Resampled) -> float:
    """One-sided bootstrap p-value that `model` is no better than `other`, from paired draws (Davison & Hinkley, 1997)."""
    gains = np.array([metric.gain(a) - metric.gain(b) for a, b in zip(model.draws, other.draws, strict=True)])
    return float((1 + np.sum(~(gains > 0))) / (1 + len(gains)))
