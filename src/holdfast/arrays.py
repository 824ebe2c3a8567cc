"""Names for the array types that pass between rooms, how probabilities become a class, and how hashes are scrambled."""

from math import floor
from typing import Any, TypeAlias

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


def decided(probabilities: Floats, costs: Floats | None) -> Integers:
    """Give each row's answer, (n_rows,): the class that is expected to cost least, or the likeliest when costs is None.

    costs: (n_classes, n_classes), what it costs that a row of the class (down) is answered by the class (across).

    >>> decided(np.array([[0.8, 0.2], [0.9, 0.1]]), np.array([[0.0, 1.0], [5.0, 0.0]])).tolist()
    [1, 0]
    """
    return likeliest(probabilities if costs is None else probabilities @ worth(costs))


def worth(costs: Floats) -> Floats:
    """Costs turned so that most is best, within 1: (n_classes, n_classes)."""
    return np.asarray(-costs / np.abs(costs).max())


def threshold_costs(threshold: float) -> Floats:
    """The costs under which class 1 of two is answered when its probability is above the threshold, (2, 2).

    >>> decided(np.array([[0.8, 0.2], [0.6, 0.4]]), threshold_costs(0.3)).tolist()
    [0, 1]
    """
    return np.array([[0.0, threshold], [1.0 - threshold, 0.0]])


def likeliest_of(shares: list[float]) -> int:
    """Give the likeliest class of one row, by the rule of `likeliest`, without an array.

    >>> likeliest_of([0.5 - 1e-16, 0.5])
    0
    """
    parts = [floor(share * PARTS + 0.5) for share in shares]
    return parts.index(max(parts))


def class_name(label: Any) -> str:
    """A class as files and names of columns write it: truths in lower case.

    >>> class_name(True), class_name(3)
    ('true', '3')
    """
    return str(label).lower() if isinstance(label, bool) else str(label)


def scramble(values: Hashes) -> Hashes:
    """Make every bit of 64-bit numbers depend on all others; 0 stays 0 (the last step of splitmix64; Steele et al., 2014).

    >>> scramble(np.array([0, 1, 2], dtype=np.uint64)).tolist()
    [0, 6238072747940578789, 15839785061582574730]
    """
    with np.errstate(over="ignore"):
        mixed = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def is_missing(cell: Any) -> bool:
    """None, NaN, NaT, and pandas' NA, which can't be asked whether it equals itself."""
    return cell is None or type(cell).__name__ == "NAType" or bool(cell != cell)
