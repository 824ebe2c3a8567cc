"""Signs that several rows are of one person or thing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from holdfast.audit.sample import Examined
from holdfast.data.columns import Kind
from holdfast.data.dataset import counted
from holdfast.data.fingerprint import mix, row_hashes
from holdfast.data.keys import group_key, key_of, runs, stems

# Fewer groups than this can't be split fairly; more than this share of the rows is (almost) a group a row.
FEWEST_GROUPS, MOST_GROUPS = 8, 0.9

ID_WORDS = frozenset({"id", "ids", "nbr", "no", "key", "uuid", "guid"})
WHO = frozenset({
    "patient", "customer", "client", "user", "person", "subject", "member", "employee", "student", "household", "account",
    "device", "machine", "vehicle", "store", "shop", "site", "hospital", "school", "session", "batch", "lot", "country",
    "participant", "donor", "speaker", "writer", "author", "family", "mouse", "animal", "plate", "well", "engine", "unit",
})  # fmt: skip

# Numeric columns of this many values that agree all at once agree for a reason.
MANY_VALUES, FEWEST_AGREEING = 20, 4

# What a thing may fix is looked for among so many columns: pairs of them are counted.
MOST_FIXED = 100

# Rows that agree in nearly everything are looked for among the first of so many.
LOOKED_AT = 200_000


@dataclass(frozen=True)
class Grouping:
    """A way rows may belong together: a key for --group, the columns it is about, and what was seen.

    certain: an id, or what plays its part, rather than rows that are merely alike.
    """

    key: str
    columns: tuple[str, ...]
    seen: str
    certain: bool


def groupings(examined: Examined) -> Iterator[Grouping]:
    """Ways the rows may belong together, the surest first."""
    yield from identities(examined)
    yield from _attributes(examined)
    yield from _all_but_one(examined)


def identities(examined: Examined) -> Iterator[Grouping]:
    """Columns that name a person or thing."""
    yield from _stems(examined)
    yield from _named(examined)
    yield from _counters(examined)
    yield from _panel(examined)


def words_of(name: str) -> list[str]:
    """The words of a column's name, in lower case.

    >>> words_of("patientNbr"), words_of(" HIV/AIDS")
    (['patient', 'nbr'], ['hiv', 'aids'])
    """
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", name)]


def is_size_of_groups(n_groups: int, n_rows: int) -> bool:
    """Whether that many groups among that many rows can be groups at all."""
    return FEWEST_GROUPS <= n_groups <= MOST_GROUPS * n_rows


def _stems(examined: Examined) -> Iterator[Grouping]:
    """Ids whose beginning repeats: 309_1, 309_2, ..."""
    for name in examined.of_kind(Kind.IDENTIFIER, Kind.CATEGORY):
        column = examined.dataset.frame[name]
        if column.dtype != pl.String or column.n_unique() < 0.5 * column.len():
            continue
        head = column.drop_nulls().head(2_000)
        shaped = head.filter(head.str.contains(r"^[^\s]+[_\-./:#][0-9A-Za-z]{1,4}$"))
        if head.len() < 20 or shaped.len() < 0.95 * head.len():
            continue
        n_groups = len(np.unique(group_key(column.to_frame(), f"stem({name})")))
        if is_size_of_groups(n_groups, column.len()) and n_groups <= 0.5 * column.n_unique():
            yield Grouping(
                f"stem({name})",
                (name,),
                f"{name!r} is made of {n_groups:,} beginnings that repeat (such as {_stem_example(head)})",
                certain=True,
            )


def _stem_example(column: pl.Series) -> str:
    beginnings = stems(column)
    few = column.filter(beginnings == counted(beginnings)["value"][0]).head(2).to_list()
    return " and ".join(repr(each) for each in few)


def _named(examined: Examined) -> Iterator[Grouping]:
    """Columns named like an id whose values come up again."""
    for name in examined.of_kind(Kind.NUMBER, Kind.CATEGORY, Kind.IDENTIFIER):
        words, column = words_of(name), examined.dataset.frame[name]
        if not words or not (words[-1] in ID_WORDS or (len(words) == 1 and words[0] in WHO)):
            continue
        n_groups = column.n_unique()
        enough = n_groups >= 30 and n_groups >= 0.02 * column.len()
        if not (enough and is_size_of_groups(n_groups, column.len()) and _is_whole(column)):
            continue
        seen = f"{name!r} looks like the id of {n_groups:,} things that come up in {column.len():,} rows"
        yield Grouping(name, (name,), seen, certain=True)


def _is_whole(column: pl.Series) -> bool:
    return column.dtype == pl.String or bool((column.drop_nulls().floor() == column.drop_nulls()).all())


def _counters(examined: Examined) -> Iterator[Grouping]:
    """A number that counts up by one from row to row and starts again: each start is a new batch."""
    for name in examined.of_kind(Kind.NUMBER):
        column = examined.dataset.frame[name]
        if column.null_count() or column.len() < 50 or not _is_whole(column) or _is_moment(examined, name):
            continue
        steps = np.diff(column.to_numpy())
        falls = int((steps < 0).sum())
        # The sealed rows are missing in between, so a step is one or a little more.
        small = float(((steps >= 1) & (steps <= 8)).mean())
        if small < 0.9 or falls < 3 or not is_size_of_groups(int(runs(column)[-1]) + 1, column.len()):
            continue
        seen = f"{name!r} counts up from row to row and starts again {falls:,} times"
        yield Grouping(f"runs({name})", (name,), seen, certain=True)


def _panel(examined: Examined) -> Iterator[Grouping]:
    """Things followed over time: a thing and a moment together come up once, each by itself often."""
    frame = examined.dataset.frame
    times = [name for name in examined.features if _is_moment(examined, name)]
    for name in examined.of_kind(Kind.CATEGORY):
        n_things = frame[name].n_unique()
        if frame[name].null_count() or not is_size_of_groups(n_things, frame.height):
            continue
        for time in times:
            n_times = frame[time].n_unique()
            filled = frame.height / (n_things * n_times)
            if 3 <= n_times < n_things and filled > 0.3 and frame.select(name, time).n_unique() == frame.height:
                seen = f"each of the {n_things:,} values of {name!r} comes up once for each of {n_times:,} values of {time!r}"
                yield Grouping(name, (name,), seen, certain=True)
                break


def _is_moment(examined: Examined, name: str) -> bool:
    if examined.dataset.kinds[name] is Kind.DATETIME:
        return True
    return examined.dataset.kinds[name] is Kind.NUMBER and bool(
        {"year", "month", "week", "day", "date", "hour", "minute", "wave", "visit", "period", "time"}
        & set(words_of(name))
    )


def _attributes(examined: Examined) -> Iterator[Grouping]:
    """Values that fix several other columns, as a person fixes a birthday and a home town."""
    sample, found = examined.sample.dataset.frame, []
    n_rows = sample.height
    sizes = {name: sample[name].n_unique() for name in examined.of_kind(Kind.CATEGORY, Kind.NUMBER)}
    fixed = [name for name, size in sizes.items() if size >= 2 and _entropy(sample[name]) > 0.3]
    for name, size in sizes.items():
        if not (50 <= size <= 0.5 * n_rows) or (
            examined.dataset.kinds[name] is Kind.NUMBER and not _is_whole(sample[name])
        ):
            continue
        others = [other for other in fixed if other != name and sizes[other] < 0.5 * size][:MOST_FIXED]
        held = [other for other in others if sample.select(name, other).n_unique() == size]
        if len(held) >= 3 and n_rows >= 2 * size:
            found.append((len(held), size, name, held))
    if found:
        _, size, name, held = max(found)
        listed = ", ".join(repr(each) for each in held[:4])
        yield Grouping(name, (name,), f"each of the {size:,} values of {name!r} has its own {listed}", certain=False)


def _entropy(column: pl.Series) -> float:
    shares = counted(column)["rows"].to_numpy() / column.len()
    return float(-(shares * np.log(shares)).sum())


def _all_but_one(examined: Examined) -> Iterator[Grouping]:
    """Rows that agree in every column but one: the same thing, looked at again."""
    frame = examined.dataset.frame.head(LOOKED_AT)
    features = examined.of_kind(Kind.NUMBER, Kind.CATEGORY, Kind.BOOLEAN)
    many = [name for name in examined.of_kind(Kind.NUMBER) if frame[name].n_unique() >= MANY_VALUES]
    if not len(many) > FEWEST_AGREEING or len(features) > 100:
        return
    parts = {name: row_hashes(frame, [name]) for name in features}
    with np.errstate(over="ignore"):
        total = np.sum([mix(part) for part in parts.values()], axis=0, dtype=np.uint64)
        n_distinct = len(np.unique(total))
        counts = {name: len(np.unique(total - mix(part))) for name, part in parts.items()}
    name = min(counts, key=lambda each: counts[each])
    rest = [each for each in features if each != name]
    agreeing = [each for each in many if each != name]
    key = key_of(rest)
    alike = counts[name] <= 0.85 * n_distinct and counts[name] >= FEWEST_GROUPS
    if key is not None and alike and len(agreeing) >= FEWEST_AGREEING:
        seen = f"{frame.height:,} rows hold only {counts[name]:,} things that differ in more than {name!r}"
        yield Grouping(key, tuple(rest), seen, certain=False)
