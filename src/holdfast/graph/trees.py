"""Decision trees as one ONNX node, exact to the last bit of every comparison."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from holdfast.arrays import Flags, Floats, Integers
from holdfast.graph.builder import DOUBLE, INT64, Graph

# Codes of the ai.onnx.ml 5 TreeEnsemble operator.
MODES = {"<=": 0, "<": 1, ">=": 2, ">": 3}


@dataclass(frozen=True)
class Tree:
    """One tree as arrays over its nodes, the root first.

    feature: matrix column, -1 for a leaf. A row goes to `true` when its value compares to `threshold` as the ensemble's
    mode says, or when it is NaN and `missing_true`. value: (n_nodes,) what a leaf adds to output `target`, or
    (n_nodes, n_targets) what it adds to each.
    """

    feature: Integers
    threshold: Floats
    true: Integers
    false: Integers
    missing_true: Flags
    value: Floats
    target: int = 0


def tree_ensemble(graph: Graph, matrix: str, trees: Sequence[Tree], *, n_targets: int, mode: str) -> str:
    """Sum the trees: float tensor (rows, n_columns) in, double tensor (rows, n_targets) out.

    Comparisons are made in double with the library's own thresholds, and so are the sums. The operator's leaves add to
    one output only, so where they hold several values it is asked for each tree's leaf, and the values are looked up.
    """
    if trees[0].value.ndim == 1:
        return _node(graph, matrix, trees, n_targets=n_targets, mode=mode)
    numbered, table, n_leaves = [], [], 0
    for number, tree in enumerate(trees):
        leaf = tree.feature < 0
        places = np.where(leaf, np.cumsum(leaf) - 1 + n_leaves, 0).astype(np.float64)
        numbered.append(replace(tree, value=places, target=number))
        table.append(tree.value[leaf])
        n_leaves += int(leaf.sum())
    leaves = _node(graph, matrix, numbered, n_targets=len(trees), mode=mode)
    values = graph.add("Gather", graph.constant(np.concatenate(table)), graph.add("Cast", leaves, to=INT64), axis=0)
    return graph.add("ReduceSum", values, graph.constant(np.array([1])), keepdims=0)


def _node(graph: Graph, matrix: str, trees: Sequence[Tree], *, n_targets: int, mode: str) -> str:
    parts: dict[str, list[Any]] = {key: [] for key in ("f", "s", "t", "tl", "e", "el", "m", "lt", "lw", "r")}
    n_nodes = n_leaves = 0
    for tree in (_rooted(each) for each in trees):
        leaf = tree.feature < 0
        node_place, leaf_place = np.cumsum(~leaf) - 1 + n_nodes, np.cumsum(leaf) - 1 + n_leaves
        inner = np.flatnonzero(~leaf)
        for children, place, is_leaf in ((tree.true, "t", "tl"), (tree.false, "e", "el")):
            child = children[inner]
            parts[place].append(np.where(leaf[child], leaf_place[child], node_place[child]))
            parts[is_leaf].append(leaf[child].astype(np.int64))
        parts["f"].append(tree.feature[inner])
        parts["s"].append(tree.threshold[inner])
        parts["m"].append(tree.missing_true[inner].astype(np.int64))
        parts["lw"].append(tree.value[leaf])
        parts["lt"].append(np.full(leaf.sum(), tree.target, dtype=np.int64))
        parts["r"].append(np.array([n_nodes]))
        n_nodes += len(inner)
        n_leaves += int(leaf.sum())
    joined = {key: np.concatenate(arrays) for key, arrays in parts.items()}
    return graph.add(
        "TreeEnsemble",
        graph.add("Cast", matrix, to=DOUBLE),
        domain="ai.onnx.ml",
        n_targets=n_targets,
        aggregate_function=1,
        post_transform=0,
        tree_roots=joined["r"],
        nodes_featureids=joined["f"],
        nodes_splits=_tensor(joined["s"].astype(np.float64)),
        nodes_modes=_tensor(np.full(n_nodes, MODES[mode], dtype=np.uint8)),
        nodes_truenodeids=joined["t"],
        nodes_trueleafs=joined["tl"],
        nodes_falsenodeids=joined["e"],
        nodes_falseleafs=joined["el"],
        nodes_missing_value_tracks_true=joined["m"],
        leaf_targetids=joined["lt"],
        leaf_weights=_tensor(joined["lw"].astype(np.float64)),
    )


def _rooted(tree: Tree) -> Tree:
    """A tree that is a single leaf gets a split with that leaf on both sides: the operator wants a split at the root."""
    if tree.feature[0] >= 0:
        return tree
    value = tree.value[:1]
    return Tree(
        feature=np.array([0, -1, -1]),
        threshold=np.zeros(3),
        true=np.array([1, 0, 0]),
        false=np.array([2, 0, 0]),
        missing_true=np.zeros(3, dtype=bool),
        value=np.concatenate([np.zeros(1), value, value]),
        target=tree.target,
    )


def _tensor(array: Any) -> Any:
    from onnx import numpy_helper

    return numpy_helper.from_array(array)
