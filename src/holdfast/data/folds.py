"""Cross-validation folds of the development rows, cut by the same rules as the seal."""

from dataclasses import dataclass

import numpy as np

from holdfast.arrays import Floats, Hashes, Integers
from holdfast.data.cut import cut

# Folds are cut with another salt than the seal, else the sealed part's neighbours would share a fold.
FOLD_SALT = 0x5EED

# Between the salts of one repeat and the next; a prime, so that no other seed's folds come up again.
REPEAT_STEP = 2_654_435_761


@dataclass(frozen=True)
class Fold:
    """Row numbers to fit on and row numbers to judge on, both sorted. repeat: which cut of all rows it belongs to."""

    train: Integers
    valid: Integers
    repeat: int = 0


def make_folds(
    hashes: Hashes,
    *,
    n_folds: int,
    seed: int = 0,
    strata: Integers | None = None,
    groups: Hashes | None = None,
    time: Floats | None = None,
    judged: int | None = None,
    repeats: int = 1,
) -> list[Fold]:
    """Cut rows into folds; equal rows (or whole groups) share a fold.

    By time, each fold is fitted on the past and judged on the stretch that follows it. Only the first `judged` folds are
    returned, by time the last ones; all when None. With `repeats`, the rows are cut as many times, each time otherwise (not
    by time, whose order allows one cut only); each repeat judges every row once.

    >>> folds = make_folds(np.arange(60, dtype=np.uint64), n_folds=3, repeats=2)
    >>> [fold.repeat for fold in folds]
    [0, 0, 0, 1, 1, 1]
    """
    rows = np.arange(len(hashes))
    if time is not None:
        folds = _forward(time, n_folds)
        return folds if judged is None else folds[-judged:]
    key, folds = hashes if groups is None else groups, []
    for repeat in range(repeats):
        salt = (seed ^ FOLD_SALT) + repeat * REPEAT_STEP
        parts = cut(key, [1 / n_folds] * n_folds, salt=salt, strata=strata)
        folds += [Fold(rows[parts != k], rows[parts == k], repeat) for k in range(n_folds)]
    folds = [fold for fold in folds if len(fold.train) and len(fold.valid)]
    return folds[:judged]


def leave_one_group_out(groups: Hashes) -> list[Fold]:
    """Give one fold a group: fitted on all other groups, judged on it.

    >>> [fold.valid.tolist() for fold in leave_one_group_out(np.array([5, 9, 5, 7], dtype=np.uint64))]
    [[0, 2], [3], [1]]
    """
    rows, number = np.arange(len(groups)), np.unique(groups, return_inverse=True)[1]
    folds = [Fold(rows[number != k], rows[number == k]) for k in range(int(number.max()) + 1)]
    return [fold for fold in folds if len(fold.train)]


def _forward(time: Floats, n_folds: int) -> list[Fold]:
    """Expanding windows: the rows in time order are cut in n_folds + 1 stretches, rows of one moment together."""
    known = np.where(np.isnan(time), -np.inf, time)
    edges = np.quantile(known, np.arange(1, n_folds + 1) / (n_folds + 1), method="higher")
    stretch = np.searchsorted(edges, known, side="left")
    rows = np.arange(len(time))
    folds = [Fold(rows[stretch < k], rows[stretch == k]) for k in range(1, n_folds + 1)]
    return [fold for fold in folds if len(fold.train) and len(fold.valid)]
