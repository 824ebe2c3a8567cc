"""The compiled model's two inputs, and how an encoder takes its columns from them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from holdfast.graph import Graph


@dataclass(frozen=True)
class Inputs:
    """All numeric columns side by side (double), all string columns side by side.

    numbers: tensor (rows, len(number_names)) of double, NaN where missing; strings: tensor (rows, len(string_names)),
    the empty string where missing. Either is None when the model has no such column.
    """

    numbers: str | None
    number_names: tuple[str, ...]
    strings: str | None
    string_names: tuple[str, ...]

    def numbers_of(self, graph: Graph, names: Sequence[str]) -> str:
        """A double tensor (rows, len(names)) of these columns."""
        assert self.numbers is not None
        return _gather(graph, self.numbers, self.number_names, names)

    def strings_of(self, graph: Graph, names: Sequence[str]) -> str:
        """A string tensor (rows, len(names)) of these columns."""
        assert self.strings is not None
        return _gather(graph, self.strings, self.string_names, names)


def _gather(graph: Graph, tensor: str, available: Sequence[str], names: Sequence[str]) -> str:
    if list(names) == list(available):
        return tensor
    places = {name: place for place, name in enumerate(available)}
    return graph.add("Gather", tensor, graph.constant(np.array([places[name] for name in names])), axis=1)
