"""A learner joined to the encoder that feeds it: what is fitted on a fold, judged, and compiled.

`fit_labels` fits one to labels; trials and final fits call `fit_pipeline` of `learners/soft.py`, which may have a teacher too.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers, Matrix32
from holdfast.data.columns import Columns
from holdfast.errors import CompileError
from holdfast.features.encoder import Encoder
from holdfast.graph import Graph, Tensor
from holdfast.learners.learner import Learner
from holdfast.learners.preparing import own_params, transform_of
from holdfast.learners.retransform import Bend, Smear, fit_bend, fit_smear
from holdfast.learners.watching import Watched

# Residuals that bring a bent target's answers back are those of this share of the rows, and of this many at most, held
# out of a fit of their own; with fewer rows than FEWEST_ROWS there are none.
HELD_OUT, MOST_HELD_OUT, FEWEST_ROWS = 0.2, 5_000, 20

# That fit may take this share of the time until the deadline: the one that counts has more rows.
SMEARING = 0.45


@dataclass(frozen=True)
class Scale:
    """How the target was standardised for the learner: y = centre + spread * answer; `smear` unbends that, if it was bent."""

    centre: float = 0.0
    spread: float = 1.0
    smear: Smear | None = None


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
            values = self.scale.centre + self.scale.spread * values
            return values if self.scale.smear is None else self.scale.smear.apply(values[:, None])[:, 0]
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
            scaled = graph.add("Add", scaled, graph.constant(np.array([self.scale.centre])))
            return scaled if self.scale.smear is None else self.scale.smear.apply(Tensor(graph, scaled)).name
        classes = self._classes()
        if len(classes) == self.n_classes:
            return answer
        place = np.zeros((len(classes), self.n_classes))
        place[np.arange(len(classes)), classes] = 1.0
        return graph.add("MatMul", answer, graph.constant(place))

    def _classes(self) -> Integers:
        return np.asarray(self.estimator.classes_, dtype=np.int64)


def fit_labels(
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
    deadline: float = float("inf"),
    watched: Watched | None = None,
) -> Pipeline:
    """Fit a learner on a matrix that `encoder` made from the training rows.

    params: the learner's own, and how the target is bent, as in `learners.preparing`. y: int64 class codes (n_rows,), or
    float64 values (n_rows,) when n_classes is None. A learner that can't take so many rows is fitted on a sample of them.
    deadline: the moment (time.monotonic) by which those that can stop do, with what they have learned. watched: other rows, by
    which those that can watch choose how long to learn.
    """
    learner.require()
    if learner.max_rows is not None and len(y) > learner.max_rows:
        rows = np.sort(np.random.default_rng(seed).choice(len(y), learner.max_rows, replace=False))
        matrix, y, weights = matrix[rows], y[rows], None if weights is None else weights[rows]

    if n_classes is not None and weights is not None and (weights > 0).any():
        # Rows that don't count at all are no reason to expect their class.
        counted = weights > 0
        matrix, y, weights = matrix[counted], y[counted], weights[counted]

    def fit(
        matrix: Matrix32, y: Any, weights: Floats | None, watched: Watched | None = None, deadline: float = deadline
    ) -> Any:
        estimator = learner.make(seed=seed, n_jobs=n_jobs, **own_params(params))
        if hasattr(estimator, "watched"):
            estimator.watched = watched
        if deadline < float("inf") and hasattr(estimator, "deadline"):
            estimator.deadline = deadline
        estimator.fit(matrix, y, **({} if weights is None else {"sample_weight": weights}))
        return estimator

    if n_classes is not None:
        return Pipeline(learner, encoder, fit(matrix, y, weights, watched), n_classes)
    transform = transform_of(params)
    bend = None if transform == "none" else fit_bend(transform, y)
    scale = _scale(learner, y if bend is None else bend.apply(y))

    def scaled(values: Floats) -> Floats:
        return ((values if bend is None else bend.apply(values)) - scale.centre) / scale.spread

    y, watched = scaled(y), None if watched is None else replace(watched, y=scaled(watched.y))
    if bend is not None:
        until = deadline if deadline == float("inf") else time.monotonic() + SMEARING * (deadline - time.monotonic())
        scale = replace(scale, smear=_smear(partial(fit, deadline=until), bend, scale, matrix, y, weights, seed))
    return Pipeline(learner, encoder, fit(matrix, y, weights, watched), n_classes, scale)


def _scale(learner: Learner, y: Floats) -> Scale:
    centre, spread = float(np.mean(y)), float(np.std(y))
    if learner.target == "any":
        return Scale(centre, spread if spread > 0 else 1.0)
    return Scale(0.0, centre if centre > 0 else 1.0)


def _smear(
    fit: Callable[..., Any], bend: Bend, scale: Scale, matrix: Matrix32, y: Floats, weights: Floats | None, seed: int
) -> Smear:
    """Residuals of rows held out of a fit on the others: those of fitted rows would be too small."""
    counted = np.arange(len(y)) if weights is None else np.flatnonzero(weights)
    if len(counted) < FEWEST_ROWS:
        return Smear(bend, 1.0, np.zeros(1))
    order = counted[np.random.default_rng(seed).permutation(len(counted))]
    held = np.sort(order[: min(round(HELD_OUT * len(counted)), MOST_HELD_OUT)])
    others = np.setdiff1d(np.arange(len(y)), held)
    estimator = fit(matrix[others], y[others], None if weights is None else weights[others])
    guessed = np.asarray(estimator.predict(matrix[held]), dtype=np.float64).reshape(-1)
    truth, guessed = (scale.centre + scale.spread * values for values in (y[held], guessed))
    return fit_smear(bend, truth, guessed, None if weights is None else weights[held])
