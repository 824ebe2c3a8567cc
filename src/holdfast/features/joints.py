"""Categories that may tell more together: which columns are joined, in pairs and all of them."""

from itertools import combinations

import numpy as np

from holdfast.arrays import Codes
from holdfast.data.columns import Columns, Kind
from holdfast.features.categories import MANY_VALUES
from holdfast.features.target_means import MAX_TARGETS

# Columns joined at most; and columns of the matrix, one for each joint and target, that they may make.
MOST_JOINED, MOST_MEANS = 6, 48


def find_joints(columns: Columns, n_targets: int) -> tuple[tuple[str, ...], ...]:
    """The categories worth joining: each pair of which one has many values, then all of them when they are three or more.

    The columns are those with most values, of which only those count that were seen twice. With many targets they are fewer.
    Where neither of two has many values, trees see the pair by themselves.

    >>> from holdfast.data.columns import Coded
    >>> codes = {"city": np.arange(40) % 20, "shop": np.arange(40) // 2, "colour": np.arange(40) % 2}
    >>> values = np.array([f"v{k:02}" for k in range(20)], dtype=object)
    >>> strings = {name: Coded(each, values) for name, each in codes.items()}
    >>> find_joints(Columns({}, strings, dict.fromkeys(strings, Kind.CATEGORY)), 1)
    (('city', 'shop'), ('city', 'colour'), ('shop', 'colour'), ('city', 'shop', 'colour'))
    """
    told = {name: _n_told(columns.strings[name].codes) for name in columns.of_kind(Kind.CATEGORY)}
    averaged = min(n_targets, MAX_TARGETS)
    most = max(k for k in range(2, MOST_JOINED + 1) if _n_joints(k) * averaged <= MOST_MEANS)
    widest = sorted((name for name in told if told[name] > 1), key=lambda name: -told[name])[:most]
    chosen = [name for name in told if name in widest]
    pairs = [pair for pair in combinations(chosen, 2) if max(told[name] for name in pair) > MANY_VALUES]
    return (*pairs, *([tuple(chosen)] if pairs and len(chosen) > 2 else []))


def _n_joints(n_columns: int) -> int:
    """The pairs, and all together."""
    return n_columns * (n_columns - 1) // 2 + 1


def _n_told(codes: Codes) -> int:
    """Values seen twice or more, a missing one being a value."""
    return int((np.bincount(codes + 1) > 1).sum())
