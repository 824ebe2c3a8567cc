"""Names for the array types that pass between rooms, and how probabilities become a label."""

from math import floor
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Matrix32: TypeAlias = NDArray[np.float32]
Integers: TypeAlias = NDArray[np.int64]
Codes: TypeAlias = NDArray[np.int32]
Hashes: TypeAlias = NDArray[np.uint64]
Flags: TypeAlias = NDArray[np.bool_]
Strings: TypeAlias = NDArray[np.object_]

# Shares that are equal by this many parts are a tie, which the first class wins: a fitted forest and its compiled form may
# add up the same votes in another order.
PARTS = 1e9


def likeliest(probabilities: Floats) -> Integers:
    """Give each row's likeliest class, (n_rows,), of (n_rows, n_classes).

    >>> likeliest(np.array([[0.3, 0.7], [0.5 - 1e-16, 0.5]])).tolist()
    [1, 0]
    """
    return np.asarray(np.floor(probabilities * PARTS + 0.5).argmax(axis=1), dtype=np.int64)


def likeliest_of(shares: list[float]) -> int:
    """Give the likeliest class of one row, by the rule of `likeliest`, without an array.

    >>> likeliest_of([0.5 - 1e-16, 0.5])
    0
    """
    parts = [floor(share * PARTS + 0.5) for share in shares]
    return parts.index(max(parts))
