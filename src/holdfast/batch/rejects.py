"""Rows that can't be scored, in a file of their own: number, reason, and the row as it stood."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import polars as pl

from holdfast.batch.part import Bad
from holdfast.batch.safe import harmless
from holdfast.errors import BrokenOffError, RequestError


class Rejects:
    """A CSV file that is there only when rows were rejected, and gets its name when the run is done."""

    def __init__(self, out: Path) -> None:
        self._out, self._partial = out, out.with_name(f".{out.name}.partial")
        self._file: IO[bytes] | None = None

    def begin(self, size: int) -> bool:
        """Go on after `size` bytes; False when the file of the former run is not that long."""
        known = self._partial.stat().st_size if self._partial.is_file() else 0
        if known < size:
            return False
        try:
            self._file = self._partial.open("r+b" if size else "wb")
        except OSError as error:
            raise RequestError(f"{self._out} can't be written ({error.strerror}); choose another --rejects") from None
        self._file.truncate(size)
        self._file.seek(size)
        return True

    def add(self, bad: Sequence[Bad]) -> int:
        """Append rows; gives the size of the file."""
        assert self._file is not None
        if bad:
            frame = pl.DataFrame(bad, schema=["row", "reason", "record"], orient="row")
            try:
                harmless(frame).write_csv(self._file, include_header=self._file.tell() == 0)
                self._file.flush()
            except OSError as error:
                raise BrokenOffError(
                    f"{self._out} can't be written ({error.strerror}): make room and start the same command again"
                ) from None
        return self._file.tell()

    def finish(self) -> None:
        """Give the file its name, or take it away when it is empty; a former one goes too."""
        assert self._file is not None
        empty = self._file.tell() == 0
        self._file.close()
        if empty:
            self._partial.unlink()
            self._out.unlink(missing_ok=True)
        else:
            os.replace(self._partial, self._out)

    def close(self, *, keep: bool) -> None:
        """Let go of a run that did not finish."""
        if self._file is not None:
            self._file.close()
            if not keep:
                self._partial.unlink(missing_ok=True)


def record_of(frame: pl.DataFrame, place: int) -> str:
    """A row as JSON."""
    return json.dumps(frame.row(place, named=True), default=str, ensure_ascii=False)[:10_000]
