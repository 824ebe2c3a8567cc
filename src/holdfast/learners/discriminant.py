"""Discriminant analysis: each class a cloud of rows, one shape for all (linear) or a shape each (quadratic)."""

from typing import Any

import numpy as np

from holdfast.graph import DOUBLE, Graph
from holdfast.learners.learner import Learner
from holdfast.learners.linear import SCALED, InDouble, emit_probabilities
from holdfast.learners.probabilities import softmax
from holdfast.learners.space import Choice, Float

# Keeps a covariance positive definite where columns repeat one another.
LEAST_VARIANCE = 1e-6


def _make_linear(*, seed: int, n_jobs: int, shrinkage: str | float) -> InDouble:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    return InDouble(LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage))


class Quadratic:
    """Quadratic discriminant analysis, regularised (Friedman, 1989): a normal density a class, and Bayes' rule.

    pooled: how far each class's covariance is drawn towards the average one. shrinkage: how far the result is drawn
    towards a sphere of the same size. With both above zero, a class of a single row has a density too.

    >>> X = np.array([[0.0, 0.0], [0.2, 0.1], [5.0, 5.0], [9.0, 5.1]], dtype=np.float32)
    >>> Quadratic(pooled=0.1, shrinkage=0.1).fit(X, np.array([0, 0, 1, 1])).predict_proba(X).argmax(axis=1).tolist()
    [0, 0, 1, 1]
    """

    def __init__(self, *, pooled: float, shrinkage: float) -> None:
        self.pooled, self.shrinkage = pooled, shrinkage

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "Quadratic":
        """Fit means and covariances."""
        X = X.astype(np.float64)
        weights = np.ones(len(y)) if sample_weight is None else sample_weight
        self.classes_ = np.unique(y)
        shares = np.array([weights[y == each].sum() for each in self.classes_]) / weights.sum()
        self.means_ = np.stack([np.average(X[y == each], axis=0, weights=weights[y == each]) for each in self.classes_])
        scatters = [
            np.cov(X[y == each].T, aweights=weights[y == each], bias=True).reshape(X.shape[1], X.shape[1])
            for each in self.classes_
        ]
        average = sum(share * scatter for share, scatter in zip(shares, scatters, strict=True))
        # whiten_[k] turns a row's distance from mean k into one of unit variance in every direction.
        self.whiten_, self.constant_ = [], np.log(shares)
        for k, scatter in enumerate(scatters):
            covariance = (1 - self.pooled) * scatter + self.pooled * average
            sphere = max(np.trace(covariance) / len(covariance), LEAST_VARIANCE) * np.eye(len(covariance))
            covariance = (1 - self.shrinkage) * covariance + self.shrinkage * sphere
            values, vectors = np.linalg.eigh(covariance)
            values = np.maximum(values, LEAST_VARIANCE)
            self.whiten_.append(vectors / np.sqrt(values))
            self.constant_[k] -= 0.5 * np.log(values).sum()
        return self

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities, shape (n_rows, n_classes)."""
        X = X.astype(np.float64)
        distances = np.stack(
            [(((X - mean) @ whiten) ** 2).sum(axis=1) for mean, whiten in zip(self.means_, self.whiten_, strict=True)],
            axis=1,
        )
        return softmax(self.constant_ - 0.5 * distances)


def emit_quadratic(graph: Graph, matrix: str, estimator: Any) -> str:
    """The same densities, class by class, and the softmax."""
    X = graph.add("Cast", matrix, to=DOUBLE)
    distances = []
    for mean, whiten in zip(estimator.means_, estimator.whiten_, strict=True):
        white = graph.add("MatMul", graph.add("Sub", X, graph.constant(mean[None, :])), graph.constant(whiten))
        distances.append(
            graph.add("ReduceSum", graph.add("Mul", white, white), graph.constant(np.array([1])), keepdims=1)
        )
    joined = graph.add("Mul", graph.add("Concat", *distances, axis=1), graph.constant(np.array([-0.5])))
    return graph.add("Softmax", graph.add("Add", joined, graph.constant(estimator.constant_[None, :])), axis=1)


def _make_quadratic(*, seed: int, n_jobs: int, **params: Any) -> Quadratic:
    return Quadratic(**params)


linear_discriminant = Learner(
    name="lda",
    complexity=1,
    task="classification",
    summary="Classes as clouds of one shape, cut by straight lines; quick, and good when rows are few.",
    reference="Fisher, 1936; Ledoit & Wolf, 2004",
    also=("linear_discriminant_analysis", "fisher"),
    make=_make_linear,
    wants=SCALED,
    space={"shrinkage": Choice(("auto", 0.001, 0.01, 0.1, 0.5), default="auto")},
    emit=emit_probabilities,
    max_columns=1_000,
    weighted=False,
    opt_in=True,
    instead="logistic",
)

quadratic_discriminant = Learner(
    name="qda",
    complexity=1,
    task="classification",
    summary="Classes as clouds of a shape each, cut by curves; for few numeric features and many rows a class.",
    reference="Friedman, 1989",
    also=("quadratic_discriminant_analysis",),
    make=_make_quadratic,
    wants=SCALED,
    space={"pooled": Float(0.0, 1.0, default=0.2), "shrinkage": Float(1e-3, 1.0, log=True, default=0.1)},
    emit=emit_quadratic,
    max_columns=200,
    max_classes=100,
    opt_in=True,
    instead="lda",
)
