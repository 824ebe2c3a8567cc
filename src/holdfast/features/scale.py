"""Scaling of columns, for learners that want it: by centre and spread, by a power, or by quantiles."""

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from holdfast.arrays import Floats
from holdfast.features.power import box_cox, fitted_exponents, yeo_johnson
from holdfast.features.quantiles import Steps, fit_steps, normal_quantile
from holdfast.graph.tensor import Number, clip

Scaling: TypeAlias = Literal["standard", "minmax", "robust", "power", "box_cox", "quantile", "quantile_normal"]
SCALINGS: tuple[Scaling, ...] = get_args(Scaling)

# Those that bend a column, which does nothing for one of two values.
BENDING = frozenset({"power", "box_cox", "quantile", "quantile_normal"})

# A scaled value further from the mean than this many standard deviations is cut off.
CLIP = 10.0

# Before mean and spread are taken, values further out than this many times the width of the middle nine tenths are
# pulled in: one 999999 typed for "unknown" would else squeeze all other rows into one point.
REACH = 10.0


@dataclass(frozen=True)
class Scaler:
    """A fitted scaling of columns; its arithmetic runs on arrays and in graphs alike.

    centre, spread: (n_columns,), taken off and divided by, after any bending. exponent: of a power transform, with
    `lowest`, the smallest training values, for Box and Cox's. steps: for quantiles; normal: whether they become normal.
    """

    centre: Floats
    spread: Floats
    exponent: Floats | None = None
    lowest: Floats | None = None
    steps: Steps | None = None
    normal: bool = False

    def apply(self, values: Number) -> Number:
        """Scale (n_rows, n_columns), NaN stays; further out than CLIP is cut off."""
        return clip((self.bent(values) - self.centre) / self.spread, -CLIP, CLIP)

    def bent(self, values: Number) -> Number:
        """The values before centring."""
        if self.steps is not None:
            share = self.steps.share(values)
            return normal_quantile(share) if self.normal else share
        if self.exponent is None:
            return values
        if self.lowest is not None:
            return box_cox(values, self.exponent, self.lowest)
        return yeo_johnson(values, self.exponent)


def fit_scaler(scaling: Scaling, values: Floats) -> Scaler:
    """Learn a scaling from the training rows, (n_rows, n_columns), NaN left out.

    Each equals scikit-learn's fitted transform of that name on values like those of training: StandardScaler (but for
    values far out, see `standard`), MinMaxScaler, RobustScaler, PowerTransformer by Yeo and Johnson or by Box and Cox,
    QuantileTransformer.

    >>> fit_scaler("minmax", np.array([[1.0], [5.0]])).apply(np.array([[2.0]])).tolist()
    [[0.25]]
    """
    zero, one = np.zeros(values.shape[1]), np.ones(values.shape[1])
    if scaling in ("quantile", "quantile_normal"):
        return Scaler(zero, one, steps=fit_steps(values), normal=scaling == "quantile_normal")
    if scaling in ("minmax", "robust"):
        ends = _ends(values, (0.0, 0.0, 1.0) if scaling == "minmax" else (0.25, 0.5, 0.75))
        spread = ends[2] - ends[0]
        return Scaler(ends[1], np.where(spread > 0, spread, 1.0))
    if scaling == "standard":
        return Scaler(*standard(values))
    exponent = fitted_exponents(values, "box_cox" if scaling == "box_cox" else "yeo_johnson")
    lowest = _ends(np.where(values > 0, values, np.nan), (0.0,))[0] if scaling == "box_cox" else None
    if lowest is not None:
        lowest = np.where(lowest > 0, lowest, 1.0)
    bent = Scaler(zero, one, exponent, lowest).bent(values)
    return Scaler(*standard(bent), exponent, lowest)


def _ends(values: Floats, shares: tuple[float, ...]) -> Floats:
    """Quantiles by column, (n_shares, n_columns); 0 for a column that holds nothing."""
    found = np.zeros((len(shares), values.shape[1]))
    for k, column in enumerate(values.T):
        present = column[~np.isnan(column)]
        if len(present):
            found[:, k] = np.quantile(present, shares)
    return found


def standard(values: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each column, (n_columns,) each; NaN is left out, and a constant's spread is 1.

    >>> mean, spread = standard(np.array([[1.0, 7.0], [3.0, 7.0], [np.nan, 7.0]]))
    >>> mean.tolist(), spread.tolist()
    ([2.0, 7.0], [1.0, 1.0])
    """
    mean, spread = np.zeros(values.shape[1]), np.ones(values.shape[1])
    for k in range(values.shape[1]):
        present = _pulled_in(values[~np.isnan(values[:, k]), k])
        if not len(present):
            continue
        mean[k], deviation = present.mean(), present.std()
        # Rounding gives a constant a tiny deviation, in proportion to its size.
        if deviation > max(1e-100, 1e-12 * abs(mean[k])):
            spread[k] = deviation
    return mean, spread


def _pulled_in(present: Floats) -> Floats:
    edge = len(present) // 20
    if not edge:
        return present
    low, high = np.partition(present, [edge, len(present) - 1 - edge])[[edge, len(present) - 1 - edge]]
    if low == high:
        return present
    reach = REACH * (high - low)
    return np.clip(present, low - reach, high + reach)
