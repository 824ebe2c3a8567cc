"""Columns made of two others, behind the columns they are made of."""

from collections.abc import Iterable

import numpy as np

from holdfast.data.columns import Coded, Columns, Kind
from holdfast.features.crosses import JOINT, OPERATORS, Cross, Operation, combine
from holdfast.features.group_means import GroupMeans
from holdfast.features.inputs import Inputs
from holdfast.graph import Graph


class Made:
    """The columns that crosses make: means of groups are learned from training rows, all else is plain arithmetic.

    >>> columns = Columns({"a": np.array([1.0, 2.0]), "b": np.array([4.0, 0.0])}, {}, dict.fromkeys("ab", Kind.NUMBER))
    >>> Made([Cross("a", "/", "b")]).fit(columns).add(columns).numbers["a / b"].tolist()
    [0.25, inf]
    """

    def __init__(self, crosses: Iterable[Cross]) -> None:
        self.crosses = tuple(dict.fromkeys(crosses))

    def fit(self, columns: Columns) -> "Made":
        """Learn the means of groups.

        A row's own number has a part in the mean it is held against. Averages of the target are taken out of fold, because
        a row would see its answer; here it sees only its own number, which it knows anyway.
        """
        grouped: dict[tuple[str, Operation], list[Cross]] = {}
        for cross in self.crosses:
            if cross.first in columns.numbers and cross.second in columns.strings:
                grouped.setdefault((cross.second, cross.operation), []).append(cross)
        self._groups = [GroupMeans.learn(columns, *by, crosses) for by, crosses in grouped.items()]
        return self

    def add(self, columns: Columns) -> Columns:
        """The columns and behind them those made of them; one made of dates counts seconds."""
        if not self.crosses:
            return columns
        numbers, strings, kinds = dict(columns.numbers), dict(columns.strings), dict(columns.kinds)
        for cross in self.crosses:
            kinds[cross.name] = Kind.CATEGORY if cross.first in columns.strings else Kind.NUMBER
            if cross.first in columns.strings:
                strings[cross.name] = _joint(strings[cross.first], strings[cross.second])
            elif cross.second in columns.numbers:
                numbers[cross.name] = combine(cross.operation, numbers[cross.first], numbers[cross.second])
        for group in self._groups:
            numbers |= group.beside_means(columns)
        return Columns(numbers, strings, kinds)

    def words(self) -> dict[str, str]:
        """What the columns are whose names don't say it."""
        return {name: words for group in self._groups for name, words in group.words().items()}

    def emit(self, graph: Graph, inputs: Inputs) -> Inputs:
        """The same columns in a graph, behind the inputs."""
        numbers = [cross for cross in self.crosses if {cross.first, cross.second} <= set(inputs.number_names)]
        joint = [cross for cross in self.crosses if cross.first in inputs.string_names]
        parts = [_combined(graph, inputs, cross) for cross in numbers]
        parts += [group.emit(graph, inputs) for group in self._groups]
        names = [cross.name for cross in (*numbers, *(cross for group in self._groups for cross in group.crosses))]
        made = inputs
        if parts:
            every = graph.add("Concat", inputs.numbers_of(graph, inputs.number_names), *parts, axis=1)
            made = Inputs(every, (*inputs.number_names, *names), made.strings, made.string_names)
        if joint:
            first = inputs.strings_of(graph, [cross.first for cross in joint])
            second = inputs.strings_of(graph, [cross.second for cross in joint])
            between = graph.constant(np.array([[JOINT]], dtype=object))
            pairs = graph.add("StringConcat", graph.add("StringConcat", first, between), second)
            every = graph.add("Concat", inputs.strings_of(graph, inputs.string_names), pairs, axis=1)
            names = [*inputs.string_names, *(cross.name for cross in joint)]
            made = Inputs(made.numbers, made.number_names, every, tuple(names))
        return made


def _joint(first: Coded, second: Coded) -> Coded:
    """Two categories as one: a missing value is a value like others here."""
    width = len(second.values) + 1
    pairs, codes = np.unique((first.codes + 1).astype(np.int64) * width + second.codes + 1, return_inverse=True)
    left, right = np.append("", first.values), np.append("", second.values)
    names = [f"{left[pair // width]}{JOINT}{right[pair % width]}" for pair in pairs]
    order = sorted(range(len(names)), key=names.__getitem__)
    place = np.empty(len(names), dtype=np.int32)
    place[order] = np.arange(len(names))
    return Coded(place[codes], np.array([names[k] for k in order], dtype=object))


def _combined(graph: Graph, inputs: Inputs, cross: Cross) -> str:
    first, second = inputs.numbers_of(graph, [cross.first]), inputs.numbers_of(graph, [cross.second])
    return graph.add(OPERATORS[cross.operation], first, second)
