"""What rows a model takes, and how they become the arrays its graph reads. Needs NumPy only."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Strings
from holdfast.errors import ModelError, SchemaError, nearest
from holdfast.model.cells import TRUTH, UNREADABLE, Reader
from holdfast.model.rows import Table, as_table

NUMERIC = ("number", "boolean", "datetime")
TYPES = (*NUMERIC, "category", "text")

# The facts of a field, by what the manifest holds them as.
WORDS = frozenset({"missing", "true", "false", "values"})
TEXTS = frozenset({"name", "type", "decimal", "thousands", "date_format"})
NUMBERS = frozenset({"low", "high", "n_values", "missing_share"})

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
        return Reader(
            self.type,
            missing=self.missing,
            marks=(self.decimal, self.thousands),
            truth=TRUTH | dict.fromkeys(self.true, 1.0) | dict.fromkeys(self.false, 0.0),
            date_format=self.date_format,
            values=self.values,
        )


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
    def _names(self) -> list[str]:
        return [field.name for field in self.fields]

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
        the fields in order. Missing is NaN, and the empty string. Columns that are no field are ignored. Raises
        SchemaError, which lists every bad field.
        """
        return next(self.parts(rows, sys.maxsize))

    def parts(self, rows: Any, size: int) -> Iterator[tuple[Floats, Strings]]:
        """Give `arrays` for `size` rows at a time, so that no more are converted at once; at least one part, if empty."""
        if isinstance(rows, dict):
            try:
                record = self._one(rows)
            except UNREADABLE:
                pass  # columns, or a bad record: the long way tells, and says what is wrong
            else:
                yield record
                return
        table = as_table(rows, self._names)
        for start in range(0, max(1, table.n_rows), size):
            yield self._part(table, start, min(start + size, table.n_rows))

    def _one(self, row: Mapping[str, Any]) -> tuple[Floats, Strings]:
        """The way for a single record, which must be short."""
        numeric, textual = self._plan
        numbers = [[read(row[name]) for name, read in numeric]]
        return np.array(numbers, dtype=np.float64), np.array(
            [[read(row[name]) for name, read in textual]], dtype=object
        )

    def _part(self, table: Table, start: int, stop: int) -> tuple[Floats, Strings]:
        problems: list[str] = []
        read: dict[str, Any] = {}
        present = frozenset(table.names)
        for field in self.fields:
            if field.name not in present:
                problems.append(f"column {field.name!r} is missing{_renamed(field.name, table.names)}")
                continue
            try:
                read[field.name] = field.reader.column(table.cells(field.name, start, stop), start)
            except ValueError as error:
                problems.append(f"column {field.name!r} {error}")
        if problems:
            raise SchemaError(_listed(problems))
        numbers = np.empty((stop - start, len(self._numeric)))
        for place, field in enumerate(self._numeric):
            numbers[:, place] = read[field.name]
        strings = np.empty((stop - start, len(self._textual)), dtype=object)
        for place, field in enumerate(self._textual):
            strings[:, place] = read[field.name]
        return numbers, strings

    def to_json(self) -> list[dict[str, Any]]:
        """Plain data for the manifest."""
        return [asdict(field) for field in self.fields]

    @classmethod
    def from_json(cls, data: Any) -> "Schema":
        """Check and rebuild a schema from a manifest; ModelError when it is not one."""
        if not isinstance(data, list):
            raise ModelError("the manifest's schema is not a list; expected the fields of the model")
        made = [Field(**_facts(entry)) for entry in data]
        if len({field.name for field in made}) < len(made):
            raise ModelError("the manifest's schema has two fields of one name; expected unique names")
        return cls(tuple(made))


def _facts(entry: Any) -> dict[str, Any]:
    """Check one field's facts, as the manifest holds them."""
    facts = dict(entry) if isinstance(entry, dict) else {}
    for name in WORDS & set(facts):
        facts[name] = tuple(facts[name]) if isinstance(facts[name], list | tuple) else (None,)
    sound = (
        {"name", "type"} <= set(facts) <= {field.name for field in fields(Field)}
        and facts["type"] in TYPES
        and all(isinstance(word, str) for name in WORDS & set(facts) for word in facts[name])
        and all(isinstance(facts[name], str) for name in TEXTS & set(facts))
        and all(isinstance(facts[name], float | int | None) for name in NUMBERS & set(facts))
        and isinstance(facts.get("n_values", 0), int)
        and facts.get("decimal", ".") != ""
        and _reads_dates(facts.get("date_format", ""))
    )
    if not sound:
        raise ModelError(
            f"the manifest's schema holds {repr(entry)[:80]}; expected a field with a name and a known type"
        )
    return facts


def _reads_dates(form: str) -> bool:
    """Whether dates can be asked for in this form, whatever they are."""
    try:
        datetime.strptime("", form)
    except ValueError:
        return True
    except re.error:
        return False
    return True


def _renamed(name: str, names: Sequence[str]) -> str:
    hint = nearest(name, names)
    return f" ({hint.strip()})" if hint else ""


def _listed(problems: list[str]) -> str:
    shown = "; ".join(problems[:MOST_REPORTED])
    more = f"; and {len(problems) - MOST_REPORTED} more" if len(problems) > MOST_REPORTED else ""
    return f"the rows don't fit the model: {shown}{more}; expected the columns and types it was trained on"
