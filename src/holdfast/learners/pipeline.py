"""A learner joined to the encoder that feeds it: what is fitted on a fold, judged, and compiled."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers, Matrix32
from holdfast.data.columns import Columns
from holdfast.errors import CompileError
from holdfast.features.encoder import Encoder
from holdfast.graph import Graph
from holdfast.learners.learner import Learner


@dataclass(frozen=True)
class Scale:
    """How the target was standardised for the learner: y = centre + spread * answer."""

    centre: float = 0.0
    spread: float = 1.0


@dataclass(frozen=True)
class Pipeline:
    """A fitted encoder and a fitted estimator.

    `n_classes` is None for regression. Predictions are float64: values (n_rows,) for regression, probabilities
    (n_rows, n_classes) for classification, with zero for classes the training rows lacked.
    """

    learner: Learner
    encoder: Encoder
    estimator: Any
    n_classes: int | None
    scale: Scale = Scale()

    def predict(self, columns: Columns) -> Floats:
        """Encode and predict."""
        return self.predict_encoded(self.encoder.transform(columns))

    def predict_encoded(self, matrix: Matrix32) -> Floats:
        """Predict rows that `encoder` has already encoded."""
        if self.n_classes is None:
            values = np.asarray(self.estimator.predict(matrix), dtype=np.float64).reshape(-1)
            return self.scale.centre + self.scale.spread * values
        found = np.asarray(self.estimator.predict_proba(matrix), dtype=np.float64)
        probabilities = np.zeros((len(found), self.n_classes))
        probabilities[:, self._classes()] = found
        return probabilities

    def emit(self, graph: Graph, matrix: str) -> str:
        """Add the estimator to the graph; returns a double tensor (rows, 1) or (rows, n_classes)."""
        if self.learner.emit is None:
            raise CompileError(
                f"learner {self.learner.name!r} declares no compiled form; choose another with --learners"
            )
        answer = self.learner.emit(graph, matrix, self.estimator)
        if self.n_classes is None:
            scaled = graph.add("Mul", answer, graph.constant(np.array([self.scale.spread])))
            return graph.add("Add", scaled, graph.constant(np.array([self.scale.centre])))
        classes = self._classes()
        if len(classes) == self.n_classes:
            return answer
        place = np.zeros((len(classes), self.n_classes))
        place[np.arange(len(classes)), classes] = 1.0
        return graph.add("MatMul", answer, graph.constant(place))

    def _classes(self) -> Integers:
        return np.asarray(self.estimator.classes_, dtype=np.int64)


def encoding_targets(y: Any, n_classes: int | None) -> Floats:
    """What target encoding averages, (n_rows, n_targets): standardised values, or each class but the first as 0/1."""
    if n_classes is None:
        spread = float(np.std(y))
        return np.asarray((y - np.mean(y)) / (spread if spread > 0 else 1.0), dtype=np.float64)[:, None]
    return np.asarray(y[:, None] == np.arange(1, n_classes), dtype=np.float64)


def fit_estimator(
    learner: Learner,
    params: Mapping[str, Any],
    encoder: Encoder,
    matrix: Matrix32,
    y: Any,
    *,
    n_classes: int | None,
    weights: Floats | None = None,
    seed: int = 0,
    n_jobs: int = 1,
) -> Pipeline:
    """Fit a learner on a matrix that `encoder` made from the training rows.

    y: int64 class codes (n_rows,), or float64 values (n_rows,) when n_classes is None. A learner that can't take so
    many rows is fitted on a sample of them.
    """
    learner.require()
    if learner.max_rows is not None and len(y) > learner.max_rows:
        rows = np.sort(np.random.default_rng(seed).choice(len(y), learner.max_rows, replace=False))
        matrix, y, weights = matrix[rows], y[rows], None if weights is None else weights[rows]
    scale = Scale()
    if n_classes is None:
        centre, spread = float(np.mean(y)), float(np.std(y))
        if learner.target == "any":
            scale = Scale(centre, spread if spread > 0 else 1.0)
        else:
            scale = Scale(0.0, centre if centre > 0 else 1.0)
        y = (y - scale.centre) / scale.spread
    estimator = learner.make(seed=seed, n_jobs=n_jobs, **params)
    if weights is None:
        estimator.fit(matrix, y)
    else:
        estimator.fit(matrix, y, sample_weight=weights)
    return Pipeline(learner, encoder, estimator, n_classes, scale)
