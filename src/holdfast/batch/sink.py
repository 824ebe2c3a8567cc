"""Where predictions go: a file that is whole or absent, or a table; broken off, the next run goes on where it was."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Protocol

import polars as pl

from holdfast.batch.safe import harmless
from holdfast.errors import BrokenOffError, MissingExtraError, RequestError

State = dict[str, Any]

PARTS: dict[str, Callable[[pl.LazyFrame, Path], Any]] = {
    ".parquet": lambda frame, path: frame.sink_parquet(path),
    ".arrow": lambda frame, path: frame.sink_ipc(path),
    ".feather": lambda frame, path: frame.sink_ipc(path),
    ".jsonl": lambda frame, path: frame.sink_ndjson(path),
    ".ndjson": lambda frame, path: frame.sink_ndjson(path),
    ".json": lambda frame, path: frame.collect().write_json(path),
    ".xlsx": lambda frame, path: harmless(frame.collect()).write_excel(path),
}
TEXTS: dict[str, Callable[[pl.DataFrame, IO[bytes], bool], Any]] = {
    ".csv": lambda frame, file, first: harmless(frame).write_csv(file, include_header=first),
    ".tsv": lambda frame, file, first: harmless(frame).write_csv(file, separator="\t", include_header=first),
}
ENDINGS = (".csv", ".tsv", ".parquet", ".arrow", ".feather", ".jsonl", ".ndjson", ".json", ".xlsx")

# Types that a column of text may have, the narrowest first. A number of more digits than a float holds would be another one.
TYPES: tuple[Callable[[pl.Expr], pl.Expr], ...] = (
    lambda words: words.cast(pl.Int64, strict=False),
    lambda words: pl.when(words.str.count_matches(r"\d") <= 15).then(words.cast(pl.Float64, strict=False)),
    lambda words: words.str.to_date("%Y-%m-%d", strict=False),
)


class Sink(Protocol):
    """Takes rows part by part."""

    def begin(self, identity: str) -> State | None:
        """Get ready; gives the state with which a run of this identity was broken off, or None for a new one."""

    def add(self, frame: pl.DataFrame, state: State) -> None:
        """Write rows, and with them the state from which to go on: both, or neither."""

    def finish(self, texts: Sequence[str]) -> None:
        """Put the whole in its place. texts: columns that get the type all their values have, where the format knows types."""

    def close(self, *, keep: bool) -> None:
        """Let go of a run that did not finish; `keep` what it did, so that it can go on later."""


class Journal:
    """Notes beside a file, how far it is; held by one run at a time."""

    def __init__(self, out: Path) -> None:
        self._path = out.with_name(f".{out.name}.journal")
        self._out = out
        self._lock: IO[str] | None = None

    def begin(self, identity: str) -> State | None:
        """Take the file for this run; the state of one of the same identity that was broken off."""
        lock = self._path.open("a+", encoding="utf-8")
        if os.name == "posix":
            import fcntl

            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.close()
                raise RequestError(
                    f"{self._out} is being written by another run; wait for it, or choose another --out"
                ) from None
        self._lock, self._identity = lock, identity
        lock.seek(0)
        lines = [line for line in lock.read().split("\n") if line.endswith("}")]
        try:
            found = json.loads(lines[-1])
        except (IndexError, ValueError):
            found = {}
        if identity and found.get("identity") == identity:
            return dict(found)
        lock.truncate(0)
        return None

    @property
    def held(self) -> bool:
        """Whether the file is this run's."""
        return self._lock is not None

    def note(self, state: State) -> None:
        """Append the state as a line: one that was not written to its end doesn't count."""
        assert self._lock is not None
        self._lock.write(json.dumps({**state, "identity": self._identity}) + "\n")
        self._lock.flush()

    def close(self, *, done: bool) -> None:
        """Let go; a run that is done leaves nothing behind."""
        if self._lock is not None:
            if done:
                self._path.unlink(missing_ok=True)
            self._lock.close()
            self._lock = None


class TextFile:
    """CSV or TSV: parts are appended to a file that gets its name in the end."""

    def __init__(self, out: Path) -> None:
        self._out, self._partial = out, out.with_name(f".{out.name}.partial")
        self._write = TEXTS[out.suffix.lower()]
        self._journal = Journal(out)
        self._file: IO[bytes] | None = None

    def begin(self, identity: str) -> State | None:
        """Open what there is, up to where it is known to be whole."""
        with _writing(self._out):
            state = self._journal.begin(identity)
            known = state is not None and self._partial.is_file() and self._partial.stat().st_size >= state["size"]
            self._file = self._partial.open("r+b" if known else "wb")
            if known and state is not None:
                self._file.truncate(state["size"])
                self._file.seek(state["size"])
            return state if known else None

    def add(self, frame: pl.DataFrame, state: State) -> None:
        """Append rows."""
        assert self._file is not None
        with _writing(self._out):
            self._write(frame, self._file, self._file.tell() == 0)
            self._file.flush()
            self._journal.note({**state, "size": self._file.tell()})

    def finish(self, texts: Sequence[str]) -> None:
        """Give the file its name."""
        assert self._file is not None
        with _writing(self._out):
            self._file.close()
            os.replace(self._partial, self._out)
            self._journal.close(done=True)

    def close(self, *, keep: bool) -> None:
        """Leave what was written, or nothing."""
        if self._file is not None:
            self._file.close()
            if not keep:
                self._partial.unlink(missing_ok=True)
        self._journal.close(done=not keep)


class PartsFile:
    """Formats that end with an index, or hold types, which all rows decide: parts are files of their own, joined in the end."""

    def __init__(self, out: Path) -> None:
        if out.suffix.lower() == ".xlsx" and find_spec("xlsxwriter") is None:
            raise MissingExtraError(
                "writing .xlsx needs xlsxwriter, which is not installed: pip install 'holdfast[excel]', or choose .csv"
            )
        self._out, self._folder = out, out.with_name(f".{out.name}.parts")
        self._join = PARTS[out.suffix.lower()]
        self._journal = Journal(out)
        self._count = 0

    def begin(self, identity: str) -> State | None:
        """Open what there is, up to where it is known to be whole."""
        with _writing(self._out):
            state = self._journal.begin(identity)
            if state is None or not all(self._part(k).is_file() for k in range(state["parts"])):
                shutil.rmtree(self._folder, ignore_errors=True)
                state = None
            self._folder.mkdir(exist_ok=True)
            self._count = 0 if state is None else state["parts"]
            return state

    def add(self, frame: pl.DataFrame, state: State) -> None:
        """Write rows to a file of their own."""
        with _writing(self._out):
            frame.write_ipc(self._part(self._count), compression="lz4")
            self._count += 1
            self._journal.note({**state, "parts": self._count})

    def finish(self, texts: Sequence[str]) -> None:
        """Join the parts."""
        whole = self._folder / f"whole{self._out.suffix}"
        with _writing(self._out):
            frames = [pl.scan_ipc(self._part(k)) for k in range(self._count)]
            self._join(_typed(pl.concat(frames, how="vertical_relaxed"), texts), whole)
            os.replace(whole, self._out)
            shutil.rmtree(self._folder)
            self._journal.close(done=True)

    def close(self, *, keep: bool) -> None:
        """Leave what was written, or nothing."""
        if not keep and self._journal.held:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._journal.close(done=not keep)

    def _part(self, number: int) -> Path:
        return self._folder / f"{number:06}.arrow"


def _typed(frame: pl.LazyFrame, texts: Sequence[str]) -> pl.LazyFrame:
    """Give columns of text the type that all their values have; digits after a zero or a plus, or beside an E, are a code."""
    if not texts:
        return frame
    words = {name: pl.col(name).str.strip_chars() for name in texts}
    words = {name: pl.when(each != "").then(each) for name, each in words.items()}
    fits = [
        pl.concat_list(
            each.is_not_null().any()
            & ~each.str.contains(r"^(0\d|\+)|[eE]").any()
            & (read(each).is_not_null() | each.is_null()).all()
            for read in TYPES
        ).alias(name)
        for name, each in words.items()
    ]
    found = frame.select(fits).collect(engine="streaming").row(0, named=True)
    return frame.with_columns(
        TYPES[fit.index(True)](words[name]).alias(name) for name, fit in found.items() if any(fit)
    )


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    """Tell in words what keeps a file from being written."""
    try:
        yield
    except OSError as error:
        raise BrokenOffError(
            f"{out} can't be written ({error.strerror or error}): make room and start the same command again, which goes on "
            f"where it was, or choose another --out"
        ) from None
    except pl.exceptions.PolarsError as error:
        first = str(error).splitlines()[0][:200]
        raise RequestError(f"{out.suffix} can't hold these columns ({first}); choose .parquet, or keep fewer") from None
