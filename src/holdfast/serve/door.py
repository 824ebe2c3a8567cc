"""The schema at the door: cells of a request become the graph's arrays, or a list of everything wrong with them."""

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from holdfast.arrays import Floats, Strings
from holdfast.model.cells import UNREADABLE
from holdfast.model.schema import NUMERIC, Field, Schema
from holdfast.serve.problems import Problem
from holdfast.serve.settings import Settings

# An answer lists this many bad cells: a client with more has one mistake many times.
MOST_LISTED = 1_000

# What JSON, and what NumPy, holds a field as, when nothing is converted.
NONE = type(None)
JSON_TYPES = {"number": (int, float, NONE), "boolean": (bool, NONE)}
ARRAY_KINDS = {"number": "iufO", "boolean": "bO"}
JSON_NAMES = {"number": "a JSON number", "boolean": "true or false"}


class _Absent:
    """What stands where a record lacks a field."""


ABSENT = _Absent()


class Rows(NamedTuple):
    """Rows as the graph takes them, and how many cells of which field training never saw."""

    numbers: Floats
    strings: Strings
    unseen: dict[str, int]
    out_of_range: dict[str, int]
    unreadable: dict[str, int]


class Door:
    """Reads the rows of requests for one model."""

    def __init__(self, schema: Schema, settings: Settings) -> None:
        self.schema = schema
        self._mode, self._limits = settings.mode, settings.limits
        self._refuse_unseen = settings.unseen == "refuse"
        self._refuse_range = settings.out_of_range == "refuse"
        self._names = frozenset(field.name for field in schema.fields)
        numeric = [field for field in schema.fields if field.type in NUMERIC]
        textual = [field for field in schema.fields if field.type not in NUMERIC]
        self._numeric = [
            (
                field.name,
                self._reader(field, field.reader.number),
                float if field.type == "number" else None,
                *_range(field),
            )
            for field in numeric
        ]
        self._textual = [
            (field.name, self._reader(field, field.reader.text), _sure(field), known_values(field)) for field in textual
        ]

    def _reader(self, field: Field, read: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """What reads one cell by the mode."""
        if self._mode != "strict":
            return read
        types = JSON_TYPES.get(field.type, (str, NONE))

        def exact(cell: Any) -> Any:
            if cell.__class__ in types:
                return read(cell)
            raise TypeError

        return exact

    def record(self, row: Mapping[str, Any]) -> Rows:
        """Read one record; the way that must be short. Raises Problem (422) that lists every bad field."""
        numbers: list[float] = []
        words: list[str] = []
        unseen, beyond, most = {}, {}, self._limits.text
        try:
            for name, read, plain, low, high in self._numeric:
                cell = row[name]
                number = cell if cell.__class__ is plain else read(cell)
                if not low <= number <= high:
                    number = read(cell)  # an infinite number is a missing one
                    if number == number:
                        beyond[name] = 1
                numbers.append(number)
            for name, read, sure, known in self._textual:
                word = row[name]
                if word not in sure:
                    word = read(word)
                    if len(word) > most:
                        return self.records([row])
                    if word and known is not None and word not in known:
                        unseen[name] = 1
                words.append(word)
        except UNREADABLE:
            return self.records([row])
        strange = self._mode == "strict" and len(row) > len(self._names)
        if strange or (unseen and self._refuse_unseen) or (beyond and self._refuse_range):
            return self.records([row])
        return Rows(np.array([numbers], dtype=np.float64), np.array([words], dtype=object), unseen, beyond, {})

    def records(self, rows: Sequence[Mapping[str, Any]]) -> Rows:
        """Read a list of records."""
        for number, row in enumerate(rows, 1):
            if not isinstance(row, Mapping):
                raise Problem(400, f"row {number} is {shown(row)}; expected an object with the model's fields")
        columns = {name: [row.get(name, ABSENT) for row in rows] for name in self._names}
        strangers: dict[str, int] = {}
        if self._mode == "strict":
            for number, row in enumerate(rows, 1):
                for name in row.keys() - self._names:
                    strangers.setdefault(name, number)
        return self._read(columns, len(rows), strangers)

    def columns(self, columns: Mapping[str, Any]) -> Rows:
        """Read columns: lists or 1-D arrays of one length."""
        lengths = {name: len(cells) for name, cells in columns.items() if name in self._names}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"{name!r} has {size}" for name, size in list(lengths.items())[:5])
            raise Problem(400, f"the columns differ in length ({listed}); expected lists of one length")
        n_rows = next(iter(lengths.values()), 0)
        strangers = dict.fromkeys(columns.keys() - self._names, 0) if self._mode == "strict" else {}
        return self._read(columns, n_rows, strangers)

    def _read(self, columns: Mapping[str, Any], n_rows: int, strangers: Mapping[str, int]) -> Rows:
        if n_rows > self._limits.rows:
            raise Problem(413, f"the request has {n_rows:,} rows; expected at most {self._limits.rows:,}: send several")
        errors = [
            {"row": row or None, "field": name, "got": "a field the model does not have", "expected": "no such field"}
            for name, row in sorted(strangers.items())
        ]
        numbers = np.empty((n_rows, len(self._numeric)))
        found = Rows(numbers, np.empty((n_rows, len(self._textual)), dtype=object), {}, {}, {})
        places = {"numbers": 0, "strings": 0}
        for field in self.schema.fields:
            kind = "numbers" if field.type in NUMERIC else "strings"
            cells = columns.get(field.name)
            if cells is None and self._mode != "permissive":
                errors.append({"row": None, "field": field.name, "got": "nothing", "expected": field.reader.expected})
            else:
                cells = [None] * n_rows if cells is None else cells
                read = self._column(field, cells, found.unreadable, errors)
                self._notice(field, read, cells, found, errors)
                (found.numbers if kind == "numbers" else found.strings)[:, places[kind]] = read
            places[kind] += 1
        if errors:
            raise _refused(errors)
        return found

    def _column(self, field: Field, cells: Any, unreadable: dict[str, int], errors: list[dict[str, Any]]) -> Any:
        """Read one column: all at once where nothing is wrong, else cell by cell, to name every bad one."""
        if self._plain(field, cells):
            try:
                return field.reader.column(cells)
            except ValueError:
                pass
        numeric = field.type in NUMERIC
        read = self._reader(field, field.reader.number if numeric else field.reader.text)
        column: list[Any] = []
        for row, cell in enumerate(cells.tolist() if isinstance(cells, np.ndarray) else cells, 1):
            try:
                column.append(read(cell))
            except UNREADABLE:
                column.append(math.nan if numeric else "")
                if self._mode == "permissive":
                    unreadable[field.name] = unreadable.get(field.name, 0) + (cell is not ABSENT)
                elif len(errors) <= MOST_LISTED:
                    expected = JSON_NAMES.get(field.type) if self._mode == "strict" else None
                    errors.append(_error(row, field, cell, expected or field.reader.expected))
        return column

    def _plain(self, field: Field, cells: Any) -> bool:
        """Whether the quick way gives the same as reading each cell by the mode."""
        if isinstance(cells, np.ndarray) and cells.dtype.kind != "O":
            return self._mode != "strict" or cells.dtype.kind in ARRAY_KINDS.get(field.type, "")
        types = set(map(type, cells))
        return self._mode != "strict" or types <= set(JSON_TYPES.get(field.type, (str, NONE)))

    def _notice(self, field: Field, read: Any, cells: Any, found: Rows, errors: list[dict[str, Any]]) -> None:
        """Count, or refuse, what training never saw; refuse text that is too long."""
        if field.type in NUMERIC:
            low, high = _range(field)
            numbers = np.asarray(read, dtype=np.float64)
            beyond = np.flatnonzero((numbers < low) | (numbers > high))
            if len(beyond):
                found.out_of_range[field.name] = len(beyond)
                if self._refuse_range:
                    expected = f"from {low:g} to {high:g}, as in training"
                    errors += [_error(int(row) + 1, field, cells[row], expected) for row in beyond[:MOST_LISTED]]
            return
        most, known = self._limits.text, known_values(field)
        for row, word in enumerate(read):
            if len(word) > most:
                errors.append(_error(row + 1, field, cells[row], f"text of at most {most:,} characters"))
        if known is None:
            return
        unseen = [row for row, word in enumerate(read) if word and word not in known]
        if unseen:
            found.unseen[field.name] = len(unseen)
            if self._refuse_unseen:
                expected = "a value seen in training: " + ", ".join(repr(value)[:40] for value in field.values[:10])
                errors += [_error(row + 1, field, cells[row], expected) for row in unseen[:MOST_LISTED]]


def known_values(field: Field) -> frozenset[str] | None:
    """Every category seen in training; None when the schema doesn't hold them all, so that none can be called unseen."""
    if field.type != "category" or field.n_values > len(field.values):
        return None
    return frozenset(field.values)


def _sure(field: Field) -> frozenset[str]:
    """Words that are read as they stand, so that they needn't be."""
    return frozenset(value for value in field.values if field.reader.text(value) == value)


def _range(field: Field) -> tuple[float, float]:
    """The least and the most that training saw; where it saw nothing, of all finite numbers."""
    low, high = field.low, field.high
    return -sys.float_info.max if low is None else float(low), sys.float_info.max if high is None else float(high)


def shown(cell: Any) -> str:
    """A cell in an error: short, and containers by their kind alone."""
    if cell is ABSENT:
        return "nothing"
    if isinstance(cell, Mapping):
        return "an object"
    if isinstance(cell, list | tuple):
        return "an array"
    word = "null" if cell is None else str(cell).lower() if isinstance(cell, bool) else repr(cell)
    return word if len(word) <= 60 else word[:57] + "..."


def _error(row: int, field: Field, cell: Any, expected: str) -> dict[str, Any]:
    return {"row": row, "field": field.name, "got": shown(cell), "expected": expected}


def _refused(errors: list[dict[str, Any]]) -> Problem:
    names = sorted({error["field"] for error in errors})
    detail = f"{len(errors):,} cells or fields can't be taken, of {', '.join(map(repr, names[:5]))}"
    detail += " and others" if len(names) > 5 else ""
    return Problem(422, detail, errors=errors[:MOST_LISTED])
