"""Quantile scaling: a value becomes the share of training values below it, or the normal value of that share."""

from dataclasses import dataclass

import numpy as np

from holdfast.arrays import Floats, Integers
from holdfast.graph import INT64
from holdfast.graph.tensor import Number, Tensor, clip, log, sqrt, where_less
from holdfast.graph.trees import Tree, tree_ensemble

# As many quantiles of a column are kept, or as many as it has values.
QUANTILES = 1_000

# Shares are kept this far from 0 and 1, where the normal values would be infinite.
EDGE = 1e-7

# Acklam's rational approximation of the normal quantile (2003), relative error below 1.2e-9: numerator and denominator
# in the middle, and in the tails beyond TAIL.
TAIL = 0.02425
MIDDLE = (
    (-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.3577518672690, -30.66479806614716, 2.506628277459239),
    (-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1.0),
)  # fmt: skip
TAILS = (
    (-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783),
    (0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1.0),
)  # fmt: skip


@dataclass(frozen=True)
class Steps:
    """Columns cut in bins, in each of which the share is a straight line: low + slope * (x - start).

    cuts: by column, where its next bin begins, ascending. first: (n_columns,), the number of a column's first bin.
    start, low, slope: (n_bins,) over the bins of all columns.
    """

    cuts: tuple[Floats, ...]
    first: Integers
    start: Floats
    low: Floats
    slope: Floats

    def share(self, values: Number) -> Number:
        """Share of the training values below each value, (n_rows, n_columns)."""
        if isinstance(values, Tensor):
            graph = values.graph
            trees = [_search_tree(k, cuts, int(self.first[k])) for k, cuts in enumerate(self.cuts)]
            numbers = tree_ensemble(graph, values.name, trees, n_targets=len(trees), mode=">=")
            bins = graph.add("Cast", numbers, to=INT64)
            start, low, slope = (
                Tensor(graph, graph.add("Gather", graph.constant(table), bins))
                for table in (self.start, self.low, self.slope)
            )
            return low + (values - start) * slope
        found = np.stack(
            [np.searchsorted(cuts, column, side="right") for cuts, column in zip(self.cuts, values.T, strict=True)]
        )
        place = found.T + self.first
        return self.low[place] + (values - self.start[place]) * self.slope[place]


def fit_steps(values: Floats) -> Steps:
    """Learn the bins of (n_rows, n_columns), NaN left out; a value that many rows share gets the middle of its shares."""
    cuts: list[Floats] = []
    tables: list[Floats] = []
    first: list[int] = []
    for column in values.T:
        present = column[~np.isnan(column)]
        own, table = _bins(present if len(present) else np.zeros(1))
        first.append(sum(map(len, tables)))
        cuts.append(own)
        tables.append(table)
    start, low, slope = np.concatenate(tables).T
    return Steps(tuple(cuts), np.array(first, dtype=np.int64), start, low, slope)


def _bins(present: Floats) -> tuple[Floats, Floats]:
    """Cuts (n_bins - 1,) of a column, and its table (n_bins, 3): start, share there, slope."""
    share = np.linspace(0.0, 1.0, min(QUANTILES, len(present))) if len(present) > 1 else np.zeros(1)
    knots, begins, times = np.unique(
        np.maximum.accumulate(np.quantile(present, share)), return_index=True, return_counts=True
    )
    left, right = share[begins], share[begins + times - 1]
    cuts, rows = [], [(0.0, 0.0, 0.0)]
    for k, knot in enumerate(knots):
        last = k == len(knots) - 1
        if times[k] > 1 and not last:
            cuts.append(knot)
            rows.append((0.0, 0.0 if k == 0 else (left[k] + right[k]) / 2, 0.0))
            cuts.append(np.nextafter(knot, np.inf))
        else:
            cuts.append(knot)
        width = 0.0 if last else knots[k + 1] - knot
        rows.append((knot, right[k], (left[k + 1] - right[k]) / width) if width > 1e-290 else (0.0, right[k], 0.0))
    # Two knots may be neighbours among the doubles: the bin between them is then empty, and left out.
    kept = [k for k in range(len(cuts)) if k + 1 == len(cuts) or cuts[k] < cuts[k + 1]]
    return np.array([cuts[k] for k in kept]), np.array([rows[0], *(rows[k + 1] for k in kept)])


def _search_tree(column: int, cuts: Floats, first: int) -> Tree:
    """Binary search as a tree: at each node "x >= cut?", at each leaf the number of the bin."""
    nodes: list[tuple[int, float, int, int, float]] = []

    def grow(low: int, high: int) -> int:
        place = len(nodes)
        nodes.append((-1, 0.0, 0, 0, float(first + low)))
        if low < high:
            middle = (low + high) // 2
            false, true = grow(low, middle), grow(middle + 1, high)
            nodes[place] = (column, float(cuts[middle]), true, false, 0.0)
        return place

    grow(0, len(cuts))
    feature, threshold, true, false, value = (np.array(each) for each in zip(*nodes, strict=True))
    return Tree(feature, threshold, true, false, np.zeros(len(nodes), dtype=np.bool_), value, target=column)


def normal_quantile(share: Number) -> Number:
    """The value below which a standard normal variable lies with this probability.

    >>> normal_quantile(np.array([0.5, 0.975])).round(6).tolist()
    [0.0, 1.959964]
    """
    share = clip(share, EDGE, 1.0 - EDGE)
    centred = share - 0.5
    square = centred * centred
    middle = centred * _polynomial(square, MIDDLE[0]) / _polynomial(square, MIDDLE[1])
    below, above = _tail(share), _tail(share * -1.0 + 1.0) * -1.0
    return where_less(share, TAIL, below, where_less(share * -1.0, TAIL - 1.0, above, middle))


def _tail(share: Number) -> Number:
    far = sqrt(log(share) * -2.0)
    return _polynomial(far, TAILS[0]) / _polynomial(far, TAILS[1])


def _polynomial(value: Number, coefficients: tuple[float, ...]) -> Number:
    total = value * coefficients[0] + coefficients[1]
    for each in coefficients[2:]:
        total = total * value + each
    return total
