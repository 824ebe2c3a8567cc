"""A small neural network: the multilayer perceptron."""

import warnings
from typing import Any

import numpy as np

from holdfast.features.matrix import Matrix
from holdfast.graph import DOUBLE, Graph
from holdfast.learners.learner import Learner
from holdfast.learners.probabilities import probabilities_of
from holdfast.learners.space import Choice, Float


class Perceptron:
    """scikit-learn's multilayer perceptron, quiet about stopping before it converged."""

    def __init__(self, *, classifier: bool, seed: int, hidden: str, **params: Any) -> None:
        self.classifier, self.seed, self.hidden, self.params = classifier, seed, hidden, params

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "Perceptron":
        """Fit in double precision; stops early on an inner cut when there are rows to spare."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.neural_network import MLPClassifier, MLPRegressor

        kind = MLPClassifier if self.classifier else MLPRegressor
        # A batch of rows that weigh nothing would have no mean.
        weights = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        if weights is not None:
            X, y, weights = X[weights > 0], y[weights > 0], weights[weights > 0]
        common = not self.classifier or np.bincount(y)[np.unique(y)].min() >= 10
        self.model_ = kind(
            hidden_layer_sizes=tuple(int(size) for size in self.hidden.split("x")),
            random_state=self.seed,
            early_stopping=bool(common and len(y) >= 500),
            max_iter=60,
            n_iter_no_change=6,
            batch_size=min(256, len(y)),
            **self.params,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.model_.fit(X.astype(np.float64), y, sample_weight=weights)
        self.classes_ = getattr(self.model_, "classes_", None)
        return self

    def predict(self, X: Any) -> Any:
        """Predict values."""
        return self.model_.predict(X.astype(np.float64))

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities."""
        return self.model_.predict_proba(X.astype(np.float64))


def emit_network(graph: Graph, matrix: str, estimator: Any) -> str:
    """Layer after layer: weights, then the rectifier; at the end the logistic, the softmax, or nothing."""
    model = estimator.model_
    values = graph.add("Cast", matrix, to=DOUBLE)
    last = len(model.coefs_) - 1
    for layer, (weights, bias) in enumerate(zip(model.coefs_, model.intercepts_, strict=True)):
        values = graph.add("MatMul", values, graph.constant(np.ascontiguousarray(weights)))
        values = graph.add("Add", values, graph.constant(bias[None, :]))
        if layer < last:
            values = graph.add("Max", values, graph.constant(np.float64(0.0)))
    if estimator.classes_ is None:
        return values
    return probabilities_of(graph, values, len(estimator.classes_))


def _maker(*, classifier: bool) -> Any:
    def make(*, seed: int, n_jobs: int, **params: Any) -> Perceptron:
        return Perceptron(classifier=classifier, seed=seed, **params)

    return make


def _declare(task: Any, *, classifier: bool) -> Learner:
    return Learner(
        name="mlp",
        task=task,
        summary="Layers of weighted sums; for smooth relations between many scaled features, beside trees in an ensemble.",
        reference="Rumelhart, Hinton & Williams, 1986",
        also=("neural_network", "multilayer_perceptron", "nn"),
        make=_maker(classifier=classifier),
        wants=Matrix(scaled=True),
        space={
            "hidden": Choice(("64x32", "128x64", "256x128", "32"), default="128x64"),
            "alpha": Float(1e-6, 1e-1, log=True, default=1e-4),
            "learning_rate_init": Float(3e-4, 1e-2, log=True, default=2e-3),
        },
        emit=emit_network,
        varies=True,
        max_rows=50_000,
    )


mlp_classifier = _declare("classification", classifier=True)
mlp_regressor = _declare("regression", classifier=False)
