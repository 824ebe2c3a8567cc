"""Bayesian networks: naive Bayes in which each column may lean on one other, by a tree."""

from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers
from holdfast.features.matrix import Matrix
from holdfast.graph import Graph
from holdfast.learners.bins import Bins
from holdfast.learners.learner import Learner
from holdfast.learners.probabilities import softmax
from holdfast.learners.space import Float

# Columns that may lean on another, those that tell most of the class: all pairs of their bins are counted.
MOST_JOINED = 100

# Rows looked at together.
CHUNK = 5_000


class BayesianNetwork:
    """Tree-augmented naive Bayes (Friedman, Geiger & Goldszmidt, 1997) on binned columns.

    Columns are joined by the tree that keeps most of what they tell of each other given the class (Chow & Liu, 1968); an edge
    that is not worth the numbers it takes is left out. alpha: rows added to each bin of a column (Laplace). backoff: rows
    added to a column's shares for each bin of its parent, dealt out as without the parent. penalty: what a number costs, in
    units of the Bayesian information criterion; 0 keeps every edge, infinity none (naive Bayes).

    After `fit`: classes_, parents_ (n_columns,), -1 for a column that leans on none.

    >>> X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 25, dtype=np.float32)
    >>> model = BayesianNetwork(alpha=1.0, backoff=1.0, penalty=1.0).fit(X, (X[:, 0] != X[:, 1]).astype(int))
    >>> sorted(model.parents_.tolist())
    [-1, 0]
    >>> model.predict_proba(X[:4]).round().tolist()
    [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]]
    """

    def __init__(self, *, alpha: float, backoff: float, penalty: float) -> None:
        self.alpha, self.backoff, self.penalty = alpha, backoff, penalty

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "BayesianNetwork":
        """Cut, join and count."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        weights = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        bins = Bins().fit(X, codes, weights / weights.mean())
        cells = bins.transform(X)
        self.bins_ = bins
        counts = [
            _counts(cells[:, k], codes, weights, bins.counts_[k], len(self.classes_)) for k in range(cells.shape[1])
        ]
        self.parents_ = self._tree(cells, codes, weights, counts)
        self.prior_ = np.log(np.bincount(codes, weights) / weights.sum())
        tables = []
        for k, parent in enumerate(self.parents_):
            shares = self._shares(counts[k])
            if parent >= 0:
                shares = self._conditional(cells, codes, weights, k, int(parent), shares)
            seen = counts[k].sum(axis=1) > 0
            width = len(shares) // len(seen)
            # A bin that no training row was in says nothing.
            tables.append(np.where(np.repeat(seen, width)[:, None], np.log(shares), 0.0))
        self.table_ = np.concatenate(tables)
        lengths = [len(table) for table in tables]
        self.starts_ = np.cumsum([0, *lengths[:-1]])
        # A cell's line in its table: its bin, times the bins of its parent, plus the parent's bin.
        self.strides_ = np.array(lengths) // bins.counts_
        return self

    def _shares(self, counts: Floats) -> Floats:
        """Each bin's share of each class, (n_bins, n_classes), with alpha rows more in every bin that has any."""
        seen = counts.sum(axis=1, keepdims=True) > 0
        added = counts + self.alpha * seen
        return np.where(seen, added / added.sum(axis=0), 1.0)

    def _conditional(
        self, cells: Integers, codes: Integers, weights: Floats, column: int, parent: int, shares: Floats
    ) -> Floats:
        """Each bin's share of each class and bin of the parent, (n_bins * n_parent_bins, n_classes)."""
        n_bins, n_parent = self.bins_.counts_[column], self.bins_.counts_[parent]
        joint = cells[:, column] * n_parent + cells[:, parent]
        counts = _counts(joint, codes, weights, n_bins * n_parent, shares.shape[1]).reshape(n_bins, n_parent, -1)
        added = counts + self.backoff * shares[:, None]
        found: Floats = added / (counts.sum(axis=0) + self.backoff)
        return found.reshape(n_bins * n_parent, -1)

    def _tree(self, cells: Integers, codes: Integers, weights: Floats, counts: list[Floats]) -> Integers:
        """The parent of each column, (n_columns,)."""
        told = np.array([_told(each) for each in counts])
        joined = np.argsort(-told, kind="stable")[:MOST_JOINED]
        joined = joined[[int((counts[k].sum(axis=1) > 0).sum()) > 1 for k in joined]]
        parents = np.full(cells.shape[1], -1)
        if len(joined) < 2 or not np.isfinite(self.penalty):
            return parents
        shared = _shared(cells[:, joined], codes, weights, self.bins_.counts_[joined])
        free = np.array([(counts[k].sum(axis=1) > 0).sum() - 1 for k in joined])
        costs = 0.5 * np.log(len(codes)) * len(self.classes_) * np.outer(free, free)
        for child, parent in _spanning(shared - self.penalty * costs):
            parents[joined[child]] = joined[parent]
        return parents

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities, shape (n_rows, n_classes)."""
        return np.concatenate([self._chunk(X[start : start + CHUNK]) for start in range(0, len(X), CHUNK)])

    def _chunk(self, X: Any) -> Floats:
        bins = self.bins_.transform(X)
        lean = np.where(self.parents_ >= 0, bins[:, self.parents_], 0)
        lines = bins * self.strides_ + lean + self.starts_
        scores = np.tile(self.prior_, (len(X), 1))
        for column in lines.T:
            scores += self.table_[column]
        return softmax(scores)


def _counts(bins: Integers, codes: Integers, weights: Floats, n_bins: int, n_classes: int) -> Floats:
    """Weight of the rows in each bin and class, (n_bins, n_classes)."""
    summed = np.bincount(bins * n_classes + codes, weights, minlength=n_bins * n_classes)
    return np.asarray(summed, dtype=np.float64).reshape(n_bins, n_classes)


def _told(counts: Floats) -> float:
    """What bins tell of the class, times the rows, in nats."""
    return float(_entropy(counts.sum(axis=0)) + _entropy(counts.sum(axis=1)) - _entropy(counts))


def _entropy(counts: Floats) -> Any:
    return _sum_logs(np.array([counts.sum()])).sum() - _sum_logs(counts).sum()


def _sum_logs(counts: Floats) -> Floats:
    return counts * np.log(np.where(counts > 0, counts, 1.0))


def _shared(cells: Integers, codes: Integers, weights: Floats, n_bins: Integers) -> Floats:
    """What each pair of columns tells of each other given the class, times the rows, (n_columns, n_columns)."""
    starts = np.concatenate([[0], np.cumsum(n_bins)[:-1]])
    total = np.zeros((len(n_bins), len(n_bins)))
    for code in range(int(codes.max()) + 1):
        rows = np.flatnonzero(codes == code)
        pairs = np.zeros((int(n_bins.sum()), int(n_bins.sum())))
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            marks = np.zeros((len(part), len(pairs)))
            marks[np.arange(len(part))[:, None], cells[part] + starts] = 1.0
            pairs += marks.T @ (marks * weights[part, None])
        logs = np.add.reduceat(np.add.reduceat(_sum_logs(pairs), starts, axis=0), starts, axis=1)
        own = np.diag(logs)  # a column beside itself: the logarithms of its own counts
        total += logs - own[:, None] - own[None, :] + _sum_logs(np.array([weights[rows].sum()]))
    return total


def _spanning(worth: Floats) -> list[tuple[int, int]]:
    """The edges (child, parent) of the trees worth most, grown from column 0 (Prim, 1957); edges worth nothing are left out."""
    edges = []
    best, parent = worth[0].copy(), np.zeros(len(worth), dtype=np.int64)
    best[0] = -np.inf
    for _ in range(len(worth) - 1):
        child = int(best.argmax())
        if worth[child, parent[child]] > 0:
            edges.append((child, int(parent[child])))
        outside = best > -np.inf
        nearer = outside & (worth[child] > best)
        best[nearer], parent[nearer] = worth[child][nearer], child
        best[child] = -np.inf
    return edges


def emit_network(graph: Graph, matrix: str, estimator: Any) -> str:
    """Each cell's line in the tables, the lines summed, and the softmax."""
    bins = estimator.bins_.emit(graph, matrix)
    parents = estimator.parents_
    lean = graph.add("Gather", bins, graph.constant(np.maximum(parents, 0)), axis=1)
    lean = graph.add("Mul", lean, graph.constant((parents >= 0).astype(np.int64)[None]))
    own = graph.add("Mul", bins, graph.constant(estimator.strides_[None]))
    lines = graph.add("Add", graph.add("Add", own, lean), graph.constant(estimator.starts_[None]))
    found = graph.add("Gather", graph.constant(estimator.table_), lines, axis=0)
    scores = graph.add("ReduceSum", found, graph.constant(np.array([1])), keepdims=0)
    return graph.add("Softmax", graph.add("Add", scores, graph.constant(estimator.prior_[None])), axis=1)


def _make(*, seed: int, n_jobs: int, **params: Any) -> BayesianNetwork:
    return BayesianNetwork(**params)


bayesian_network = Learner(
    name="bayesian_network",
    complexity=2,
    task="classification",
    summary="Naive Bayes whose columns may each lean on one other (TAN); for categories, and tables that are to be read.",
    reference="Chow & Liu, 1968; Friedman, Geiger & Goldszmidt, 1997",
    also=("tan", "tree_augmented_naive_bayes", "bayes_net", "chow_liu"),
    make=_make,
    wants=Matrix(missing="keep", categories="ordinal"),
    space={
        "alpha": Float(1e-2, 1e2, log=True, default=1.0),
        "backoff": Float(0.1, 100.0, log=True, default=10.0),
        "penalty": Float(0.0, 1.0, default=0.0),
    },
    emit=emit_network,
    max_rows=200_000,
    max_columns=500,
    max_classes=50,
    opt_in=True,
    instead="gaussian_naive_bayes",
)
