"""Intervals and comparisons by resampling rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers
from holdfast.metrics.metric import Metric

# Resampling more rows than this adds time, not precision: the spread found is rescaled to the true number of rows.
MAX_RESAMPLED_ROWS = 10_000

# Draws of the bootstrap t, and lots that many rows are put in: a lot's sum keeps the spread and the skewness.
STUDENTISED, MOST_LOTS = 2_000, 2_000

# Parts of the jackknife behind an interval's skewness.
JACKKNIFE = 50

# Beyond this many folds, whole folds are drawn instead of rows within each: each is scored once, and where a fold is a group,
# groups are what differs.
MOST_DRAWN_WITHIN = 20

# With many classes a score is as many scores: fewer rows are resampled, but not fewer than this.
FEWEST_RESAMPLED_ROWS = 1_000

# Blocks are what differs where rows belong together: fewer of them are resampled, but not fewer than this.
FEWEST_BLOCKS = 1_000

# One or two blocks say nothing of how blocks differ.
JUDGEABLE = 3

# Intervals are to cover the true value with this probability; what they leave out on either side.
LEVEL = 0.95
TAILS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)


@dataclass(frozen=True)
class Interval:
    """A score and the range that covers its true value with probability `level`."""

    score: float
    low: float
    high: float
    level: float = LEVEL


@dataclass(frozen=True)
class Resampled:
    """A score and what it would have been on other draws of the same size, shape (n_resamples,)."""

    score: float
    draws: Floats

    def interval(self) -> Interval:
        """Percentile interval (Efron, 1979); NaN bounds where no draw could be scored."""
        known = self.draws[np.isfinite(self.draws)]
        if not len(known):
            return Interval(self.score, float("nan"), float("nan"))
        low, high = np.quantile(known, TAILS)
        return Interval(self.score, float(min(low, self.score)), float(max(high, self.score)))


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
    once: int | None = None,
    blocks: Integers | None = None,
    n_resamples: int = 200,
    seed: int = 0,
) -> Resampled:
    """Score predictions on bootstrap draws of the rows; with `parts` (row numbers of each fold), drawn within each.

    once: how many of the parts, from the first, hold each row once: repeats of the folds make the score steadier, but no
    rows more, so only the first repeat's are drawn. blocks: rows of one block (n_rows,) are not independent of each other
    and are drawn together.

    The same seed draws the same rows for every model, so the draws of two models can be compared pair by pair.
    """
    rng = np.random.default_rng(seed)
    score = score_by_parts(metric, y, predictions, parts)
    every = [np.arange(len(y))] if parts is None else list(parts[:once])
    n_rows = sum(len(part) for part in every)
    share = _share_drawn(predictions, n_rows)
    if blocks is not None:
        return _resample_blocks(metric, y, predictions, blocks, score, share, n_resamples, rng)
    if len(every) > MOST_DRAWN_WITHIN:
        return _resample_parts(metric, y, predictions, every, score, n_resamples, rng)
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
    return Resampled(score, _possible(metric, score + (draws - centre) * np.sqrt(share)))


def _share_drawn(predictions: Floats, n_rows: int) -> float:
    """Share of the rows that are resampled."""
    n_classes = predictions.shape[1] if predictions.ndim == 2 else 1
    most = MAX_RESAMPLED_ROWS if n_classes <= 2 else max(FEWEST_RESAMPLED_ROWS, 2 * MAX_RESAMPLED_ROWS // n_classes)
    return min(1.0, most / n_rows)


def _resample_blocks(
    metric: Metric,
    y: Any,
    predictions: Floats,
    blocks: Integers,
    score: float,
    share: float,
    n_resamples: int,
    rng: np.random.Generator,
) -> Resampled:
    """Draw whole blocks of rows that belong together (the cluster bootstrap; Davison & Hinkley, 1997, 3.8)."""
    block = np.unique(blocks, return_inverse=True)[1]
    n_every = int(block.max()) + 1
    n_blocks = min(n_every, max(FEWEST_BLOCKS, round(share * n_every)))
    if n_blocks < n_every:
        rows = np.flatnonzero(np.isin(block, rng.choice(n_every, n_blocks, replace=False)))
        y, predictions, block = y[rows], predictions[rows], np.unique(block[rows], return_inverse=True)[1]
    centre = metric.score(y, predictions)
    draws = np.empty(n_resamples)
    for i in range(n_resamples):
        weights = np.bincount(rng.integers(0, n_blocks, n_blocks), minlength=n_blocks)[block].astype(np.float64)
        rows = np.flatnonzero(weights)
        draws[i] = metric.score(y[rows], predictions[rows], weights[rows])
    return Resampled(score, _possible(metric, score + (draws - centre) * np.sqrt(n_blocks / n_every)))


def _resample_parts(
    metric: Metric,
    y: Any,
    predictions: Floats,
    parts: Sequence[Integers],
    score: float,
    n_resamples: int,
    rng: np.random.Generator,
) -> Resampled:
    """Draw whole parts, around the score given."""
    scores = np.array([metric.score(y[part], predictions[part]) for part in parts])
    known = np.isfinite(scores)
    if not known.any():
        return Resampled(score, np.full(n_resamples, np.nan))
    scores, sizes = scores[known], np.array([len(part) for part in parts], dtype=np.float64)[known]
    weights = rng.multinomial(len(scores), np.full(len(scores), 1 / len(scores)), size=n_resamples) * sizes
    draws = weights @ scores / weights.sum(axis=1)
    return Resampled(score, _possible(metric, score + draws - float(np.average(scores, weights=sizes))))


def _possible(metric: Metric, draws: Floats) -> Floats:
    """No draw can be better than the best there is, where that is known."""
    if np.isnan(metric.best):
        return draws
    bound = np.minimum if metric.greater_is_better else np.maximum
    return np.asarray(bound(draws, metric.best))


def accurate_interval(
    metric: Metric,
    y: Any,
    predictions: Floats,
    found: Resampled,
    *,
    blocks: Integers | None = None,
) -> Interval:
    """Interval that allows for bias and skewness: exact for shares of independent rows, studentised for means, else BCa.

    Shares: Clopper & Pearson, 1934. Means of losses, which a few large ones rule: the bootstrap t (Hall, Theoretical
    comparison of bootstrap confidence intervals, 1988). BCa: Efron, Better bootstrap confidence intervals, 1987, with the
    acceleration from a jackknife that leaves out one of JACKKNIFE parts at a time (whole blocks where rows belong
    together). Fewer than JUDGEABLE blocks have no interval: NaN.
    """
    from scipy.stats import binomtest, norm

    if _too_few(blocks):
        return Interval(found.score, np.nan, np.nan)
    if metric.is_share and blocks is None:
        right = round(found.score * len(y))
        exact = binomtest(right, len(y)).proportion_ci(LEVEL, method="exact")
        return Interval(found.score, float(exact.low), float(exact.high))
    if metric.losses is not None:
        ends = np.array(_studentised(metric.losses(y, predictions), blocks))
        low, high = _possible(metric, np.sqrt(np.maximum(ends, 0.0)) if metric.is_root else ends)
        return Interval(found.score, float(low), float(high))
    known = found.draws[np.isfinite(found.draws)]
    below = float((np.sum(known < found.score) + 0.5 * np.sum(known == found.score)) / max(1, len(known)))
    if len(known) < 100 or not 0.01 < below < 0.99:
        return found.interval()
    acceleration = _acceleration(metric, y, predictions, blocks)
    bias, tails = norm.ppf(below), norm.ppf(TAILS)
    moved = norm.cdf(bias + (bias + tails) / (1 - acceleration * (bias + tails)))
    low, high = np.quantile(known, moved)
    return Interval(found.score, float(min(low, found.score)), float(max(high, found.score)))


def mean_interval(values: Floats, *, blocks: Integers | None = None) -> Interval:
    """Interval of a mean of values (n_rows,), by the bootstrap t; rows of one block are drawn together.

    Fewer than JUDGEABLE blocks have no interval: NaN.
    """
    if _too_few(blocks):
        return Interval(float(np.mean(values)), np.nan, np.nan)
    return Interval(float(np.mean(values)), *_studentised(values, blocks))


def _too_few(blocks: Integers | None) -> bool:
    return blocks is not None and len(np.unique(blocks)) < JUDGEABLE


def _studentised(losses: Floats, blocks: Integers | None) -> tuple[float, float]:
    """Ends of the bootstrap-t interval of the mean; rows of one block are drawn together, and many rows by lots."""
    n = len(losses)
    lots = np.random.default_rng(0).permutation(n) % MOST_LOTS if blocks is None else in_lots(blocks)
    sizes = np.bincount(lots).astype(np.float64)
    sums = np.bincount(lots, weights=losses)
    m = len(sizes)
    drawn = np.random.default_rng(0).multinomial(m, np.full(m, 1 / m), size=STUDENTISED).astype(np.float64)

    def estimate(weights: Floats) -> tuple[Floats, Floats]:
        """Mean of losses, and its standard error as of a ratio of sums over the lots."""
        total = weights @ sizes
        mean = weights @ sums / total
        left = weights @ sums**2 - 2 * mean * (weights @ (sums * sizes)) + mean**2 * (weights @ sizes**2)
        return mean, np.sqrt(np.maximum(left, 0.0) * m / max(1, m - 1)) / total

    mean, error = (float(each[0]) for each in estimate(np.ones((1, m))))
    means, errors = estimate(drawn)
    sure = errors > 1e-12 * max(error, 1e-300)
    if error == 0 or not sure.any():
        return mean, mean
    low, high = np.quantile((means[sure] - mean) / errors[sure], TAILS)
    return mean - float(high) * error, mean - float(low) * error


def in_lots(blocks: Integers) -> Integers:
    """Number each row's block from 0; where there are more than MOST_LOTS blocks, several by chance share a number."""
    block = np.unique(blocks, return_inverse=True)[1]
    n_blocks = int(block.max()) + 1
    if n_blocks <= MOST_LOTS:
        return np.asarray(block, dtype=np.int64)
    return np.asarray(np.random.default_rng(0).permutation(n_blocks)[block] % MOST_LOTS)


def _acceleration(metric: Metric, y: Any, predictions: Floats, blocks: Integers | None) -> float:
    """Skewness of a score over six, by a jackknife of some rows where there are many: it falls with the root of their number."""
    rng, share = np.random.default_rng(0), _share_drawn(predictions, len(y))
    if blocks is not None:
        unit = np.unique(blocks, return_inverse=True)[1]
        n_units = int(unit.max()) + 1
        share = min(1.0, max(share, FEWEST_BLOCKS / n_units))
    else:
        unit, n_units = np.arange(len(y)), len(y)
    place = rng.permutation(n_units)[unit]
    rows = np.flatnonzero(place < max(JACKKNIFE, round(share * n_units)))
    y, predictions, part = y[rows], predictions[rows], place[rows] % JACKKNIFE
    scores = np.array([metric.score(y[part != k], predictions[part != k]) for k in np.unique(part)])
    known = scores[np.isfinite(scores)]
    if not len(known):
        return 0.0
    gaps = known.mean() - known
    spread = float(np.sum(gaps**2)) ** 1.5
    return float(np.sum(gaps**3)) * np.sqrt(share) / (6 * spread) if spread > 0 and np.isfinite(spread) else 0.0


def _average(metric: Metric, parts: Sequence[tuple[Any, Floats, Floats | None, int]]) -> float:
    scores = np.array([metric.score(truth, given, weights) for truth, given, weights, _ in parts])
    sizes, known = np.array([size for *_, size in parts], dtype=np.float64), np.isfinite(scores)
    return float(np.average(scores[known], weights=sizes[known])) if known.any() else float("nan")


def p_better(metric: Metric, model: Resampled, other: Resampled) -> float:
    """One-sided bootstrap p-value that `model` is no better than `other`, from paired draws (Davison & Hinkley, 1997)."""
    gains = np.array([metric.gain(a) - metric.gain(b) for a, b in zip(model.draws, other.draws, strict=True)])
    return float((1 + np.sum(~(gains > 0))) / (1 + len(gains)))
