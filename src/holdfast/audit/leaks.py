"""Columns that give the target away."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import polars as pl

from holdfast.arrays import Floats
from holdfast.audit.finding import Finding, Severity
from holdfast.audit.sample import Examined, as_numbers
from holdfast.data.columns import Kind
from holdfast.data.dataset import counted

# A column with at most this many values, each in at least this many rows, is judged by whether it determines the target.
MOST_VALUES, FEWEST_ROWS_A_VALUE = 20, 20

# Columns that add up to the target may leave this share of its spread, in this many different amounts.
ADDS_UP, AMOUNTS = 0.15, 20

REMEDY = "Check when this column gets its value; if it is known at prediction time, keep it with --keep {name!r}."
LEFT_OUT = "left out of training"


def target_copies(examined: Examined) -> Iterator[Finding]:
    """Columns that say the same as the target in other words: each value stands for one answer, and the reverse."""
    y, n_classes = examined.y, examined.y.n_unique()
    for name in examined.features:
        column = examined.dataset.frame[name]
        if column.null_count() or column.n_unique() != n_classes:
            continue
        pairs = pl.DataFrame({"a": column, "b": y}).n_unique()
        if pairs == n_classes and _is_no_accident(examined, n_classes):
            yield _certain(
                "target-copy",
                (name,),
                f"Each of the {n_classes:,} values of {name!r} stands for exactly one value of the target, and the reverse.",
                REMEDY.format(name=name),
            )


def determining(examined: Examined) -> Iterator[Finding]:
    """Columns of few values, each of which always comes with the same answer: exact is more than nature gives."""
    if examined.family != "classification":
        return
    y, n_rows = examined.y, examined.dataset.n_rows
    for name in examined.of_kind(Kind.CATEGORY, Kind.NUMBER, Kind.BOOLEAN):
        column = examined.dataset.frame[name]
        n_values = column.n_unique()
        if column.null_count() or not y.n_unique() < n_values <= MOST_VALUES or n_rows < FEWEST_ROWS_A_VALUE * n_values:
            continue
        table = pl.DataFrame({"a": column, "b": y}).group_by("a", "b").len()
        if table.height == n_values and table["len"].min() >= FEWEST_ROWS_A_VALUE:  # type: ignore[operator]
            yield _certain(
                "target-determined",
                (name,),
                f"Each of the {n_values} values of {name!r} always comes with the same target, in all {n_rows:,} rows.",
                REMEDY.format(name=name),
            )


def composed(examined: Examined) -> Iterator[Finding]:
    """Two or three columns whose combinations name the classes one by one."""
    if examined.family != "classification":
        return
    n_classes, n_rows = examined.y.n_unique(), examined.dataset.n_rows
    frame = examined.dataset.frame
    sizes = {name: frame[name].n_unique() for name in examined.of_kind(Kind.CATEGORY, Kind.NUMBER, Kind.BOOLEAN)}
    few = sorted((name for name, size in sizes.items() if 2 <= size <= n_classes), key=lambda name: -sizes[name])[:30]
    if n_classes < 4 or n_rows < FEWEST_ROWS_A_VALUE * n_classes:
        return
    for names in (*combinations(few, 2), *combinations(few, 3)):
        if np.prod([sizes[name] for name in names]) != n_classes or frame.select(names).n_unique() != n_classes:
            continue
        if frame.select(*names, examined.target).n_unique() == n_classes:
            listed = " and ".join(repr(name) for name in names)
            yield _certain(
                "target-composed",
                names,
                f"{listed} together name the {n_classes} values of the target one by one, in all {n_rows:,} rows.",
                f"They are the target, taken apart; keep one with --keep {names[0]!r} only if it is known beforehand.",
            )
            return


def paired(examined: Examined) -> Iterator[Finding]:
    """Two columns that decide the target exactly by which is larger, while neither does alone."""
    if examined.family != "classification" or examined.y.n_unique() != 2:
        return
    sample = examined.sample
    alone = {name for each in separating(examined) for name in each.columns}
    names = [name for name in sample.of_kind(Kind.NUMBER, Kind.DATETIME) if name not in alone][:40]
    values = {name: as_numbers(sample.dataset.frame[name]) for name in names}
    y = sample.numeric_target == sample.numeric_target.max()
    for first, second in combinations(names, 2):
        if sample.dataset.kinds[first] is not sample.dataset.kinds[second]:
            continue
        gap = values[first] - values[second]
        if np.isnan(gap).any():
            continue
        for said, answer in (("larger than", gap > 0), ("smaller than", gap < 0), ("equal to", gap == 0)):
            count = int(answer.sum())
            if 50 <= count <= len(y) - 50 and (np.array_equal(answer, y) or np.array_equal(answer, ~y)):
                yield _certain(
                    "target-by-comparison",
                    (first, second),
                    f"Whether {first!r} is {said} {second!r} tells the target in every one of {len(y):,} rows.",
                    f"One of them was recorded with the answer; keep one with --keep {first!r} if it is known beforehand.",
                )


def separating(examined: Examined) -> Iterator[Finding]:
    """A number below which all rows have one class, and above which all have the other."""
    if examined.family != "classification" or examined.y.n_unique() != 2:
        return
    y, frame = examined.numeric_target, examined.dataset.frame
    first = y == y.min()
    for name in examined.of_kind(Kind.NUMBER):
        values = as_numbers(frame[name])
        if np.isnan(values).any() or min(first.sum(), (~first).sum()) < 50 or frame[name].n_unique() <= 2:
            continue
        low, high = values[first], values[~first]
        if low.max() < high.min() or high.max() < low.min():
            yield _certain(
                "target-separated",
                (name,),
                f"{name!r} parts the two classes without a single exception in {len(y):,} rows.",
                REMEDY.format(name=name),
            )


def _is_no_accident(examined: Examined, n_values: int) -> bool:
    """Between columns whose values hardly repeat, a one-to-one mapping says nothing."""
    if examined.family == "classification":
        return examined.dataset.n_rows >= 10 * n_values
    return 20 <= n_values <= 0.5 * examined.dataset.n_rows


def sums(examined: Examined) -> Iterator[Finding]:
    """A numeric target that another column repeats in other units, or that several add up to."""
    if examined.family != "regression":
        return
    sample = examined.sample
    numbers = {name: as_numbers(sample.dataset.frame[name]) for name in sample.of_kind(Kind.NUMBER)}
    y = sample.numeric_target
    told = set()
    for name, values in numbers.items():
        said = _repeats(values, y)
        if said:
            told.add(name)
            yield _certain("target-line", (name,), f"{name!r} {said}.", REMEDY.format(name=name))
    rest = {name: values for name, values in numbers.items() if name not in told and np.nanstd(values) > 0}
    parts = _adds_up(rest, y)
    if parts:
        signs = " ".join(f"{'+' if sign > 0 else '-'} {name!r}" for name, sign in parts.items()).removeprefix("+ ")
        exact, names = _exactness(parts, rest, y), tuple(parts)
        yield _certain(
            "target-sum",
            names,
            f"{signs} is the target{exact}.",
            f"They are parts of the answer; keep one with --keep {names[0]!r} only if it is known beforehand.",
        )


def _certain(code: str, names: tuple[str, ...], evidence: str, remedy: str) -> Finding:
    return Finding(code, Severity.BLOCKER, names, evidence, remedy, LEFT_OUT, drop=True)


def _repeats(values: Floats, y: Floats) -> str:
    """How a column says the target in other units, in words; nothing when it does not."""
    known = ~np.isnan(values)
    if known.sum() < 50 or known.mean() < 0.5 or np.std(values[known]) == 0 or np.std(y[known]) == 0:
        return ""
    r = np.corrcoef(values[known], y[known])[0, 1]
    if abs(r) > 0.999999:
        return f"is a straight-line function of the target (correlation {r:.6f})"
    n_values = len(np.unique(y[known]))
    if n_values < 20 or len(np.unique(values[known])) != n_values:
        return ""
    steps = np.diff(y[known][np.argsort(values[known], kind="stable")])
    if bool((steps >= 0).all()) or bool((steps <= 0).all()):
        return f"puts all {known.sum():,} rows in the order of the target"
    return ""


def _adds_up(numbers: dict[str, Floats], y: Floats) -> dict[str, float]:
    """Columns that, added and taken away as they are, leave next to nothing of the target; with their signs."""
    whole = {name: values for name, values in numbers.items() if not np.isnan(values).any()}
    chosen: dict[str, float] = {}
    rest = y
    while len(chosen) < min(6, len(whole)):
        left = {
            (name, sign): float((rest - sign * values).std())
            for name, values in whole.items()
            if name not in chosen
            for sign in (1.0, -1.0)
        }
        best = min(left, key=lambda each: left[each])
        if left[best] > 0.9 * rest.std():
            break
        chosen[best[0]] = best[1]
        rest = rest - best[1] * whole[best[0]]
    # What is left may be a fee that is in no column, of a few amounts; never a number of its own.
    counts = np.unique(np.round(rest, 6), return_counts=True)[1]
    amounts = np.sort(counts)[::-1][:AMOUNTS].sum() >= 0.8 * len(y)
    found = len(chosen) > 1 and rest.std() < ADDS_UP * y.std() and amounts
    return {name: chosen[name] for name in whole if name in chosen} if found else {}


def _exactness(parts: dict[str, float], numbers: dict[str, Floats], y: Floats) -> str:
    rest = y - sum(sign * numbers[name] for name, sign in parts.items())
    if np.ptp(rest) <= 1e-6 * max(1.0, np.abs(y).max()):
        return " exactly, in every row looked at"
    return f", but for {rest.std() / y.std():.1%} of its spread"


def missingness(examined: Examined) -> Iterator[Finding]:
    """Columns that are filled in only for some answers."""
    if examined.family != "classification":
        return
    y = examined.y
    shares = counted(y).with_columns(pl.col("rows") / y.len())
    majority = float(shares["rows"].max())  # type: ignore[arg-type]
    for name in examined.features:
        missing = examined.dataset.frame[name].is_null()
        share = missing.mean()
        assert isinstance(share, float)
        if not 0.01 < share < 0.99:
            continue
        table = pl.DataFrame({"m": missing, "y": y}).group_by("m", "y").len()
        best = int(table.group_by("m").agg(pl.col("len").max())["len"].sum()) / y.len()
        if best > 0.995 and best > majority + 0.5 * (1 - majority):
            yield _certain(
                "target-by-missingness",
                (name,),
                f"Whether {name!r} is filled in tells the target in {best:.1%} of the rows.",
                REMEDY.format(name=name),
            )
