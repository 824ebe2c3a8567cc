"""Scores and shares made probabilities of classes, in NumPy and in a graph."""

import numpy as np

from holdfast.arrays import Floats
from holdfast.graph import Graph


def softmax(scores: Floats) -> Floats:
    """Probabilities from a score a class, (n_rows, n_classes).

    >>> softmax(np.log([[1.0, 3.0], [2.0, 2.0]])).round(6).tolist()
    [[0.25, 0.75], [0.5, 0.5]]
    """
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def probabilities_from(scores: Floats) -> Floats:
    """Probabilities, as `probabilities_of` makes them in a graph: one score a row is the second class's log odds.

    >>> probabilities_from(np.log([3.0])).round(6).tolist()
    [[0.25, 0.75]]
    """
    if scores.ndim == 2 and scores.shape[1] > 1:
        return softmax(scores)
    positive = 1 / (1 + np.exp(-scores))
    return np.column_stack([1 - positive, positive])


def probabilities_of(graph: Graph, scores: str, n_classes: int) -> str:
    """Probabilities (rows, n_classes): of two classes from the second one's log odds (rows, 1), else from a score a class."""
    return two_sided(graph, scores) if n_classes == 2 else graph.add("Softmax", scores, axis=1)


def two_sided(graph: Graph, score: str) -> str:
    """Probabilities of both classes from the second one's log odds (rows, 1)."""
    return beside_the_other(graph, graph.add("Sigmoid", score))


def beside_the_other(graph: Graph, second: str) -> str:
    """Probabilities of both classes from the second one's (rows, 1)."""
    first = graph.add("Sub", graph.constant(np.array([[1.0]])), second)
    return graph.add("Concat", first, second, axis=1)


def shares_of(graph: Graph, values: str) -> str:
    """Values (rows, n_classes) divided by their sum."""
    return graph.add("Div", values, graph.add("ReduceSum", values, graph.constant(np.array([1])), keepdims=1))
