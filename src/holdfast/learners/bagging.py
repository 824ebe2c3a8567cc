"""Bagging: deep trees, each on rows and columns of its own."""

from dataclasses import replace
from typing import Any

import numpy as np

from holdfast.graph import Graph
from holdfast.graph.trees import tree_ensemble
from holdfast.learners.learner import Learner
from holdfast.learners.probabilities import beside_the_other
from holdfast.learners.space import Float, Int
from holdfast.learners.trees import FILLED, Forest, read, shares

N_TREES = 50


class Bag(Forest):
    """scikit-learn's bagging of trees, fitted on several threads. share_of_rows, share_of_columns: of each tree."""

    def __init__(self, model: Any, *, share_of_rows: float, share_of_columns: float) -> None:
        super().__init__(model)
        self.share_of_rows, self.share_of_columns = share_of_rows, share_of_columns

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "Bag":
        """Fit the trees."""
        from joblib import parallel_config

        rows, columns = round(self.share_of_rows * X.shape[0]), round(self.share_of_columns * X.shape[1])
        self.model.set_params(max_samples=max(1, rows), max_features=max(1, columns))
        with parallel_config(backend="threading"):
            super().fit(X, y, sample_weight)
        return self


def _maker(ensemble: str, member: str) -> Any:
    def make(*, seed: int, n_jobs: int, min_samples_leaf: int, **params: Any) -> Bag:
        from sklearn import ensemble as ensembles
        from sklearn import tree

        base = getattr(tree, member)(min_samples_leaf=min_samples_leaf, max_leaf_nodes=1_000)
        kind = getattr(ensembles, ensemble)
        model = kind(base, n_estimators=N_TREES, random_state=seed, n_jobs=n_jobs)
        return Bag(model, **params)

    return make


def emit_bag(graph: Graph, matrix: str, estimator: Any) -> str:
    """Average the trees' leaves; each tree asks for its own columns, and knows the classes its rows had."""
    classes, trees = estimator.classes_, []
    for member, columns in zip(estimator.model.estimators_, estimator.model.estimators_features_, strict=True):
        if classes is None:
            value = member.tree_.value[:, 0, 0]
        else:
            value = np.zeros((member.tree_.node_count, len(classes)))
            value[:, member.classes_.astype(np.int64)] = shares(member.tree_)
        trees.append(read(member.tree_, value / N_TREES, columns))
    if classes is None or len(classes) > 2:
        return tree_ensemble(graph, matrix, trees, n_targets=1 if classes is None else len(classes), mode="<=")
    trees = [replace(tree, value=tree.value[:, 1]) for tree in trees]
    positive = tree_ensemble(graph, matrix, trees, n_targets=1, mode="<=")
    return beside_the_other(graph, positive)


def _declare(task: Any, make: Any) -> Learner:
    return Learner(
        name="bagging",
        task=task,
        summary="Deep trees on rows and columns of their own, averaged; for noisy targets and telling columns.",
        reference="Breiman, 1996; Ho, 1998",
        also=("bagged_trees", "bootstrap_aggregating"),
        make=make,
        wants=FILLED,
        space={
            "min_samples_leaf": Int(1, 20, log=True, default=2),
            "share_of_rows": Float(0.2, 1.0, default=0.8),
            "share_of_columns": Float(0.3, 1.0, default=0.8),
        },
        emit=emit_bag,
        max_rows=200_000,
        opt_in=True,
        instead="random_forest",
    )


bagging_classifier = _declare("classification", _maker("BaggingClassifier", "DecisionTreeClassifier"))
bagging_regressor = _declare("regression", _maker("BaggingRegressor", "DecisionTreeRegressor"))
