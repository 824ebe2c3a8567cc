"""How a study's rows are cut in folds: as asked, or as the budget allows; checked before anything is trained."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from holdfast.arrays import Hashes, Integers
from holdfast.data.folds import Fold, leave_one_group_out, make_folds
from holdfast.errors import DataError, RequestError
from holdfast.search.plan import Plan, plan
from holdfast.study.prepare import Question
from holdfast.study.settings import LEAVE_ONE_GROUP_OUT

# Outer folds are cut with another salt than the inner ones, which would else be left with one fold less.
OUTER_SALT = 0x0F01D5


def plan_of(question: Question, rows: Integers, n_columns: int) -> Plan:
    """How these rows can be searched within the budget."""
    request, each = question.request, question.request.folds == LEAVE_ONE_GROUP_OUT
    folds = len(np.unique(_units(question, rows))) if each else request.folds
    decided = plan(
        len(rows),
        n_columns,
        question.task.n_outputs,
        budget=request.budget,
        folds=None if folds is None else int(folds),
        repeats=None if question.time is not None else request.repeats,
    )
    if each:
        return replace(decided, reason=f"leave one group out, as asked: {decided.reason.replace(', as asked', '')}")
    if question.time is not None and (request.repeats or 1) > 1:
        return replace(decided, reason=f"{decided.reason}; not repeated, as the order of time allows one cut only")
    return decided


def cut_folds(question: Question, rows: Integers, decided: Plan) -> list[Fold]:
    """Cut these rows as planned; row numbers of the folds are places in `rows`.

    What has one answer to learn from, as early stretches of time before a rare event may, is no fold.
    """
    if question.request.folds == LEAVE_ONE_GROUP_OUT:
        return _learnable(leave_one_group_out(_units(question, rows)), question.y(rows))
    seed = question.request.seed
    return _cut(question, rows, decided.folds, seed, judged=decided.judged, repeats=decided.repeats)


def require_folds(folds: Sequence[Fold], n_rows: int) -> None:
    """Raise DataError where so many development rows gave no fold."""
    if not folds:
        raise DataError(
            f"the {n_rows:,} development rows can't be cut in folds: they are all equal, or one group or moment, or have one "
            f"answer; expected rows that differ: check the data, --group and --time"
        )


def cut_outer(question: Question) -> list[Fold]:
    """Cut the development rows in the outer folds of nested cross-validation, by the rules of all folds."""
    return _cut(question, question.split.development, question.request.outer_folds, question.request.seed ^ OUTER_SALT)


def _cut(
    question: Question, rows: Integers, n_folds: int, seed: int, *, judged: int | None = None, repeats: int = 1
) -> list[Fold]:
    y = question.y(rows)
    folds = make_folds(
        question.hashes[rows],
        n_folds=n_folds,
        seed=seed,
        strata=question.task.strata(y),
        groups=None if question.groups is None else question.groups[rows],
        time=None if question.time is None else question.time[rows],
        judged=judged,
        repeats=repeats,
    )
    return _learnable(folds, y)


def _learnable(folds: Sequence[Fold], y: Any) -> list[Fold]:
    return [fold for fold in folds if (y[fold.train] != y[fold.train[0]]).any()]


def check_folds(question: Question) -> None:
    """Raise RequestError when the development rows can't be cut, or judged, as was asked."""
    request, rows = question.request, question.split.development
    if request.nested:
        _check_units(question, request.outer_folds, "outer_folds")
    if request.folds is None:
        return
    if isinstance(request.folds, int):
        _check_units(question, request.folds, "folds")
    elif len(np.unique(_units(question, rows))) < 2:
        raise RequestError(
            f"folds is {request.folds} and all development rows are of one group of {request.group!r}; expected at least two "
            f"groups: name another --group, or leave folds to Holdfast"
        )
    folds = cut_folds(question, rows, plan_of(question, rows, 1))
    y, n_classes = question.y(rows), question.task.n_classes
    for fold in folds:
        shape = (len(fold.valid),) if n_classes is None else (len(fold.valid), n_classes)
        if np.isfinite(question.metric.score(y[fold.valid], np.full(shape, 1 / (n_classes or 1)))):
            return
    raise RequestError(
        f"folds is {request.folds} and {question.metric.name} can't be computed on any of the {len(folds)} folds (each holds "
        f"one class, or one row); expected folds that can be scored: ask for fewer folds, or another --metric"
    )


def _units(question: Question, rows: Integers) -> Hashes:
    """What a fold takes whole or not at all: a group, or rows of the same content."""
    return (question.hashes if question.groups is None else question.groups)[rows]


def _check_units(question: Question, n_folds: int, setting: str) -> None:
    """No fold may be empty, nor lack a class."""
    if question.time is not None:
        return
    rows = question.split.development
    units, what = _units(question, rows), "distinct rows" if question.groups is None else "groups"
    n_units = len(np.unique(units))
    if n_units < n_folds:
        raise RequestError(
            f"{setting} is {n_folds} and the development rows hold {n_units} {what}; expected no more folds than {what}: ask "
            f"for {n_units} at most, or give more data"
        )
    if question.task.classes is None:
        return
    y = question.y(rows)
    for code, label in enumerate(question.task.classes):
        held = len(np.unique(units[y == code]))
        if held < n_folds:
            raise RequestError(
                f"{setting} is {n_folds} and class {label!r} has {held} {what} to learn from, so some fold would lack it; "
                f"expected no more folds than that: ask for fewer, collect more of the class, or leave {setting} to Holdfast"
            )
