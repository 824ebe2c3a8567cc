"""A small network with the tricks that made networks strong on tables: fitted by PyTorch, answered without it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from holdfast.arrays import Floats
from holdfast.features.matrix import Matrix
from holdfast.graph import DOUBLE, Graph, Tensor
from holdfast.graph.tensor import Number, clip, columns, cos, exp, sqrt
from holdfast.learners.boosting import FEW_ROWS, inner_cut
from holdfast.learners.descending import N_CYCLES, Batch, descend
from holdfast.learners.learner import Learner
from holdfast.learners.probabilities import probabilities_of, softmax
from holdfast.learners.space import Choice, Float, Int
from holdfast.learners.watching import Watched, best_round, best_together

# Values are pulled in smoothly, to within this many quartile ranges of the median.
REACH = 3.0

# The constants that keep mean and variance from layer to layer (Klambauer et al., 2017).
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772

# After how many cycles to stop when there are too few rows for an inner cut.
FEW_ROWS_CYCLES = 2


class RealMLP:
    """A network over the columns, scaled robustly.

    n_cycles: end the schedule after so many, instead of looking for the best place on an inner cut. deadline: a moment
    (time.monotonic) by which to end it. watched: as in `learners.watching`, a round being a cycle.
    After `fit`: `classes_`, `n_cycles_`, `losses_` after each cycle of rows not learned from, `done_`, the share of the
    cycles that there was time for, and `learned_`.
    """

    deadline: float = float("inf")
    watched: Watched | None = None

    def __init__(self, *, classifier: bool, seed: int, n_jobs: int, n_cycles: int | None = None, **params: Any) -> None:
        self.classifier, self.seed, self.n_jobs, self.n_cycles, self.params = classifier, seed, n_jobs, n_cycles, params

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "RealMLP":
        """Fit on float32 (n_rows, n_columns)."""
        self.classes_ = np.unique(y) if self.classifier else None
        target = y if self.classes_ is None else np.searchsorted(self.classes_, y)
        weights = np.ones(len(y)) if sample_weight is None else sample_weight / np.mean(sample_weight)
        self.range_ = (float(np.min(target)), float(np.max(target)))
        values = X.astype(np.float64)
        self.centre_, self.spread_ = robust(values)
        rows, inner, n_cycles = Batch(self._scaled(values), target, weights), None, self.n_cycles or N_CYCLES
        watched = None if self.watched is None else self.watched.of_classes(self.classes_)
        if self.n_cycles is None and watched is not None:
            inner = Batch(self._scaled(watched.X.astype(np.float64)), watched.y, watched.weights)
        elif self.n_cycles is None and len(y) < FEW_ROWS:
            n_cycles = FEW_ROWS_CYCLES
        elif self.n_cycles is None:
            train, valid = inner_cut(target, classifier=self.classifier, seed=self.seed)
            rows, inner = rows.take(train), rows.take(valid)
        self.places_, self.losses_, ended = descend(
            rows,
            inner,
            start=self._start(target, weights),
            classifier=self.classifier,
            n_cycles=n_cycles,
            seed=self.seed,
            n_jobs=self.n_jobs,
            deadline=self.deadline,
            **self.params,
        )
        self.done_ = ended / n_cycles
        self.keep(len(self.places_) if inner is None else best_round([self.losses_]))
        return self

    def keep(self, rounds: int) -> None:
        """Answer as after so many cycles, or as after the last when they were fewer."""
        self.n_cycles_ = min(rounds, len(self.places_))
        self.learned_ = self.places_[self.n_cycles_ - 1]

    def predict(self, X: Any) -> Any:
        """Predict values; none is beyond those of training."""
        return clip(self.scores(X.astype(np.float64))[:, 0], *self.range_)

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities."""
        scores = self.scores(X.astype(np.float64))
        if scores.shape[1] == 1:
            positive = 1 / (1 + exp(-scores))
            return np.column_stack([1 - positive, positive])
        return softmax(scores)

    def scores(self, values: Number) -> Number:
        """The last sums, (n_rows, n_outputs), of the matrix in double."""
        values, activation = self._scaled(values), selu if self.classifier else mish
        (weights, bias), *others = self.learned_.layers
        waves = self.learned_.waves
        n_columns = len(weights) - len(waves.columns)
        sums = values @ weights[:n_columns] + bias
        if len(waves.columns):
            sums = sums + cos(columns(values, waves.columns) * waves.frequencies + waves.phases) @ weights[n_columns:]
        for weights, bias in others:
            sums = activation(sums) @ weights + bias
        return sums

    def _scaled(self, values: Number) -> Number:
        return pulled_in((values - self.centre_) / self.spread_)

    def _start(self, target: Any, weights: Any) -> Floats:
        """The first answer: the mean, or the log of what share each class has, one row of each added."""
        if self.classes_ is None:
            return np.array([np.average(target, weights=weights)])
        shares = np.log(np.bincount(target, weights) + 1)
        return shares[1:] - shares[:1] if len(shares) == 2 else shares


def robust(values: Floats) -> tuple[Floats, Floats]:
    """Median and quartile range of each column, or half its range where the quartiles are equal; 1 for a constant.

    >>> centre, spread = robust(np.array([[0.0, 5.0, 0.0], [2.0, 5.0, 0.0], [4.0, 5.0, 0.0], [9.0, 5.0, 0.0], [6.0, 5.0, 8.0]]))
    >>> centre.tolist(), spread.tolist()
    ([4.0, 5.0, 0.0], [4.0, 1.0, 4.0])
    """
    low, centre, high = np.quantile(values, [0.25, 0.5, 0.75], axis=0)
    half = (values.max(axis=0) - values.min(axis=0)) / 2
    spread = np.where(high > low, high - low, half)
    return centre, np.where(spread > 0, spread, 1.0)


def pulled_in(values: Number) -> Number:
    """Small values as they are, large ones bent smoothly so that none reaches REACH.

    >>> pulled_in(np.array([0.0, 3.0, 1e6])).round(3).tolist()
    [0.0, 2.121, 3.0]
    """
    return values / sqrt(values * values * (1 / REACH**2) + 1.0)


def selu(values: Number) -> Number:
    """The scaled exponential linear unit."""
    below = clip(values, -np.inf, 0.0)
    return (values - below) * SELU_SCALE + (exp(below) - 1.0) * (SELU_SCALE * SELU_ALPHA)


def mish(values: Number) -> Number:
    """A value times the hyperbolic tangent of its softplus (Misra, 2019), by one exponential."""
    # Beyond 20 it is the value itself, to the last bit, and the square would soon be too large.
    power = exp(clip(values, -np.inf, 20.0))
    product = power * (power + 2.0)
    return values * (product / (product + 2.0))


def emit_realmlp(graph: Graph, matrix: str, estimator: Any) -> str:
    """The same arithmetic; then the logistic, the softmax, or the range of values."""
    scores: Tensor = estimator.scores(Tensor(graph, graph.add("Cast", matrix, to=DOUBLE)))
    if estimator.classes_ is None:
        return str(clip(scores, *estimator.range_).name)
    return probabilities_of(graph, scores.name, len(estimator.classes_))


def settle_cycles(fitted: Sequence[Any]) -> dict[str, int]:
    """Later fits stop after as many cycles as the folds that watched found best together, else the middle one of them."""
    return {"n_cycles": best_together(fitted) or sorted(each.n_cycles_ for each in fitted)[len(fitted) // 2]}


def _maker(*, classifier: bool) -> Any:
    def make(*, seed: int, n_jobs: int, n_cycles: int | None = None, **params: Any) -> RealMLP:
        return RealMLP(classifier=classifier, seed=seed, n_jobs=n_jobs, n_cycles=n_cycles, **params)

    return make


def _declare(task: Any, *, classifier: bool) -> Learner:
    return Learner(
        name="realmlp",
        task=task,
        summary="A network tuned for tables; errs otherwise than trees do, so that together they are better.",
        reference="Holzmüller, Grinsztajn & Steinwart, 2024",
        also=("tabular_network", "torch"),
        make=_maker(classifier=classifier),
        wants=Matrix(scaled=True),
        space={
            "width": Choice((64, 128, 256), default=128),
            "learning_rate": Float(5e-3, 0.2, log=True, default=0.04 if classifier else 0.025),
            "steps": Int(300, 1_200, log=True, default=600 if classifier else 300),
            "waves": Choice((False, True), default=not classifier),
        },
        emit=emit_realmlp,
        settle=settle_cycles,
        varies=True,
        max_rows=30_000,
        max_columns=1_000,
        library="torch",
        extra="torch",
    )


realmlp_classifier = _declare("classification", classifier=True)
realmlp_regressor = _declare("regression", classifier=False)
