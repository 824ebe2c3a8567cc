"""Quick models for asking the data questions: they need to be fair to both sides, not good."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Hashes, Integers
from holdfast.audit.sample import Examined, as_numbers
from holdfast.data.columns import NUMERIC_KINDS, Kind
from holdfast.data.fingerprint import mix

# Trees of a quick model, and what it may look at.
TREES, LEAVES = 60, 15
MAX_CELLS, MAX_ROWS, FEWEST_ROWS = 400_000, 12_000, 2_000

# On fewer rows leaves are smaller, and bins fewer: most of the time goes into comparing bins there.
FEW_TRAINED = 1_000

# Answers of a column alone are averaged in this many bins.
BINS = 64

FOLDS = 3


def table(examined: Examined, names: Sequence[str]) -> Floats:
    """Columns as numbers, shape (n_rows, n_columns); text becomes codes by name."""
    if not names:
        return np.zeros((examined.dataset.n_rows, 1))
    columns: Floats = np.stack([as_numbers(examined.dataset.frame[name]) for name in names], axis=1)
    return columns


def learnable(examined: Examined) -> list[str]:
    """Features a quick model can take."""
    return examined.of_kind(*NUMERIC_KINDS, Kind.CATEGORY)


def targets(examined: Examined) -> Floats:
    """What a quick model learns, so that squared errors compare fairly; shape (n_rows, n_targets).

    Values are put at their place among all values, in [0, 1], so that no outlier decides; of classes the commonest eight
    get a column of zeros and ones each.
    """
    y = examined.numeric_target
    if examined.family == "regression":
        order = np.searchsorted(np.sort(y), y, side="left") + np.searchsorted(np.sort(y), y, side="right")
        return (order / (2 * max(1, len(y))))[:, None]
    values, counts = np.unique(y, return_counts=True)
    kept = values[np.argsort(-counts, kind="stable")][: 1 if len(values) == 2 else 8]
    return np.asarray(y[:, None] == kept[None, :], dtype=np.float64)


def fit_predict(x: Floats, y: Floats, train: Integers, valid: Integers) -> Floats:
    """Fit boosted trees by squared error on some rows and answer for others, shape (n_valid, n_targets).

    Few different rows may all share a fold: where there is nothing to fit on, the answer is the mean.
    """
    if not len(train) or not len(valid):
        return np.repeat(y.mean(axis=0, keepdims=True), len(valid), axis=0)
    import lightgbm

    few = len(train) < FEW_TRAINED
    settings: dict[str, Any] = {
        "objective": "regression",
        "num_leaves": LEAVES,
        "learning_rate": 0.15,
        "min_data_in_leaf": 5 if few else 20,
        "verbosity": -1,
        "seed": 0,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "max_bin": 31 if few else 127,
        "feature_fraction": 0.8,
    }
    # Binned once for all targets.
    data, held, answers = lightgbm.Dataset(x[train], params=settings), x[valid], []
    for target in y.T:
        booster = lightgbm.train(settings, data.set_label(target[train]), TREES if y.shape[1] == 1 else TREES // 2)
        answers.append(np.asarray(booster.predict(held, num_threads=1)))
    return np.column_stack(answers)


def random_folds(hashes: Hashes) -> Integers:
    """Deal rows out to FOLDS folds by their content, so that equal rows share one; shape (n_rows,)."""
    return (mix(hashes) % np.uint64(FOLDS)).astype(np.int64)


def out_of_fold(x: Floats, y: Floats, fold: Integers) -> Floats:
    """Answer for each row by a model that was fitted on the other folds, shape (n_rows, n_targets)."""
    answers = np.zeros_like(y)
    for k in np.unique(fold):
        train, valid = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        answers[valid] = fit_predict(x, y, train, valid)
    return answers


def explained(y: Floats, answers: Floats) -> float:
    """Share of the spread that answers explain: 0 for the mean, 1 for everything."""
    spread = float(np.mean((y - y.mean(axis=0)) ** 2))
    return 1 - float(np.mean((y - answers) ** 2)) / spread if spread else 0.0


def alone(column: Floats, y: Floats, fold: Integers) -> float:
    """Share of the spread that one column explains by averages of its bins, out of fold."""
    known = ~np.isnan(column)
    values = np.unique(column[known])
    if len(values) > BINS:
        values = np.unique(np.quantile(column[known], np.linspace(0, 1, BINS + 1)[1:]))
    places = np.where(known, np.searchsorted(values, column, side="left"), len(values) + 1)
    return explained(y, bin_means(places.astype(np.int64), y, fold))


def bin_means(places: Integers, y: Floats, fold: Integers) -> Floats:
    """Answer for each row the mean of its bin in the other folds, drawn a little to the mean of all."""
    size, answers = int(places.max()) + 1, np.empty_like(y)
    keyed = fold * size + places
    counts = np.bincount(keyed, minlength=FOLDS * size).reshape(FOLDS, size)
    for k, target in enumerate(y.T):
        sums = np.bincount(keyed, weights=target, minlength=FOLDS * size).reshape(FOLDS, size)
        others, n = sums.sum(axis=0) - sums, counts.sum(axis=0) - counts
        means = (others + 2.0 * target.mean()) / (n + 2.0)
        answers[:, k] = means[fold, places]
    return answers
