"""Rows that are cut by counting them: Parquet, Arrow, databases, and files that are read as a whole."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from holdfast.batch.part import Part, rows_at_a_time
from holdfast.data.database import Query
from holdfast.data.read import Raw
from holdfast.errors import DataError


class Columnar:
    """A Parquet or an Arrow file, of which polars reads only what is asked for."""

    as_text = False

    def __init__(self, path: Path, frame: pl.LazyFrame) -> None:
        """Read the names; DataError when the file is damaged."""
        self._path, self._frame = path, frame
        try:
            self.columns = frame.collect_schema().names()
            self.size = int(frame.select(pl.len()).collect().item())
        except (pl.exceptions.PolarsError, OSError) as error:
            raise _damaged(path, error) from None
        facts = path.stat()
        self.identity = f"{path.resolve()} {facts.st_size} {facts.st_mtime_ns}"

    def parts(self, names: Sequence[str], start: int, first_row: int) -> Iterator[Part]:
        """Stream row groups; one part without rows when there are none."""
        lazy = self._frame.select(names).slice(start)
        size = rows_at_a_time(len(names))
        try:
            for batch in lazy.collect_batches(chunk_size=size, maintain_order=True):
                for frame in batch.iter_slices(size):
                    rows = range(first_row, first_row + frame.height)
                    start, first_row = start + frame.height, first_row + frame.height
                    yield Part(frame, rows, (), frame.height, start)
            if not start:
                yield Part(lazy.head(0).collect(), (), (), 0, 0)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise _damaged(self._path, error) from None


class Whole:
    """A table that was read into memory: formats that can't be read in parts."""

    as_text = False

    def __init__(self, raw: Raw, identity: str) -> None:
        self._frame = raw.frame
        self.columns, self.size, self.identity = raw.frame.columns, raw.frame.height, identity

    def parts(self, names: Sequence[str], start: int, first_row: int) -> Iterator[Part]:
        """Slice it."""
        for frame in self._frame[start:].select(names).iter_slices(rows_at_a_time(len(names))):
            rows = range(first_row, first_row + frame.height)
            start, first_row = start + frame.height, first_row + frame.height
            yield Part(frame, rows, (), frame.height, start)


class Database:
    """A table or a query; it can go on after a break when its order is certain.

    apart: let go of the database between two parts, as the same one is written to.
    """

    as_text, apart = False, False

    def __init__(self, url: str) -> None:
        self._query = Query(url)
        self.columns, self.size = self._query.names, self._query.count()
        self.identity = f"{url} {self.size}" if self._query.ordered else ""

    def parts(self, names: Sequence[str], start: int, first_row: int) -> Iterator[Part]:
        """Fetch some rows at a time."""
        frames = self._query.pages if self.apart else self._query.frames
        for frame in frames(rows_at_a_time(len(self.columns)), start):
            rows = range(first_row, first_row + frame.height)
            start, first_row = start + frame.height, first_row + frame.height
            yield Part(frame.select(names), rows, (), frame.height, start)


def _damaged(path: Path, error: Exception) -> DataError:
    first = str(error).strip().splitlines()[0][:200]
    return DataError(f"{path} is damaged ({first}); expected a whole file: fetch it again")
