"""A single decision tree, and forests of them."""

from typing import Any

import numpy as np

from holdfast.arrays import Floats
from holdfast.features.matrix import Matrix
from holdfast.graph import Graph
from holdfast.graph.trees import Tree, tree_ensemble
from holdfast.learners.learner import Learner
from holdfast.learners.probabilities import beside_the_other
from holdfast.learners.space import Float, Int

FILLED = Matrix(categories="ordinal")

# Leaves that a tree of a forest may have: enough for quality, few enough that the forest stays some megabytes. Probabilities gain
# nothing from more; values do, most where rows repeat others.
CLASSES, VALUES = {"n_estimators": 100, "max_leaf_nodes": 1_000}, {"n_estimators": 100, "max_leaf_nodes": 2_000}


class Forest:
    """A scikit-learn forest that fits on several threads and predicts on one.

    Several threads add up the trees in whatever order they finish, which changes the last bits of the sum.
    """

    def __init__(self, model: Any) -> None:
        self.model = model

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "Forest":
        """Fit the forest."""
        self.model.fit(X, y, sample_weight=sample_weight)
        self.model.n_jobs = 1
        self.classes_ = getattr(self.model, "classes_", None)
        return self

    def predict(self, X: Any) -> Any:
        """Predict values."""
        return self.model.predict(X)

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities."""
        return self.model.predict_proba(X)


def _forest(name: str, **settings: Any) -> Any:
    def make(*, seed: int, n_jobs: int, **params: Any) -> Forest:
        from sklearn import ensemble

        return Forest(getattr(ensemble, name)(random_state=seed, n_jobs=n_jobs, **settings, **params))

    return make


def _tree_maker(name: str) -> Any:
    def make(*, seed: int, n_jobs: int, **params: Any) -> Any:
        from sklearn import tree

        return getattr(tree, name)(random_state=seed, **params)

    return make


def emit_forest(graph: Graph, matrix: str, estimator: Any) -> str:
    """Average the trees' leaves; for two classes only the positive one's share is kept in them."""
    members = estimator.model.estimators_ if isinstance(estimator, Forest) else [estimator]
    classes = getattr(estimator, "classes_", None)
    n_targets = 1 if classes is None or len(classes) == 2 else len(classes)
    trees = [_tree(member.tree_, len(members), n_targets, classifier=classes is not None) for member in members]
    summed = tree_ensemble(graph, matrix, trees, n_targets=n_targets, mode="<=")
    if classes is None or n_targets > 1:
        return summed
    return beside_the_other(graph, summed)


def _tree(tree: Any, n_trees: int, n_targets: int, *, classifier: bool) -> Tree:
    if not classifier:
        return read(tree, tree.value[:, 0, 0] / n_trees)
    value = shares(tree)
    return read(tree, (value[:, 1] if n_targets == 1 else value) / n_trees)


def shares(tree: Any) -> Floats:
    """Each class's share of a scikit-learn tree's nodes, (n_nodes, n_classes)."""
    value = np.asarray(tree.value[:, 0, :], dtype=np.float64)
    return np.asarray(value / value.sum(axis=1, keepdims=True))


def read(tree: Any, value: Floats, columns: Any = None) -> Tree:
    """A scikit-learn tree whose leaves hold `value`, one a node; `columns`: those of the matrix it was fitted on."""
    leaf = tree.children_left < 0
    feature = np.where(leaf, 0, tree.feature)
    return Tree(
        feature=np.where(leaf, -1, feature if columns is None else columns[feature]).astype(np.int64),
        threshold=np.where(leaf, 0.0, tree.threshold),
        true=np.maximum(tree.children_left, 0),
        false=np.maximum(tree.children_right, 0),
        missing_true=tree.missing_go_to_left.astype(bool),
        value=value,
    )


def _declare(name: str, classifier: Any, regressor: Any, **facts: Any) -> tuple[Learner, Learner]:
    shared = {"name": name, "wants": FILLED, "emit": emit_forest, **facts}
    return (
        Learner(task="classification", make=classifier, **shared),
        Learner(task="regression", make=regressor, **shared),
    )


tree_classifier, tree_regressor = _declare(
    "decision_tree",
    _tree_maker("DecisionTreeClassifier"),
    _tree_maker("DecisionTreeRegressor"),
    complexity=2,
    summary="Questions asked one after another; use it when the whole model must fit on a page.",
    reference="Breiman et al., 1984",
    also=("cart", "tree"),
    space={
        "max_leaf_nodes": Int(4, 256, log=True, default=16),
        "min_samples_leaf": Int(1, 100, log=True, default=10),
    },
)

forest_classifier, forest_regressor = _declare(
    "random_forest",
    _forest("RandomForestClassifier", **CLASSES),
    _forest("RandomForestRegressor", **VALUES),
    summary="Many trees on resampled rows, averaged; hard to get wrong, a good second opinion.",
    reference="Breiman, 2001",
    also=("forest", "rf"),
    space={"min_samples_leaf": Int(1, 20, log=True, default=2), "max_features": Float(0.1, 1.0, default=0.5)},
    varies=True,
    max_rows=200_000,
)

extra_classifier, extra_regressor = _declare(
    "extra_trees",
    _forest("ExtraTreesClassifier", **CLASSES),
    _forest("ExtraTreesRegressor", **VALUES),
    summary="A forest whose cuts are drawn at random; smoother than a random forest, and faster.",
    reference="Geurts et al., 2006",
    also=("extremely_randomized_trees",),
    space={"min_samples_leaf": Int(1, 20, log=True, default=2), "max_features": Float(0.1, 1.0, default=0.7)},
    varies=True,
    max_rows=200_000,
)
