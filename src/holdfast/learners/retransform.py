"""A target learned on a bent scale, and how answers come back to its own: Duan's smearing estimate of the mean."""

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from holdfast.arrays import Floats
from holdfast.features.power import fitted_exponents, yeo_johnson, yeo_johnson_inverse
from holdfast.graph.tensor import Number, at_least, clip, exp

Transform: TypeAlias = Literal["none", "log", "power"]
TRANSFORMS: tuple[Transform, ...] = get_args(Transform)

# A power's residuals are stood for by this many of their quantiles.
RESIDUALS = 50


@dataclass(frozen=True)
class Bend:
    """Yeo and Johnson's curve for a target; an exponent of 0 is log(1 + y).

    low, high: the ends of the training targets, as bent, between which answers are kept: on a bent scale a line that runs on
    soon leaves the world. lowest, highest: ends for answers with a residual added, one range of the targets further out.
    """

    exponent: float
    low: float = 0.0
    high: float = 0.0
    lowest: float = 0.0
    highest: float = 0.0

    def apply(self, y: Floats) -> Floats:
        """Targets (n_rows,) as they are learned."""
        bent = yeo_johnson(y[:, None], np.array([self.exponent]))
        return np.asarray(bent[:, 0], dtype=np.float64)


@dataclass(frozen=True)
class Smear:
    """From bent answers to means: the average over residuals of what comes back (Duan, 1983).

    For the logarithm that is a factor, the mean of exp(residual); for other powers the residuals themselves are kept,
    (n_residuals,).
    """

    bend: Bend
    factor: float
    residuals: Floats

    def apply(self, answer: Number) -> Number:
        """Means (n_rows, 1) for answers (n_rows, 1) on the bent scale."""
        bend = self.bend
        answer = clip(answer, bend.low, bend.high)
        if bend.exponent == 0.0:
            return at_least(exp(answer) * self.factor - 1.0, np.zeros(1))
        spread = clip(answer + self.residuals[None, :], bend.lowest, bend.highest)
        back = yeo_johnson_inverse(spread, np.array([bend.exponent]))
        mean: Number = back @ np.full((len(self.residuals), 1), 1.0 / len(self.residuals))
        return mean


def fit_bend(transform: Transform, y: Floats) -> Bend:
    """Learn the curve from training targets; for "log" they must be at least 0.

    >>> fit_bend("log", np.array([0.0, 1.0])).apply(np.array([np.e - 1])).round(9).tolist()
    [1.0]
    """
    exponent = 0.0 if transform == "log" else float(fitted_exponents(y[:, None], "yeo_johnson")[0])
    low, high = float(y.min()), float(y.max())
    width = high - low
    lowest = low - width if low < 0 else max(0.0, low - width)
    ends = Bend(exponent).apply(np.array([low, high, lowest, high + width]))
    return Bend(exponent, *map(float, ends))


def fit_smear(bend: Bend, truth: Floats, answers: Floats, weights: Floats | None) -> Smear:
    """Learn how answers come back, from rows that were not fitted: bent targets and answers for them, (n_rows,) each.

    >>> fit_smear(Bend(0.0, 0.0, 9.0), np.log([1.0, 3.0]), np.zeros(2), None).factor
    2.0
    """
    residuals = truth - np.clip(answers, bend.low, bend.high)
    order = np.argsort(residuals, kind="stable")
    counts = np.ones(len(residuals)) if weights is None else weights
    places = np.cumsum(counts[order]) / counts.sum()
    chosen = np.searchsorted(places, (np.arange(RESIDUALS) + 0.5) / RESIDUALS)
    few = residuals[order[np.minimum(chosen, len(order) - 1)]]
    return Smear(bend, float(np.average(np.exp(residuals), weights=weights)) if bend.exponent == 0.0 else 1.0, few)
