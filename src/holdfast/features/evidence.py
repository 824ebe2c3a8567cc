"""Crosses that the training rows speak for: they tell, on rows held out, what the sum of all columns does not."""

from collections.abc import Iterable, Sequence
from itertools import combinations, product
from math import erfc, sqrt
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers
from holdfast.data.columns import Coded, Columns, Kind
from holdfast.features.crosses import OF_NUMBERS, Cross, Operation
from holdfast.features.made import Made

# Rows looked at, fewer where all bins side by side would have more cells than this, but not fewer than so many. On a few thousand
# other crosses are found on other rows.
MOST_ROWS, MOST_CELLS, LEAST_ROWS = 20_000, 30_000_000, 5_000

# Values or bins of a column told apart; columns whose pairs are tried, of each kind; crosses made at most.
BINS, TRIED, MOST_CROSSES = 12, 8, 5

# Targets looked at: of many classes, the first few.
MOST_TARGETS = 3

# How a number is tried together with a category.
OF_GROUPS: tuple[Operation, ...] = ("by", "/")

# A cross must explain this share of what the columns alone leave open, with a chance of luck below ALPHA for all tried.
LEAST_SHARE, ALPHA = 0.01, 0.01

# Rows added to each bin that say nothing, so that small bins don't decide.
PRIOR = 5.0


def find_crosses(columns: Columns, targets: Floats, seed: int) -> tuple[Cross, ...]:
    """The best few crosses of number columns, of categories, and of one with the other, the best first.

    targets: (n_rows, n_targets). What the columns' own bins explain as a sum is taken off the targets, each half of the rows
    by a fit on the other; a cross's bins then learn what is left on one half and are judged on the other. The next is judged by
    what is left after that.
    """
    order = np.random.default_rng(seed).permutation(columns.n_rows)[: _enough(columns)]
    columns, left = columns.take(order), targets[order, :MOST_TARGETS]
    half: Integers = np.arange(len(order)) % 2
    binned = {name: _bins(columns, name) for name in columns.of_kind(Kind.NUMBER, Kind.BOOLEAN, Kind.CATEGORY)}
    ranks = [_ranks(columns.numbers[name]) for name in columns.of_kind(Kind.NUMBER)]
    left = left - _sum_of_parts(list(binned.values()), ranks, left, half)
    names = {
        kind: sorted(columns.of_kind(kind), key=lambda name: -_share(binned[name], targets[order, :1], half))[:TRIED]
        for kind in (Kind.NUMBER, Kind.CATEGORY)
    }
    tried = list(_candidates(names[Kind.NUMBER], names[Kind.CATEGORY]))
    crossed = Made(tried).fit(columns).add(columns)
    bins = [_bins(crossed, cross.name) for cross in tried]
    chosen: list[Cross] = []
    while tried and len(chosen) < MOST_CROSSES:
        shares = [_share(each, left, half) for each in bins]
        best = int(np.argmax(shares))
        luck = erfc(sqrt(shares[best] * len(order) / 4)) * len(tried) * left.shape[1]
        if shares[best] < LEAST_SHARE or luck > ALPHA:
            break
        chosen.append(tried[best])
        left = left - np.where(half[:, None] == 0, *(_means(bins[best], left, half != this) for this in (0, 1)))
    return tuple(chosen)


def _enough(columns: Columns) -> int:
    """How many rows to look at."""
    n_bins = sum(
        min(len(columns.strings[name].values), BINS * BINS) if name in columns.strings else BINS
        for name in columns.of_kind(Kind.NUMBER, Kind.BOOLEAN, Kind.CATEGORY)
    )
    return max(LEAST_ROWS, min(MOST_ROWS, MOST_CELLS // max(1, n_bins)))


def _candidates(numbers: Sequence[str], categories: Sequence[str]) -> Iterable[Cross]:
    for first, second in combinations(numbers, 2):
        for operation in OF_NUMBERS:
            yield Cross(first, operation, second)
    for first, second in combinations(categories, 2):
        yield Cross(first, "*", second)
    for number, category in product(numbers, categories):
        for operation in OF_GROUPS:
            yield Cross(number, operation, category)


def _bins(columns: Columns, name: str) -> Integers:
    """A column in bins, (n_rows,): of equal size for numbers, the commonest values of a category; 0 for all else."""
    if name in columns.strings:
        return _common(columns.strings[name])
    values = columns.numbers[name]
    known = np.isfinite(values)
    if not known.any():
        return np.zeros(len(values), dtype=np.int64)
    cuts = np.unique(np.quantile(values[known], np.linspace(0, 1, BINS + 1)[1:-1]))
    return np.where(known, 1 + np.searchsorted(cuts, np.where(known, values, 0.0), side="right"), 0).astype(np.int64)


def _common(coded: Coded) -> Integers:
    counts = np.bincount(coded.codes + 1, minlength=len(coded.values) + 1)
    common = np.argsort(-counts, kind="stable")[: BINS * BINS]
    place = np.zeros(len(counts), dtype=np.int64)
    place[common] = 1 + np.arange(len(common))
    return place[coded.codes + 1]


def _ranks(values: Floats) -> Floats:
    """Place of each number among all, from -0.5 to 0.5, shape (n_rows, 1); 0 where it is missing."""
    known = np.isfinite(values)
    places = np.searchsorted(np.sort(values[known]), values) / max(1, known.sum()) - 0.5
    return np.where(known, places, 0.0)[:, None]


def _sum_of_parts(parts: list[Integers], ranks: list[Floats], targets: Floats, half: Integers) -> Floats:
    """What the sum of the columns explains (ridge), each half of the rows by the other, (n_rows, n_targets).

    Beside its bins each number has its ranks: what changes within bins is no reason for a cross that cuts them finer.
    """
    design = np.concatenate(
        [np.ones((len(half), 1)), *(np.eye(part.max() + 1)[part] for part in parts), *ranks], axis=1
    )
    explained = np.zeros_like(targets)
    for this in (0, 1):
        X = design[half != this]
        weights = np.linalg.solve(X.T @ X + PRIOR * np.eye(X.shape[1]), X.T @ targets[half != this])
        explained[half == this] = design[half == this] @ weights
    return explained


def _means(bins: Integers, targets: Floats, learn: Any) -> Floats:
    """Of each row, the means of its bin's rows that are learned from, drawn towards 0, (n_rows, n_targets)."""
    counts = np.bincount(bins[learn], minlength=bins.max() + 1) + PRIOR
    sums = [np.bincount(bins[learn], weights=target[learn], minlength=bins.max() + 1) for target in targets.T]
    means: Floats = np.stack(sums, axis=1) / counts[:, None]
    return means[bins]


def _share(bins: Integers, targets: Floats, half: Integers) -> float:
    """Share of the targets' variance that the means of bins, learned on one half, explain on the other; the best target."""
    judge, best = half == 1, 0.0
    for guessed, truth in zip(_means(bins, targets, half == 0)[judge].T, targets[judge].T, strict=True):
        if guessed.std() > 0 and truth.std() > 0:
            best = max(best, float(np.corrcoef(guessed, truth)[0, 1]))
    return best**2
