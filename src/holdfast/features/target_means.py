"""Out-of-fold target encoding: what a value's rows answered on average (Micci-Barreca, 2001)."""

import numpy as np

from holdfast.arrays import Floats, Integers

# Weight of the prior, in rows, and number of folds.
SMOOTHING, FOLDS = 10.0, 5

# Targets averaged at most.
MAX_TARGETS = 10


def averaged_targets(targets: Floats) -> Integers:
    """Numbers of the targets that are averaged: all, or the commonest classes."""
    return np.sort(np.argsort(-targets.mean(axis=0), kind="stable")[:MAX_TARGETS])


def folds(n_rows: int, seed: int) -> Integers:
    """Deal rows out to folds of equal size at random, shape (n_rows,)."""
    return np.random.default_rng(seed).permutation(n_rows) % FOLDS


def target_means(codes: Integers, targets: Floats, fold: Integers, n_codes: int) -> tuple[Floats, Floats]:
    """Average the targets by code, drawn towards the average of all rows where rows are few.

    codes (n_rows,) in 0..n_codes-1, targets (n_rows, n_targets). Returns the means of all rows, (n_codes, n_targets), for
    rows to come; and, (n_rows, n_targets), for each of these rows the mean of the other folds, in which its own target
    has no part.

    >>> codes, targets = np.array([0, 0, 1]), np.array([[1.0], [1.0], [0.0]])
    >>> means, _ = target_means(codes, targets, folds(3, seed=0), 3)
    >>> means.ravel().round(2).tolist()
    [0.72, 0.61, 0.67]
    """
    keyed = fold * n_codes + codes
    counts = np.bincount(keyed, minlength=FOLDS * n_codes).reshape(FOLDS, n_codes, 1)
    sums = np.stack([_sums(keyed, target, FOLDS * n_codes) for target in targets.T], axis=1)
    sums = sums.reshape(FOLDS, n_codes, targets.shape[1])
    count, total = counts.sum(axis=0), sums.sum(axis=0)
    means = (total + SMOOTHING * targets.mean(axis=0)) / (count + SMOOTHING)
    others_count, others_total = count - counts, total - sums
    priors = others_total.sum(axis=1) / np.maximum(others_count.sum(axis=1), 1)
    others = (others_total + SMOOTHING * priors[:, None]) / (others_count + SMOOTHING)
    return means, others[fold, codes]


def _sums(keyed: Integers, target: Floats, size: int) -> Floats:
    return np.asarray(np.bincount(keyed, weights=target, minlength=size), dtype=np.float64)
