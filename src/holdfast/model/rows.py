"""Rows in any form, as columns; the libraries they come from are recognised, never imported."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from holdfast.errors import SchemaError


def as_columns(rows: Any, names: Sequence[str]) -> dict[str, Any]:
    """Give each column's cells as an array or a list, by name."""
    module = type(rows).__module__.split(".")[0]
    if module == "polars":
        frame = rows.collect() if hasattr(rows, "collect") else rows
        return {name: _polars(frame[name]) for name in frame.columns}
    if module == "pandas":
        return {str(name): _pandas(rows.iloc[:, place]) for place, name in enumerate(rows.columns)}
    if module == "pyarrow":
        return {name: _arrow(rows[name]) for name in rows.schema.names}
    if isinstance(rows, np.ndarray):
        if rows.ndim != 2 or rows.shape[1] != len(names):
            raise SchemaError(
                f"the array has shape {rows.shape}; expected (rows, {len(names)}), the model's fields in order"
            )
        return {name: rows[:, place] for place, name in enumerate(names)}
    if isinstance(rows, Mapping):
        lengths = {len(cells) if _is_column(cells) else -1 for cells in rows.values()}
        if len(lengths) > 1 or -1 in lengths:
            raise SchemaError("the columns have different lengths; expected lists of one length, or one plain record")
        return dict(rows)
    if (
        isinstance(rows, Sequence)
        and not isinstance(rows, str | bytes)
        and all(isinstance(row, Mapping) for row in rows)
    ):
        return _records(rows, names)
    raise SchemaError(
        f"rows of type {type(rows).__name__} can't be read; expected a dict, a list of dicts, a dict of lists, a data frame "
        f"or a 2-D array"
    )


def _records(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name in names:
        absent = next((place for place, row in enumerate(rows) if name not in row), None)
        if absent is None:
            columns[name] = [row[name] for row in rows]
        elif any(name in row for row in rows):
            raise SchemaError(
                f"record {absent + 1} lacks {name!r}, which others have; expected every field in every record"
            )
    for row in rows[:1]:  # other names only serve to suggest what a missing field may be called now
        columns |= {name: [] for name in row if name not in columns}
    return columns


def _is_column(cells: Any) -> bool:
    return hasattr(cells, "__len__") and not isinstance(cells, str | bytes)


def _polars(series: Any) -> Any:
    kind = str(series.dtype)
    if kind.startswith(("Int", "UInt", "Float", "Boolean")):
        return series.cast(_float_of(series)).to_numpy() if series.null_count() == 0 else _with_gaps(series)
    if kind.startswith("Datetime") or kind == "Date":
        if getattr(series.dtype, "time_zone", None):
            series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return series.to_numpy().astype("datetime64[us]")
    return series.to_list()


def _float_of(series: Any) -> Any:
    import sys

    return sys.modules["polars"].Float64


def _with_gaps(series: Any) -> Any:
    return series.cast(_float_of(series)).fill_null(float("nan")).to_numpy()


def _pandas(series: Any) -> Any:
    kind = series.dtype
    if isinstance(kind, np.dtype) and kind.kind in "iufb":
        return series.to_numpy()
    if getattr(kind, "kind", "") == "M":
        naive = series.dt.tz_convert("UTC").dt.tz_localize(None) if getattr(kind, "tz", None) else series
        return naive.to_numpy(dtype="datetime64[us]")
    present = series.notna().to_numpy()
    return [cell if known else None for cell, known in zip(series.tolist(), present, strict=True)]


def _arrow(column: Any) -> Any:
    return column.to_pylist()
