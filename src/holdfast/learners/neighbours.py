"""Nearest neighbours: what the most similar rows answered."""

from typing import Any

import numpy as np

from holdfast.features.matrix import Matrix
from holdfast.graph import DOUBLE, FLOAT, Graph
from holdfast.learners.learner import Learner
from holdfast.learners.space import Choice, Int

CHUNK = 1_000

# However little they weigh, no more rows than this are asked, unless as many neighbours were wanted.
MOST_ASKED = 500

# Weights by distance: as near as this counts as equal, so that no weight is infinite.
NEAREST = 1e-3


class NearestNeighbours:
    """k nearest rows by Euclidean distance, averaged.

    A row that weighs w counts as w equal rows, so that light rows leave room for more of them; the last one that finds room
    may count in part. Distances are rounded to single precision and ties go to the row that came first, so that fitted and
    compiled model choose the same neighbours.
    """

    def __init__(self, *, classifier: bool, n_neighbors: int, weights: str) -> None:
        self.classifier, self.n_neighbors, self.weights = classifier, n_neighbors, weights

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "NearestNeighbours":
        """Keep the rows that weigh anything; weights: each row's, of mean one."""
        if self.n_neighbors < 1:
            raise ValueError(f"n_neighbors is {self.n_neighbors}; expected at least 1")
        weights = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        kept = weights > 0
        self.rows_, self.row_weights_, y = X[kept].astype(np.float64), weights[kept], y[kept]
        self.classes_ = np.unique(y) if self.classifier else None
        self.answers_ = (y[:, None] == self.classes_).astype(np.float64) if self.classifier else y[:, None]
        # So many rows weigh enough together whichever they are, as the lightest do.
        enough = 1 + int(np.searchsorted(np.cumsum(np.sort(self.row_weights_)), self.n_neighbors))
        self.k_ = min(enough, max(self.n_neighbors, MOST_ASKED), len(y))
        return self

    def predict(self, X: Any) -> Any:
        """Predict values."""
        return self.predict_proba(X)[:, 0]

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities, shape (n_rows, n_classes)."""
        chunks = [self._average(X[start : start + CHUNK].astype(np.float64)) for start in range(0, len(X), CHUNK)]
        return np.concatenate(chunks)

    def _average(self, X: Any) -> Any:
        squares = (X**2).sum(axis=1)[:, None] + (self.rows_**2).sum(axis=1)[None, :]
        distances = np.maximum(squares - 2 * (X @ self.rows_.T), 0.0).astype(np.float32)
        if self.k_ < distances.shape[1]:
            edge = np.partition(distances, self.k_ - 1, axis=1)[:, self.k_ - 1 : self.k_]
            order = np.where(distances <= edge, distances, np.inf)
        else:
            order = distances
        nearest = np.argsort(order, axis=1, kind="stable")[:, : self.k_]
        weights = self.row_weights_[nearest]
        weights = np.clip(self.n_neighbors - (np.cumsum(weights, axis=1) - weights), 0, weights)
        if self.weights == "distance":
            chosen = np.take_along_axis(distances, nearest, axis=1)
            weights = weights / np.maximum(np.sqrt(chosen.astype(np.float64)), NEAREST)
        weights /= weights.sum(axis=1, keepdims=True)
        return (self.answers_[nearest] * weights[:, :, None]).sum(axis=1)


def emit_neighbours(graph: Graph, matrix: str, estimator: Any) -> str:
    """The same distances, the k smallest, and their answers averaged."""
    X = graph.add("Cast", matrix, to=DOUBLE)
    own = graph.add("ReduceSum", graph.add("Mul", X, X), graph.constant(np.array([1])), keepdims=1)
    theirs = (estimator.rows_**2).sum(axis=1)[None, :]
    cross = graph.add("MatMul", X, graph.constant(2 * estimator.rows_.T))
    squares = graph.add("Sub", graph.add("Add", own, graph.constant(theirs)), cross)
    squares = graph.add("Cast", graph.add("Max", squares, graph.constant(np.float64(0.0))), to=FLOAT)
    count = graph.constant(np.array([estimator.k_]))
    nearest, places = graph.outputs("TopK", squares, count, n_outputs=2, largest=0, axis=1)
    weights = graph.add("Gather", graph.constant(estimator.row_weights_), places, axis=0)
    before = graph.add("CumSum", weights, graph.constant(np.array(1)), exclusive=1)
    room = graph.add("Sub", graph.constant(np.float64(estimator.n_neighbors)), before)
    weights = graph.add("Max", graph.add("Min", room, weights), graph.constant(np.float64(0.0)))
    if estimator.weights == "distance":
        distances = graph.add("Sqrt", graph.add("Cast", nearest, to=DOUBLE))
        weights = graph.add("Div", weights, graph.add("Max", distances, graph.constant(np.float64(NEAREST))))
    total = graph.add("ReduceSum", weights, graph.constant(np.array([1])), keepdims=1)
    weights = graph.add("Unsqueeze", graph.add("Div", weights, total), graph.constant(np.array([2])))
    answers = graph.add("Gather", graph.constant(estimator.answers_), places, axis=0)
    return graph.add("ReduceSum", graph.add("Mul", answers, weights), graph.constant(np.array([1])), keepdims=0)


def _maker(*, classifier: bool) -> Any:
    def make(*, seed: int, n_jobs: int, **params: Any) -> NearestNeighbours:
        return NearestNeighbours(classifier=classifier, **params)

    return make


def _declare(task: Any, *, classifier: bool) -> Learner:
    return Learner(
        name="nearest_neighbours",
        complexity=2,
        task=task,
        summary="What the most similar rows answered; for few features and irregular boundaries. It ships its rows.",
        reference="Fix & Hodges, 1951",
        also=("knn", "k_nearest_neighbours", "k_nearest_neighbors", "k_neighbors"),
        make=_maker(classifier=classifier),
        wants=Matrix(scaled=True),
        space={
            "n_neighbors": Int(1, 100, log=True, default=15),
            "weights": Choice(("distance", "uniform"), default="distance"),
        },
        emit=emit_neighbours,
        max_rows=5_000,
        max_columns=500,
    )


neighbours_classifier = _declare("classification", classifier=True)
neighbours_regressor = _declare("regression", classifier=False)
