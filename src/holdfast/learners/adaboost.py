"""AdaBoost: small trees, each on the rows that those before it got wrong."""

from dataclasses import replace
from typing import Any

import numpy as np

from holdfast.graph import DOUBLE, Graph
from holdfast.graph.trees import tree_ensemble
from holdfast.learners.calibration import Calibrated, emit_calibrated
from holdfast.learners.learner import Learner
from holdfast.learners.space import Float, Int
from holdfast.learners.trees import FILLED, read

N_TREES = 100

# The weighted median is where the sorted weights reach half, a hair less so that rounding decides nothing.
HALF = 0.5 - 1e-9


class Votes:
    """AdaBoost for classes (SAMME): each tree's class gets the tree's weight."""

    def __init__(self, *, seed: int, max_depth: int, learning_rate: float) -> None:
        self.seed, self.max_depth, self.learning_rate = seed, max_depth, learning_rate

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "Votes":
        """Fit trees and weights; where no tree beats chance, one is kept."""
        from sklearn.ensemble import AdaBoostClassifier
        from sklearn.tree import DecisionTreeClassifier

        base = DecisionTreeClassifier(max_depth=self.max_depth, random_state=self.seed)
        model = AdaBoostClassifier(base, n_estimators=N_TREES, learning_rate=self.learning_rate, random_state=self.seed)
        self.classes_ = np.unique(y)
        try:
            model.fit(X, y, sample_weight)
            self.members_, self.weights_ = model.estimators_, model.estimator_weights_[: len(model.estimators_)]
        except ValueError:
            self.members_, self.weights_ = [base.fit(X, y, sample_weight)], np.ones(1)
        total = self.weights_.sum()
        self.weights_ = self.weights_ / total if total > 0 else np.full(len(self.members_), 1 / len(self.members_))
        return self

    def scores(self, X: Any) -> Any:
        """Each class's share of the votes, (n_rows, n_classes); of two classes the second's, (n_rows, 1)."""
        total = np.zeros((len(X), len(self.classes_)))
        for member, weight in zip(self.members_, self.weights_, strict=True):
            total += weight * (member.predict(X)[:, None] == self.classes_)
        return total[:, 1:] if len(self.classes_) == 2 else total


def emit_votes(graph: Graph, matrix: str, scorer: Any) -> str:
    """The trees, with the tree's weight in the leaf for the class that the leaf votes for."""
    trees = []
    for member, weight in zip(scorer.members_, scorer.weights_, strict=True):
        vote = np.argmax(member.tree_.value[:, 0, :], axis=1)
        value = weight * (vote[:, None] == np.arange(len(scorer.classes_)))
        trees.append(read(member.tree_, value[:, 1] if len(scorer.classes_) == 2 else value))
    n_targets = 1 if len(scorer.classes_) == 2 else len(scorer.classes_)
    return tree_ensemble(graph, matrix, trees, n_targets=n_targets, mode="<=")


class Median:
    """AdaBoost for values (R2): the weighted median of the trees' answers."""

    classes_ = None

    def __init__(self, *, seed: int, **params: Any) -> None:
        self.seed, self.params = seed, params

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "Median":
        """Fit trees and weights."""
        from sklearn.ensemble import AdaBoostRegressor
        from sklearn.tree import DecisionTreeRegressor

        base = DecisionTreeRegressor(max_depth=self.params["max_depth"])
        model = AdaBoostRegressor(
            base, n_estimators=N_TREES, learning_rate=self.params["learning_rate"], random_state=self.seed
        )
        model.fit(X, y, sample_weight)
        self.members_ = model.estimators_
        weights = model.estimator_weights_[: len(self.members_)]
        self.weights_ = weights if weights.sum() > 0 else np.ones(len(weights))
        return self

    def predict(self, X: Any) -> Any:
        """Predict values."""
        answers = np.column_stack([member.predict(X) for member in self.members_])
        order = np.argsort(answers, axis=1, kind="stable")
        reached = np.cumsum(self.weights_[order], axis=1)
        place = (reached < HALF * self.weights_.sum()).sum(axis=1, keepdims=True)
        return np.take_along_axis(np.take_along_axis(answers, order, axis=1), place, axis=1)[:, 0]


def emit_median(graph: Graph, matrix: str, estimator: Any) -> str:
    """All trees' answers sorted, their weights added up in that order, and the answer where half is reached."""
    n_trees, one = len(estimator.members_), graph.constant(np.array([1]))
    trees = [
        replace(read(member.tree_, member.tree_.value[:, 0, 0]), target=k)
        for k, member in enumerate(estimator.members_)
    ]
    answers = tree_ensemble(graph, matrix, trees, n_targets=n_trees, mode="<=")
    count = graph.constant(np.array([n_trees]))
    answers, order = graph.outputs("TopK", answers, count, n_outputs=2, largest=0, axis=1)
    weights = graph.add("Gather", graph.constant(estimator.weights_), order, axis=0)
    reached = graph.add("MatMul", weights, graph.constant(np.triu(np.ones((n_trees, n_trees)))))
    below = graph.add("Less", reached, graph.constant(np.float64(HALF * estimator.weights_.sum())))
    place = graph.add("ReduceSum", graph.add("Cast", below, to=DOUBLE), one, keepdims=1)
    chosen = graph.add("Equal", place, graph.constant(np.arange(n_trees, dtype=np.float64)[None, :]))
    return graph.add("ReduceSum", graph.add("Mul", answers, graph.add("Cast", chosen, to=DOUBLE)), one, keepdims=1)


def _make_classifier(*, seed: int, n_jobs: int, **params: Any) -> Calibrated:
    return Calibrated(lambda: Votes(seed=seed, **params), seed=seed)


def _make_regressor(*, seed: int, n_jobs: int, **params: Any) -> Median:
    return Median(seed=seed, **params)


adaboost_classifier = Learner(
    name="adaboost",
    task="classification",
    summary="Small trees, each on what the last got wrong, voting; for clean labels and a model of few questions.",
    reference="Freund & Schapire, 1997; Zhu et al., 2009; Platt, 1999",
    also=("samme", "ada"),
    make=_make_classifier,
    wants=FILLED,
    space={"max_depth": Int(1, 5, default=2), "learning_rate": Float(0.05, 2.0, log=True, default=0.5)},
    emit=emit_calibrated(emit_votes),
    max_rows=100_000,
    opt_in=True,
)

adaboost_regressor = Learner(
    name="adaboost",
    task="regression",
    summary="Small trees, each on what the last got wrong; their weighted median, which far-off rows hardly move.",
    reference="Drucker, 1997",
    also=("adaboost_r2", "ada"),
    make=_make_regressor,
    wants=FILLED,
    space={"max_depth": Int(2, 10, default=5), "learning_rate": Float(0.05, 2.0, log=True, default=0.5)},
    emit=emit_median,
    max_rows=50_000,
    opt_in=True,
)
