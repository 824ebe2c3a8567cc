"""Several learners as one: their mean, or weights learned from rows they were not fitted on."""

from typing import Any

import numpy as np

from holdfast.graph import Graph
from holdfast.learners.calibration import inner_folds
from holdfast.learners.learner import Learner
from holdfast.learners.lightgbm import lightgbm_classifier, lightgbm_regressor
from holdfast.learners.linear import SCALED, InDouble, emit_probabilities, emit_values, logistic, ridge
from holdfast.learners.members import Member, fit_member
from holdfast.learners.space import Float
from holdfast.learners.trees import extra_classifier, extra_regressor

# A straight line, smooth trees and sharp trees: three that err differently.
MEMBERS = {
    "classification": (logistic, extra_classifier, lightgbm_classifier),
    "regression": (ridge, extra_regressor, lightgbm_regressor),
}

# Stacking holds each fifth of the rows out in turn; blending holds out one.
FOLDS = 5


class Voting:
    """The mean of the members' values or probabilities."""

    def __init__(self, *, task: str, seed: int, n_jobs: int) -> None:
        self.task, self.settings = task, {"seed": seed, "n_jobs": n_jobs}

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "Voting":
        """Fit the members."""
        self.classes_ = np.unique(y) if self.task == "classification" else None
        self.members_ = self._members(X, y, sample_weight)
        return self

    def predict(self, X: Any) -> Any:
        """Predict values."""
        return self.predict_proba(X)[:, 0]

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities."""
        return np.mean([member.answers(X) for member in self.members_], axis=0)

    def _members(self, X: Any, y: Any, weights: Any) -> list[Member]:
        return [fit_member(learner, X, y, weights, **self.settings) for learner in MEMBERS[self.task]]


class Stacked(Voting):
    """A linear model of the members' answers to rows they were not fitted on.

    holdout: blending, where members and linear model share out the rows once and stay with that; else stacking, where
    the members answer fold by fold and are then fitted on all rows. C: how little the weights are shrunk (classification;
    for regression they are at least zero instead, Breiman, 1996).
    """

    def __init__(self, *, holdout: bool, C: float = 1.0, **settings: Any) -> None:
        super().__init__(**settings)
        self.holdout, self.C = holdout, C

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "Stacked":
        """Fit the members, and the weights of their answers."""
        self.classes_ = np.unique(y) if self.task == "classification" else None
        folds = inner_folds(y if self.classes_ is not None else np.zeros(len(y)), FOLDS, self.settings["seed"])
        judged, answers = [], []
        for fold in [0] if self.holdout else np.unique(folds[folds >= 0]):
            train, held = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
            members = self._members(X[train], y[train], None if sample_weight is None else sample_weight[train])
            judged.append(held)
            answers.append(_joined(members, X[held]))
        rows = np.concatenate(judged)
        self.link_ = self._link()
        self.link_.fit(np.concatenate(answers), y[rows], None if sample_weight is None else sample_weight[rows])
        self.members_ = members if self.holdout else self._members(X, y, sample_weight)
        return self

    def predict(self, X: Any) -> Any:
        """Predict values."""
        return self.link_.predict(_joined(self.members_, X))

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities; a class that no held-out row had gets none."""
        return self.link_.predict_proba(_joined(self.members_, X)) @ self.places

    @property
    def places(self) -> Any:
        """Where the linear model's classes stand among all: (n_classes of its rows, n_classes)."""
        return (np.asarray(self.link_.classes_)[:, None] == self.classes_).astype(np.float64)

    def _link(self) -> InDouble:
        from sklearn.linear_model import LinearRegression, LogisticRegression

        return InDouble(LinearRegression(positive=True) if self.classes_ is None else LogisticRegression(C=self.C))


def _joined(members: list[Member], X: Any) -> Any:
    return np.hstack([member.answers(X) for member in members])


def emit_voting(graph: Graph, matrix: str, estimator: Any) -> str:
    """The members' mean."""
    answers = [member.emit(graph, matrix) for member in estimator.members_]
    total = answers[0]
    for answer in answers[1:]:
        total = graph.add("Add", total, answer)
    return graph.add("Div", total, graph.constant(np.float64(len(answers))))


def emit_stacked(graph: Graph, matrix: str, estimator: Any) -> str:
    """The members' answers, weighted and summed."""
    joined = graph.add("Concat", *[member.emit(graph, matrix) for member in estimator.members_], axis=1)
    if estimator.classes_ is None:
        return emit_values(graph, joined, estimator.link_)
    found = emit_probabilities(graph, joined, estimator.link_)
    return graph.add("MatMul", found, graph.constant(estimator.places))


def _declare(name: str, task: Any, make: Any, emit: Any, **facts: Any) -> Learner:
    return Learner(name=name, task=task, make=make, wants=SCALED, emit=emit, opt_in=True, **facts)


def _voting(task: Any) -> Learner:
    def make(*, seed: int, n_jobs: int) -> Voting:
        return Voting(task=task, seed=seed, n_jobs=n_jobs)

    return _declare(
        "voting",
        task,
        make,
        emit_voting,
        summary="The mean of a linear model, extra trees and LightGBM; three views, steadier than each.",
        reference="Hansen & Salamon, 1990; Kittler et al., 1998",
        also=("soft_voting", "mean_of_models"),
        max_rows=200_000,
    )


def _stacked(name: str, task: Any, *, holdout: bool, **facts: Any) -> Learner:
    def make(*, seed: int, n_jobs: int, **params: Any) -> Stacked:
        return Stacked(holdout=holdout, task=task, seed=seed, n_jobs=n_jobs, **params)

    space = {"C": Float(1e-2, 1e2, log=True, default=1.0)} if task == "classification" else {}
    return _declare(name, task, make, emit_stacked, space=space, **facts)


STACKING: dict[str, Any] = {
    "summary": "A linear model, extra trees and LightGBM, weighted by how they answer rows held out in turn.",
    "reference": "Wolpert, 1992; Breiman, 1996",
    "also": ("stacked_generalization", "super_learner"),
    "max_rows": 100_000,
    "instead": "voting",
}
BLENDING: dict[str, Any] = {
    "summary": "Stacking with one part of the rows held out for the weights; quicker, for when rows abound.",
    "reference": "Toscher, Jahrer & Bell, 2009",
    "max_rows": 200_000,
    "instead": "voting",
}

voting_classifier, voting_regressor = _voting("classification"), _voting("regression")
stacking_classifier = _stacked("stacking", "classification", holdout=False, **STACKING)
stacking_regressor = _stacked("stacking", "regression", holdout=False, **STACKING)
blending_classifier = _stacked("blending", "classification", holdout=True, **BLENDING)
blending_regressor = _stacked("blending", "regression", holdout=True, **BLENDING)
