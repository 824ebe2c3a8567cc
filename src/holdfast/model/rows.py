"""Rows in any form, as columns; the libraries they come from are recognised, never imported."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.errors import SchemaError


@dataclass(frozen=True)
class Table:
    """Columns by name. `cells(name, start, stop)` gives some rows of one, as an array or a list, converted only then."""

    names: tuple[str, ...]
    n_rows: int
    cells: Callable[[str, int, int], Any]


def as_table(rows: Any, names: Sequence[str]) -> Table:
    """See rows as a table. names: what the columns of an array are, and which of a dict's values count.

    Raises SchemaError for rows of a form it doesn't know, and for lists of different lengths.
    """
    module = type(rows).__module__.split(".")[0]
    if module == "polars" and hasattr(rows, "collect"):
        rows = rows.collect()
    if module == "polars" and hasattr(rows, "columns"):
        return Table(tuple(rows.columns), rows.height, lambda name, start, stop: _polars(rows[name][start:stop]))
    if module == "pandas" and hasattr(rows, "iloc") and rows.ndim == 2:
        places = _places([str(name) for name in rows.columns])
        return Table(tuple(places), len(rows), lambda name, start, stop: _pandas(rows.iloc[start:stop, places[name]]))
    if module == "pyarrow" and hasattr(rows, "schema"):
        places = _places(rows.schema.names)
        return Table(
            tuple(places), rows.num_rows, lambda name, start, stop: _arrow(rows.column(places[name])[start:stop])
        )
    if isinstance(rows, np.ndarray):
        if rows.ndim != 2 or rows.shape[1] != len(names):
            raise SchemaError(
                f"the array has shape {rows.shape}; expected (rows, {len(names)}), the model's fields in order"
            )
        places = _places(names)
        return Table(tuple(names), len(rows), lambda name, start, stop: rows[start:stop, places[name]])
    if isinstance(rows, Mapping):
        return _from_mapping(rows, names)
    if isinstance(rows, list | tuple) and all(isinstance(row, Mapping) for row in rows):
        return _from_records(rows, names)
    raise SchemaError(
        f"rows of type {type(rows).__name__} can't be read; expected a dict, a list of dicts, a dict of lists, a data frame "
        f"or a 2-D array"
    )


def _places(names: Sequence[str]) -> dict[str, int]:
    places = {name: place for place, name in enumerate(names)}
    if len(places) < len(names):
        twice = next(name for place, name in enumerate(names) if places[name] != place)
        raise SchemaError(f"two columns are named {twice!r}; expected one of each name: rename or drop one")
    return places


def _from_mapping(rows: Mapping[str, Any], names: Sequence[str]) -> Table:
    """One plain record, or a dict of columns; values that are no field of the model don't matter."""
    wanted = {name: rows[name] for name in names if name in rows}
    if not any(_is_column(value) for value in wanted.values()):
        return Table(tuple(rows), 1, lambda name, start, stop: [rows[name]][start:stop])
    lengths = {name: len(value) if _is_column(value) else None for name, value in wanted.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(
            f"{name!r} has {'one value' if size is None else size}" for name, size in list(lengths.items())[:5]
        )
        raise SchemaError(f"the columns differ in length ({shown}); expected lists of one length, or one plain record")
    n_rows = next(iter(lengths.values()))
    return Table(tuple(rows), n_rows or 0, lambda name, start, stop: _some(rows[name], start, stop))


def _from_records(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Table:
    """A list of dicts; a field counts as present when any record has it, so that a record without it can be named."""
    everywhere = set(names) if not rows else {name for name in names if any(name in row for row in rows)}
    others = [name for name in (rows[0] if rows else ()) if name not in everywhere]

    def cells(name: str, start: int, stop: int) -> list[Any]:
        try:
            return [row[name] for row in rows[start:stop]]
        except KeyError:
            lacking = next(place for place, row in enumerate(rows[start:], start) if name not in row)
            raise ValueError(f"row {lacking + 1} lacks it; expected it in every record, null where unknown") from None

    return Table((*everywhere, *others), len(rows), cells)


def _is_column(value: Any) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, str | bytes | Mapping)


def _some(column: Any, start: int, stop: int) -> Any:
    module = type(column).__module__.split(".")[0]
    if module == "pandas":
        return _pandas(column.iloc[start:stop])
    part = column[start:stop]
    convert = {"polars": _polars, "pyarrow": _arrow}.get(module)
    return convert(part) if convert else part


def _polars(series: Any) -> Any:
    kind = str(series.dtype)
    if kind == "Boolean" and series.null_count():
        return series.to_list()
    if kind.startswith(("Int", "UInt", "Float", "Boolean")):
        return series.to_numpy()
    if kind.startswith(("Datetime", "Date", "Duration")):
        if getattr(series.dtype, "time_zone", None):
            series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return series.to_numpy()
    return series.to_list()


def _pandas(series: Any) -> Any:
    kind = series.dtype
    if isinstance(kind, np.dtype) and kind.kind in "iufbmM":
        return series.to_numpy()
    if getattr(kind, "kind", "") == "M":
        naive = series.dt.tz_convert("UTC").dt.tz_localize(None) if getattr(kind, "tz", None) else series
        return naive.to_numpy(dtype="datetime64[us]")
    present = series.notna().to_numpy()
    return [cell if known else None for cell, known in zip(series.tolist(), present, strict=True)]


def _arrow(column: Any) -> Any:
    kind = str(column.type)
    if kind.startswith(("int", "uint", "half", "float", "double", "timestamp", "date", "duration")):
        return column.to_numpy(zero_copy_only=False)
    return column.to_pylist()
