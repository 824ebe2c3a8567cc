"""Signs that the rows were recorded one after the other."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from holdfast.arrays import Floats
from holdfast.audit.entities import words_of
from holdfast.audit.sample import Examined
from holdfast.data.columns import Kind
from holdfast.data.keys import MONTHS, key_of, moments

# A moment of something else than the recording: a birth is no time order.
ATTRIBUTES = frozenset({
    "birth", "birthday", "born", "dob", "hired", "hire", "built", "build", "founded", "joined", "since", "first", "start",
    "started", "remod", "garage", "blt", "expiry", "expires", "due", "licence", "license", "beg", "begin", "end", "exit",
    "last", "until", "age", "model", "status", "discharge", "entry", "registered", "dropoff",
})  # fmt: skip
# Of successive rows, this share may go back in time in data that was recorded in order.
IN_ORDER = 0.1


@dataclass(frozen=True)
class Timing:
    """A way the rows may be ordered in time: a key for --time, its columns, and what was seen.

    recorded: the file holds the rows in this order.
    """

    key: str
    columns: tuple[str, ...]
    seen: str
    recorded: bool


def timings(examined: Examined) -> Iterator[Timing]:
    """Ways the rows may be ordered in time, the surest first."""
    dates = [name for name in examined.of_kind(Kind.DATETIME) if not ATTRIBUTES & set(words_of(name))]
    yield from sorted(
        (timing for name in dates if (timing := _timing(examined, (name,)))), key=lambda each: not each.recorded
    )
    years = [name for name in examined.of_kind(Kind.NUMBER) if _is_year(examined, name)]
    for year in years:
        rest = [word for word in words_of(year) if word not in ("year", "yr")]
        if not ATTRIBUTES & set(rest) and (timing := _timing(examined, (year, *_parts(examined, rest)))):
            yield timing
    if not years:
        yield from _calendar(examined)


def _timing(examined: Examined, columns: tuple[str, ...]) -> Timing | None:
    key = key_of(columns)
    if key is None:
        return None
    when = moments(examined.dataset.frame, key)
    known = when[~np.isnan(when)]
    if len(known) < 0.9 * len(when) or len(np.unique(known)) < 5:
        return None
    recorded = _in_order(known) or _in_order(-known)
    named = " and ".join(repr(name) for name in columns)
    seen = f"rows are dated by {named}" + (" and stand in that order" if recorded else "")
    return Timing(key, columns, seen, recorded)


def _in_order(known: Floats, tolerated: float = IN_ORDER) -> bool:
    return bool((np.diff(known) < 0).mean() <= tolerated)


def _calendar(examined: Examined) -> Iterator[Timing]:
    """Months or days without a year that move on from row to row: the file itself is in order of time."""
    parts = _parts(examined, [])
    for columns in (parts, parts[:1]):
        key = key_of(columns)
        if not key:
            continue
        when = moments(examined.dataset.frame, key)
        moves = float((np.diff(when) != 0).mean())
        if np.isnan(when).any() or not _in_order(when) or len(np.unique(when)) < 5 or moves >= 0.5:
            continue
        # Where the months start again, a year has passed that no column names.
        one_year = _in_order(moments(examined.dataset.frame, parts[0]), 0.0)
        named = " and ".join(repr(name) for name in columns)
        seen = f"the file goes forward in time, as {named} {'shows' if len(columns) == 1 else 'show'}"
        yield Timing((key_of(parts) if one_year else None) or "rows()", columns, seen, recorded=True)
        return


def _parts(examined: Examined, rest: list[str]) -> tuple[str, ...]:
    """Columns of the month and the day that belong to a year's column, or to none."""
    month = _part(examined, "month", rest)
    day = _part(examined, "day", rest) or _part(examined, "dayofmonth", rest)
    return tuple(name for name in (month, day) if name)


def _is_year(examined: Examined, name: str) -> bool:
    column = examined.dataset.frame[name].drop_nulls()
    if not {"year", "yr"} & set(words_of(name)) or not column.len():
        return False
    low, high = float(column.min()), float(column.max())  # type: ignore[arg-type]
    return low >= 1800 and high <= 2100 and bool((column.floor() == column).all())


def _part(examined: Examined, word: str, rest: list[str]) -> str | None:
    for name in examined.of_kind(Kind.NUMBER, Kind.CATEGORY):
        words = words_of(name)
        joined = "".join(words)
        if word not in words and joined != word:
            continue
        if words[: len(rest)] == rest and "week" not in words and _is_part(examined.dataset.frame[name], word):
            return name
    return None


def _is_part(column: pl.Series, word: str) -> bool:
    if column.dtype == pl.String:
        shown = column.drop_nulls().unique().str.to_lowercase().str.slice(0, 3).to_list()
        return word == "month" and all(each in MONTHS for each in shown)
    low, high = column.min(), column.max()
    return isinstance(low, float) and isinstance(high, float) and low >= 1 and high <= (12 if word == "month" else 31)
