"""Problems on small real tables, cut into three folds."""

import numpy as np

from holdfast.data.folds import make_folds
from holdfast.search.trial import Problem
from holdfast.tasks.classification import Binary
from holdfast.tasks.regression import Regression
from holdfast.testing.data import table


def classification_problem(repeats: int = 1) -> Problem:
    """Two classes."""
    columns, y = table("classification")
    task = Binary("asked", (0, 1))
    folds = make_folds(_hashes(y), n_folds=3, repeats=repeats, strata=y)
    return Problem(columns, y, folds, task, task.default_metric)


def regression_problem() -> Problem:
    """Values."""
    columns, y = table("regression")
    task = Regression("asked")
    return Problem(columns, y, make_folds(_hashes(y), n_folds=3), task, task.default_metric)


def _hashes(y: np.ndarray) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 2**63, len(y)).astype(np.uint64)
