"""Whether one model is better than another, by the same folds: a test that knows folds share rows, and its Bayesian twin."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from holdfast.evaluate.bootstrap import TAILS, Interval

# Differences of scores smaller than this share of what the better one gains over the baseline are of no practical account.
ROPE_SHARE = 0.01


@dataclass(frozen=True)
class Comparison:
    """How a model compares with another.

    difference: mean gain over the other (greater is better). p: of the two-sided test that there is none. better, equal,
    worse: the probabilities that the model is better by more than `rope`, within it, or worse.
    """

    difference: float
    p: float
    better: float
    equal: float
    worse: float
    rope: float


def compare(gains: Sequence[float], *, test_share: float, rope: float) -> Comparison:
    """Compare two models by their differences of gain, fold by fold (positive: the first is better).

    test_share: rows judged over rows fitted on, of one fold. Folds share most of their training rows, so their differences
    are alike: the variance is corrected for it (Nadeau & Bengio, Inference for the generalization error, 2003). With a flat
    prior the mean difference then follows the same t distribution (Corani & Benavoli, 2015), of which the part within
    `rope` of zero is the probability that the two are practically equal (Benavoli et al., 2017).

    >>> found = compare([0.02, 0.03, 0.01, 0.02, 0.02], test_share=0.25, rope=0.005)
    >>> round(found.p, 3), round(found.better, 3)
    (0.014, 0.983)
    """
    from scipy.stats import t

    values = np.asarray(gains, dtype=np.float64)
    n, mean = len(values), float(np.mean(values)) if len(values) else float("nan")
    if n < 2 or not np.isfinite(values).all():
        return Comparison(mean, float("nan"), float("nan"), float("nan"), float("nan"), rope)
    error = sqrt((1 / n + test_share) * float(np.var(values, ddof=1)))
    if error < 1e-15:
        return Comparison(mean, float(abs(mean) <= 1e-15), *_sure(mean, rope), rope)
    p = float(2 * t.sf(abs(mean) / error, n - 1))
    better, worse = float(t.sf((rope - mean) / error, n - 1)), float(t.cdf((-rope - mean) / error, n - 1))
    return Comparison(mean, p, better, max(0.0, 1 - better - worse), worse, rope)


def _sure(mean: float, rope: float) -> tuple[float, float, float]:
    """Differences without any spread leave no doubt."""
    return float(mean > rope), float(abs(mean) <= rope), float(mean < -rope)


def fold_interval(values: Sequence[float], test_share: float) -> Interval:
    """Give the mean of fold scores and its interval by the same corrected variance; unknown bounds for a single fold.

    test_share: rows judged over rows fitted on, of one fold.

    >>> found = fold_interval([0.8, 0.9, 0.85, 0.9, 0.8], test_share=0.25)
    >>> round(found.score, 3), round(found.low, 3), round(found.high, 3)
    (0.85, 0.757, 0.943)
    """
    from scipy.stats import t

    n, nan = len(values), float("nan")
    mean = float(np.mean(values)) if n else nan
    if n < 2:
        return Interval(mean, nan, nan)
    error = sqrt((1 / n + test_share) * float(np.var(values, ddof=1)))
    reach = float(t.ppf(TAILS[1], n - 1)) * error
    return Interval(mean, mean - reach, mean + reach)
