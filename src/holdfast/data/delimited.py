"""CSV and its relatives: encoding, separator, names and types found out from the file itself."""

import csv
import io
import mmap
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from holdfast.data.compressed import Content
from holdfast.errors import DataError

# Words that stand for a missing value, besides the blank.
MISSING_WORDS = ("", "NA", "N/A", "n/a", "na", "NULL", "null", "NaN", "nan", "NAN", "None", "none", "?", "#N/A", "<NA>")

SEPARATORS = ",;\t|"
SAMPLE_BYTES, SAMPLE_ROWS, HEADER_BYTES = 1 << 18, 1000, 1 << 22

# Leading zeros are part of a code ("02134"), which a number would lose.
_CODE = re.compile(r"^0\d+$")
_DAY = re.compile(r"^\d{4}-\d\d-\d\d$")
_NUMBER = re.compile(r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$")


@dataclass(frozen=True)
class Dialect:
    """How a delimited file is written. header_lines: how many lines its names take. rows: the first rows, as text."""

    separator: str
    names: list[str]
    header_lines: int
    rows: list[list[str]]
    notes: list[str]


def dialect_of(data: Content, source: str, *, header: bool) -> Dialect:
    """Find out from the start of UTF-8 text how it is written; DataError when there are no rows."""
    csv.field_size_limit(1 << 30)
    separator = _separator(data[:SAMPLE_BYTES].decode("utf-8", "ignore"))
    sample = _records(data[:SAMPLE_BYTES], separator, cut=len(data) > SAMPLE_BYTES)
    notes: list[str] = []
    if header:
        names, notes = _unique_names(sample[0])
        if len(sample) > 1 and sum(bool(_NUMBER.match(cell)) for cell in sample[0]) > len(sample[0]) / 2:
            notes.append("the first row looks like data, not like names; if so, say --no-header")
        rows = sample[1:]
    else:
        names, rows = [f"column_{k + 1}" for k in range(len(sample[0]))], sample
    if not rows:
        raise DataError(f"{source} has a header and no rows; expected a table with rows")
    return Dialect(separator, names, _header_lines(data, separator) if header else 0, rows, notes)


def read_delimited(data: Content, source: str, *, header: bool) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Read delimited text; also returns sentences about what had to be decided."""
    data, notes = _utf8(data, source)
    dialect = dialect_of(data, source, header=header)
    return _parse(data, source, dialect), (*notes, *dialect.notes)


def _utf8(data: Content, source: str) -> tuple[Content, list[str]]:
    """Re-encode as UTF-8 without a mark at the start."""
    if data[:3] == b"\xef\xbb\xbf":
        data = data[3:]
    elif data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data[:].decode("utf-16", "replace").encode(), ["the file is UTF-16"]
    elif b"\0" in data[:SAMPLE_BYTES]:
        for encoding, zeros in (("utf-16-le", data[1:2000:2]), ("utf-16-be", data[0:2000:2])):
            if zeros.count(0) > 0.7 * len(zeros):
                return data[:].decode(encoding, "replace").encode(), ["the file is UTF-16 without a mark"]
    values = np.frombuffer(data, dtype=np.uint8)
    if not values.min():
        place = data.find(b"\0")
        line = data[:place].count(b"\n") + 1
        raise DataError(
            f"{source} has a NUL byte at offset {place:,} (line {line:,}); expected text: the file is damaged or binary"
        )
    if values.max() < 128:
        return data, []
    data = data[:]
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        try:
            return data.decode("cp1252").encode(), ["the file is not UTF-8; it was read as Windows-1252 (Latin-1)"]
        except UnicodeDecodeError:
            return data.decode("latin-1").encode(), ["the file is not UTF-8; it was read as Latin-1"]
    return data, []


def _records(data: bytes, separator: str, *, cut: bool) -> list[list[str]]:
    """The first rows, as text; the last one is left out when the sample was cut in the middle of it."""
    text = data.decode("utf-8", "ignore")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows = [row for _, row in zip(range(SAMPLE_ROWS + 1), reader, strict=False) if row]
    return rows[:-1] if cut and len(rows) <= SAMPLE_ROWS and len(rows) > 2 else rows


def _separator(text: str) -> str:
    """The separator that cuts the most rows into as many fields as the first row, more than one."""
    best, best_score = ",", 0.0
    for separator in SEPARATORS:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        widths = [len(row) for _, row in zip(range(100), reader, strict=False) if row]
        if not widths or widths[0] < 2:
            continue
        score = widths.count(widths[0]) / len(widths) * min(widths[0], 10)
        if score > best_score:
            best, best_score = separator, score
    return best


def _unique_names(cells: Sequence[str]) -> tuple[list[str], list[str]]:
    names: list[str] = []
    notes = []
    for place, cell in enumerate(cells):
        name = cell if cell.strip() else f"column_{place + 1}"
        original, number = name, 2
        while name in names:
            name, number = f"{original}_{number}", number + 1
        if name != cell:
            notes.append(
                f"column {place + 1} {f'repeats the name {cell!r}' if cell.strip() else 'has no name'}: now {name!r}"
            )
        names.append(name)
    return names, notes[:10]


def _codes(rows: Sequence[Sequence[str]], names: Sequence[str]) -> set[str]:
    """Columns that hold digits with leading zeros, which are codes and not amounts."""
    return {
        name
        for place, name in enumerate(names)
        if any(len(row) > place and _CODE.match(row[place].strip()) for row in rows)
        and all(len(row) <= place or "." not in row[place] for row in rows)
    }


def _days(rows: Sequence[Sequence[str]], names: Sequence[str]) -> set[str]:
    """Columns of ISO dates, which polars reads fastest as such."""
    found = set()
    for place, name in enumerate(names):
        cells = (row[place].strip() for row in rows if len(row) > place and row[place] not in MISSING_WORDS)
        first = next(cells, "")
        if _DAY.match(first) and all(_DAY.match(cell) for cell in cells):
            found.add(name)
    return found


def _missing(rows: Sequence[Sequence[str]]) -> set[str]:
    """Words for missing values that occur in the sample; the blank needs no word."""
    return {cell for row in rows for cell in row if cell in MISSING_WORDS} - {""}


def _parse(data: Content, source: str, dialect: Dialect) -> pl.DataFrame:
    table = source if isinstance(data, mmap.mmap) else data
    names, separator, rows = dialect.names, dialect.separator, dialect.rows
    options: dict[str, Any] = {
        "has_header": False,
        "skip_lines": dialect.header_lines,
        "separator": separator,
        "new_columns": names,
        "raise_if_empty": False,
        "glob": False,
    }
    # Missing words to look for and rows to guess types from cost time: first few, then more, then no guessing at all.
    codes = dict.fromkeys(_codes(rows, names), pl.String)
    days = dict.fromkeys(_days(rows, names), pl.Date)
    attempts: tuple[tuple[Collection[str], int | None, dict[str, Any]], ...] = (
        (_missing(rows), SAMPLE_ROWS, {**codes, **days}),
        (MISSING_WORDS, 10 * SAMPLE_ROWS, codes),
        (MISSING_WORDS, None, codes),
    )
    for words, length, types in attempts:
        try:
            frame = pl.read_csv(
                table, null_values=sorted(words) or None, infer_schema_length=length, schema_overrides=types, **options
            )
            break
        except pl.exceptions.PolarsError as error:
            _find_ragged(data, source, len(names), separator)
            if length is None:
                first = str(error).splitlines()[0][:200]
                raise DataError(
                    f"{source} can't be read as delimited text ({first}); expected CSV: check quotes and separators"
                ) from None
    if frame.width != len(names):
        _find_ragged(data, source, len(names), separator)
    if frame.height and frame[:, -1].null_count() and frame.width > 1:
        _check_short_rows(data, source, len(names), separator)
    return frame


def _header_lines(data: Content, separator: str) -> int:
    """How many lines the header takes: more than one when a quoted name holds a line end, or after blank lines."""
    reader = csv.reader(io.StringIO(data[:HEADER_BYTES].decode("utf-8", "ignore"), newline=""), delimiter=separator)
    while not next(reader):
        pass
    return reader.line_num


def _check_short_rows(data: Content, source: str, width: int, separator: str) -> None:
    """Polars fills short rows with nulls in silence; count the separators where that may have happened."""
    if data.find(b'"') >= 0:
        return _find_ragged(data, source, width, separator)
    array = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(array == ord("\n"))
    if not len(ends) or ends[-1] != len(array) - 1:
        ends = np.append(ends, len(array))
    cuts = np.searchsorted(np.flatnonzero(array == ord(separator)), ends)
    fields = np.diff(np.concatenate([[0], cuts])) + 1
    lengths = np.diff(np.concatenate([[-1], ends])) - 1
    blank = (lengths == 0) | ((lengths == 1) & (array[ends - 1] == ord("\r")))
    wrong = np.flatnonzero((fields != width) & ~blank)
    if len(wrong):
        _ragged(source, int(wrong[0]) + 1, width, int(fields[wrong[0]]))
    return None


def _find_ragged(data: Content, source: str, width: int, separator: str) -> None:
    reader = csv.reader(io.StringIO(data[:].decode("utf-8", "replace"), newline=""), delimiter=separator)
    try:
        for row in reader:
            if row and len(row) != width:
                _ragged(source, reader.line_num, width, len(row))
    except csv.Error as error:
        raise DataError(f"{source}, line {reader.line_num:,}: {error}; expected valid CSV") from None


def _ragged(source: str, line: int, width: int, found: int) -> None:
    raise DataError(
        f"{source}, line {line:,} has {found} fields; expected {width} as in the first row: mend the line (a separator in an "
        f"unquoted value?)"
    )
