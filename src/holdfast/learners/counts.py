"""Naive Bayes for features that count or that are there or not: multinomial, complement, Bernoulli."""

from typing import Any

import numpy as np

from holdfast.features.numeric import clipped
from holdfast.graph import DOUBLE, Graph
from holdfast.learners.learner import Learner
from holdfast.learners.linear import SCALED
from holdfast.learners.space import Float

SPACE = {"alpha": Float(1e-3, 1e2, log=True, default=1.0)}


class Counts:
    """One of scikit-learn's naive Bayes models for counts.

    The matrix, scaled by the encoder, is moved into [0, 1] by the training rows' least and greatest value, for such models
    know nothing below zero; a `binary` model asks only whether a value is above its mean.
    """

    def __init__(self, kind: str, **params: Any) -> None:
        self.kind, self.params = kind, params

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "Counts":
        """Fit ranges and log probabilities."""
        from sklearn import naive_bayes

        self.low_ = X.min(axis=0).astype(np.float64)
        reach = X.max(axis=0) - self.low_
        self.reach_ = np.where(reach > 0, reach, 1.0)
        self.model_ = getattr(naive_bayes, self.kind)(**self.params)
        self.model_.fit(self._shares(X), y, sample_weight=sample_weight)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities."""
        return self.model_.predict_proba(self._shares(X))

    @property
    def binary(self) -> bool:
        """Whether features count as there or not."""
        return self.kind == "BernoulliNB"

    def _shares(self, X: Any) -> Any:
        if self.binary:
            return (X > 0).astype(np.float64)
        return np.clip((X.astype(np.float64) - self.low_) / self.reach_, 0.0, 1.0)


def emit_counts(graph: Graph, matrix: str, estimator: Any) -> str:
    """Log probabilities times the shares, and the softmax."""
    model = estimator.model_
    weights = model.feature_log_prob_
    # The complement model looks at the other classes only, and has use for a prior just where there are no others.
    constant = model.class_log_prior_ if estimator.kind != "ComplementNB" else np.zeros(len(weights))
    if estimator.binary:
        never = np.log1p(-np.exp(weights))
        weights, constant = weights - never, constant + never.sum(axis=1)
        shares = graph.add("Cast", graph.add("Less", graph.constant(np.zeros(1, np.float32)), matrix), to=DOUBLE)
    else:
        moved = graph.add("Sub", graph.add("Cast", matrix, to=DOUBLE), graph.constant(estimator.low_[None, :]))
        shares = clipped(graph, graph.add("Div", moved, graph.constant(estimator.reach_[None, :])), 0.0, 1.0)
    product = graph.add("MatMul", shares, graph.constant(np.ascontiguousarray(weights.T)))
    return graph.add("Softmax", graph.add("Add", product, graph.constant(constant[None, :])), axis=1)


def _declare(name: str, kind: str, **facts: Any) -> Learner:
    def make(*, seed: int, n_jobs: int, **params: Any) -> Counts:
        return Counts(kind, **params)

    shared: dict[str, Any] = {"wants": SCALED, "space": SPACE, "emit": emit_counts, "instead": "gaussian_naive_bayes"}
    return Learner(name=name, complexity=1, task="classification", make=make, opt_in=True, **shared, **facts)


multinomial = _declare(
    "multinomial_naive_bayes",
    "MultinomialNB",
    summary="Shares of features by class, multiplied; for texts and counts.",
    reference="McCallum & Nigam, 1998",
    also=("multinomial_nb",),
)

complement = _declare(
    "complement_naive_bayes",
    "ComplementNB",
    summary="Multinomial naive Bayes that learns each class from all the others; for texts with rare classes.",
    reference="Rennie et al., 2003",
    also=("complement_nb",),
)

bernoulli = _declare(
    "bernoulli_naive_bayes",
    "BernoulliNB",
    summary="Whether each feature is above its mean, by class, multiplied; for yes/no features and short texts.",
    reference="Manning, Raghavan & Schuetze, 2008",
    also=("bernoulli_nb",),
)
