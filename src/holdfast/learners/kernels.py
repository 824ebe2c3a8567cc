"""How alike two rows are: kernels, as NumPy and as a graph's matrix products."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from holdfast.arrays import Floats
from holdfast.graph import Graph


@dataclass(frozen=True)
class Kernel:
    """A kernel between rows, double (n_rows, n_columns) each.

    rbf: exp(-gamma d^2), d the distance. matern: (1 + r) exp(-r) with r = d sqrt(6 gamma), Matern's with nu = 3/2; both
    have the length scale 1 / sqrt(2 gamma). poly: (gamma x'z + 1)^degree.

    >>> Kernel("rbf", gamma=0.5).between(np.array([[0.0, 0.0]]), np.array([[0.0, 0.0], [1.0, 1.0]])).round(3).tolist()
    [[1.0, 0.368]]
    """

    kind: Literal["rbf", "matern", "poly"]
    gamma: float
    degree: int = 1

    def between(self, X: Floats, rows: Floats) -> Floats:
        """The kernel of each row of X with each of `rows`, (len(X), len(rows))."""
        if self.kind == "poly":
            return np.asarray((self.gamma * (X @ rows.T) + 1.0) ** self.degree)
        squares = (X**2).sum(axis=1)[:, None] + (rows**2).sum(axis=1)[None, :] - X @ (2 * rows.T)
        squares = np.maximum(squares, 0.0) * self.gamma
        if self.kind == "rbf":
            return np.asarray(np.exp(-squares))
        reach = np.sqrt(6 * squares)
        return np.asarray((1 + reach) * np.exp(-reach))

    def emit(self, graph: Graph, X: str, rows: Floats) -> str:
        """The same for a double tensor X (rows, n_columns): double (rows, len(rows))."""
        if self.kind == "poly":
            base = graph.add("MatMul", X, graph.constant(np.ascontiguousarray(self.gamma * rows.T)))
            base = graph.add("Add", base, graph.constant(np.float64(1.0)))
            power = base
            for _ in range(self.degree - 1):
                power = graph.add("Mul", power, base)
            return power
        own = graph.add("ReduceSum", graph.add("Mul", X, X), graph.constant(np.array([1])), keepdims=1)
        both = graph.add("Add", own, graph.constant((rows**2).sum(axis=1)[None, :]))
        squares = graph.add("Sub", both, graph.add("MatMul", X, graph.constant(np.ascontiguousarray(2 * rows.T))))
        squares = graph.add("Max", squares, graph.constant(np.float64(0.0)))
        if self.kind == "rbf":
            return graph.add("Exp", graph.add("Mul", squares, graph.constant(np.float64(-self.gamma))))
        reach = graph.add("Sqrt", graph.add("Mul", squares, graph.constant(np.float64(6 * self.gamma))))
        decay = graph.add("Exp", graph.add("Sub", graph.constant(np.float64(0.0)), reach))
        return graph.add("Mul", graph.add("Add", reach, graph.constant(np.float64(1.0))), decay)
