"""The schema at the door: columns of a part become the graph's arrays, and cells that can't be read are told by row."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from holdfast.arrays import Floats, Strings
from holdfast.model.cells import UNREADABLE
from holdfast.model.schema import NUMERIC, Field, Schema


class Read(NamedTuple):
    """The arrays of a part, (n_rows, n_numeric) and (n_rows, n_others), and what is wrong with rows, by their place."""

    numbers: Floats
    strings: Strings
    bad: dict[int, list[str]]


def read(schema: Schema, frame: pl.DataFrame) -> Read:
    """Read every cell as `schema` does; what can't be read is NaN or "" and listed."""
    numeric = [field for field in schema.fields if field.type in NUMERIC]
    textual = [field for field in schema.fields if field.type not in NUMERIC]
    # By columns in memory, because they are filled so.
    numbers = np.empty((frame.height, len(numeric)), order="F")
    strings = np.empty((frame.height, len(textual)), dtype=object, order="F")
    bad: dict[int, list[str]] = {}
    for place, field in enumerate(numeric):
        numbers[:, place] = _numbers(field, frame[field.name], bad)
    for place, field in enumerate(textual):
        strings[:, place] = _strings(field, frame[field.name], bad)
    return Read(numbers, strings, bad)


def _numbers(field: Field, series: pl.Series, bad: dict[int, list[str]]) -> Any:
    typed = _typed(field, series)
    if typed is not None:
        read = typed.fill_null(np.nan).to_numpy(writable=True)
        read[np.isinf(read)] = np.nan  # as training counts them
        return read
    if series.dtype != pl.String:
        return _cells(field, series, field.reader.number, bad)
    if field.type != "number" or (field.decimal, field.thousands) != (".", ""):
        return _distinct(field, series, field.reader.number, bad)
    stripped = series.str.strip_chars()
    given = stripped.is_not_null() & ~stripped.is_in([*field.missing, ""])
    read = stripped.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy(writable=True)
    # What polars can't read, or reads as more than a number, the model's own rules decide.
    doubtful = np.flatnonzero(given.fill_null(False).to_numpy() & ~np.isfinite(read))
    read[~given.fill_null(False).to_numpy()] = np.nan
    if len(doubtful):
        read[doubtful] = _cells(field, series[doubtful], field.reader.number, bad, doubtful)
    return read


def _typed(field: Field, series: pl.Series) -> pl.Series | None:
    """What a column of the right type is in numbers; None when its cells must be looked at."""
    kind = series.dtype
    if (field.type == "number" and kind.is_numeric()) or (field.type != "datetime" and kind == pl.Boolean):
        return series.cast(pl.Float64)
    if field.type == "number" and isinstance(kind, pl.Duration):
        return series.dt.total_microseconds().cast(pl.Float64) / 1e6
    if field.type == "datetime" and (kind == pl.Date or isinstance(kind, pl.Datetime)):
        if isinstance(kind, pl.Datetime) and kind.time_zone:
            series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return series.cast(pl.Datetime("us")).dt.epoch("us").cast(pl.Float64) / 1e6
    return None


def _strings(field: Field, series: pl.Series, bad: dict[int, list[str]]) -> Any:
    if isinstance(series.dtype, pl.Categorical | pl.Enum):
        series = series.cast(pl.String)
    read = _distinct if series.dtype == pl.String else _cells
    return read(field, series, field.reader.text, bad)


def _distinct(field: Field, series: pl.Series, read: Callable[[Any], Any], bad: dict[int, list[str]]) -> Any:
    """Read every distinct text once, where they repeat."""
    values = series.drop_nulls().unique()
    if len(values) > len(series) // 2:
        return _cells(field, series, read, bad)
    wrong: dict[int, list[str]] = {}
    known = _cells(field, values, read, wrong)
    if wrong:
        return _cells(field, series, read, bad)
    codes = series.cast(pl.Enum(values)).to_physical().cast(pl.Int64).fill_null(len(values))
    return np.append(known, np.array([read(None)], dtype=known.dtype))[codes.to_numpy()]


def _cells(
    field: Field, series: pl.Series, read: Callable[[Any], Any], bad: dict[int, list[str]], places: Any = None
) -> Any:
    """Read cell by cell. places: where each cell stands in the part, if not in order."""
    numeric = field.type in NUMERIC
    out = np.empty(len(series), dtype=np.float64 if numeric else object)
    for place, cell in enumerate(series.to_list()):
        try:
            out[place] = read(cell)
        except UNREADABLE:
            out[place] = np.nan if numeric else ""
            row = place if places is None else int(places[place])
            bad.setdefault(row, []).append(
                f"holds {repr(cell)[:50]} in {field.name!r}; expected {field.reader.expected}"
            )
    return out
