"""Centre and spread of columns, for learners that want them scaled."""

import numpy as np

from holdfast.arrays import Floats

# A scaled value further from the mean than this many standard deviations is cut off.
CLIP = 10.0

# Before mean and spread are taken, values further out than this many times the width of the middle nine tenths are
# pulled in: one 999999 typed for "unknown" would else squeeze all other rows into one point.
REACH = 10.0


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
