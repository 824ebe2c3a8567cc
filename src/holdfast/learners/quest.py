"""QUEST: a tree whose splits choose the column by a test, so that columns with many values have no advantage."""

from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers
from holdfast.features.matrix import Matrix
from holdfast.graph import Graph
from holdfast.graph.trees import Tree, tree_ensemble
from holdfast.learners.learner import Learner
from holdfast.learners.space import Float, Int

DEEPEST = 20


class Quest:
    """Loh & Shih, Split selection methods for classification trees (1997), for columns of numbers.

    At each node the column is the one whose classes' means differ most (F test); when none does at level alpha, the one whose
    spreads differ (Levene's test). The cut is a root of the quadratic discriminant between two groups of classes. A node where
    neither test finds anything, after Bonferroni's correction, is a leaf.

    >>> X = np.array([[k, k % 3] for k in range(60)], dtype=np.float32)
    >>> Quest(alpha=0.05, min_rows=5).fit(X, (X[:, 0] > 30).astype(int)).tree_.feature[0]
    np.int64(0)
    """

    def __init__(self, *, alpha: float, min_rows: int) -> None:
        self.alpha, self.min_rows = alpha, min_rows

    def fit(self, X: Any, y: Any) -> "Quest":
        """Grow until nothing is found."""
        X = X.astype(np.float64)
        self.classes_, codes = np.unique(y, return_inverse=True)
        nodes: list[list[Any]] = []  # feature, threshold, true, false, shares

        def grow(rows: Integers, depth: int) -> int:
            counts = np.bincount(codes[rows], minlength=len(self.classes_))
            shares = (counts + 1.0) / (counts.sum() + len(counts))
            place = len(nodes)
            nodes.append([-1, 0.0, 0, 0, shares])
            column, cut = self._split(X[rows], codes[rows], counts) if depth < DEEPEST else (-1, 0.0)
            if column >= 0:
                low = X[rows, column] <= cut
                if self.min_rows <= low.sum() <= len(rows) - self.min_rows:
                    nodes[place][:4] = [column, cut, grow(rows[low], depth + 1), grow(rows[~low], depth + 1)]
            return place

        grow(np.arange(len(X)), 0)
        feature, threshold, true, false, shares = zip(*nodes, strict=True)
        self.tree_ = Tree(
            np.array(feature),
            np.array(threshold),
            np.array(true),
            np.array(false),
            np.zeros(len(nodes), dtype=bool),
            np.array(shares),
        )
        return self

    def _split(self, X: Floats, codes: Integers, counts: Integers) -> tuple[int, float]:
        """The column and the cut of a node; column -1 when there is none."""
        if (counts > 0).sum() < 2 or len(X) < 2 * self.min_rows:
            return -1, 0.0
        by_means = p_values(X, codes)
        column, n_columns = int(by_means.argmin()), X.shape[1]
        if by_means[column] > self.alpha / n_columns:
            centres = _class_means(X, codes)[0]
            by_spread = p_values(np.abs(X - centres[codes]), codes)
            column = int(by_spread.argmin())
            if by_spread[column] > self.alpha / (2 * n_columns):
                return -1, 0.0
        return column, cut_of(X[:, column], _two_groups(X[:, column], codes))

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities, shape (n_rows, n_classes)."""
        tree, X = self.tree_, X.astype(np.float64)
        at = np.zeros(len(X), dtype=np.int64)
        while (inner := tree.feature[at] >= 0).any():
            rows = np.flatnonzero(inner)
            node = at[rows]
            low = X[rows, tree.feature[node]] <= tree.threshold[node]
            at[rows] = np.where(low, tree.true[node], tree.false[node])
        return tree.value[at]


def p_values(X: Floats, codes: Integers) -> Floats:
    """P values of the F test that the classes' means are equal, for each column, (n_columns,); 1 for a constant one."""
    from scipy.stats import f

    means, counts = _class_means(X, codes)
    present = counts > 0
    between = (counts[present, None] * (means[present] - X.mean(axis=0)) ** 2).sum(axis=0)
    within = ((X - means[codes]) ** 2).sum(axis=0)
    degrees = int(present.sum()) - 1, len(X) - int(present.sum())
    if degrees[1] < 1:
        return np.ones(X.shape[1])
    spread = between + within
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (between / degrees[0]) / (within / degrees[1])
        found = f.sf(ratio, *degrees)
    return np.where(spread > 1e-12 * np.maximum(1.0, (X**2).sum(axis=0)), np.where(np.isnan(found), 1.0, found), 1.0)


def _class_means(X: Floats, codes: Integers) -> tuple[Floats, Floats]:
    counts = np.bincount(codes).astype(np.float64)
    sums = np.zeros((len(counts), X.shape[1]))
    np.add.at(sums, codes, X)
    return sums / np.maximum(counts, 1.0)[:, None], counts


def _two_groups(x: Floats, codes: Integers) -> Integers:
    """Part the classes in two by their means: where the means, in order, lie farthest apart from each other's average."""
    means, counts = (each.reshape(-1) for each in _class_means(x[:, None], codes))
    present = np.flatnonzero(counts)
    order = present[np.argsort(means[present], kind="stable")]
    weights, ordered = counts[order], means[order]
    low_n, low_sum = np.cumsum(weights)[:-1], np.cumsum(weights * ordered)[:-1]
    high_n, high_sum = weights.sum() - low_n, (weights * ordered).sum() - low_sum
    apart = low_n * high_n * (low_sum / low_n - high_sum / high_n) ** 2
    high = order[int(apart.argmax()) + 1 :]
    return np.isin(codes, high).astype(np.int64)


def cut_of(x: Floats, group: Integers) -> float:
    """Where the two groups, taken as normal, are equally likely: the root nearest the lower mean that parts the rows."""
    low, high = x[group == 0], x[group == 1]
    a_mean, b_mean, a, b = low.mean(), high.mean(), low.var(), high.var()
    middle = float((a_mean + b_mean) / 2)
    if min(a, b) <= 1e-12 * max(a, b, 1e-300):
        return middle
    # log share - log spread - (x - mean)^2 / (2 variance), equal for both.
    roots = np.roots(
        [
            1 / (2 * b) - 1 / (2 * a),
            a_mean / a - b_mean / b,
            b_mean**2 / (2 * b) - a_mean**2 / (2 * a) + np.log(len(low) / len(high)) + 0.5 * np.log(b / a),
        ]
    )
    real = sorted((float(root.real) for root in roots if abs(root.imag) < 1e-9), key=lambda root: abs(root - a_mean))
    return next((root for root in real if (x <= root).any() and (x > root).any()), middle)


def emit_quest(graph: Graph, matrix: str, estimator: Quest) -> str:
    """One tree."""
    return tree_ensemble(graph, matrix, [estimator.tree_], n_targets=len(estimator.classes_), mode="<=")


def _make(*, seed: int, n_jobs: int, **params: Any) -> Quest:
    return Quest(**params)


quest = Learner(
    name="quest",
    complexity=2,
    task="classification",
    summary="A tree whose columns are chosen by a test; when the splits themselves are to be believed, not only the answers.",
    reference="Loh & Shih, 1997",
    also=("quest_tree",),
    make=_make,
    wants=Matrix(missing="impute"),
    space={"alpha": Float(0.001, 0.5, default=0.05, log=True), "min_rows": Int(2, 100, default=10, log=True)},
    emit=emit_quest,
    max_columns=2_000,
    max_classes=100,
    weighted=False,
    opt_in=True,
    instead="decision_tree",
)
