"""CSV and its relatives, some megabytes at a time; every cell as the text it is, so that the model's own rules read it."""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import IO, Any

import numpy as np
import polars as pl

from holdfast.batch.part import Bad, Part
from holdfast.data.compressed import stream
from holdfast.data.delimited import dialect_of
from holdfast.errors import DataError

BYTES = 4 << 20

# A record longer than this is a quote that nobody closed.
LONGEST = 64 << 20

MARK = b"\xef\xbb\xbf"


class Delimited:
    """A file of delimited text, which may be gzipped or zipped; UTF-8 or an encoding of single bytes."""

    as_text = True

    def __init__(self, path: Path, *, header: bool, size: int = BYTES) -> None:
        """Read the names. size: bytes of a part. Raises DataError when there are no rows."""
        self._path, self._bytes = path, size
        with stream(path) as file:
            head = file.read(max(size, BYTES))
        if len(head) >= max(size, BYTES):
            head = head[: head.rfind(b"\n") + 1] or head  # a cut within a letter would look like another encoding
        self._mark = len(MARK) if head.startswith(MARK) else 0
        text = _utf8(head[self._mark :])
        self._dialect = dialect_of(text, str(path), header=header)
        self.columns = self._dialect.names
        facts = path.stat()
        self.identity = f"{path.resolve()} {facts.st_size} {facts.st_mtime_ns} header={header}"
        self.size = facts.st_size

    def parts(self, names: Sequence[str], start: int, first_row: int) -> Iterator[Part]:
        """Cut after whole records, and read what lies between; raises DataError for a NUL byte."""
        with stream(self._path) as file:
            if start:
                file.seek(start)
            else:
                start = self._skip_header(file)
            for data in _records(file, self._bytes):
                if b"\0" in data:
                    place = start + data.index(b"\0")
                    raise DataError(f"{self._path} has a NUL byte at offset {place:,}; expected text: it is damaged")
                start += len(data)
                part = self._read(_utf8(data), names, first_row, start)
                first_row += part.n_rows
                yield part

    def _skip_header(self, file: IO[bytes]) -> int:
        file.seek(self._mark)
        for _ in range(self._dialect.header_lines):
            file.readline()
        return file.tell()

    def _read(self, data: bytes, names: Sequence[str], first_row: int, end: int) -> Part:
        """Let polars read it; where a record is not as it should be, go record by record."""
        if b"\n\n" in data or b"\n\r\n" in data or data[:1] in b"\r\n":
            return self._slowly(data, names, first_row, end)
        every, separator = self._dialect.names, self._dialect.separator
        try:
            frame = pl.read_csv(
                data, has_header=False, new_columns=every, infer_schema=False, separator=separator, raise_if_empty=False
            )
        except pl.exceptions.PolarsError:
            return self._slowly(data, names, first_row, end)
        # Polars fills short records with nulls in silence; it fails at long ones.
        if frame.width != len(every) or _count(data, separator) != frame.height * (len(every) - 1):
            return self._slowly(data, names, first_row, end)
        return Part(frame.select(names), range(first_row, first_row + frame.height), (), frame.height, end)

    def _slowly(self, data: bytes, names: Sequence[str], first_row: int, end: int) -> Part:
        width, separator = len(self._dialect.names), self._dialect.separator
        reader = csv.reader(io.StringIO(data.decode(), newline=""), delimiter=separator)
        good: list[list[str]] = []
        rows: list[int] = []
        bad: list[Bad] = []
        row = first_row
        for record in reader:
            if not record and width > 1:
                continue  # a blank line is no row
            if len(record) in (width, 0):
                good.append(record or [""])
                rows.append(row)
            else:
                reason = f"has {len(record)} fields; expected {width} as in the first row"
                bad.append(Bad(row, reason, separator.join(record)[:10_000]))
            row += 1
        places = {name: place for place, name in enumerate(self._dialect.names)}
        columns = {name: [record[places[name]] for record in good] for name in names}
        frame = pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))
        return Part(frame, rows, tuple(bad), row - first_row, end)


def _records(file: IO[bytes], size: int) -> Iterator[bytes]:
    """Blocks of whole records, at least one in each."""
    rest: list[bytes] = []
    waiting = 0
    for block in chain(iter(lambda: file.read(size), b""), [b""]):
        if not block:
            left = b"".join(rest)
            if left.strip(b"\r\n"):
                yield left
            return
        rest.append(block)
        waiting += len(block)
        data = b"".join(rest)
        cut = _end(data) or (data.rfind(b"\n") + 1 if waiting > LONGEST else 0)
        if cut:
            yield data[:cut]
            rest, waiting = [data[cut:]], len(data) - cut


def _end(data: bytes) -> int:
    """Where the last whole record ends: after a line end outside quotes; 0 when there is none."""
    place, odd = data.rfind(b"\n"), None
    while place >= 0:
        inside = data.count(b'"', 0, place) % 2 if odd is None else odd
        if not inside:
            return place + 1
        earlier = data.rfind(b"\n", 0, place)
        odd = (inside - data.count(b'"', max(earlier, 0), place)) % 2
        place = earlier
    return 0


def _count(data: bytes, separator: str) -> int:
    """How often the separator occurs outside quotes."""
    if b'"' not in data:
        return data.count(separator.encode())
    values: Any = np.frombuffer(data, dtype=np.uint8)
    inside = np.cumsum(values == ord('"'), dtype=np.uint8) & 1
    return int(np.count_nonzero((values == ord(separator)) & (inside == 0)))


def _utf8(data: bytes) -> bytes:
    """The same text in UTF-8; bytes that are not are taken for Windows-1252, or Latin-1."""
    if data.isascii():
        return data
    for encoding in ("utf-8", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return data if encoding == "utf-8" else text.encode()
    return data.decode("latin-1").encode()
