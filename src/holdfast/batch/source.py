"""Find out what the rows are in, and open it."""

import glob
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from holdfast.batch.delimited import Delimited
from holdfast.batch.frames import Columnar, Database, Whole
from holdfast.batch.lines import Lines
from holdfast.batch.part import Part, Source
from holdfast.data.compressed import DAMAGED, stream
from holdfast.data.database import SCHEMES, address_of
from holdfast.data.read import read
from holdfast.errors import DataError, RequestError

PARQUET, ARROW, LINES = (".parquet", ".pq"), (".arrow", ".feather", ".ipc"), (".jsonl", ".ndjson")
WHOLE = (".json", ".xlsx", ".xls")
ZSTANDARD = b"\x28\xb5\x2f\xfd"

# Where one file's own count ends and the number of the file begins.
BITS = 48


def open_source(source: str, *, header: bool) -> Source:
    """Open a path, a glob, sqlite:///file.db?table=t or postgresql://host/db?table=t; DataError when it can't be read.

    Text, JSON Lines, Parquet, Arrow and databases are read some rows at a time, whatever their size. JSON arrays, Excel,
    zstandard and UTF-16 are read whole.
    """
    if source.startswith(SCHEMES):
        return Database(source)
    paths = files_of(source)
    if not paths:
        return Whole(read(source, header=header), "")  # which tells what is wrong
    return _open(paths[0], header=header) if len(paths) == 1 else Several(paths, header=header)


def files_of(source: str) -> list[Path]:
    """The files that a source is read from, a glob's in order; none when there are none, or a server has the rows."""
    if source.startswith(SCHEMES):
        address = address_of(source)
        return [] if address.postgres else [Path(address.place)]
    path = Path(source).expanduser()
    if path.is_file():
        return [path]
    found = sorted(Path(each) for each in glob.glob(source, recursive=True)) if any(c in source for c in "*?[") else []
    return [each for each in found if each.is_file()]


def same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to the same file, be it there already or not."""
    return one.resolve() == other.resolve() or (one.exists() and other.exists() and one.samefile(other))


def spare(read: Iterable[Path], place: Path, option: str) -> None:
    """RequestError when `place`, to be written, is one of the files that are read."""
    if any(same_file(place, each) for each in read):
        raise RequestError(f"{option} {place} is a file of the data, which would be lost; choose another place")


def whole(parts: Iterator[Part]) -> Generator[Part, None, None]:
    """Tell in words of a compressed file that is damaged further on."""
    try:
        yield from parts
    except DAMAGED as error:
        raise DataError(f"the data can't be read to its end ({error}); expected a whole file: fetch it again") from None


class Several:
    """The files of a glob, one after the other."""

    def __init__(self, paths: Sequence[Path], *, header: bool) -> None:
        """Open the first; the others must have its columns."""
        self._paths, self._header = paths, header
        first = _open(paths[0], header=header)
        self.columns, self.as_text = first.columns, first.as_text
        facts = [path.stat() for path in paths]
        self.identity = " ".join(
            f"{path.resolve()} {each.st_size} {each.st_mtime_ns}" for path, each in zip(paths, facts, strict=True)
        )
        self.size = 0

    def parts(self, names: Sequence[str], start: int, first_row: int) -> Iterator[Part]:
        """Give the rows of every file from that of `start` on."""
        number, start = start >> BITS, start & ((1 << BITS) - 1)
        for place, path in enumerate(self._paths[number:], number):
            source = _open(path, header=self._header)
            if set(source.columns) != set(self.columns):
                differing = sorted(set(source.columns) ^ set(self.columns))
                raise DataError(
                    f"{path} has other columns than {self._paths[0]} (differing: {', '.join(differing[:5])}); expected the "
                    f"same in all {len(self._paths)} files: narrow the pattern, or rename the columns"
                )
            for part in source.parts(names, start, first_row):
                first_row += part.n_rows
                yield replace(part, end=place << BITS | part.end)
            start = 0


def _open(path: Path, *, header: bool) -> Source:
    try:
        return _recognised(path, header=header)
    except DAMAGED as error:
        raise DataError(f"{path} can't be read ({error}); expected a whole file: fetch it again") from None


def _recognised(path: Path, *, header: bool) -> Source:
    endings = [each.lower() for each in path.suffixes]
    ending = next((each for each in reversed(endings) if each not in (".gz", ".zip", ".zst", ".zstd")), "")
    with path.open("rb") as file:
        packed = file.read(4)
    with stream(path) as file:
        head = file.read(4096)
    plain = packed == head[:4]
    if plain and (head.startswith(b"PAR1") or ending in PARQUET):
        return Columnar(path, pl.scan_parquet(path))
    if plain and head.startswith(b"ARROW1"):
        return Columnar(path, pl.scan_ipc(path))
    text = head.lstrip(b"\xef\xbb\xbf \r\n\t")
    if ending in LINES or (ending in ("", ".json") and text.startswith(b"{") and _is_lines(path)):
        return Lines(path)
    wide = head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in head
    if ending in (*WHOLE, *PARQUET, *ARROW) or wide or packed == ZSTANDARD or not text:
        facts = path.stat()
        return Whole(read(str(path), header=header), f"{path.resolve()} {facts.st_size} {facts.st_mtime_ns}")
    return Delimited(path, header=header)


def _is_lines(path: Path) -> bool:
    """Whether a file that begins with an object holds one on its first line."""
    with stream(path) as file:
        return file.readline(1 << 20).rstrip().endswith(b"}")
