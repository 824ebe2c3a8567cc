"""JSON Lines, some megabytes at a time."""

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import polars.selectors as cs

from holdfast.batch.part import Bad, Part
from holdfast.data.compressed import stream
from holdfast.errors import DataError

BYTES = 4 << 20

# A number as JSON writes it.
_NUMBER = r"^-?\d+(\.\d+)?([eE][-+]?\d+)?$"


class Lines:
    """A file with a JSON object on every line."""

    as_text = False

    def __init__(self, path: Path, *, size: int = BYTES) -> None:
        """Find the names in the first part, of `size` bytes."""
        self._path, self._bytes = path, size
        facts = path.stat()
        self.identity = f"{path.resolve()} {facts.st_size} {facts.st_mtime_ns}"
        self.size = facts.st_size
        first = next(self._blocks(0), None)
        self.columns = [] if first is None else self._frame(first[0], 1)[0].columns
        if not self.columns:
            raise DataError(f"{path} holds no JSON objects; expected one on every line")

    def parts(self, names: Sequence[str], start: int, first_row: int) -> Iterator[Part]:
        """Cut after line ends, and read what lies between."""
        for data, end in self._blocks(start):
            frame, rows, bad = self._frame(data, first_row)
            absent = [pl.lit(None, pl.String).alias(name) for name in names if name not in frame.columns]
            n_rows = frame.height + len(bad)
            yield Part(frame.with_columns(absent).select(names), rows, bad, n_rows, end)
            first_row += n_rows

    def _blocks(self, start: int) -> Iterator[tuple[bytes, int]]:
        with stream(self._path) as file:
            file.seek(start)
            while block := file.read(self._bytes):
                block += file.readline()
                start += len(block)
                if block.strip():
                    yield block.lstrip(b"\xef\xbb\xbf"), start

    def _frame(self, data: bytes, first_row: int) -> tuple[pl.DataFrame, Sequence[int], tuple[Bad, ...]]:
        """Let polars read it; where a line is not as it should be, go line by line."""
        try:
            frame = pl.read_ndjson(io.BytesIO(data), infer_schema_length=None)
        except pl.exceptions.PolarsError:
            return _slowly(data, first_row)
        if any(kind.is_nested() for kind in frame.dtypes) or any(map(_mixed, frame.select(cs.string()))):
            return _slowly(data, first_row)
        return frame, range(first_row, first_row + frame.height), ()


def _mixed(words: pl.Series) -> bool:
    """Whether polars may have made words of numbers, as others are words: 1.5 is not "1.5" where a comma is the mark."""
    numbers = words.drop_nulls().str.contains(_NUMBER)
    return bool(numbers.any()) and not bool(numbers.all())


def _slowly(data: bytes, first_row: int) -> tuple[pl.DataFrame, list[int], tuple[Bad, ...]]:
    good: list[dict[str, Any]] = []
    rows: list[int] = []
    bad: list[Bad] = []
    for row, line in enumerate((line for line in data.split(b"\n") if line.strip()), first_row):
        record, reason = _record(line)
        if reason:
            bad.append(Bad(row, reason, line.decode("utf-8", "replace")[:10_000]))
        else:
            good.append(record)
            rows.append(row)
    names = list(dict.fromkeys(name for record in good for name in record))
    return pl.DataFrame([_series(name, [record.get(name) for record in good]) for name in names]), rows, tuple(bad)


def _record(line: bytes) -> tuple[dict[str, Any], str]:
    """The object of a line, and what is wrong with it."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return {}, "is not JSON; expected an object on one line"
    if not isinstance(record, dict):
        return {}, f"is JSON, but {type(record).__name__} instead of an object"
    nested = [name for name, value in record.items() if isinstance(value, dict | list)]
    return record, f"holds a list or object in {nested[0]!r}; expected plain values" if nested else ""


def _series(name: str, cells: list[Any]) -> pl.Series:
    """A column of one type, or of Python's objects where a line has another type than the rest, or too large a number."""
    kinds = {type(cell) for cell in cells if cell is not None}
    if len(kinds) <= 1:
        try:
            return pl.Series(name, cells)
        except (pl.exceptions.PolarsError, TypeError, OverflowError):
            pass
    return pl.Series(name, cells, dtype=pl.Object)
