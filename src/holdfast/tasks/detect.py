"""From a target column to the task it asks for."""

import polars as pl

from holdfast.errors import DataError, RequestError, nearest
from holdfast.metrics.regression import REGRESSION
from holdfast.tasks.classification import classification
from holdfast.tasks.regression import regression
from holdfast.tasks.task import Task

TASKS = ("binary", "multiclass", "classification", "regression")

# What may be asked for; sets of labels are taken apart before a task is chosen for each.
ASKED = (*TASKS, "multilabel")

# Whole numbers with this few values, each in this many rows, are read as class codes rather than amounts.
MAX_CODED_CLASSES = 10
MIN_ROWS_A_CODE = 20


def detect(target: pl.Series, requested: str | None = None, metric: str | None = None) -> Task:
    """Choose the task from the target's values (no nulls), unless one is requested, or numbers are to be judged as such.

    metric: the name of the score that was asked for, if any.

    Raises DataError when the target can't answer it and RequestError for an unknown task.

    >>> detect(pl.Series("y", ["no", "yes", "no", "yes"])).name
    'binary'
    >>> detect(pl.Series("y", [0, 1, 0, 1]), metric="rmse").name
    'regression'
    """
    if target.dtype == pl.Datetime:
        raise DataError(
            f"target {target.name!r} is a date; expected classes or numbers: derive a number from it, such as days since an event"
        )
    if requested is not None:
        return _requested(target, requested)
    if not target.dtype.is_numeric():
        return classification(target, f"'{target.name}' holds classes")
    if metric in {each.name for each in REGRESSION}:
        return regression(target, f"{metric} judges numbers")
    n_distinct = target.n_unique()
    if n_distinct <= 2:
        return classification(_whole(target), f"'{target.name}' has two values")
    whole = bool((target.floor() == target).all())
    if whole and n_distinct <= MAX_CODED_CLASSES and target.len() >= MIN_ROWS_A_CODE * n_distinct:
        reason = (
            f"'{target.name}' has {n_distinct} whole-number values, read as class codes; --task regression overrides"
        )
        return classification(_whole(target), reason)
    return regression(target, f"'{target.name}' is a number with {n_distinct:,} distinct values")


def _requested(target: pl.Series, requested: str) -> Task:
    if requested not in TASKS:
        raise RequestError(
            f"task {requested!r} is unknown; expected one of {', '.join(ASKED)}.{nearest(requested, ASKED)}"
        )
    if requested == "regression":
        return regression(target, "asked for")
    task = classification(_whole(target), "asked for")
    if requested not in ("classification", task.name):
        raise DataError(f"target {target.name!r} has {task.n_classes} classes, but --task {requested} was asked for")
    return task


def _whole(target: pl.Series) -> pl.Series:
    """Show 1.0 as 1, so that the answers look like the data."""
    if target.dtype.is_float() and bool((target.floor() == target).all()):
        return target.cast(pl.Int64)
    return target
