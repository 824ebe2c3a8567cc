"""Labels that contradict everything else in their rows."""

from collections.abc import Iterator

import numpy as np

from holdfast.arrays import Floats, Integers
from holdfast.audit.finding import Finding, Severity
from holdfast.audit.quick import FOLDS, learnable, random_folds, table
from holdfast.audit.sample import Examined
from holdfast.data.fingerprint import row_hashes

# Labels are doubted when a model that never saw them holds them for this unlikely, and another for this likely.
UNLIKELY, LIKELY = 0.06, 0.9

# There must be this many, and this share of all, and of the other rows this share must be clear.
FEWEST, SHARE, CLEAR = 10, 0.003, 0.96

MOST_CLASSES, TREES, FEWEST_OF_CLASS = 30, 80, 50


def label_errors(examined: Examined) -> Iterator[Finding]:
    """Rows whose label an out-of-fold model holds for nearly impossible, in greater number than it should be wrong.

    Confident learning (Northcutt, Jiang & Chuang, 2021), with the classes' own mean confidence as thresholds.
    """
    if examined.family != "classification":
        return
    sample = examined.sample
    classes, y = np.unique(sample.numeric_target, return_inverse=True)
    counts, names = np.bincount(y), learnable(sample)
    if len(classes) > MOST_CLASSES or len(y) < 200 or not names or counts.min() < FEWEST_OF_CLASS:
        return
    fold = random_folds(row_hashes(sample.dataset.frame, names))
    shares = _probabilities(table(sample, names), y, fold, len(classes))
    given = shares[np.arange(len(y)), y]
    # Each class is as sure of itself as its own rows are on average.
    sure = np.array([shares[y == k, k].mean() for k in range(len(classes))])
    other = shares.argmax(axis=1)
    confident = (shares.max(axis=1) >= np.maximum(LIKELY, sure[other])) & (other != y) & (given <= UNLIKELY)
    found = int(confident.sum())
    if found < max(FEWEST, SHARE * len(y)):
        return
    # Only where everything else is clear can a contradiction be told from a hard question.
    if (other == y)[~confident].mean() < CLEAR:
        return
    # Errors strike every label; that only the rarer ones look wrong is what an event no column foretells looks like.
    if (y[confident] == counts.argmax()).mean() < 0.4 * counts.max() / len(y):
        return
    rows = np.flatnonzero(confident)[np.argsort(given[confident], kind="stable")][:3]
    shown = "; ".join(
        f"{sample.y[int(row)]!r}, where all else says {_label(sample, classes, other[row])!r}" for row in rows
    )
    yield Finding(
        "label-errors",
        Severity.WARNING,
        (examined.target,),
        f"{found:,} of {len(y):,} labels contradict rows that are clear otherwise: such as {shown}.",
        "Look at those rows at the source; wrong labels limit what any model can reach.",
    )


def _label(sample: Examined, classes: Floats, code: int) -> object:
    place = int(np.flatnonzero(sample.numeric_target == classes[code])[0])
    return sample.y[place]


def _probabilities(x: Floats, y: Integers, fold: Integers, n_classes: int) -> Floats:
    """Class probabilities of models that did not see the row, (n_rows, n_classes)."""
    import lightgbm

    settings = {
        "objective": "multiclass",
        "num_class": n_classes,
        "num_leaves": 15,
        "learning_rate": 0.1,
        "min_data_in_leaf": 20,
        "lambda_l2": 5.0,
        "verbosity": -1,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "seed": 0,
    }
    shares = np.zeros((len(y), n_classes))
    for k in range(FOLDS):
        train, valid = fold != k, fold == k
        if not valid.any() or not train.any():
            continue
        data = lightgbm.Dataset(x[train], y[train], params={"verbosity": -1})
        booster = lightgbm.train(settings, data, max(10, TREES // max(1, n_classes // 3)))
        shares[valid] = booster.predict(x[valid], num_threads=1)
    return shares
