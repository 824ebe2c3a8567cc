"""Columns made of two others, behind the columns they are made of."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

import numpy as np

from holdfast.data.columns import Coded, Columns, Kind
from holdfast.features.crosses import JOINT, OPERATORS, Cross, Operation, combine
from holdfast.features.group_means import GroupMeans
from holdfast.features.inputs import Inputs
from holdfast.graph import Graph


class Made:
    """The columns that crosses make: means of groups are learned from training rows, all else is plain arithmetic.

    joints: categories that become one, two or more of them; where there is a column of that name already, none is made.

    >>> columns = Columns({"a": np.array([1.0, 2.0]), "b": np.array([4.0, 0.0])}, {}, dict.fromkeys("ab", Kind.NUMBER))
    >>> Made([Cross("a", "/", "b")]).fit(columns).add(columns).numbers["a / b"].tolist()
    [0.25, inf]
    """

    def __init__(self, crosses: Iterable[Cross], joints: Iterable[Sequence[str]] = ()) -> None:
        self.crosses = tuple(dict.fromkeys(crosses))
        self.joints = {" * ".join(joint): joint for joint in joints}

    def fit(self, columns: Columns) -> "Made":
        """Learn the means of groups, and which joints are new.

        A row's own number has a part in the mean it is held against. Averages of the target are taken out of fold, because
        a row would see its answer; here it sees only its own number, which it knows anyway.
        """
        there = {*columns.kinds, *(cross.name for cross in self.crosses)}
        self.joints = {name: joint for name, joint in self.joints.items() if name not in there}
        grouped: dict[tuple[str, Operation], list[Cross]] = {}
        for cross in self.crosses:
            if cross.first in columns.numbers and cross.second in columns.strings:
                grouped.setdefault((cross.second, cross.operation), []).append(cross)
        self._groups = [GroupMeans.learn(columns, *by, crosses) for by, crosses in grouped.items()]
        return self

    def add(self, columns: Columns) -> Columns:
        """The columns and behind them those made of them; one made of dates counts seconds."""
        if not (self.crosses or self.joints):
            return columns
        numbers, strings, kinds = dict(columns.numbers), dict(columns.strings), dict(columns.kinds)
        for cross in self.crosses:
            kinds[cross.name] = Kind.CATEGORY if cross.first in columns.strings else Kind.NUMBER
            if cross.first in columns.strings:
                strings[cross.name] = join([columns.strings[cross.first], columns.strings[cross.second]])
            elif cross.second in columns.numbers:
                numbers[cross.name] = combine(cross.operation, numbers[cross.first], numbers[cross.second])
        for group in self._groups:
            numbers |= group.beside_means(columns)
        for name, joint in self.joints.items():
            kinds[name], strings[name] = Kind.CATEGORY, join([columns.strings[each] for each in joint])
        return Columns(numbers, strings, kinds)

    def words(self) -> dict[str, str]:
        """What the columns are whose names don't say it."""
        return {name: words for group in self._groups for name, words in group.words().items()}

    def emit(self, graph: Graph, inputs: Inputs) -> Inputs:
        """The same columns in a graph, behind the inputs."""
        there = set(inputs.number_names)
        numbers = [cross for cross in self.crosses if {cross.first, cross.second} <= there]
        numbers.sort(key=_operation)
        parts = [
            _combined(graph, inputs, operation, list(each)) for operation, each in groupby(numbers, key=_operation)
        ]
        parts += [group.emit(graph, inputs) for group in self._groups]
        names = [cross.name for cross in (*numbers, *(cross for group in self._groups for cross in group.crosses))]
        made = inputs
        if parts:
            every = graph.add("Concat", inputs.numbers_of(graph, inputs.number_names), *parts, axis=1)
            made = Inputs(every, (*inputs.number_names, *names), made.strings, made.string_names)
        joints = {
            cross.name: (cross.first, cross.second) for cross in self.crosses if cross.first in inputs.string_names
        }
        return _emit_joints(graph, made, {**joints, **self.joints})


def join(parts: Sequence[Coded]) -> Coded:
    """Categories as one, each combination that occurs a value: a missing value is a value like others here.

    >>> a, b = (Coded(np.array(codes), np.array(["x", "y"], dtype=object)) for codes in ([0, 0, 1], [1, -1, 1]))
    >>> [value.replace(JOINT, "&") for value in join([a, b]).strings()]
    ['x&y', 'x&', 'y&y']
    """
    codes = np.zeros(len(parts[0].codes), dtype=np.int64)
    for part in parts:
        keys = codes * (len(part.values) + 1) + part.codes + 1
        _, first, codes = np.unique(keys, return_index=True, return_inverse=True)
    words = zip(*(part.take(first).strings() for part in parts), strict=True)
    values, place = np.unique(np.array([JOINT.join(each) for each in words], dtype=object), return_inverse=True)
    return Coded(place[codes].astype(np.int32), values)


def _emit_joints(graph: Graph, inputs: Inputs, joints: Mapping[str, Sequence[str]]) -> Inputs:
    """The inputs and behind them categories that are joined, those of as many parts side by side."""
    names, made = list(inputs.string_names), [inputs.strings] if inputs.strings else []
    between = graph.constant(np.array([[JOINT]], dtype=object)) if joints else ""
    for _, alike in groupby(sorted(joints.items(), key=_n_parts), key=_n_parts):
        found = dict(alike)
        first, *others = [inputs.strings_of(graph, part) for part in zip(*found.values(), strict=True)]
        for other in others:
            first = graph.add("StringConcat", graph.add("StringConcat", first, between), other)
        names, made = [*names, *found], [*made, first]
    every = graph.add("Concat", *made, axis=1) if joints else inputs.strings
    return Inputs(inputs.numbers, inputs.number_names, every, tuple(names))


def _n_parts(joint: tuple[str, Sequence[str]]) -> int:
    return len(joint[1])


def _operation(cross: Cross) -> Operation:
    return cross.operation


def _combined(graph: Graph, inputs: Inputs, operation: Operation, crosses: Sequence[Cross]) -> str:
    """Those of one operation, side by side."""
    first = inputs.numbers_of(graph, [cross.first for cross in crosses])
    second = inputs.numbers_of(graph, [cross.second for cross in crosses])
    return graph.add(OPERATORS[operation], first, second)
