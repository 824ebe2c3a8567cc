"""Which columns of the matrix to keep, judged on training rows only."""

from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers, Matrix32
from holdfast.features.preparation import Selection

# Columns are judged on this many rows at most.
MOST_ROWS = 20_000

# The lasso looks at the commonest classes, this many at most.
MOST_CLASSES = 10

# Of the columns left, recursive elimination takes away this share at a time.
STEP = 0.1


def select(selection: Selection, matrix: Matrix32, y: Any, *, classes: bool, seed: int) -> Integers:
    """Numbers of the columns to keep, ascending, at least one.

    matrix (n_rows, n_columns), NaN allowed; y: class codes or values (n_rows,). Without a number of columns, l1 keeps those
    with a weight, importance those above the average, the others half.
    """
    if len(y) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(len(y), MOST_ROWS, replace=False))
        matrix, y = matrix[rows], y[rows]
    plain, wanted = _plain(matrix), selection.n_columns
    if matrix.shape[1] == 1 or len(np.unique(y)) == 1:
        return np.arange(matrix.shape[1])
    if selection.method == "rfe":
        return _eliminate(plain, y, wanted or max(1, plain.shape[1] // 2), classes=classes, seed=seed)
    if selection.method == "l1":
        worth, least = _weights(plain, y, classes=classes, seed=seed), 1e-10
    elif selection.method == "importance":
        worth = _importances(plain, y, classes=classes, seed=seed)
        least = float(worth.mean())
    else:
        worth, least = _information(plain, y, classes=classes, seed=seed), -np.inf
        wanted = wanted or max(1, plain.shape[1] // 2)
    best = np.argsort(-worth, kind="stable")
    kept = best[worth[best] >= least] if wanted is None else best[:wanted]
    return np.sort(kept if len(kept) else best[:1])


def _plain(matrix: Matrix32) -> Floats:
    """Columns centred and scaled, gaps in the middle: judged alike whatever the learner wants."""
    values = matrix.astype(np.float64)
    known = ~np.isnan(values)
    counts = np.maximum(known.sum(axis=0), 1)
    values = np.where(known, values, np.where(known, values, 0.0).sum(axis=0) / counts)
    spread = values.std(axis=0)
    return np.asarray((values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0), dtype=np.float64)


def _weights(plain: Floats, y: Any, *, classes: bool, seed: int) -> Floats:
    """Sizes of the weights of a lasso whose strength was cross-validated (Tibshirani, 1996); of classes, one against the rest."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LassoCV

    names, counts = np.unique(y, return_counts=True)
    common = names[np.argsort(-counts, kind="stable")][: 1 if len(names) == 2 else MOST_CLASSES]
    targets = [(y == each).astype(np.float64) for each in common] if classes else [y]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = [LassoCV(cv=3, alphas=30, random_state=seed).fit(plain, target) for target in targets]
    return np.asarray(np.max([np.abs(each.coef_) for each in fitted], axis=0))


def _importances(plain: Floats, y: Any, *, classes: bool, seed: int) -> Floats:
    """How much each column parts the answers in extremely randomised trees (Geurts et al., 2006)."""
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

    kind = ExtraTreesClassifier if classes else ExtraTreesRegressor
    trees = kind(n_estimators=100, min_samples_leaf=3, random_state=seed)
    return np.asarray(trees.fit(plain, y).feature_importances_)


def _information(plain: Floats, y: Any, *, classes: bool, seed: int) -> Floats:
    """What each column alone tells of the answer (Kraskov et al., 2004; Ross, 2014)."""
    from sklearn.feature_selection import mutual_info_classif, mutual_info_regression

    measure = mutual_info_classif if classes else mutual_info_regression
    # A column of few values is counted; nearest neighbours would all be at distance 0.
    counted = np.array([len(np.unique(column)) <= 2 for column in plain.T])
    return np.asarray(measure(plain, y, discrete_features=counted, random_state=seed))


def _eliminate(plain: Floats, y: Any, wanted: int, *, classes: bool, seed: int) -> Integers:
    """Take away the columns with the smallest weights, a few at a time (Guyon et al., 2002)."""
    from sklearn.feature_selection import RFE
    from sklearn.linear_model import LogisticRegression, Ridge

    model = LogisticRegression(max_iter=200, random_state=seed) if classes else Ridge()
    chosen = RFE(model, n_features_to_select=min(wanted, plain.shape[1]), step=STEP).fit(plain, y)
    return np.flatnonzero(chosen.support_)
