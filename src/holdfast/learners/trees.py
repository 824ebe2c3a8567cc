"""A single decision tree, and forests of them."""

from typing import Any

import numpy as np

from holdfast.features.matrix import Matrix
from holdfast.graph import Graph
from holdfast.graph.trees import Tree, tree_ensemble
from holdfast.learners.learner import Learner
from holdfast.learners.space import Float, Int

FILLED = Matrix(categories="ordinal")

# Leaves a tree may have: enough for quality, few enough that a forest stays a few megabytes.
MAX_LEAVES = 1_000
N_TREES = 100


def _maker(name: str, **settings: Any) -> Any:
    def make(*, seed: int, n_jobs: int, **params: Any) -> Any:
        from sklearn import ensemble, tree

        parallel = {"n_jobs": n_jobs} if hasattr(ensemble, name) else {}
        kind = getattr(ensemble, name, None) or getattr(tree, name)
        return kind(random_state=seed, **parallel, **settings, **params)

    return make


def emit_forest(graph: Graph, matrix: str, estimator: Any) -> str:
    """Average the trees' leaves; for two classes only the positive one's share is kept in them."""
    members = getattr(estimator, "estimators_", [estimator])
    classes = getattr(estimator, "classes_", None)
    n_targets = 1 if classes is None or len(classes) == 2 else len(classes)
    trees = [_tree(member.tree_, len(members), n_targets, classifier=classes is not None) for member in members]
    summed = tree_ensemble(graph, matrix, trees, n_targets=n_targets, mode="<=")
    if classes is None or n_targets > 1:
        return summed
    return graph.add("Concat", graph.add("Sub", graph.constant(np.array([[1.0]])), summed), summed, axis=1)


def _tree(tree: Any, n_trees: int, n_targets: int, *, classifier: bool) -> Tree:
    leaf = tree.children_left < 0
    value = np.asarray(tree.value[:, 0, :], dtype=np.float64)
    if classifier:
        value = value / value.sum(axis=1, keepdims=True)
        value = value[:, 1:] if n_targets == 1 else value
    return Tree(
        feature=np.where(leaf, -1, tree.feature).astype(np.int64),
        threshold=np.where(leaf, 0.0, tree.threshold),
        true=np.maximum(tree.children_left, 0),
        false=np.maximum(tree.children_right, 0),
        missing_true=tree.missing_go_to_left.astype(bool),
        value=value[:, 0] / n_trees if n_targets == 1 else value / n_trees,
    )


def _declare(name: str, kind: str, settings: dict[str, Any], **facts: Any) -> tuple[Learner, Learner]:
    shared = {"name": name, "wants": FILLED, "emit": emit_forest, **facts}
    return (
        Learner(task="classification", make=_maker(f"{kind}Classifier", **settings), **shared),
        Learner(task="regression", make=_maker(f"{kind}Regressor", **settings), **shared),
    )


tree_classifier, tree_regressor = _declare(
    "decision_tree",
    "DecisionTree",
    {},
    summary="Questions asked one after another; use it when the whole model must fit on a page.",
    reference="Breiman et al., 1984",
    space={
        "max_leaf_nodes": Int(4, 256, log=True, default=32),
        "min_samples_leaf": Int(1, 50, log=True, default=5),
    },
)

forest_classifier, forest_regressor = _declare(
    "random_forest",
    "RandomForest",
    {"n_estimators": N_TREES, "max_leaf_nodes": MAX_LEAVES},
    summary="Many trees on resampled rows, averaged; hard to get wrong, a good second opinion.",
    reference="Breiman, 2001",
    space={"min_samples_leaf": Int(1, 20, log=True, default=2), "max_features": Float(0.1, 1.0, default=0.5)},
    max_rows=200_000,
)

extra_classifier, extra_regressor = _declare(
    "extra_trees",
    "ExtraTrees",
    {"n_estimators": N_TREES, "max_leaf_nodes": MAX_LEAVES},
    summary="A forest whose cuts are drawn at random; smoother than a random forest, and faster.",
    reference="Geurts et al., 2006",
    space={"min_samples_leaf": Int(1, 20, log=True, default=2), "max_features": Float(0.1, 1.0, default=0.7)},
    max_rows=200_000,
)
