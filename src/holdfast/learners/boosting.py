"""What boosted trees have in common: rows not grown on say how many trees are right, and the sum is compiled."""

import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from holdfast.arrays import Floats
from holdfast.features.matrix import Matrix
from holdfast.graph import Graph
from holdfast.graph.trees import Tree, tree_ensemble
from holdfast.learners.learner import Learner
from holdfast.learners.probabilities import probabilities_from, probabilities_of
from holdfast.learners.watching import Watched, best_round, best_together

TREES = Matrix(missing="keep", categories="ordinal")

# With fewer training rows an inner validation cut is mostly noise: this many trees are grown instead.
FEW_ROWS, FEW_ROWS_TREES = 250, 80

# Smaller steps need more trees, and more of them without progress before growing stops: so many at a learning rate of 1.
ROUNDS, PATIENCE, LEAST_PATIENCE, DEFAULT_RATE = 100.0, 4.0, 50, 0.1

# On no more rows than this folds differ by luck in how many trees are right: each goes on for longer, so that their losses can be
# averaged. On 8 sets of 450 to 600 rows that took half a percent of the error away. Large steps may go on for more rounds, up to
# so many: what ships should stay small and quick.
WATCHED_ROWS, LONGER, MORE_ROUNDS, MOST_MORE = 2_000, 2.0, 4.0, 4_000

# Each round grows a tree a class: with many classes, rounds are cut so that about this many trees are grown in all.
MOST_TREES_IN_ALL, FEWEST_ROUNDS = 6_000, 100
INNER_SHARE = 0.12


class Boosted(ABC):
    """A booster that stops when rows it does not grow on gain no more: those it watches, else some of its own training rows.

    n_trees: grow exactly this many instead. deadline: a moment (time.monotonic) after which no further tree is begun; what
    was grown is kept. watched: as in `learners.watching`. After `fit`: `classes_`, `losses_` of the rows not grown on, round by
    round, `n_trees_`, and `n_planned_`, more than `n_trees_` where time ran out; `done_` is the share of them that was grown.
    """

    deadline: float = float("inf")
    watched: Watched | None = None

    def __init__(self, *, classifier: bool, seed: int, n_jobs: int, n_trees: int | None = None, **params: Any) -> None:
        self.classifier, self.seed, self.n_jobs, self.n_trees, self.params = classifier, seed, n_jobs, n_trees, params

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "Boosted":
        """Fit on float32 (n_rows, n_columns)."""
        self.classes_ = np.unique(y) if self.classifier else None
        self.n_outputs_ = 1 if self.classes_ is None or len(self.classes_) == 2 else len(self.classes_)
        target: Any = y if self.classes_ is None else np.searchsorted(self.classes_, y)
        weights = np.ones(len(y)) if sample_weight is None else sample_weight
        watched = None if self.watched is None else self.watched.of_classes(self.classes_)
        self.longer_ = watched is not None and len(y) <= WATCHED_ROWS
        if self.n_trees is not None or (watched is None and len(y) < FEW_ROWS):
            planned = self.n_trees or FEW_ROWS_TREES
            self.losses_, self.n_trees_ = np.zeros(0), self._train((X, target, weights), None, planned)[0]
            self.n_planned_ = planned if self._late() else self.n_trees_
            return self
        if watched is None:
            train, valid = inner_cut(target, classifier=self.classifier, seed=self.seed)
            grown, cut = (tuple(each[rows] for each in (X, target, weights)) for rows in (train, valid))
        else:
            grown, cut = (X, target, weights), (watched.X, watched.y, watched.weights)
        _, self.losses_ = self._train(grown, cut, self._most_rounds())
        self.keep(best_round([self.losses_]))
        return self

    def keep(self, rounds: int) -> None:
        """Answer with so many of the trees that were grown, or with all when they are fewer."""
        self.n_trees_ = min(rounds, len(self.losses_))
        self.n_planned_ = self._most_rounds() if self._late() else self.n_trees_

    def predict(self, X: Any) -> Any:
        """Predict values."""
        return self._raw(X)

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities."""
        return probabilities_from(self._raw(X))

    @property
    def patience(self) -> int:
        """Trees without progress on the rows not grown on after which growing stops."""
        return round((LONGER if self.longer_ else 1.0) * max(LEAST_PATIENCE, PATIENCE / self._rate))

    @property
    def done_(self) -> float:
        """The share of the planned trees that was grown."""
        return self.n_trees_ / self.n_planned_

    def _late(self) -> bool:
        return time.monotonic() > self.deadline

    def _most_rounds(self) -> int:
        affordable = max(FEWEST_ROUNDS, MOST_TREES_IN_ALL // self.n_outputs_)
        most = ROUNDS / self._rate
        if self.longer_:
            most = max(most, min(MORE_ROUNDS * most, MOST_MORE))
        return min(affordable, max(FEWEST_ROUNDS, round(most)))

    @property
    def _rate(self) -> float:
        return float(self.params.get("learning_rate", DEFAULT_RATE))

    @abstractmethod
    def _train(self, train: Any, valid: Any, n_trees: int) -> tuple[int, Floats]:
        """Fit on (X, y, weights), stopping on `valid` when given, and when `_late`; returns rounds grown, and losses."""

    @abstractmethod
    def _raw(self, X: Any) -> Any:
        """Sums of leaves: (n_rows,), or (n_rows, n_outputs_)."""

    @abstractmethod
    def trees(self) -> tuple[list[Tree], str, Any]:
        """The trees, their comparison, and what is added to each output's sum."""


def inner_cut(target: Any, *, classifier: bool, seed: int) -> tuple[Any, Any]:
    """Cut validation rows from training rows, each class in its share (a class of one row stays in training)."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(target))
    if classifier:
        order = order[np.argsort(target[order], kind="stable")]
        _, starts, counts = np.unique(target[order], return_index=True, return_counts=True)
        place = np.arange(len(order)) - np.repeat(starts, counts)
        chosen = place < np.repeat(np.floor(counts * INNER_SHARE), counts)
        if not chosen.any():  # classes of few rows, however many
            chosen = (place == 0) & (np.repeat(counts, counts) > 1)
    else:
        chosen = np.arange(len(order)) < INNER_SHARE * len(order)
    return np.sort(order[~chosen]), np.sort(order[chosen])


def emit_boosted(graph: Graph, matrix: str, estimator: Any) -> str:
    """Sum the trees; then the logistic, the softmax, or nothing."""
    trees, mode, start = estimator.trees()
    raw = tree_ensemble(graph, matrix, trees, n_targets=estimator.n_outputs_, mode=mode)
    if np.any(start):
        raw = graph.add("Add", raw, graph.constant(np.asarray(start, dtype=np.float64)[None, :]))
    if estimator.classes_ is None:
        return raw
    return probabilities_of(graph, raw, len(estimator.classes_))


def settle_trees(fitted: Sequence[Any]) -> dict[str, int]:
    """Later fits grow as many trees as folds that watched found right together, or others on average, and keep no rows back."""
    return {"n_trees": best_together(fitted) or max(1, round(float(np.mean([each.n_trees_ for each in fitted]))))}


def declare(name: str, kind: type[Boosted], **facts: Any) -> tuple[Learner, Learner]:
    """Declare a booster for both families."""
    shared = {"name": name, "wants": TREES, "emit": emit_boosted, "settle": settle_trees, "varies": True, **facts}
    return (
        Learner(task="classification", make=partial(kind, classifier=True), by_class=True, **shared),
        Learner(task="regression", make=partial(kind, classifier=False), **shared),
    )
