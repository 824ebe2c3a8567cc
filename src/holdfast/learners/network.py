"""What networks have in common: rows not learned from say after how many rounds it is best, and the layers are compiled."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.arrays import Floats
from holdfast.graph import DOUBLE, Graph
from holdfast.graph.tensor import Number, Tensor, clip
from holdfast.learners.boosting import FEW_ROWS, inner_cut
from holdfast.learners.probabilities import probabilities_from, probabilities_of
from holdfast.learners.watching import Watched, best_round, best_together


@dataclass(frozen=True)
class Rows:
    """Rows to learn from: values (n_rows, n_columns), targets and weights (n_rows,); of NumPy, or of PyTorch."""

    values: Any
    target: Any
    weights: Any

    def take(self, rows: Any) -> "Rows":
        """Some of the rows."""
        return Rows(self.values[rows], self.target[rows], self.weights[rows])

    def __len__(self) -> int:
        return len(self.target)


class Layered(ABC):
    """A network that learns in rounds and answers as after the best of them.

    n_rounds: learn for so many, instead of looking for the best on rows that are watched, or on an inner cut. deadline: a moment
    (time.monotonic) by which to end. watched: as in `learners.watching`.
    After `fit`: `classes_`, `range_`, of values or codes of classes, `n_rounds_`, `losses_` after each round of rows not learned
    from, `places_`, what was learned by then, and `learned_`, what is kept of that; `done_` is the share of the rounds that there
    was time for.
    """

    deadline: float = float("inf")
    watched: Watched | None = None

    # After how many rounds to end when there are too few rows for an inner cut.
    few_rows_rounds: int

    def __init__(self, *, classifier: bool, seed: int, n_jobs: int, n_rounds: int | None = None, **params: Any) -> None:
        self.classifier, self.seed, self.n_jobs, self.n_rounds, self.params = classifier, seed, n_jobs, n_rounds, params

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "Layered":
        """Fit on float32 (n_rows, n_columns), in double precision; rows that weigh nothing are as good as absent."""
        weights = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        counted = weights > 0
        values, y, weights = X[counted].astype(np.float64), y[counted], weights[counted]
        self.classes_ = np.unique(y) if self.classifier else None
        target = y if self.classes_ is None else np.searchsorted(self.classes_, y)
        self.range_ = (float(np.min(target)), float(np.max(target)))
        rows, inner, n_rounds = Rows(values, target, weights / np.mean(weights)), None, self.n_rounds
        watched = None if self.watched is None else self.watched.of_classes(self.classes_)
        if n_rounds is None and watched is not None:
            inner = Rows(watched.X.astype(np.float64), watched.y, watched.weights)
        elif n_rounds is None and len(target) < FEW_ROWS:
            n_rounds = self.few_rows_rounds
        elif n_rounds is None:
            train, valid = inner_cut(target, classifier=self.classifier, seed=self.seed)
            rows, inner = rows.take(train), rows.take(valid)
        self.places_, self.losses_, self.done_ = self._learn(rows, inner, n_rounds)
        self.keep(len(self.places_) if inner is None else best_round([self.losses_]))
        return self

    def keep(self, rounds: int) -> None:
        """Answer as after so many rounds, or as after the last when they were fewer."""
        self.n_rounds_ = min(rounds, len(self.places_))
        self.learned_ = self.places_[self.n_rounds_ - 1]

    def predict(self, X: Any) -> Any:
        """Predict values; none is beyond those of training."""
        return clip(self.scores(X.astype(np.float64))[:, 0], *self.range_)

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities."""
        return probabilities_from(self.scores(X.astype(np.float64)))

    @abstractmethod
    def scores(self, values: Number) -> Number:
        """The last sums, (n_rows, n_outputs), of the matrix in double; of two classes the second one's log odds."""

    @abstractmethod
    def _learn(self, rows: Rows, inner: Rows | None, n_rounds: int | None) -> tuple[list[Any], Floats, float]:
        """Learn from rows, whose weights are 1 on average, for so many rounds, None for all; returns places, losses, share done.

        inner: rows not learned from, whose losses after each round are returned; without them there are none.
        """


def emit_network(graph: Graph, matrix: str, estimator: Any) -> str:
    """The same arithmetic; then the logistic, the softmax, or the range of values."""
    scores: Tensor = estimator.scores(Tensor(graph, graph.add("Cast", matrix, to=DOUBLE)))
    if estimator.classes_ is None:
        return str(clip(scores, *estimator.range_).name)
    return probabilities_of(graph, scores.name, len(estimator.classes_))


def settle_rounds(fitted: Sequence[Any]) -> dict[str, int]:
    """Later fits stop after as many rounds as the folds that watched found best together, else the middle one of them."""
    return {"n_rounds": best_together(fitted) or sorted(each.n_rounds_ for each in fitted)[len(fitted) // 2]}
