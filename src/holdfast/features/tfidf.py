"""Counts weighted by how rare what they count is (TF-IDF; Salton & Buckley, 1988), in Python and in the graph."""

import numpy as np

from holdfast.arrays import Floats
from holdfast.graph import DOUBLE, Graph


def rarity(seen: Floats, n_rows: float) -> Floats:
    """Weights of terms by how many rows have them.

    >>> rarity(np.array([1.0, 3.0]), 3).round(3).tolist()
    [1.693, 1.0]
    """
    return np.asarray(np.log((1 + n_rows) / (1 + seen)) + 1)


def emit_weighted(graph: Graph, counts: str, weights: Floats) -> str:
    """Weigh counts, (rows, n_terms), and bring each row to length 1, in double; a row of none stays 0."""
    weighted = graph.add("Mul", graph.add("Cast", counts, to=DOUBLE), graph.constant(weights[None, :]))
    length = graph.add("ReduceL2", weighted, graph.constant(np.array([1])), keepdims=1)
    length = graph.add("Max", length, graph.constant(np.float64(1e-12)))
    return graph.add("Div", weighted, length)
