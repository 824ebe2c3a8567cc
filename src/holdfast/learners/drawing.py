"""A fitted tree as a reader sees it: questions in words, answers and shares of rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from holdfast.arrays import Floats
from holdfast.features.encoder import Encoder
from holdfast.graph.trees import Tree
from holdfast.learners.pipeline import Pipeline
from holdfast.learners.trees import read, shares


@dataclass(frozen=True)
class Node:
    """A question and where yes and no lead, or a leaf.

    value: what the tree answers here, a number or a share for each class. rows: share of the rows fitted on that come here;
    None where the tree did not count them.
    """

    value: tuple[float, ...]
    rows: float | None = None
    question: str = ""
    yes: "Node | None" = None
    no: "Node | None" = None

    @property
    def leaves(self) -> "Iterator[Node]":
        """The leaves below, from yes to no."""
        if self.yes is None or self.no is None:
            yield self
            return
        yield from self.yes.leaves
        yield from self.no.leaves


def drawn_pipeline(pipeline: Pipeline) -> Node | None:
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
    return drawn(replace(tree, value=value), pipeline.encoder, rows)


def drawn(tree: Tree, encoder: Encoder, rows: Floats | None = None) -> Node:
    """Draw a tree that sends values up to a threshold to `true`; rows: (n_nodes,), how many rows come to each node."""
    values = tree.value if tree.value.ndim == 2 else tree.value[:, None]
    return _node(0, tree, values, None if rows is None else rows / rows[0], encoder.question)


def _node(
    at: int, tree: Tree, values: Floats, rows: Floats | None, question: Callable[[int, float], tuple[str, bool]]
) -> Node:
    value, share = tuple(float(each) for each in values[at]), None if rows is None else float(rows[at])
    if tree.feature[at] < 0:
        return Node(value, share)
    words, low_is_yes = question(int(tree.feature[at]), float(tree.threshold[at]))
    low, high = (_node(int(there[at]), tree, values, rows, question) for there in (tree.true, tree.false))
    return Node(value, share, words, *((low, high) if low_is_yes else (high, low)))
