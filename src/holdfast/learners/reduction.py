"""Many classes as many questions of two: one class against the rest, or against each other one."""

from itertools import combinations
from typing import Any

import numpy as np

from holdfast.features.numeric import clipped
from holdfast.graph import Graph
from holdfast.learners.learner import Learner
from holdfast.learners.lightgbm import lightgbm_classifier
from holdfast.learners.linear import SCALED, logistic
from holdfast.learners.members import fit_member
from holdfast.learners.probabilities import shares_of
from holdfast.learners.space import Choice

BASES = {"logistic": logistic, "lightgbm": lightgbm_classifier}

# Nothing is thought more certain than this, so that nothing is divided by zero.
LEAST = 1e-9


class _Questions:
    """Fits one member a question of two classes."""

    def __init__(self, *, base: str, seed: int, n_jobs: int) -> None:
        self.base, self.settings = BASES[base], {"seed": seed, "n_jobs": n_jobs}

    def _ask(self, X: Any, yes: Any, weights: Any) -> Any:
        return fit_member(self.base, X, yes.astype(np.int64), weights, **self.settings)

    def _yes(self, X: Any) -> Any:
        """How likely each question's answer is yes, (n_rows, n_questions)."""
        return np.clip(np.column_stack([each.answers(X)[:, 1] for each in self.members_]), LEAST, 1 - LEAST)

    members_: list[Any]


class OneAgainstRest(_Questions):
    """A question a class (two classes are one question); the answers' shares are the probabilities."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "OneAgainstRest":
        """Fit the questions."""
        self.classes_ = np.unique(y)
        asked = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        self.members_ = [self._ask(X, y == each, sample_weight) for each in asked]
        return self

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities."""
        yes = self._yes(X)
        return np.hstack([1 - yes, yes]) if yes.shape[1] == 1 else yes / yes.sum(axis=1, keepdims=True)


class OneAgainstOne(_Questions):
    """A question a pair of classes, coupled by Price et al.: 1 / p_i = sum over j of 1 / P(i of i and j) - (K - 2)."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "OneAgainstOne":
        """Fit the questions."""
        self.classes_, self.members_ = np.unique(y), []
        for first, second in combinations(self.classes_, 2):
            rows = (y == first) | (y == second)
            weights = None if sample_weight is None else sample_weight[rows]
            self.members_.append(self._ask(X[rows], y[rows] == second, weights))
        return self

    @property
    def sums(self) -> Any:
        """Which classes the reciprocal of each question's "no", then of each "yes", counts for: (2 n_pairs, n_classes)."""
        first, second = np.array(list(combinations(range(len(self.classes_)), 2))).T
        return np.eye(len(self.classes_))[np.concatenate([first, second])]

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities."""
        yes = self._yes(X)
        shares = 1 / (1 / np.hstack([1 - yes, yes]) @ self.sums - (len(self.classes_) - 2))
        return shares / shares.sum(axis=1, keepdims=True)


def _emit_yes(graph: Graph, matrix: str, estimator: Any) -> tuple[str, str]:
    """How likely "no" is, and "yes": (rows, n_questions) each."""
    second = graph.constant(np.array([1]))
    answers = [graph.add("Gather", each.emit(graph, matrix), second, axis=1) for each in estimator.members_]
    yes = clipped(graph, graph.add("Concat", *answers, axis=1), LEAST, 1 - LEAST)
    return graph.add("Sub", graph.constant(np.float64(1.0)), yes), yes


def emit_rest(graph: Graph, matrix: str, estimator: Any) -> str:
    """Every question's answer, and their shares."""
    no, yes = _emit_yes(graph, matrix, estimator)
    return graph.add("Concat", no, yes, axis=1) if len(estimator.members_) == 1 else shares_of(graph, yes)


def emit_one(graph: Graph, matrix: str, estimator: Any) -> str:
    """Every question's answer, coupled."""
    turned = graph.add("Reciprocal", graph.add("Concat", *_emit_yes(graph, matrix, estimator), axis=1))
    sums = graph.add("MatMul", turned, graph.constant(estimator.sums))
    return shares_of(
        graph,
        graph.add("Reciprocal", graph.add("Sub", sums, graph.constant(np.float64(len(estimator.classes_) - 2)))),
    )


SPACE = {"base": Choice(("logistic", "lightgbm"), default="logistic")}

one_vs_rest = Learner(
    name="one_vs_rest",
    task="classification",
    summary="A model a class against all others; for many classes that each have marks of their own.",
    reference="Rifkin & Klautau, 2004",
    also=("ovr", "one_vs_all", "one_against_rest"),
    make=OneAgainstRest,
    wants=SCALED,
    space=SPACE,
    emit=emit_rest,
    max_rows=200_000,
    max_classes=100,
    opt_in=True,
)

one_vs_one = Learner(
    name="one_vs_one",
    task="classification",
    summary="A model a pair of classes, their answers coupled; for a few classes that are easily mistaken.",
    reference="Price et al., 1995; Hastie & Tibshirani, 1998",
    also=("ovo", "pairwise", "one_against_one"),
    make=OneAgainstOne,
    wants=SCALED,
    space=SPACE,
    emit=emit_one,
    max_rows=200_000,
    max_classes=30,
    opt_in=True,
    instead="one_vs_rest",
)
