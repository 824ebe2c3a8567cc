"""Rows that are already in memory: polars, pandas, Arrow, NumPy, dictionaries."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from holdfast.arrays import is_missing
from holdfast.data.read import Raw, read
from holdfast.errors import DataError


def from_memory(data: Any) -> Raw:
    """Take a polars or pandas frame, an Arrow table, a 2-D NumPy array, a list of dicts, a dict of lists or one dict.

    pandas and Arrow are recognised without being imported. Raises DataError for anything else.

    >>> from_memory([{"a": 1}, {"a": 2}]).frame.shape
    (2, 1)
    """
    frame = _frame(data)
    if not frame.width or not frame.height:
        raise DataError(
            f"the data in memory has {frame.height} rows and {frame.width} columns; expected a table with rows"
        )
    return Raw(frame, "memory")


def take(data: Any, *, header: bool = True) -> Raw:
    """Read what is named by a path, glob or URL, or take rows that are in memory; a Raw is given back as it is.

    Blank rows, which files often end with, are left out.
    """
    if isinstance(data, Raw):
        return data
    return _without_blank_rows(read(str(data), header=header)) if isinstance(data, str | Path) else from_memory(data)


def _without_blank_rows(raw: Raw) -> Raw:
    """Rows in which something stands, unless there are none; a single column may lack cells."""
    frame = raw.frame
    if frame.width < 2 or any(not column.null_count() for column in frame.get_columns()):
        return raw
    held = frame.filter(~pl.all_horizontal(pl.all().is_null()))
    count = frame.height - held.height
    return (
        replace(raw, frame=held, notes=(*raw.notes, f"{count:,} blank rows were left out"))
        if held.height and count
        else raw
    )


def _frame(data: Any) -> pl.DataFrame:
    module = _module(data)
    if isinstance(data, pl.LazyFrame):
        return data.collect()
    if isinstance(data, pl.DataFrame):
        return data
    if module == "pandas":
        return _from_pandas(data)
    if module == "pyarrow":
        found = pl.from_arrow(data)
        return found if isinstance(found, pl.DataFrame) else found.to_frame()
    if isinstance(data, np.ndarray):
        if data.ndim != 2:
            raise DataError(f"the array has {data.ndim} dimensions; expected 2: rows and columns")
        names = [f"column_{k + 1}" for k in range(data.shape[1])]
        return pl.DataFrame([_series(name, data[:, k]) for k, name in enumerate(names)])
    if isinstance(data, Mapping):
        return _from_columns(data)
    if isinstance(data, Sequence) and data and all(isinstance(row, Mapping) for row in data):
        names = list(dict.fromkeys(name for row in data for name in row))
        return pl.DataFrame([_series(str(name), [row.get(name) for row in data]) for name in names])
    raise DataError(
        f"data of type {type(data).__name__} can't be read; expected a path, a polars or pandas frame, an Arrow table, a 2-D "
        f"NumPy array, a list of dicts or a dict of lists"
    )


def _module(value: Any) -> str:
    return type(value).__module__.split(".")[0]


def _is_column(value: Any) -> bool:
    """Whether it holds a cell for each row; arrays of all libraries offer themselves to NumPy, as their scalars may."""
    if isinstance(value, Sequence):
        return not isinstance(value, str | bytes)
    return hasattr(value, "__array__") and getattr(value, "ndim", 1) > 0


def _from_columns(data: Mapping[Any, Any]) -> pl.DataFrame:
    """Columns by name; where no value is a column, one row."""
    columns = [name for name, value in data.items() if _is_column(value)]
    if not columns:
        return pl.DataFrame([_series(str(name), [value]) for name, value in data.items()])
    for name, value in data.items():
        if not _is_column(value):
            raise DataError(
                f"column {str(name)!r} is the {type(value).__name__} {value!r:.50}; expected a list or an array, as column "
                f"{str(columns[0])!r} is: give a value for each row"
            )
    series = [_series(str(name), values) for name, values in data.items()]
    for each in series:
        if each.len() != series[0].len():
            raise DataError(
                f"column {each.name!r} has {each.len():,} values; expected {series[0].len():,}, as column "
                f"{series[0].name!r} has: give a value, or None, for each row"
            )
    return pl.DataFrame(series)


def _from_pandas(data: Any) -> pl.DataFrame:
    """Column by column through NumPy, which needs no Arrow library."""
    names = [str(name) for name in data.columns]
    if len(set(names)) < len(names):
        raise DataError("the pandas frame has two columns of one name; expected unique names: rename them")
    return pl.DataFrame([_pandas_series(name, data.iloc[:, place]) for place, name in enumerate(names)])


def _pandas_series(name: str, column: Any) -> pl.Series:
    if column.dtype.kind == "m":
        return pl.Series(name, column.to_numpy(dtype="timedelta64[us]"))
    if column.dtype.kind == "M":
        naive = column.dt.tz_convert("UTC").dt.tz_localize(None) if getattr(column.dtype, "tz", None) else column
        return pl.Series(name, naive.to_numpy(dtype="datetime64[us]"))
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iufb":
        numbers = pl.Series(name, column.to_numpy())
        return numbers.fill_nan(None) if column.dtype.kind == "f" else numbers
    present = column.notna().to_numpy()
    return _series(name, [value if known else None for value, known in zip(column.tolist(), present, strict=True)])


def _series(name: str, values: Any) -> pl.Series:
    """A column from anything; where types are mixed, their text."""
    if isinstance(values, pl.Series):
        return values.alias(name)
    if _module(values) == "pandas" and hasattr(values, "iloc"):
        return _pandas_series(name, values)
    if _module(values) == "pyarrow":
        return pl.Series(name, values)
    if hasattr(values, "__array__"):
        values = np.asarray(values)
    if isinstance(values, np.ndarray) and values.dtype != object:
        return pl.Series(name, values)
    cells = [None if is_missing(value) else value for value in values]
    kinds = {type(value) for value in cells if value is not None}
    numbers = all(issubclass(kind, int | float | np.integer | np.floating) and kind is not bool for kind in kinds)
    if numbers:
        whole = all(issubclass(kind, int | np.integer) for kind in kinds)
        return pl.Series(name, [None if v is None else int(v) if whole else float(v) for v in cells], strict=False)
    if len(kinds) == 1 and next(iter(kinds)).__name__ in ("str", "bool", "datetime", "date", "Timestamp"):
        return pl.Series(name, cells)
    bad = next((value for value in cells if isinstance(value, Mapping | list | tuple | set)), None)
    if bad is not None:
        raise DataError(
            f"column {name!r} holds {type(bad).__name__} {bad!r:.50}; expected plain values: flatten it first"
        )
    return pl.Series(name, [None if value is None else str(value) for value in cells])
