"""What rows a model takes, and how they become the arrays its graph reads. Needs NumPy only."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Strings
from holdfast.errors import ModelError, SchemaError, nearest
from holdfast.model.cells import Reader
from holdfast.model.rows import as_columns

NUMERIC = ("number", "boolean", "datetime")
TYPES = (*NUMERIC, "category", "text")

# An error lists this many bad fields; a caller with more has another problem.
MOST_REPORTED = 20


@dataclass(frozen=True)
class Field:
    """One feature: its type, how its cells are read, and what training saw of it.

    missing, decimal, thousands, true, false, date_format: as in `holdfast.data.dataset.Parsing`. low, high: range of
    numbers seen. values: the most frequent categories seen. missing_share: share of missing cells in training.
    """

    name: str
    type: str
    missing: tuple[str, ...] = ()
    decimal: str = "."
    thousands: str = ""
    true: tuple[str, ...] = ()
    false: tuple[str, ...] = ()
    date_format: str = ""
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()
    n_values: int = 0
    missing_share: float = 0.0

    @cached_property
    def reader(self) -> Reader:
        """What reads this field's cells."""
        return Reader(self.type, self.missing, self.decimal, self.thousands, self.true, self.false, self.date_format)


@dataclass(frozen=True)
class Schema:
    """The features of a model, in order.

    >>> schema = Schema((Field("age", "number"), Field("city", "category")))
    >>> numbers, strings = schema.arrays({"city": "Paris", "age": 31})
    >>> numbers.tolist(), strings.tolist()
    ([[31.0]], [['Paris']])
    """

    fields: tuple[Field, ...]

    @cached_property
    def _numeric(self) -> list[Field]:
        return [field for field in self.fields if field.type in NUMERIC]

    @cached_property
    def _textual(self) -> list[Field]:
        return [field for field in self.fields if field.type not in NUMERIC]

    @cached_property
    def _plan(self) -> tuple[list[tuple[str, Any]], list[tuple[str, Any]]]:
        numeric = [(field.name, field.reader.number) for field in self._numeric]
        return numeric, [(field.name, field.reader.text) for field in self._textual]

    def arrays(self, rows: Any) -> tuple[Floats, Strings]:
        """Turn rows into the graph's inputs: numbers (n, n_numeric) float64 and strings (n, n_others) of str.

        rows: one dict, a list of dicts, a dict of columns, a polars or pandas frame, an Arrow table, or a 2-D array with
        the fields in order. Missing is NaN, and the empty string. Raises SchemaError, which lists every bad field.
        """
        if isinstance(rows, dict) and not any(
            isinstance(value, Sequence | np.ndarray) and not isinstance(value, str) for value in rows.values()
        ):
            return self._one(rows)
        columns = as_columns(rows, [field.name for field in self.fields])
        problems: list[str] = []
        numbers = [self._column(field, columns, problems) for field in self._numeric]
        strings = [self._column(field, columns, problems) for field in self._textual]
        if problems:
            raise SchemaError(_listed(problems))
        n_rows = len(next(iter(columns.values()))) if columns else 0
        return (
            np.column_stack(numbers) if numbers else np.zeros((n_rows, 0)),
            np.column_stack(strings) if strings else np.zeros((n_rows, 0), dtype=object),
        )

    def _one(self, row: Mapping[str, Any]) -> tuple[Floats, Strings]:
        """The way for a single record, which must be short."""
        numeric, textual = self._plan
        try:
            numbers = [read(row[name]) for name, read in numeric]
            strings = [read(row[name]) for name, read in textual]
        except (KeyError, ValueError, TypeError, OverflowError):
            problems: list[str] = []
            for field in self.fields:
                self._column(field, {name: [value] for name, value in row.items()}, problems)
            raise SchemaError(_listed(problems or ["the record can't be read"])) from None
        cells = np.empty((1, len(strings)), dtype=object)
        cells[0, :] = strings
        return np.array([numbers]), cells

    def _column(self, field: Field, columns: Mapping[str, Any], problems: list[str]) -> Any:
        if field.name not in columns:
            problems.append(f"column {field.name!r} is missing{_renamed(field.name, columns)}")
            return None
        try:
            return field.reader.column(columns[field.name])
        except ValueError as error:
            problems.append(f"column {field.name!r}: {error}")
            return None

    def to_json(self) -> list[dict[str, Any]]:
        """Plain data for the manifest."""
        return [asdict(field) for field in self.fields]

    @classmethod
    def from_json(cls, data: Any) -> "Schema":
        """Check and rebuild a schema from a manifest; ModelError when it is not one."""
        known = {field.name: field for field in fields(Field)}
        made = []
        if not isinstance(data, list):
            raise ModelError("the manifest's schema is not a list; expected the fields of the model")
        for entry in data:
            if not isinstance(entry, dict) or not set(entry) <= set(known) or entry.get("type") not in TYPES:
                raise ModelError(
                    f"the manifest's schema holds {entry!r:.80}; expected a field with a name and a known type"
                )
            facts: dict[str, Any] = {
                name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()
            }
            if not isinstance(facts.get("name"), str):
                raise ModelError("the manifest's schema has a field without a name; expected one")
            made.append(Field(**facts))
        return cls(tuple(made))


def _renamed(name: str, columns: Mapping[str, Any]) -> str:
    hint = nearest(name, list(columns))
    return f" ({hint.strip()})" if hint else ""


def _listed(problems: list[str]) -> str:
    shown = "; ".join(problems[:MOST_REPORTED])
    more = f"; and {len(problems) - MOST_REPORTED} more" if len(problems) > MOST_REPORTED else ""
    return f"the rows don't fit the model: {shown}{more}; expected the columns and types it was trained on"
