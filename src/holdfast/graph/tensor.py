"""Arithmetic written once and run twice: on NumPy arrays when fitting, on graph tensors when compiled."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from holdfast.arrays import Floats
from holdfast.graph.builder import Graph


@dataclass(frozen=True)
class Tensor:
    """A double tensor of a graph that takes part in +, -, * and / like an array.

    >>> graph = Graph()
    >>> x = Tensor(graph, graph.input("x", np.float64, 1))
    >>> y = (x + 1.0) * 2.0
    >>> [node.op_type for node in graph.model().graph.node]
    ['Add', 'Mul']
    """

    graph: Graph
    name: str

    def _with(self, op: str, other: "Tensor | float | Floats", *, swapped: bool = False) -> "Tensor":
        given = other.name if isinstance(other, Tensor) else self.graph.constant(np.asarray(other, dtype=np.float64))
        first, second = (given, self.name) if swapped else (self.name, given)
        return Tensor(self.graph, self.graph.add(op, first, second))

    def __add__(self, other: "Tensor | float | Floats") -> "Tensor":
        return self._with("Add", other)

    def __sub__(self, other: "Tensor | float | Floats") -> "Tensor":
        return self._with("Sub", other)

    def __mul__(self, other: "Tensor | float | Floats") -> "Tensor":
        return self._with("Mul", other)

    def __rmul__(self, other: float) -> "Tensor":
        return self._with("Mul", other, swapped=True)

    def __truediv__(self, other: "Tensor | float | Floats") -> "Tensor":
        return self._with("Div", other)


Number = TypeVar("Number", Tensor, Floats)


def floor(value: Number) -> Number:
    """Round down, elementwise."""
    if isinstance(value, Tensor):
        return Tensor(value.graph, value.graph.add("Floor", value.name))
    return np.floor(value)
