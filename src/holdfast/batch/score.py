"""Score a file, a table or a query of any size with a packaged model."""

import hashlib
import json
import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import polars as pl
import polars.selectors as cs

from holdfast.arrays import Floats, Strings
from holdfast.batch.door import read
from holdfast.batch.frames import Database
from holdfast.batch.part import Bad, Part, Source
from holdfast.batch.rejects import Rejects, record_of
from holdfast.batch.sink import ENDINGS, TEXTS, PartsFile, Sink, State, TextFile
from holdfast.batch.source import files_of, open_source, same_file, spare, whole
from holdfast.batch.table import Table
from holdfast.data.database import SCHEMES, address_of, without_password
from holdfast.errors import BrokenOffError, DataError, HoldfastError, RequestError, SchemaError, nearest
from holdfast.model.model import CHUNK, Model, processors
from holdfast.model.package import load

# An error lists this many bad rows.
MOST_LISTED = 5

# Parts that are read while earlier ones are scored.
AHEAD = 1


class Place(NamedTuple):
    """Where things go. asked: the file for rejects, if one was named. data: where rows come from, which must be elsewhere."""

    out: str
    asked: Path | None
    data: str

    @property
    def rejects(self) -> Path:
        """The file for rows that can't be scored: as asked, or beside `out`."""
        if self.asked is not None:
            return self.asked
        if self.out.startswith(SCHEMES):
            return Path(f"{address_of(self.out).table}.rejects.csv")
        return Path(self.out).with_name(f"{Path(self.out).stem}.rejects.csv")

    def check(self, on_bad_row: str) -> None:
        """RequestError where a file would be lost: one that is read, or one of two that are written to one place."""
        if self.asked is not None and on_bad_row != "reject":
            raise RequestError(
                f"--rejects {self.asked} is for rows put aside, but the first bad row ends this run; expected "
                f"--on-bad-row reject beside it: add that, or leave out --rejects"
            )
        database, read = self.out.startswith(SCHEMES), files_of(self.data)
        if not database and not Path(self.out).name:
            raise RequestError(f"--out is {self.out!r}; expected a file or a database's URL")
        if not database:
            spare(read, Path(self.out), "--out")
        if on_bad_row == "reject" and self.rejects.is_dir():
            raise RequestError(f"--rejects {self.rejects} is a folder; expected a file")
        if on_bad_row == "reject":
            spare(read, self.rejects, "--rejects")
            written = files_of(self.out) if database else [Path(self.out)]
            if any(same_file(self.rejects, each) for each in written):
                raise RequestError(f"--rejects {self.rejects} is where --out goes; expected two places: choose another")

    def source(self, *, header: bool) -> Source:
        """What rows come from; a database that is written to as well lets go of it between two parts."""
        source = open_source(self.data, header=header)
        if isinstance(source, Database):
            source.apart = any(
                same_file(read, written) for read in files_of(self.data) for written in files_of(self.out)
            )
        return source

    def sink(self) -> Sink:
        """What writes there; RequestError when it can't."""
        if self.out.startswith(SCHEMES):
            return Table(self.out)
        out = Path(self.out)
        if out.suffix.lower() not in ENDINGS:
            raise RequestError(
                f"{out} ends in {out.suffix!r}; expected one of {', '.join(ENDINGS)}, or a database's URL"
            )
        if out.is_dir() or not out.parent.is_dir() or not os.access(out.parent, os.W_OK):
            raise RequestError(f"{out} can't be written; expected a file in a folder that exists and may be written to")
        return TextFile(out) if out.suffix.lower() in TEXTS else PartsFile(out)


class Scored(NamedTuple):
    """A part with the model's answers for its good rows."""

    part: Part
    answers: Floats
    strings: Strings
    frame: pl.DataFrame
    bad: list[Bad]


def score(
    model: str | Path,
    data: str,
    out: str | Path,
    *,
    keep: Sequence[str] = (),
    interval: float | None = None,
    header: bool = True,
    on_bad_row: Literal["fail", "reject"] = "fail",
    rejects: str | Path | None = None,
    sandbox: bool = False,
    require_signature: str | Path | None = None,
    progress: Callable[[int, float | None], None] = lambda rows, share: None,
) -> dict[str, Any]:
    """Predict for every row of `data` and write `out`: the task's columns first, then those to keep.

    data, out: files, or tables as sqlite:///file.db?table=t or postgresql://host/db?table=t. Memory doesn't grow with them. A
    run that was killed goes on where it was when it is started again with the same arguments. interval: a level such as 0.9
    adds ranges that hold the truth with that probability. on_bad_row: "reject" writes rows that can't be read to `rejects`
    (row, reason, record; beside `out` by default) and goes on. sandbox, require_signature: as in `load`. progress: told the rows
    done and the share of the whole, where it is known.

    Returns rows (scored), rejected, resumed (rows that a former run had done), seconds, out, and rejects, a path or None.
    Raises RequestError for an `out` that can't be written or is read itself, SchemaError for rows that don't fit.
    """
    began = time.monotonic()
    place = Place(str(out), None if rejects is None else Path(rejects), data)
    place.check(on_bad_row)
    loaded = load(model, sandbox=sandbox, require_signature=require_signature)
    source = place.source(header=header)
    keep = list(dict.fromkeys(keep))
    _check(loaded, source, data, keep, interval)
    identity = _identity(source, loaded.manifest, keep, interval, on_bad_row, place.out, str(place.rejects))
    with _opened(place, identity) as (sink, rejected, state), closing(_scored(loaded, source, keep, state)) as parts:
        resumed = state["read"]
        for scored in parts:
            if scored.bad and on_bad_row == "fail":
                raise SchemaError(_listed(scored.bad))
            state["rejects_size"] = rejected.add(scored.bad)
            state["end"] = scored.part.end
            state["read"] += scored.part.n_rows
            state["rows"] += len(scored.answers)
            state["rejected"] += len(scored.bad)
            sink.add(_result(loaded, scored, keep, interval), state)
            progress(state["read"], state["end"] / source.size if source.size else None)
        if on_bad_row == "reject":
            rejected.finish()
        else:
            rejected.close(keep=False)
        sink.finish(keep if source.as_text else ())
    return {
        "rows": state["rows"],
        "rejected": state["rejected"],
        "resumed": resumed,
        "seconds": time.monotonic() - began,
        "out": without_password(place.out),
        "rejects": str(place.rejects) if state["rejected"] else None,
    }


def _identity(source: Source, *asked: Any) -> str:
    """A name for what was asked of these rows, by which a run that was broken off is known; none where it can't go on."""
    named = json.dumps([source.identity, *asked], sort_keys=True)
    return hashlib.sha256(named.encode()).hexdigest() if source.identity else ""


@contextmanager
def _opened(place: Place, identity: str) -> Iterator[tuple[Sink, Rejects, State]]:
    """Open the places for predictions and rejects, and find out how far a former run was.

    After a mistake nothing is left of the run: to repeat it would be in vain. Whatever else ends it, it can go on.
    """
    rejected, sink = Rejects(place.rejects), place.sink()
    try:
        state = sink.begin(identity)
        if state is None or not rejected.begin(state["rejects_size"]):
            if state is not None:
                sink.close(keep=False)
                sink = place.sink()
                sink.begin(identity)
            rejected.begin(0)
            state = {"end": 0, "read": 0, "rows": 0, "rejected": 0, "rejects_size": 0}
        yield sink, rejected, state
    except BaseException as error:
        keep = not isinstance(error, HoldfastError) or isinstance(error, BrokenOffError)
        sink.close(keep=keep)
        rejected.close(keep=keep)
        raise


def _check(model: Model, source: Source, data: str, keep: Sequence[str], interval: float | None) -> None:
    """Say what won't work before any work is done."""
    absent = [name for name in keep if name not in source.columns]
    if absent:
        raise DataError(f"--keep {absent[0]!r} is not a column of {data}.{nearest(absent[0], source.columns)}")
    numbers, strings = model.schema.arrays({name: [] for name in source.columns})
    answers = model.answers(numbers, strings)
    named = model.columns(answers, None if interval is None else model.ranges(answers, strings, interval))
    twice = [name for name in keep if name in named]
    if twice:
        raise RequestError(f"--keep {twice[0]!r} has the name of a predicted column; rename it in {data}")


def _scored(model: Model, source: Source, keep: Sequence[str], state: State) -> Generator[Scored, None, None]:
    """Read parts while those before are scored."""
    names = list(dict.fromkeys([*(field.name for field in model.schema.fields), *keep]))
    workers = processors()
    with (
        ThreadPoolExecutor(workers) as pool,
        closing(_resumable(source, whole(source.parts(names, state["end"], state["read"] + 1)), state)) as parts,
    ):
        waiting: deque[tuple[Scored, list[Future[Floats]]]] = deque()
        for part in parts:
            numbers, strings, wrong = read(model.schema, part.frame)
            frame, bad = part.frame, list(part.bad)
            if wrong:
                bad += [Bad(part.rows[at], "; ".join(wrong[at]), record_of(frame, at)) for at in wrong]
                good = np.setdiff1d(np.arange(frame.height), list(wrong))
                numbers, strings, frame = numbers[good], strings[good], frame[good]
            bad.sort()
            work = [
                pool.submit(_answers, model, numbers[at : at + CHUNK], strings[at : at + CHUNK])
                for at in range(0, max(1, len(numbers)), CHUNK)
            ]
            waiting.append((Scored(part, np.empty(0), strings, frame.select(keep), bad), work))
            if len(waiting) > AHEAD:
                yield _finished(*waiting.popleft())
        while waiting:
            yield _finished(*waiting.popleft())


def _resumable(source: Source, parts: Generator[Part, None, None], state: State) -> Generator[Part, None, None]:
    """Tell what a database that can't be read further on leaves to do, where what was done before is kept."""
    try:
        yield from parts
    except DataError as error:
        if not isinstance(source, Database) or not source.identity or not state["end"]:
            raise
        raise BrokenOffError(
            f"{error}. Mend that and start the same command again, which goes on where it was"
        ) from None


def _answers(model: Model, numbers: Floats, strings: Strings) -> Floats:
    return model.answers(np.ascontiguousarray(numbers), np.ascontiguousarray(strings))


def _finished(scored: Scored, work: list[Future[Floats]]) -> Scored:
    return scored._replace(answers=np.concatenate([each.result() for each in work]))


def _result(model: Model, scored: Scored, keep: Sequence[str], interval: float | None) -> pl.DataFrame:
    ranges = None if interval is None else model.ranges(scored.answers, scored.strings, interval)
    answers = pl.DataFrame(model.columns(scored.answers, ranges), strict=False).with_columns(
        cs.by_dtype(pl.Object).cast(pl.String)
    )
    return pl.concat([answers, scored.frame.select(keep)], how="horizontal")


def _listed(bad: Sequence[Bad]) -> str:
    shown = "; ".join(f"row {each.row} {each.reason}" for each in bad[:MOST_LISTED])
    more = f"; and {len(bad) - MOST_LISTED} more near them" if len(bad) > MOST_LISTED else ""
    return f"rows don't fit the model: {shown}{more}. Mend them, or say --on-bad-row reject to put such rows aside"
