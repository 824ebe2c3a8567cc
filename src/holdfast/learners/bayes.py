"""Naive Bayes: every feature speaks for itself."""

from typing import Any, Self

import numpy as np

from holdfast.graph import DOUBLE, Graph
from holdfast.learners.learner import Learner
from holdfast.learners.linear import SCALED, InDouble
from holdfast.learners.space import Float

# No bell curve is narrower: where all columns are constant the smoothing, a share of the largest variance, is 0, too.
LEAST_VARIANCE = 1e-9


class Bells(InDouble):
    """A bell curve for each column and class."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the estimator."""
        super().fit(X, y, sample_weight)
        self.estimator.var_ = np.maximum(self.estimator.var_, LEAST_VARIANCE)
        return self


def _make(*, seed: int, n_jobs: int, **params: Any) -> Bells:
    from sklearn.naive_bayes import GaussianNB

    return Bells(GaussianNB(**params))


def emit_gaussian(graph: Graph, matrix: str, estimator: Any) -> str:
    """Log densities, expanded so that one product with the columns and one with their squares give them all."""
    model = estimator.estimator
    X = graph.add("Cast", matrix, to=DOUBLE)
    precision = 1 / model.var_
    constant = np.log(model.class_prior_) - 0.5 * np.sum(np.log(2 * np.pi * model.var_), axis=1)
    # Centred on the mean of the class means, which keeps the expansion from cancelling.
    centre = model.theta_.mean(axis=0)
    X = graph.add("Sub", X, graph.constant(centre[None, :]))
    theta = model.theta_ - centre
    constant = constant - 0.5 * np.sum(theta**2 * precision, axis=1)
    squared = graph.add("MatMul", graph.add("Mul", X, X), graph.constant(-0.5 * precision.T))
    crossed = graph.add("MatMul", X, graph.constant(np.ascontiguousarray((theta * precision).T)))
    joint = graph.add("Add", graph.add("Add", squared, crossed), graph.constant(constant[None, :]))
    return graph.add("Softmax", joint, axis=1)


naive_bayes = Learner(
    name="gaussian_naive_bayes",
    complexity=1,
    task="classification",
    summary="Each feature's bell curve by class, multiplied; instant, useful when rows are few or features independent.",
    reference="Maron, 1961",
    also=("naive_bayes", "gaussian_nb", "nb"),
    make=_make,
    wants=SCALED,
    space={"var_smoothing": Float(1e-9, 1e-1, log=True, default=1e-3)},
    emit=emit_gaussian,
)
