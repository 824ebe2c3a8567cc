"""Intervals and comparisons by resampling rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers
from holdfast.metrics.metric import Metric

# Resampling more rows than this adds time, not precision: the spread found is rescaled to the true number of rows.
MAX_RESAMPLED_ROWS = 10_000

# With many classes a score is as many scores: fewer rows are resampled, but not fewer than this.
FEWEST_RESAMPLED_ROWS = 1_000


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


def score_by_parts(metric: Metric, y: Any, predictions: Floats, parts: Sequence[Integers] | None = None) -> float:
    """Score each part of the rows on its own and average, weighted by size; parts that can't be scored are left out.

    Out-of-fold predictions come from several models, whose scales may differ: ranking them together would mislead.
    """
    if parts is None or len(parts) == 1:
        return metric.score(y, predictions)
    return _average(metric, [(y[part], predictions[part], None, len(part)) for part in parts])


def resample(
    metric: Metric,
    y: Any,
    predictions: Floats,
    *,
    parts: Sequence[Integers] | None = None,
    n_resamples: int = 200,
    seed: int = 0,
) -> Resampled:
    """Score predictions on bootstrap draws of the rows; with `parts` (row numbers of each fold), drawn within each.

    The same seed draws the same rows for every model, so the draws of two models can be compared pair by pair.
    """
    rng = np.random.default_rng(seed)
    score = score_by_parts(metric, y, predictions, parts)
    every = [np.arange(len(y))] if parts is None else list(parts)
    n_classes = predictions.shape[1] if predictions.ndim == 2 else 1
    most = MAX_RESAMPLED_ROWS if n_classes <= 2 else max(FEWEST_RESAMPLED_ROWS, 2 * MAX_RESAMPLED_ROWS // n_classes)
    share = min(1.0, most / len(y))
    drawn_from = [
        part if share == 1 else rng.choice(part, max(1, round(share * len(part))), replace=False) for part in every
    ]
    cut = [(y[part], predictions[part], len(part)) for part in drawn_from]
    centre = _average(metric, [(truth, given, None, size) for truth, given, size in cut])
    draws = np.empty(n_resamples)
    for i in range(n_resamples):
        drawn = []
        for truth, given, size in cut:
            counts = np.bincount(rng.integers(0, size, size), minlength=size)
            rows = np.flatnonzero(counts)
            drawn.append((truth[rows], given[rows], counts[rows].astype(np.float64), size))
        draws[i] = _average(metric, drawn)
    draws = score + (draws - centre) * np.sqrt(share)
    bound = np.minimum if metric.greater_is_better else np.maximum
    return Resampled(score, bound(draws, metric.best))


def _average(metric: Metric, parts: Sequence[tuple[Any, Floats, Floats | None, int]]) -> float:
    scores = np.array([metric.score(truth, given, weights) for truth, given, weights, _ in parts])
    sizes, known = np.array([size for *_, size in parts], dtype=np.float64), np.isfinite(scores)
    return float(np.average(scores[known], weights=sizes[known])) if known.any() else float("nan")


def p_better(metric: Metric, model: Resampled, other: Resampled) -> float:
    """One-sided bootstrap p-value that `model` is no better than `other`, from paired draws (Davison & Hinkley, 1997)."""
    gains = np.array([metric.gain(a) - metric.gain(b) for a, b in zip(model.draws, other.draws, strict=True)])
    return float((1 + np.sum(~(gains > 0))) / (1 + len(gains)))
