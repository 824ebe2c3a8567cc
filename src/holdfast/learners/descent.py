"""Linear models fitted by stochastic gradient descent: one row at a time, for very many rows."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from holdfast.features.numeric import clipped
from holdfast.graph import Graph
from holdfast.learners.learner import Learner
from holdfast.learners.linear import SCALED, InDouble, emit_values, regressor, weighted
from holdfast.learners.probabilities import shares_of, two_sided
from holdfast.learners.space import Choice, Dimension, Float

# Scores are held within this, where the logistic is still above zero, so that the classes' shares can be divided.
FURTHEST = 30.0

# Small steps, smaller yet where nothing more is gained: scikit-learn's own for classes are so large where alpha is small
# that scores of a billion cancel.
STEPS = {"average": True, "learning_rate": "adaptive", "eta0": 0.01}

SUMMARY = "Weights learned one row at a time; for millions of rows, where other linear models take too long."
REFERENCE = "Robbins & Monro, 1951; Bottou, 2010"


class Descent(InDouble):
    """Logistic regression by gradient descent, a score a class against the rest, made shares of one."""

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities."""
        scores = self.estimator.decision_function(X.astype(np.float64))
        shares = 1 / (1 + np.exp(-np.clip(scores, -FURTHEST, FURTHEST)))
        if shares.ndim == 1:
            return np.column_stack([1 - shares, shares])
        return shares / shares.sum(axis=1, keepdims=True)


def _make_classifier(*, seed: int, n_jobs: int, **params: Any) -> Descent:
    from sklearn.linear_model import SGDClassifier

    return Descent(SGDClassifier(loss="log_loss", random_state=seed, **STEPS, **params))


def emit_descent(graph: Graph, matrix: str, estimator: Any) -> str:
    """Scores, the logistic of each, and their shares."""
    model = estimator.estimator
    scores = clipped(graph, weighted(graph, matrix, model.coef_, model.intercept_), -FURTHEST, FURTHEST)
    if len(model.classes_) == 2:
        return two_sided(graph, scores)
    return shares_of(graph, graph.add("Sigmoid", scores))


SPACE: Mapping[str, Dimension] = {
    "alpha": Float(1e-7, 1e-1, log=True, default=1e-3),
    "penalty": Choice(("l2", "l1", "elasticnet"), default="l2"),
}

sgd_classifier = Learner(
    name="sgd",
    complexity=1,
    task="classification",
    summary=SUMMARY,
    reference=REFERENCE,
    also=("stochastic_gradient_descent",),
    make=_make_classifier,
    wants=SCALED,
    space=SPACE,
    emit=emit_descent,
    opt_in=True,
    instead="logistic",
)

sgd_regressor = Learner(
    name="sgd",
    complexity=1,
    task="regression",
    summary=SUMMARY,
    reference=REFERENCE,
    also=("stochastic_gradient_descent",),
    make=regressor("SGDRegressor", **STEPS),
    wants=SCALED,
    space={**SPACE, "loss": Choice(("squared_error", "huber"), default="squared_error")},
    emit=emit_values,
    opt_in=True,
    instead="ridge",
)
