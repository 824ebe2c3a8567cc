"""Columns that give the target away."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from holdfast.audit.finding import Finding, Severity
from holdfast.audit.sample import Examined, as_numbers
from holdfast.data.columns import NUMERIC_KINDS, Kind

# A column alone that reaches this share of a perfect score is looked at; one this much ahead of the next best is suspect.
SUSPECT, AHEAD = 0.97, 0.15

# A column with at most this many values, each in at least this many rows, is judged by whether it determines the target.
MOST_VALUES, FEWEST_ROWS_A_VALUE = 20, 20

REMEDY = "Check when this column gets its value; if it is known at prediction time, keep it with --keep {name}."
LEFT_OUT = "left out of training"


def target_copies(examined: Examined) -> Iterator[Finding]:
    """Columns that say the same as the target in other words: each value stands for one answer, and the reverse."""
    y, n_classes = examined.y, examined.y.n_unique()
    for name in examined.features:
        column = examined.dataset.frame[name]
        if column.null_count() or column.n_unique() != n_classes:
            continue
        pairs = pl.DataFrame({"a": column, "b": y}).n_unique()
        few = examined.family == "classification"
        if pairs == n_classes and (few or n_classes > max(20, 0.5 * y.len())) and _is_no_accident(examined, n_classes):
            yield Finding(
                "target-copy",
                Severity.BLOCKER,
                (name,),
                f"Each of the {n_classes:,} values of {name!r} stands for exactly one value of the target, and the reverse.",
                REMEDY.format(name=name),
                LEFT_OUT,
                drop=True,
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
            yield Finding(
                "target-determined",
                Severity.BLOCKER,
                (name,),
                f"Each of the {n_values} values of {name!r} always comes with the same target, in all {n_rows:,} rows.",
                REMEDY.format(name=name),
                LEFT_OUT,
                drop=True,
            )


def _is_no_accident(examined: Examined, n_classes: int) -> bool:
    """A one-to-one mapping over so few rows could be chance."""
    return examined.dataset.n_rows >= 10 * n_classes or examined.family == "regression"


def sums(examined: Examined) -> Iterator[Finding]:
    """A numeric target that is the sum or a multiple of other columns."""
    if examined.family != "regression":
        return
    sample = examined.sample
    numbers = {name: as_numbers(sample.dataset.frame[name]) for name in sample.of_kind(Kind.NUMBER)}
    y = sample.numeric_target
    names = [name for name, values in numbers.items() if np.nanstd(values) > 0]
    yield from _lines(y, numbers, names)
    matrix = {name: numbers[name] for name in names if not np.isnan(numbers[name]).any()}
    small = sorted(matrix, key=lambda name: -abs(np.corrcoef(matrix[name], y)[0, 1]))[:40]
    for i, first in enumerate(small):
        for second in small[i + 1 :]:
            if np.array_equal(np.round(matrix[first] + matrix[second] - y, 6), np.zeros(len(y))):
                yield Finding(
                    "target-sum",
                    Severity.BLOCKER,
                    tuple(sorted((first, second), key=names.index)),
                    f"{first!r} + {second!r} is exactly the target in every row looked at.",
                    f"Both are parts of the answer; keep one with --keep {first} only if it is known beforehand.",
                    LEFT_OUT,
                    drop=True,
                )


def _lines(y: np.ndarray, numbers: dict[str, np.ndarray], names: list[str]) -> Iterator[Finding]:
    for name in names:
        values = numbers[name]
        known = ~np.isnan(values)
        if known.sum() < 50:
            continue
        r = np.corrcoef(values[known], y[known])[0, 1]
        if abs(r) > 0.999999:
            yield Finding(
                "target-line",
                Severity.BLOCKER,
                (name,),
                f"{name!r} is a straight-line function of the target (correlation {r:.6f}).",
                REMEDY.format(name=name),
                LEFT_OUT,
                drop=True,
            )


def missingness(examined: Examined) -> Iterator[Finding]:
    """Columns that are filled in only for some answers."""
    if examined.family != "classification":
        return
    y = examined.y
    shares = y.value_counts(name="rows").with_columns(pl.col("rows") / y.len())
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
            yield Finding(
                "target-by-missingness",
                Severity.BLOCKER,
                (name,),
                f"Whether {name!r} is filled in tells the target in {best:.1%} of the rows.",
                REMEDY.format(name=name),
                LEFT_OUT,
                drop=True,
            )


def strong_columns(examined: Examined) -> Iterator[Finding]:
    """A single column that predicts almost perfectly while all others are far behind."""
    certain = {name for check in (target_copies, determining) for found in check(examined) for name in found.columns}
    scores = {name: score for name, score in _alone(examined.sample).items() if name not in certain}
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    if not ranked or ranked[0][1] < SUSPECT:
        return
    runner_up = max((score for _, score in ranked if score < SUSPECT), default=0.0)
    for name, score in ranked:
        if score >= SUSPECT and score > runner_up + AHEAD and len(ranked) > 1:
            yield Finding(
                "likely-leak",
                Severity.WARNING,
                (name,),
                f"{name!r} alone explains {score:.1%} of what there is to explain; the next best column {runner_up:.1%}.",
                f"Check that its value is known before the target is; leave it out with --drop {name} if it is not.",
            )


def _alone(sample: Examined) -> dict[str, float]:
    """What a small tree on each column alone explains, cross-validated: 0 is the baseline, 1 is everything."""
    from sklearn.model_selection import cross_val_predict
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    y = sample.numeric_target
    classification = sample.family == "classification"
    counts = np.unique(y, return_counts=True)[1]
    if classification and counts.min() < 3:
        return {}
    kind = DecisionTreeClassifier if classification else DecisionTreeRegressor
    tree = kind(max_leaf_nodes=16, min_samples_leaf=5, random_state=0)
    scores = {}
    for name in sample.of_kind(*NUMERIC_KINDS, Kind.CATEGORY):
        column = as_numbers(sample.dataset.frame[name])
        filled = np.nan_to_num(column, nan=np.nanmin(column, initial=0.0) - 1)[:, None]
        answers = cross_val_predict(tree, filled, y, cv=3)
        if classification:
            base = counts.max() / counts.sum()
            scores[name] = float((np.mean(answers == y) - base) / (1 - base)) if base < 1 else 0.0
        else:
            scores[name] = float(1 - np.var(y - answers) / np.var(y))
    return scores
