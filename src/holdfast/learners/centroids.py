"""Nearest centroid: each class is its mean row."""

from typing import Any

import numpy as np

from holdfast.graph import Graph
from holdfast.learners.learner import Learner
from holdfast.learners.linear import SCALED, weighted
from holdfast.learners.probabilities import softmax
from holdfast.learners.space import Float


class Centroids:
    """Nearest shrunken centroids (Tibshirani et al., 2002): mean rows, drawn towards the mean of all.

    threshold: how many standard errors a class mean must differ by, column by column, to count at all; 0 is the plain
    nearest centroid. Unlike scikit-learn's, it takes weights, and columns that are constant within classes.

    >>> X = np.array([[0.0], [0.2], [5.0], [5.2]], dtype=np.float32)
    >>> Centroids(threshold=0.0).fit(X, np.array([0, 0, 1, 1])).predict_proba(X).argmax(axis=1).tolist()
    [0, 0, 1, 1]
    """

    def __init__(self, *, threshold: float) -> None:
        self.threshold = threshold

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "Centroids":
        """Fit centroids and spreads."""
        X = X.astype(np.float64)
        weights = np.ones(len(y)) if sample_weight is None else sample_weight
        self.classes_, codes = np.unique(y, return_inverse=True)
        totals = np.bincount(codes, weights)
        sums = np.zeros((len(totals), X.shape[1]))
        np.add.at(sums, codes, X * weights[:, None])
        means, mean = sums / totals[:, None], np.average(X, axis=0, weights=weights)
        free = max(weights.sum() - len(totals), 1.0)
        spread = np.sqrt((weights[:, None] * (X - means[codes]) ** 2).sum(axis=0) / free)
        spread = np.maximum(spread + np.median(spread), 1e-6)
        error = np.sqrt(np.maximum(1 / totals - 1 / weights.sum(), 1e-12))[:, None] * spread
        apart = (means - mean) / error
        apart = np.sign(apart) * np.maximum(np.abs(apart) - self.threshold, 0.0)
        self.centroids_, self.spread_ = mean + error * apart, spread
        # The row's own square is the same for all classes, so that linear scores are left.
        self.coef_ = self.centroids_ / spread**2
        self.intercept_ = np.log(totals / totals.sum()) - 0.5 * (self.centroids_**2 / spread**2).sum(axis=1)
        return self

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities, shape (n_rows, n_classes)."""
        return softmax(X.astype(np.float64) @ self.coef_.T + self.intercept_)


def emit_centroids(graph: Graph, matrix: str, estimator: Any) -> str:
    """Linear scores, and the softmax."""
    return graph.add("Softmax", weighted(graph, matrix, estimator.coef_, estimator.intercept_), axis=1)


def _make(*, seed: int, n_jobs: int, **params: Any) -> Centroids:
    return Centroids(**params)


nearest_centroid = Learner(
    name="nearest_centroid",
    complexity=1,
    task="classification",
    summary="The class whose mean row is nearest; instant, for many more features than rows.",
    reference="Tibshirani et al., 2002",
    also=("shrunken_centroids", "rocchio"),
    make=_make,
    wants=SCALED,
    space={"threshold": Float(0.0, 5.0, default=0.5)},
    emit=emit_centroids,
    opt_in=True,
    instead="logistic",
)
