"""What is left when no column holds anything to learn from: one column of zeros."""

import numpy as np

from holdfast.arrays import Matrix32
from holdfast.data.columns import NUMERIC_KINDS, Columns
from holdfast.features.inputs import Inputs
from holdfast.graph import FLOAT, Graph


class Blank:
    """A column that tells nothing, so that a baseline can still be fitted, judged and compiled."""

    def fit(self, columns: Columns) -> "Blank":
        """Remember a column, whose length gives the number of rows in the graph."""
        self._name, kind = next(iter(columns.kinds.items()))
        self._numeric = kind in NUMERIC_KINDS
        return self

    def transform(self, columns: Columns) -> Matrix32:
        """Encode rows, shape (n_rows, 1)."""
        return np.zeros((columns.n_rows, 1), dtype=np.float32)

    def names(self) -> list[str]:
        """Name of the matrix column."""
        return ["nothing"]

    def sources(self) -> list[str]:
        """The feature behind the matrix column."""
        return [self._name]

    def words(self) -> dict[str, str]:
        """How the column was prepared: there is nothing in it."""
        return {}

    def question(self, column: int, threshold: float) -> tuple[str, bool]:
        """As of the encoder."""
        return f"{self.names()[column]} ≤ {threshold:.4g}", True

    def emit(self, graph: Graph, inputs: Inputs) -> str:
        """Add a zero a row to a graph."""
        some = inputs.numbers_of(graph, [self._name]) if self._numeric else inputs.strings_of(graph, [self._name])
        # Text has no order, which `zero_of_each_row` would need.
        same = graph.add("Equal", some, some)
        return graph.add("Cast", graph.add("And", same, graph.add("Not", same)), to=FLOAT)
