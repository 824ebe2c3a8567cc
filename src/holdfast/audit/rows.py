"""Rows that repeat, rows that belong together, rows in order of time, and rows that are too few."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from holdfast.audit.finding import Finding, Severity
from holdfast.audit.sample import Examined, as_numbers
from holdfast.data.columns import Kind

FEW_ROWS = 200
FEW_ROWS_A_CLASS = 10
RARE_CLASS = 0.1


def duplicates(examined: Examined) -> Iterator[Finding]:
    """Equal rows, with the same answer or with different ones."""
    features = [name for name in examined.features if examined.dataset.kinds[name] is not Kind.IDENTIFIER]
    if not features:
        return
    frame = examined.dataset.frame.select([*features, examined.target])
    n_rows = frame.height
    distinct, distinct_features = frame.n_unique(), frame.select(features).n_unique()
    if n_rows - distinct >= max(2, 0.001 * n_rows):
        yield Finding(
            "duplicate-rows",
            Severity.WARNING if n_rows - distinct >= 0.05 * n_rows else Severity.NOTE,
            (),
            f"{n_rows - distinct:,} of {n_rows:,} rows ({(n_rows - distinct) / n_rows:.1%}) repeat an earlier row exactly.",
            "Remove them at the source if they are one event recorded twice.",
            "equal rows are kept on one side of every split",
        )
    if examined.family == "classification" and distinct - distinct_features >= max(2, 0.001 * n_rows):
        yield Finding(
            "conflicting-rows",
            Severity.NOTE,
            (),
            f"{distinct - distinct_features:,} rows agree in every feature with a row whose target differs.",
            "No model can tell these apart; look for a feature that does, or for wrong labels.",
        )


def groups(examined: Examined) -> Iterator[Finding]:
    """An id that repeats: rows of one person or thing, which a random split would put on both sides."""
    if examined.group is not None:
        return
    for name in examined.of_kind(Kind.NUMBER, Kind.CATEGORY):
        column = examined.dataset.frame[name]
        if not _looks_like_id(column, examined):
            continue
        yield Finding(
            "possible-groups",
            Severity.WARNING,
            (name,),
            f"{name!r} looks like the id of {column.n_unique():,} things that come up in {column.len():,} rows.",
            f"If the model will meet new ones, split by it: --group {name}. Else leave it in.",
        )


def _looks_like_id(column: pl.Series, examined: Examined) -> bool:
    words = column.name.lower().replace("-", "_").strip("_ ").split("_")
    if not ({"id", "nbr", "no", "key", "code"} & {words[-1]} or column.name.endswith(("Id", "ID"))):
        return False
    n_values = column.n_unique()
    if not 0.05 * column.len() < n_values < 0.98 * column.len() or n_values < 30:
        return False
    return column.dtype == pl.String or bool((column.drop_nulls().floor() == column.drop_nulls()).all())


def time_order(examined: Examined) -> Iterator[Finding]:
    """A date whose passing changes the target."""
    if examined.time is not None:
        return
    y = examined.numeric_target
    for name in examined.of_kind(Kind.DATETIME):
        when = as_numbers(examined.dataset.frame[name])
        known = ~np.isnan(when)
        if known.sum() < 200:
            continue
        shift = _drift(when[known], y[known])
        if shift > 0.05:
            yield Finding(
                "time-order",
                Severity.WARNING,
                (name,),
                f"The target changes with {name!r}: its mean moves by {shift:.2f} standard deviations between fifths of time.",
                f"If the model will predict the future, judge it on the future: --time {name}.",
            )


def _drift(when: np.ndarray, y: np.ndarray) -> float:
    """Spread of the target's mean over fifths of time, beyond what chance gives, in standard deviations."""
    fifth = np.searchsorted(np.quantile(when, [0.2, 0.4, 0.6, 0.8]), when)
    parts = [y[fifth == k] for k in range(5) if (fifth == k).sum() > 10]
    spread = float(np.std(y))
    if len(parts) < 3 or spread == 0:
        return 0.0
    means = np.array([part.mean() for part in parts])
    chance = np.mean([spread**2 / len(part) for part in parts])
    return float(np.sqrt(max(0.0, means.var() - chance)) / spread)


def too_few(examined: Examined) -> Iterator[Finding]:
    """Few rows, or classes with few rows."""
    n_rows = examined.dataset.n_rows
    if n_rows < FEW_ROWS:
        yield Finding(
            "few-rows",
            Severity.WARNING,
            (),
            f"There are {n_rows} rows to learn from; scores will vary by luck.",
            "Look at the intervals, not at the scores; collect more rows if you can.",
        )
    if examined.family != "classification":
        return
    counts = examined.y.value_counts(name="rows").sort("rows", examined.target)
    rare = counts.filter(pl.col("rows") < FEW_ROWS_A_CLASS)
    if rare.height:
        listed = ", ".join(f"{label!r} ({count})" for label, count in rare.head(5).rows())
        yield Finding(
            "rare-classes",
            Severity.WARNING,
            (examined.target,),
            f"{rare.height} of {counts.height} classes have fewer than {FEW_ROWS_A_CLASS} rows: {listed}.",
            "Merge or remove them; they can neither be learned nor judged.",
        )
    smallest = counts["rows"][0] / n_rows
    if counts.height == 2 and smallest < RARE_CLASS:
        yield Finding(
            "imbalance",
            Severity.NOTE,
            (examined.target,),
            f"The rarer class has {smallest:.1%} of the rows: always answering the other is right in {1 - smallest:.1%}.",
            "Don't judge by accuracy; ROC AUC and average precision tell more.",
        )
