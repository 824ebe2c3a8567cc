"""How data that came later differs from the data a model learns from."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from holdfast.arrays import Floats
from holdfast.audit.finding import Finding, Price, Severity
from holdfast.audit.quick import FOLDS, explained, out_of_fold
from holdfast.audit.sample import as_numbers
from holdfast.data.columns import NUMERIC_KINDS, Kind
from holdfast.data.dataset import Dataset, counted

# A column has moved when chance would do as much this rarely (shared among the columns: Holm, 1979), and by at least this
# distance between its distributions (0: the same, 1: no overlap).
ALPHA, DISTANCE = 0.001, 0.1

# Shares that must change to be told of: of missing cells, and of rows with values never seen.
MISSING, UNSEEN = 0.05, 0.01

# Rows of each side that a model which tells the two apart is fitted on, and what it must explain.
ROWS, TELLS = 5_000, 0.05


def drift(before: Dataset, after: Dataset) -> Iterator[Finding]:
    """Compare two data sets column by column, and as a whole by a model that tries to tell their rows apart."""
    shared = [name for name in before.kinds if name in after.kinds]
    for name, kind in before.kinds.items():
        if name not in after.kinds and kind not in (Kind.CONSTANT, Kind.IDENTIFIER):
            yield _changed(
                name, f"{name!r} is not in the new data", "A model that learns from it can't score the new data."
            )
    for name in shared:
        old, new = before.kinds[name], after.kinds[name]
        if after.frame[name].null_count() == after.n_rows:
            continue  # a target that is still to come, or a column whose missing cells are told of
        if old in NUMERIC_KINDS and new not in (*NUMERIC_KINDS, Kind.CONSTANT, Kind.IDENTIFIER):
            yield _changed(name, f"{name!r} held {old}s and now holds {new} values", "Bring it back to its old form.")
        elif old is Kind.CATEGORY and after.frame[name].dtype != pl.String:
            yield _changed(name, f"{name!r} held {old} values and now holds {new}s", "Bring it back to its old form.")
    useful = [
        name
        for name in shared
        if before.kinds[name] not in (Kind.CONSTANT, Kind.IDENTIFIER, Kind.TEXT)
        and (before.frame[name].dtype == pl.String) == (after.frame[name].dtype == pl.String)
    ]
    moved = {name: found for name in useful if (found := _distance(before.frame[name], after.frame[name])) is not None}
    for rank, name in enumerate(sorted(moved, key=lambda each: moved[each][1])):
        distance, p, said = moved[name]
        if p * (len(moved) - rank) < ALPHA and distance >= DISTANCE:
            yield _told("drift", name, f"{name!r} has moved: {said} (distance {distance:.2f} of 1).")
    for name in shared:
        yield from _cells(name, before.frame[name], after.frame[name])
    yield from _apart(before, after, useful)


def _changed(name: str, evidence: str, remedy: str) -> Finding:
    return Finding("column-changed", Severity.BLOCKER, (name,), f"{evidence}.", remedy)


def _told(code: str, name: str, evidence: str) -> Finding:
    remedy = "Find out what changed; a model that learned from the old data may be wrong on the new."
    return Finding(code, Severity.WARNING, (name,), evidence, remedy)


def _distance(before: pl.Series, after: pl.Series) -> tuple[float, float, str] | None:
    """Distance between two columns' distributions, its p-value, and the difference in words; None where none is known."""
    from scipy.stats import ks_2samp

    before, after = before.drop_nulls(), after.drop_nulls()
    if before.len() < 20 or after.len() < 20:
        return None
    if before.dtype != pl.String and after.dtype != pl.String:
        old, new = as_numbers(before), as_numbers(after)
        found = ks_2samp(old, new)
        if before.dtype == pl.Datetime:
            said = f"from {before.min()!s} - {before.max()!s} to {after.min()!s} - {after.max()!s}"
        else:
            said = f"median {np.median(old):.4g}, now {np.median(new):.4g}"
        return float(found.statistic), float(found.pvalue), said
    return _categories(before.cast(pl.String), after.cast(pl.String))


def _categories(before: pl.Series, after: pl.Series) -> tuple[float, float, str]:
    from scipy.stats import chi2_contingency

    values = counted(pl.concat([before, after]))["value"].head(50)
    counts = np.array([[_count(side, value) for value in values] for side in (before, after)], dtype=np.float64)
    rest = np.array([[before.len()], [after.len()]]) - counts.sum(axis=1, keepdims=True)
    table = np.concatenate([counts, rest], axis=1)
    table = table[:, table.sum(axis=0) > 0]
    shares = table / table.sum(axis=1, keepdims=True)
    p = float(chi2_contingency(table).pvalue) if table.shape[1] > 1 else 1.0
    most = int(np.argmax(np.abs(shares[1] - shares[0])))
    name = repr(values[most]) if most < len(values) else "the rarer values"
    said = f"{name} from {shares[0, most]:.1%} to {shares[1, most]:.1%}"
    return float(np.abs(shares[1] - shares[0]).sum() / 2), p, said


def _count(side: pl.Series, value: str) -> int:
    return int((side == value).sum())


def _cells(name: str, before: pl.Series, after: pl.Series) -> Iterator[Finding]:
    """Cells that are missing now, and values that were never seen."""
    old, new = before.null_count() / max(1, before.len()), after.null_count() / max(1, after.len())
    if abs(new - old) >= MISSING:
        yield _told("missing-changed", name, f"{name!r} was missing in {old:.1%} of the rows, now in {new:.1%}.")
    if before.dtype == pl.String and after.dtype == pl.String and before.n_unique() <= 0.5 * before.len():
        unseen = after.drop_nulls()
        unseen = unseen.filter(~unseen.is_in(before.drop_nulls().unique().to_list()))
        if unseen.len() >= max(2, UNSEEN * after.len()):
            shown = ", ".join(repr(value) for value in unseen.unique().sort().head(3))
            yield _told(
                "unseen-values", name, f"{name!r} has values never seen in {unseen.len():,} rows, such as {shown}."
            )


def _apart(before: Dataset, after: Dataset, names: list[str]) -> Iterator[Finding]:
    """What a model explains of which side a row comes from (Lopez-Paz & Oquab, 2017)."""
    if not names or min(before.n_rows, after.n_rows) < 50:
        return
    n = min(ROWS, before.n_rows, after.n_rows)
    sides = [each.take(np.linspace(0, each.n_rows - 1, n).astype(np.int64)) for each in (before, after)]
    both = pl.concat([_comparable(side.frame, names) for side in sides])
    x: Floats = np.stack([as_numbers(both[name]) for name in names], axis=1)
    y = np.repeat([0.0, 1.0], n)[:, None]
    fold = np.random.default_rng(0).permutation(2 * n) % FOLDS
    told = explained(y, out_of_fold(x, y, fold))
    if told >= TELLS:
        yield Finding(
            "new-data-differs",
            Severity.WARNING,
            (),
            f"A model can tell rows of the two data sets apart: it explains {told:.0%} of where they come from.",
            "Scores on the old data may not hold on the new; train on rows like those to come.",
            price=Price(told, 0.0),
        )


def _comparable(frame: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Columns of one type on both sides: numbers where they are, else text."""
    return frame.select(
        pl.col(name).cast(pl.String) if frame[name].dtype == pl.String else pl.Series(name, as_numbers(frame[name]))
        for name in names
    )
