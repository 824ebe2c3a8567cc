"""Other learners as parts of one: fitted, asked and compiled on the matrix that is theirs together."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.arrays import Floats
from holdfast.graph import Graph
from holdfast.learners.learner import Learner


@dataclass(frozen=True)
class Member:
    """A learner at its defaults, fitted; its rows held every class that is to be told apart."""

    learner: Learner
    estimator: Any

    def answers(self, X: Any) -> Floats:
        """Values (n_rows, 1), or probabilities (n_rows, n_classes)."""
        if self.learner.task == "regression":
            return np.asarray(self.estimator.predict(X), dtype=np.float64).reshape(-1, 1)
        return np.asarray(self.estimator.predict_proba(X), dtype=np.float64)

    def emit(self, graph: Graph, matrix: str) -> str:
        """The same, added to a graph."""
        assert self.learner.emit is not None
        return self.learner.emit(graph, matrix, self.estimator)


def fit_member(learner: Learner, X: Any, y: Any, weights: Any, *, seed: int, n_jobs: int) -> Member:
    """Fit a learner's first configuration."""
    estimator = learner.make(seed=seed, n_jobs=n_jobs, **learner.defaults)
    estimator.fit(X, y, **({} if weights is None else {"sample_weight": weights}))
    return Member(learner, estimator)
