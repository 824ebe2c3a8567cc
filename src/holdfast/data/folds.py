"""Cross-validation folds of the development rows, cut by the same rules as the seal."""

from dataclasses import dataclass

import numpy as np

from holdfast.arrays import Floats, Hashes, Integers
from holdfast.data.cut import cut

# Folds are cut with another salt than the seal, else the sealed part's neighbours would share a fold.
FOLD_SALT = 0x5EED


@dataclass(frozen=True)
class Fold:
    """Row numbers to fit on and row numbers to judge on."""

    train: Integers
    valid: Integers


def make_folds(
    hashes: Hashes,
    *,
    n_folds: int,
    seed: int = 0,
    strata: Integers | None = None,
    groups: Hashes | None = None,
    time: Floats | None = None,
    holdout: bool = False,
) -> list[Fold]:
    """Cut rows into folds; equal rows (or whole groups) share a fold.

    By time, each fold is fitted on the past and judged on the stretch that follows it. With `holdout`, only the first
    fold is returned: one fit instead of `n_folds`.
    """
    rows = np.arange(len(hashes))
    if time is not None:
        folds = _forward(time, n_folds)
        return folds[-1:] if holdout else folds
    parts = cut(hashes if groups is None else groups, [1 / n_folds] * n_folds, salt=seed ^ FOLD_SALT, strata=strata)
    folds = [Fold(rows[parts != k], rows[parts == k]) for k in range(n_folds)]
    folds = [fold for fold in folds if len(fold.train) and len(fold.valid)]
    return folds[:1] if holdout else folds


def _forward(time: Floats, n_folds: int) -> list[Fold]:
    """Expanding windows: the rows in time order are cut in n_folds + 1 stretches, rows of one moment together."""
    known = np.where(np.isnan(time), -np.inf, time)
    edges = np.quantile(known, np.arange(1, n_folds + 1) / (n_folds + 1), method="higher")
    stretch = np.searchsorted(edges, known, side="left")
    rows = np.arange(len(time))
    folds = [Fold(rows[stretch < k], rows[stretch == k]) for k in range(1, n_folds + 1)]
    return [fold for fold in folds if len(fold.train) and len(fold.valid)]
