"""Read single cells and whole columns as one type, by the rules training used."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np

from holdfast.arrays import is_missing

NAN, INFINITY = float("nan"), float("inf")
EPOCH = datetime(1970, 1, 1)

# What reading a wrong cell raises.
UNREADABLE = (ValueError, TypeError, KeyError, ArithmeticError)

# What may part thousands where a space does: also one that no line is broken at, and a narrow one.
SPACES = (" ", "\u00a0", "\u202f")

_PLAIN_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)
_INFINITE = re.compile(r"[-+]?inf(inity)?", re.IGNORECASE)
TRUTH = {"true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0}


class Reader:
    """Turns cells of one field into numbers (NaN missing) or text ("" missing).

    `number` and `text` take one cell and raise one of UNREADABLE for what they can't read;
    `column` takes many and raises ValueError that names the row.
    """

    def __init__(
        self,
        kind: str,
        *,
        missing: tuple[str, ...] = (),
        marks: tuple[str, str] = (".", ""),
        truth: Mapping[str, float] = TRUTH,
        date_format: str = "",
        values: tuple[str, ...] = (),
    ) -> None:
        """marks: the decimal mark and the one between thousands. values: categories seen in training, most frequent first."""
        self._kind, self._missing = kind, frozenset(missing) | {""}
        self._decimal, self._thousands = marks
        self._parting = SPACES if self._thousands == " " else (self._thousands,) if self._thousands else ()
        self._truth, self._date_format, self._values = truth, date_format, values
        self._written = _number_form(self._decimal, self._parting)
        reads: dict[str, Callable[[Any], float]] = {"boolean": self._boolean, "datetime": self._datetime}
        self.number = reads.get(kind, self._number)

    def column(self, cells: Any, first_row: int = 0) -> Any:
        """Read a list or 1-D array of cells, shape (n_rows,); `first_row` is where they start, for the error."""
        read = self.text if self._kind in ("category", "text") else self.number
        if isinstance(cells, np.ndarray) and cells.dtype.kind != "O":
            fast = self._typed(cells)
            if fast is not None:
                return fast
            cells = _as_list(cells)
        try:
            if read == self._number:
                return np.fromiter(map(read, cells), np.float64, len(cells))
            return self._remembered(read, cells)
        except UNREADABLE:
            raise ValueError(self._first_wrong(read, cells, first_row)) from None

    def text(self, cell: Any) -> str:
        """One category or text cell; a number reads as the known value that equals it, or as a CSV would show it."""
        if cell.__class__ is str or isinstance(cell, str):
            word = cell.strip()
            return "" if word in self._missing else str(word)
        if is_missing(cell):
            return ""
        if isinstance(cell, bool | np.bool_):
            word = "true" if cell else "false"
            return self._spellings.get(word, word)
        if isinstance(cell, int | float | Decimal | np.number) and not isinstance(cell, np.timedelta64):
            whole = isinstance(cell, int | np.integer) or (abs(float(cell)) < 1e15 and cell == int(cell))
            word = str(int(cell)) if whole else str(cell)
            return word if word in self._spellings else self._spellings.get(float(cell), word)
        # Intervals and periods of pandas are known by their text in training, too.
        if isinstance(cell, date | time | timedelta) or type(cell).__module__.split(".")[0] == "pandas":
            return str(cell)
        raise TypeError(type(cell).__name__)

    @cached_property
    def _spellings(self) -> dict[object, str]:
        """Known values by themselves, by the number they are ("007" is 7) and by their truth; the most frequent wins."""
        spellings: dict[object, str] = {}
        for value in reversed(self._values):
            if _PLAIN_NUMBER.fullmatch(value):
                spellings[float(value)] = value
            elif value.lower() in ("true", "false"):
                spellings[value.lower()] = value
        return spellings | {value: value for value in self._values}

    def _typed(self, cells: Any) -> Any:
        """The quick way for arrays of the right type; None when there is none."""
        if cells.dtype.kind == "M" and self._kind == "datetime":
            known = cells.astype("datetime64[us]")
            return np.where(np.isnat(known), np.nan, known.astype(np.int64) / 1e6)
        if cells.dtype.kind == "m" and self._kind == "number":
            known = cells.astype("timedelta64[us]")
            return np.where(np.isnat(known), np.nan, known.astype(np.int64) / 1e6)
        if cells.dtype.kind not in "iufb" or self._kind not in ("number", "boolean"):
            return None
        numbers = cells.astype(np.float64)
        if self._kind == "boolean" and not ((numbers == 0) | (numbers == 1) | np.isnan(numbers)).all():
            return None
        numbers[np.isinf(numbers)] = np.nan
        return numbers

    def _remembered(self, read: Callable[[Any], Any], cells: Any) -> Any:
        """Read every distinct string once: categories repeat, and dates are slow to read."""
        known: dict[str, Any] = {}
        out = np.empty(len(cells), dtype=object if read == self.text else np.float64)
        for row, cell in enumerate(cells):
            if cell.__class__ is str:
                answer = known.get(cell)
                if answer is None:
                    answer = known[cell] = read(cell)
                out[row] = answer
            else:
                out[row] = read(cell)
        return out

    def _first_wrong(self, read: Callable[[Any], Any], cells: Any, first_row: int) -> str:
        for row, cell in enumerate(cells, first_row + 1):
            try:
                read(cell)
            except UNREADABLE:
                return f"row {row} holds {repr(cell)[:50]}; expected {self.expected}"
        return f"can't be read; expected {self.expected}"

    def _number(self, cell: Any) -> float:
        if cell.__class__ is float or cell.__class__ is int:
            number = float(cell)
        elif cell is None:
            return NAN
        elif isinstance(cell, str):
            word = cell.strip()
            if word in self._missing:
                return NAN
            if not self._written.fullmatch(word):
                if _INFINITE.fullmatch(word):
                    return NAN
                raise ValueError(word)
            for mark in self._parting:
                word = word.replace(mark, "")
            number = float(word if self._decimal == "." else word.replace(self._decimal, "."))
        elif isinstance(cell, timedelta):
            number = cell.total_seconds()
        elif isinstance(cell, int | float | Decimal | np.number | np.bool_) and not isinstance(cell, np.timedelta64):
            number = float(cell)
        elif is_missing(cell):
            return NAN
        else:
            raise TypeError(type(cell).__name__)
        # Training counts infinite values as missing.
        return number if -INFINITY < number < INFINITY else NAN

    def _boolean(self, cell: Any) -> float:
        if isinstance(cell, str):
            word = cell.strip()
            if word in self._missing:
                return NAN
            return self._truth[word if word in self._truth else word.lower()]
        if is_missing(cell):
            return NAN
        if cell not in (0, 1):
            raise ValueError(cell)
        return float(cell)

    def _datetime(self, cell: Any) -> float:
        if isinstance(cell, str):
            word = cell.strip()
            if word in self._missing:
                return NAN
            cell = self._date(word)
        if is_missing(cell):
            return NAN
        if isinstance(cell, np.datetime64):
            return float(cell.astype("datetime64[us]").astype(np.int64)) / 1e6
        if isinstance(cell, datetime):
            naive = cell.astimezone(UTC).replace(tzinfo=None) if cell.tzinfo else cell
            return (naive - EPOCH).total_seconds()
        if isinstance(cell, date):
            return (datetime(cell.year, cell.month, cell.day) - EPOCH).total_seconds()
        raise TypeError(type(cell).__name__)

    def _date(self, word: str) -> datetime:
        """ISO is understood beside the training data's own form: nothing else can be meant by it, and it is quick."""
        try:
            return datetime.fromisoformat(word)
        except ValueError:
            if not self._date_format:
                raise
            # Rust's %.f includes the point, and may be absent.
            form = self._date_format.replace("%.f", ".%f" if "." in word else "")
            return _as_polars_reads(word, form)

    @property
    def expected(self) -> str:
        """What a cell should be, in words for an error."""
        if self._kind == "datetime":
            form = f"written as {self._date_format}" if self._date_format else "in ISO form, such as 2026-01-31"
            return f"a date {form}"
        if self._kind == "number" and (self._decimal, self._thousands) != (".", ""):
            return f"a number, written as 1{self._thousands}234{self._decimal}5"
        return {"boolean": "true or false", "number": "a number"}.get(self._kind, "text")


def _as_polars_reads(word: str, form: str) -> datetime:
    """Training's dates were read by polars, to whom 69 is 2069, and a short name of a month will do for a long one."""
    try:
        found = datetime.strptime(word, form)
    except ValueError:
        if "%B" not in form:
            raise
        found = datetime.strptime(word, form.replace("%B", "%b"))
    return found.replace(year=2069) if "%y" in form and found.year == 1969 else found


def _number_form(decimal: str, parting: tuple[str, ...]) -> re.Pattern[str]:
    """How a number is written: without this, "1.5" would be 15 where a point parts the thousands."""
    mark, between = re.escape(decimal), "|".join(map(re.escape, parting))
    whole = rf"([1-9]\d{{0,2}}(({between})\d{{3}})+|\d+)" if parting else r"\d+"
    return re.compile(rf"[-+]?({whole}({mark}\d*)?|{mark}\d+)([eE][-+]?\d+)?", re.ASCII)


def _as_list(cells: Any) -> list[Any]:
    """Cells of an array as Python would hold them; nanoseconds, which it can't, as microseconds."""
    if cells.dtype.kind not in "mM":
        return list(cells)
    unit = np.datetime_data(cells.dtype)[0]
    known: list[Any] = (cells.astype(f"{cells.dtype.kind}8[us]") if unit == "ns" else cells).tolist()
    return known
