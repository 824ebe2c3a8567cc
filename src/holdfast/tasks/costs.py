"""What wrong answers cost, as a user writes it down."""

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.arrays import Floats, class_name
from holdfast.errors import RequestError, nearest

FORM = "a table whose first column names the true class, whose other columns are the answers"


def read_costs(path: str | Path) -> dict[str, dict[str, Any]]:
    """Read a table of costs from a CSV: a row for each true class, a column for each answer.

    Raises RequestError when the file can't be read or is no such table.
    """
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            rows = [[cell.strip() for cell in row] for row in csv.reader(file) if any(cell.strip() for cell in row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RequestError(f"costs {str(path)!r} can't be read ({error}); expected {FORM}") from None
    if len(rows) < 3 or any(len(row) != len(rows[0]) for row in rows):
        sizes = sorted({len(row) for row in rows})
        raise RequestError(f"costs {str(path)!r} have {len(rows)} rows of {sizes} cells; expected {FORM}")
    answers = rows[0][1:]
    for names in (answers, [row[0] for row in rows[1:]]):
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise RequestError(f"costs {str(path)!r} name {twice!r} twice; expected each class once")
    return {row[0]: dict(zip(answers, map(_cell, row[1:]), strict=True)) for row in rows[1:]}


def cost_table(costs: Mapping[str, Mapping[str, Any]], labels: Sequence[Any]) -> Floats:
    """Turn costs by true class and answer into a table in the order of the labels, (n_classes, n_classes).

    A right answer that is not given a cost has none; it may have a negative one, a gain. Raises RequestError for a class that
    is unknown or missing, a cost that is no number, and a wrong answer that costs less than nothing or less than the right one.

    >>> cost_table({"good": {"bad": 1}, "bad": {"good": 5}}, ["good", "bad"]).tolist()
    [[0.0, 1.0], [5.0, 0.0]]
    """
    names = [class_name(label) for label in labels]
    _require_names(list(costs), names, "the true classes")
    table = np.zeros((len(names), len(names)))
    for row, truth in enumerate(names):
        given = costs[truth]
        _require_names([*given, truth], names, f"the answers for {truth!r}")
        for column, answer in enumerate(names):
            table[row, column] = _number(given.get(answer, 0), truth, answer)
            if row != column and table[row, column] < 0:
                raise RequestError(
                    f"costs: {answer!r} for {truth!r} costs {table[row, column]:g}; expected a wrong answer to cost 0 or more"
                )
        if not (np.delete(table[row], row) > table[row, row]).any():
            raise RequestError(
                f"costs: no wrong answer for {truth!r} costs more than the right one ({table[row, row]:g}); expected mistakes to "
                f"be dearer: rows are true classes, columns answers"
            )
    return table


def _require_names(given: Sequence[str], names: Sequence[str], what: str) -> None:
    unknown = [name for name in given if name not in names]
    if unknown:
        raise RequestError(
            f"costs: {what} hold {unknown[0]!r}, which is no class; expected {', '.join(names)}.{nearest(unknown[0], names)}"
        )
    missing = [name for name in names if name not in given]
    if missing:
        raise RequestError(f"costs: {what} lack {missing[0]!r}; expected all of {', '.join(names)}")


def _cell(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _number(cell: Any, truth: str, answer: str) -> float:
    if cell == "" and truth == answer:
        return 0.0
    try:
        value = math.nan if isinstance(cell, bool) else float(cell)
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise RequestError(f"costs: {answer!r} for {truth!r} costs {cell!r}; expected a number")
    return value
