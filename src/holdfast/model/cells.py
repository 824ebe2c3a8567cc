"""Read single cells and whole columns as one type, by the rules training used."""

import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

NAN = float("nan")
EPOCH = datetime(1970, 1, 1)


class Reader:
    """Turns cells of one field into numbers (NaN missing) or text ("" missing); ValueError says what was wrong."""

    def __init__(
        self,
        kind: str,
        missing: tuple[str, ...],
        decimal: str,
        thousands: str,
        true: tuple[str, ...],
        false: tuple[str, ...],
        date_format: str,
    ) -> None:
        self._missing = frozenset(missing) | {""}
        self._decimal, self._thousands, self._date_format = decimal, thousands, date_format
        self._words = dict.fromkeys(true, 1.0) | dict.fromkeys(false, 0.0)
        self._type = kind
        number: dict[str, Callable[[Any], float]] = {"boolean": self._boolean, "datetime": self._datetime}
        self.number = number.get(kind, self._number)

    def column(self, cells: Any) -> Any:
        """Read a whole column, shape (n_rows,)."""
        if self._type in ("category", "text"):
            return self._text_column(cells)
        if isinstance(cells, np.ndarray) and cells.dtype.kind in "iufb" and self._type != "datetime":
            numbers = cells.astype(np.float64)
            if self._type == "boolean":
                self._check_booleans(numbers)
            return numbers
        if isinstance(cells, np.ndarray) and cells.dtype.kind == "M" and self._type == "datetime":
            known = cells.astype("datetime64[us]")
            return np.where(np.isnat(known), np.nan, known.astype(np.int64) / 1e6)
        numbers = np.empty(len(cells))
        for row, cell in enumerate(cells):
            try:
                numbers[row] = self.number(cell)
            except (ValueError, TypeError, OverflowError):
                raise ValueError(f"row {row + 1} holds {cell!r:.50}; expected {self._expected()}") from None
        return numbers

    def text(self, cell: Any) -> str:
        """One category or text cell; a number reads as it would in a CSV, whole ones without a decimal point."""
        if cell is None:
            return ""
        if isinstance(cell, str):
            word = cell.strip()
            return "" if word in self._missing else word
        if isinstance(cell, bool | np.bool_):
            return "true" if cell else "false"
        if isinstance(cell, int | np.integer):
            return str(int(cell))
        if isinstance(cell, float | np.floating):
            value = float(cell)
            if math.isnan(value):
                return ""
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        if isinstance(cell, date):
            return str(cell)
        raise TypeError(type(cell).__name__)

    def _text_column(self, cells: Any) -> Any:
        words: dict[Any, str] = {}
        out = np.empty(len(cells), dtype=object)
        for row, cell in enumerate(cells):
            try:
                known = words.get(cell)
                if known is None or cell.__class__ is not str:
                    known = self.text(cell)
                    if cell.__class__ is str:
                        words[cell] = known
            except TypeError:
                raise ValueError(f"row {row + 1} holds {cell!r:.50}; expected text") from None
            out[row] = known
        return out

    def _number(self, cell: Any) -> float:
        if cell.__class__ is float or cell.__class__ is int:
            return float(cell)
        if cell is None:
            return NAN
        if isinstance(cell, str):
            word = cell.strip()
            if word in self._missing:
                return NAN
            if self._thousands:
                word = word.replace(self._thousands, "")
            number = float(word if self._decimal == "." else word.replace(self._decimal, "."))
            if "_" in word or (not math.isfinite(number) and word.lower().lstrip("+-")[:3] not in ("inf", "nan")):
                raise ValueError(word)
            return number
        if isinstance(cell, int | float | np.number | np.bool_):
            return float(cell)
        raise TypeError(type(cell).__name__)

    def _boolean(self, cell: Any) -> float:
        if isinstance(cell, str):
            word = cell.strip()
            if word in self._missing:
                return NAN
            if word in self._words:
                return self._words[word]
            lower = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0}
            if word.lower() not in lower:
                raise ValueError(word)
            return lower[word.lower()]
        if cell is None or cell != cell:
            return NAN
        if cell not in (0, 1):
            raise ValueError(cell)
        return float(cell)

    def _check_booleans(self, numbers: Any) -> None:
        wrong = np.flatnonzero(~((numbers == 0) | (numbers == 1) | np.isnan(numbers)))
        if len(wrong):
            raise ValueError(f"row {wrong[0] + 1} holds {numbers[wrong[0]]:g}; expected {self._expected()}")

    def _datetime(self, cell: Any) -> float:
        if isinstance(cell, str):
            word = cell.strip()
            if word in self._missing:
                return NAN
            form = self._date_format
            cell = datetime.strptime(word, form.replace("%.f", ".%f")) if form else datetime.fromisoformat(word)
        if cell is None or cell != cell:
            return NAN
        if isinstance(cell, np.datetime64):
            return float(cell.astype("datetime64[us]").astype(np.int64)) / 1e6
        if isinstance(cell, datetime):
            naive = cell.astimezone(UTC).replace(tzinfo=None) if cell.tzinfo else cell
            return (naive - EPOCH).total_seconds()
        if isinstance(cell, date):
            return (datetime(cell.year, cell.month, cell.day) - EPOCH).total_seconds()
        raise TypeError(type(cell).__name__)

    def _expected(self) -> str:
        if self._type == "datetime":
            return f"a date{f' written as {self._date_format}' if self._date_format else ' in ISO form, such as 2026-01-31'}"
        return {"boolean": "true or false", "number": "a number"}[self._type]
