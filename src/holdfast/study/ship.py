"""Pack a compiled graph with everything a reader of it needs to know."""

import io
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from holdfast.arrays import Integers
from holdfast.compile.final import Compiled
from holdfast.data.columns import NUMERIC_KINDS, Kind
from holdfast.data.dataset import Dataset, Parsing, counted
from holdfast.learners.catalogue import find
from holdfast.model.package import write
from holdfast.model.schema import Field, Schema
from holdfast.study.prepare import Question
from holdfast.tasks.task import Family

# What every model is made with, beside the libraries of its learners.
LIBRARIES = ("holdfast", "numpy", "polars", "scikit-learn", "lightgbm", "onnx", "onnxruntime")

# A category field lists this many of its values at most.
MOST_VALUES = 1_000

# Numbers are summarised by this many quantiles; monitoring compares new rows with them.
QUANTILES = 101

# Columns are described by all rows of at most so many cells, else by some rows: sorting more takes time and tells no more.
MOST_CELLS = 10_000_000

# Values of each field to explain against; fewer where there are very many fields.
BACKGROUND, WIDE = 64, 200


def ship(
    folder: Path, question: Question, compiled: Compiled, intervals: dict[str, Any], *, card: str
) -> dict[str, Any]:
    """Write the model folder; what it says of the data comes from the rows the model was fitted on."""
    features, task = question.features, question.task
    some = features.take(enough_of(compiled.rows, len(features.kinds)))
    facts = {
        "task": task.name,
        "target": question.request.target,
        "metric": question.metric.name,
        "classes": None if task.classes is None else list(task.classes),
        "decision": None if task.classes is None else question.decision.to_json(),
        "schema": fields_of(features, compiled.rows),
        "intervals": intervals,
        "background": background_of(some),
        "rows": len(compiled.rows),
        "fingerprint": question.fingerprint,
        "proof": {"rows": compiled.proof.rows, "max_abs_difference": compiled.proof.max_abs_difference},
        "versions": versions_of([name for each in compiled.prepared for name in each.learners], task.family),
    }
    return write(folder, facts, compiled.onnx, reference=_reference(some), card=card)


def versions_of(learners: Iterable[str], family: Family) -> dict[str, str]:
    """The libraries that a model of these learners is made with, by the names they are installed by."""
    wanted = [library for name in learners if (library := find(name, family).library)]
    homes = _homes() if wanted else {}
    return {name: version(name) for name in (*LIBRARIES, *(home for each in wanted for home in homes.get(each, ())))}


@cache
def _homes() -> Mapping[str, list[str]]:
    """By what each importable package is installed: xgboost by xgboost-cpu. Looking through all that is installed takes time."""
    return packages_distributions()


def enough_of(rows: Integers, n_columns: int) -> Integers:
    """Rows by which columns are described: all, or some spread evenly over them.

    >>> len(enough_of(np.arange(1_000), 10)), len(enough_of(np.arange(500_000), 1_000))
    (1000, 10000)
    """
    most = MOST_CELLS // max(1, n_columns)
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]


def fields_of(dataset: Dataset, rows: Integers | None = None) -> list[dict[str, Any]]:
    """The model's schema, as JSON: every column a pipeline sees, with what training saw of it, on these rows or all."""
    fields = [
        _field(
            dataset.frame[name] if rows is None else dataset.frame[name][rows],
            kind,
            dataset.parsing.get(name, Parsing()),
        )
        for name, kind in dataset.kinds.items()
        if kind not in (Kind.IDENTIFIER, Kind.CONSTANT)
    ]
    return Schema(tuple(fields)).to_json()


def background_of(dataset: Dataset) -> dict[str, list[Any]]:
    """Values of each field that stand for all of them, by which answers are explained; no row, text or extreme is in it."""
    found: dict[str, list[Any]] = {}
    kinds = {name: kind for name, kind in dataset.kinds.items() if kind not in (Kind.IDENTIFIER, Kind.CONSTANT)}
    n = BACKGROUND if len(kinds) <= WIDE else BACKGROUND // 4
    middles = (np.arange(n) + 0.5) / n
    for name, kind in kinds.items():
        column = dataset.frame[name]
        missing = column.null_count() / max(1, column.len())
        known = column.drop_nulls()
        if kind is Kind.TEXT or not known.len():
            found[name] = [None if kind in NUMERIC_KINDS else ""] * n
            continue
        # The first of the places are missing, the others spread over what is known.
        places = np.clip((middles - missing) / max(1 - missing, 1e-12), 0, 1)
        if kind in NUMERIC_KINDS:
            numbers = (known.dt.epoch("us") / 1e6 if kind is Kind.DATETIME else known).cast(pl.Float64).to_numpy()
            values = np.quantile(numbers, places, method="nearest").tolist()
        else:
            ordered = known.sort()
            values = [ordered[int(place * (known.len() - 1))] for place in places]
        blank = None if kind in NUMERIC_KINDS else ""
        found[name] = [blank if middle < missing else value for middle, value in zip(middles, values, strict=True)]
    return found


def _field(column: pl.Series, kind: Kind, parsing: Parsing) -> Field:
    low = high = None
    values: list[str] = []
    n_values = 0
    if kind is Kind.NUMBER:
        low, high = column.min(), column.max()
    elif kind is Kind.CATEGORY:
        counts = counted(column.drop_nulls())
        n_values, values = counts.height, counts["value"].head(MOST_VALUES).to_list()
    return Field(
        column.name,
        kind.value,
        **vars(parsing),
        low=low,  # type: ignore[arg-type]
        high=high,  # type: ignore[arg-type]
        values=tuple(values),
        n_values=n_values,
        missing_share=column.null_count() / max(1, column.len()),
    )


def _reference(dataset: Dataset) -> bytes:
    """Summaries by column, as an Arrow file: quantiles of numbers, shares of categories; no row is in it."""
    cells: list[tuple[str, float, float | None, str | None]] = []
    for name, kind in dataset.kinds.items():
        if kind in (Kind.IDENTIFIER, Kind.CONSTANT, Kind.TEXT):
            continue
        column = dataset.frame[name]
        known = column.drop_nulls()
        if kind in NUMERIC_KINDS:
            numbers = (known.dt.epoch("s") if kind is Kind.DATETIME else known).cast(pl.Float64).to_numpy()
            grid = np.quantile(numbers, np.linspace(0, 1, QUANTILES)) if len(numbers) else np.full(QUANTILES, np.nan)
            cells += [(name, float(q), float(v), None) for q, v in zip(np.linspace(0, 1, QUANTILES), grid, strict=True)]
        else:
            counts = counted(known).head(MOST_VALUES)
            cells += [(name, count / column.len(), None, value) for value, count in counts.rows()]
        cells.append((name, column.null_count() / column.len(), None, None))
    schema = {"column": pl.String, "share": pl.Float64, "value": pl.Float64, "category": pl.String}
    frame = pl.DataFrame(cells, schema=schema, orient="row")
    buffer = io.BytesIO()
    frame.write_ipc(buffer)
    return buffer.getvalue()
