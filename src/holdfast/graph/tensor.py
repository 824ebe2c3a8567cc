"""Arithmetic written once and run twice: on NumPy arrays when fitting, on graph tensors when compiled."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from holdfast.arrays import Floats, Integers
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

    def __matmul__(self, other: Floats) -> "Tensor":
        return self._with("MatMul", other)

    def __truediv__(self, other: "Tensor | float | Floats") -> "Tensor":
        return self._with("Div", other)


Number = TypeVar("Number", Tensor, Floats)


def columns(value: Number, places: Integers) -> Number:
    """Some columns of (n_rows, n_columns), by place."""
    if isinstance(value, Tensor):
        return Tensor(value.graph, value.graph.add("Gather", value.name, value.graph.constant(places), axis=1))
    return value[:, places]


def floor(value: Number) -> Number:
    """Round down, elementwise."""
    if isinstance(value, Tensor):
        return Tensor(value.graph, value.graph.add("Floor", value.name))
    return np.floor(value)


def exp(value: Number) -> Number:
    """The exponential, elementwise; infinity where a double can't hold it."""
    if isinstance(value, Tensor):
        return Tensor(value.graph, value.graph.add("Exp", value.name))
    with np.errstate(over="ignore"):
        return np.exp(value)


def log(value: Number) -> Number:
    """The natural logarithm, elementwise, of positive numbers."""
    return Tensor(value.graph, value.graph.add("Log", value.name)) if isinstance(value, Tensor) else np.log(value)


def cos(value: Number) -> Number:
    """The cosine of radians, elementwise."""
    return Tensor(value.graph, value.graph.add("Cos", value.name)) if isinstance(value, Tensor) else np.cos(value)


def sqrt(value: Number) -> Number:
    """The square root, elementwise."""
    return Tensor(value.graph, value.graph.add("Sqrt", value.name)) if isinstance(value, Tensor) else np.sqrt(value)


def clip(value: Number, low: float, high: float) -> Number:
    """Values moved to the nearer end of [low, high]; NaN stays."""
    if isinstance(value, Tensor):
        ends = (value.graph.constant(np.float64(end)) for end in (low, high))
        return Tensor(value.graph, value.graph.add("Clip", value.name, *ends))
    return np.clip(value, low, high)


def at_least(value: Number, low: Floats) -> Number:
    """Values raised to `low`, which broadcasts; NaN stays."""
    if isinstance(value, Tensor):
        return Tensor(value.graph, value.graph.add("Max", value.name, value.graph.constant(low)))
    return np.maximum(value, low)


def where_less(value: Number, bound: float, then: Number, other: Number) -> Number:
    """`then` where value < bound, else `other`, elementwise."""
    if isinstance(value, Tensor) and isinstance(then, Tensor) and isinstance(other, Tensor):
        less = value.graph.add("Less", value.name, value.graph.constant(np.float64(bound)))
        return Tensor(value.graph, value.graph.add("Where", less, then.name, other.name))
    return np.where(value < bound, then, other)
