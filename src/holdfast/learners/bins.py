"""Columns cut into bins, for learners that count: where the classes change, by minimum description length."""

from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers
from holdfast.graph import INT64, Graph

# A column with no more values than this has a bin a value: it may be a category, whose numbers mean nothing.
FEW = 16

# Cuts tried of a column with more values, at quantiles.
CUTS = 255


class Bins:
    """The bins of each column; gaps have one of their own, the last, whether or not there were any in training.

    After `fit`: cuts_, float32 (n_columns, most cuts), filled up with infinity; a value's bin is the number of cuts below it.
    """

    def fit(self, X: Any, codes: Integers, weights: Floats) -> "Bins":
        """Learn cuts from a matrix (n_rows, n_columns), class codes (n_rows,) and weights (n_rows,) of mean one."""
        found = [_cuts(X[:, column], codes, weights) for column in range(X.shape[1])]
        self.cuts_ = np.full((len(found), max(map(len, found), default=0)), np.inf, dtype=np.float32)
        for column, cuts in enumerate(found):
            self.cuts_[column, : len(cuts)] = cuts
        self.counts_ = np.array([len(cuts) + 2 for cuts in found])
        return self

    def transform(self, X: Any) -> Integers:
        """The bin of each cell, (n_rows, n_columns)."""
        bins = np.empty(X.shape, dtype=np.int64)
        for column, count in enumerate(self.counts_):
            values = X[:, column]
            below = np.searchsorted(self.cuts_[column, : count - 2], values, side="left")
            bins[:, column] = np.where(np.isnan(values), count - 1, below)
        return bins

    def emit(self, graph: Graph, matrix: str) -> str:
        """The same, added to a graph: int64 (rows, n_columns)."""
        cells = graph.add("Unsqueeze", matrix, graph.constant(np.array([2])))
        above = graph.add("Cast", graph.add("Less", graph.constant(self.cuts_[None]), cells), to=INT64)
        below = graph.add("ReduceSum", above, graph.constant(np.array([2])), keepdims=0)
        known = graph.add("Equal", matrix, matrix)  # a NaN equals nothing
        return graph.add("Where", known, below, graph.constant(self.counts_[None] - 1))


def _cuts(values: Any, codes: Integers, weights: Floats) -> Any:
    """Where to cut one column, float32, ascending."""
    known = ~np.isnan(values)
    values, codes, weights = values[known], codes[known], weights[known]
    different = np.unique(values)
    if len(different) > FEW:
        different = np.unique(np.quantile(values, np.linspace(0, 1, CUTS + 2)[1:], method="lower"))
    middle = different[:-1] + (different[1:] - different[:-1]) / 2
    middle = np.where(middle < different[1:], middle, different[:-1])
    if len(different) <= FEW:
        return middle
    n_classes = int(codes.max()) + 1
    place = np.searchsorted(different, values, side="left") * n_classes + codes
    summed: Floats = np.asarray(np.bincount(place, weights, minlength=len(different) * n_classes), dtype=np.float64)
    counts = summed.reshape(-1, n_classes)
    return middle[description_length_cuts(counts)]


def description_length_cuts(counts: Floats) -> list[int]:
    """Cut a column whose ascending values have these class counts, (n_values, n_classes), where that is worth its bits.

    A cut after value k is number k; the best by entropy is made, and those on both sides of it, as long as the classes are told
    in fewer bits with it than without (Fayyad & Irani, 1993).

    >>> description_length_cuts(np.array([[20.0, 0.0], [20.0, 0.0], [0.0, 20.0], [10.0, 10.0]]))
    [1, 2]
    """
    below = np.concatenate([np.zeros((1, counts.shape[1])), np.cumsum(counts, axis=0)])
    found: list[int] = []

    def cut(start: int, end: int) -> None:
        left = below[start + 1 : end] - below[start]
        whole = below[end] - below[start]
        if not len(left) or (n := whole.sum()) <= 1:
            return
        bits = _bits(left) + _bits(whole - left)
        best = int(bits.argmin())
        parts = (whole, left[best], whole - left[best])
        classes, entropies = zip(
            *[(_present(each), _bits(each) / max(each.sum(), 1e-9)) for each in parts], strict=True
        )
        spread = classes[0] * entropies[0] - classes[1] * entropies[1] - classes[2] * entropies[2]
        if _bits(whole) - bits[best] > np.log2(n - 1) + np.log2(3.0 ** classes[0] - 2) - spread:
            found.append(start + best)
            cut(start, start + best + 1)
            cut(start + best + 1, end)

    cut(0, len(counts))
    return sorted(found)


def _present(counts: Floats) -> int:
    return int((counts > 0).sum())


def _bits(counts: Floats) -> Any:
    """What it takes to tell the classes of all rows, given their counts, (..., n_classes)."""
    return _log_sum(counts.sum(axis=-1)) - _log_sum(counts).sum(axis=-1)


def _log_sum(counts: Any) -> Any:
    return counts * np.log2(np.where(counts > 0, counts, 1.0))
