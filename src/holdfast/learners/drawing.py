"""A fitted tree as a reader sees it: questions in words, answers and shares of rows."""

from dataclasses import dataclass, replace

import numpy as np

from holdfast.arrays import Floats
from holdfast.features.encoder import Encoder
from holdfast.graph.trees import Tree
from holdfast.learners.pipeline import Pipeline
from holdfast.learners.trees import read, shares

# Questions asked after each other that are drawn; a reader takes in no more.
DEPTH = 4


@dataclass(frozen=True)
class Node:
    """A question and where yes and no lead; without those a leaf, or a question below which nothing is drawn.

    value: what the tree answers here, a number or a share for each class. leaves: how many there are below. rows: share of the
    rows fitted on that come here; None where the tree did not count them.
    """

    value: tuple[float, ...]
    leaves: int = 1
    rows: float | None = None
    question: str = ""
    yes: "Node | None" = None
    no: "Node | None" = None


def drawn_pipeline(pipeline: Pipeline, *, depth: int = DEPTH) -> Node | None:
    """Draw a pipeline whose estimator is a single tree; None for any other."""
    found = getattr(pipeline.estimator, "tree_", None)
    if found is None:
        return None
    tree = found if isinstance(found, Tree) else read(found, np.zeros(found.node_count))
    rows = None if isinstance(found, Tree) else np.asarray(found.weighted_n_node_samples, dtype=np.float64)
    if pipeline.n_classes is None:
        value = pipeline.scale.centre + pipeline.scale.spread * np.asarray(found.value[:, 0, 0], dtype=np.float64)
        smear = pipeline.scale.smear
        value = value if smear is None else smear.apply(value[:, None])[:, 0]
    else:
        value = np.zeros((len(tree.feature), pipeline.n_classes))
        classes = np.asarray(pipeline.estimator.classes_, dtype=np.int64)
        value[:, classes] = found.value if isinstance(found, Tree) else shares(found)
    return drawn(replace(tree, value=value), pipeline.encoder, rows, depth=depth)


def drawn(tree: Tree, encoder: Encoder, rows: Floats | None = None, *, depth: int = DEPTH) -> Node:
    """Draw a tree that sends values up to a threshold to `true`; rows: (n_nodes,), how many rows come to each node."""
    values = tree.value if tree.value.ndim == 2 else tree.value[:, None]
    leaves = _leaves(tree)

    def node(at: int, left: int) -> Node:
        value = tuple(float(each) for each in values[at])
        share = None if rows is None else float(rows[at] / rows[0])
        if tree.feature[at] < 0:
            return Node(value, 1, share)
        words, low_is_yes = encoder.question(int(tree.feature[at]), float(tree.threshold[at]))
        if not left:
            return Node(value, leaves[at], share, words)
        low, high = node(int(tree.true[at]), left - 1), node(int(tree.false[at]), left - 1)
        return Node(value, leaves[at], share, words, *((low, high) if low_is_yes else (high, low)))

    return node(0, depth)


def _leaves(tree: Tree) -> list[int]:
    """Leaves below each node; every node stands before those below it."""
    counts = [1] * len(tree.feature)
    for at in reversed(range(len(counts))):
        if tree.feature[at] >= 0:
            counts[at] = counts[tree.true[at]] + counts[tree.false[at]]
    return counts
