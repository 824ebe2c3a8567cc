"""How a model's answer moves with one column, the others left as they are."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from holdfast.arrays import Floats, Integers
from holdfast.data.columns import NUMERIC_KINDS, Kind
from holdfast.data.dataset import counted

# Values of a number, or of a category, that are tried; rows whose answers are averaged; rows drawn as lines of their own.
MOST_NUMBERS, MOST_WORDS, MOST_ROWS, MOST_LINES = 15, 8, 200, 15

# The ends of the range that is tried, as quantiles: beyond them are few rows to speak for it.
ENDS = (0.02, 0.98)


@dataclass(frozen=True)
class Dependence:
    """Answers of the model with `feature` set to each value in every row.

    values: numbers, seconds since 1970 for dates, or words, None for missing. mean: an average a value and output (Friedman,
    2001). low, high: between them lie eight in ten of the rows, and lines: single rows (Goldstein et al., 2015), one answer a
    value; all three of the first output.
    """

    feature: str
    kind: str
    values: tuple[Any, ...]
    mean: tuple[tuple[float, ...], ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    lines: tuple[tuple[float, ...], ...]


def dependence(
    predict: Callable[[pl.DataFrame], Floats],
    frame: pl.DataFrame,
    feature: str,
    kind: Kind,
    *,
    deadline: float = float("inf"),
) -> Dependence | None:
    """Set one column to values it has, one after another, and average the answers.

    predict: (n_rows, n_outputs) for rows like `frame`'s. None when the column is text, has one value only, or when the
    deadline (time.monotonic) would pass: one prediction of the rows is timed first.

    >>> frame = pl.DataFrame({"x": [0.0, 1.0, 2.0], "z": [0.0, 10.0, 20.0]})
    >>> def predict(rows):
    ...     return (rows["x"] * 2 + rows["z"]).to_numpy()[:, None]
    >>> dependence(predict, frame, "x", Kind.NUMBER).mean
    ((10.0,), (12.0,), (14.0,))
    """
    frame = frame[_spread(frame.height, MOST_ROWS)]
    places = _places(frame[feature], kind)
    if len(places) < 2:
        return None
    began = time.monotonic()
    predict(frame)
    if time.monotonic() + (time.monotonic() - began) * len(places) > deadline:
        return None
    column = frame[feature]
    every = pl.concat([frame] * len(places)).with_columns(column[np.repeat(places, frame.height)].alias(feature))
    answers = predict(every).reshape(len(places), frame.height, -1)
    first = answers[:, :, 0]
    low, high = np.quantile(first, [0.1, 0.9], axis=1)
    single = first[:, _spread(frame.height, MOST_LINES)].T
    return Dependence(
        feature,
        kind.value,
        tuple(_plain(column, places)),
        tuple(_rounded(each) for each in answers.mean(axis=1)),
        _rounded(low),
        _rounded(high),
        tuple(_rounded(each) for each in single),
    )


def _places(column: pl.Series, kind: Kind) -> Integers:
    """Rows that hold the values to try: quantiles of numbers, the commonest words."""
    if kind is Kind.TEXT:
        return np.zeros(0, dtype=np.int64)
    if kind in NUMERIC_KINDS:
        known = np.flatnonzero(column.is_not_null().to_numpy())
        numbers = column.gather(known).cast(pl.Float64).to_numpy() if kind is not Kind.DATETIME else None
        if numbers is None:
            numbers = column.gather(known).dt.epoch("s").to_numpy().astype(np.float64)
        order = np.argsort(numbers, kind="stable")
        at = np.round(np.linspace(*ENDS, MOST_NUMBERS) * max(len(known) - 1, 0)).astype(np.int64)
        chosen = known[order[np.unique(at)]] if len(known) else known
        return _first_of_each(column, chosen)
    common = counted(column)["value"].head(MOST_WORDS)
    found = [column.is_null().arg_max() if word is None else (column == word).arg_max() for word in common]
    return np.array(found, dtype=np.int64)


def _first_of_each(column: pl.Series, rows: Integers) -> Integers:
    values = column[rows].to_list()
    return np.array([row for k, row in enumerate(rows) if values[k] not in values[:k]], dtype=np.int64)


def _plain(column: pl.Series, places: Integers) -> list[Any]:
    chosen = column[places]
    if chosen.dtype.is_temporal():
        return [float(each) for each in chosen.dt.epoch("s").to_list()]
    return [float(each) if isinstance(each, int | float) else each for each in chosen.to_list()]


def _spread(n_rows: int, most: int) -> Integers:
    """Row numbers, evenly spread."""
    return np.unique(np.linspace(0, n_rows - 1, min(n_rows, most)).astype(np.int64))


def _rounded(values: Any) -> tuple[float, ...]:
    return tuple(float(f"{each:.6g}") for each in values)
