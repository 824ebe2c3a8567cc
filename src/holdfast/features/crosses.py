"""Columns made of two others: a product, ratio or difference of numbers, or two categories as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from holdfast.arrays import Floats
from holdfast.data.columns import Coded, Columns, Kind
from holdfast.errors import RequestError
from holdfast.features.inputs import Inputs
from holdfast.graph import Graph

Operation: TypeAlias = Literal["*", "/", "-"]
OPERATIONS: dict[Operation, str] = {"*": "Mul", "/": "Div", "-": "Sub"}

# Between the two values of a joint category; it does not occur in text data.
JOINT = "\x1e"


@dataclass(frozen=True)
class Cross:
    """Two columns and what joins them; of categories, "*" makes each pair of values a value of its own."""

    first: str
    operation: Operation
    second: str

    @property
    def name(self) -> str:
        """Name of the column it makes."""
        return f"{self.first} {self.operation} {self.second}"


def read_cross(text: str, kinds: Mapping[str, Kind]) -> Cross:
    """Find the two columns in "price / area"; RequestError when there are no such two, or they can't be joined so.

    >>> read_cross("price/area", {"price": Kind.NUMBER, "area": Kind.NUMBER})
    Cross(first='price', operation='/', second='area')
    """
    for operation in OPERATIONS:
        for place in (place for place, letter in enumerate(text) if letter == operation):
            first, second = text[:place].strip(), text[place + 1 :].strip()
            if first in kinds and second in kinds:
                cross = Cross(first, operation, second)
                _check(cross, kinds)
                return cross
    raise RequestError(
        f"cross {text!r} was asked for; expected two columns to learn from with *, / or - between them, out of "
        f'{", ".join(list(kinds)[:12])}: such as --cross "city*product"'
    )


def _check(cross: Cross, kinds: Mapping[str, Kind]) -> None:
    pair = (kinds[cross.first], kinds[cross.second])
    numbers = all(kind in (Kind.NUMBER, Kind.BOOLEAN) for kind in pair)
    dates = all(kind is Kind.DATETIME for kind in pair) and cross.operation == "-"
    joint = all(kind is Kind.CATEGORY for kind in pair) and cross.operation == "*"
    if not (numbers or dates or joint):
        raise RequestError(
            f"cross {cross.name!r} joins a {pair[0]} and a {pair[1]} column; expected two numbers (*, / or -), two categories "
            f"(*) or two dates (-): choose other columns, or leave it out"
        )
    if cross.name in kinds:
        raise RequestError(f"cross {cross.name!r} has the name of a column; rename that column, or leave the cross out")


def add_crosses(columns: Columns, crosses: Sequence[Cross]) -> Columns:
    """The columns and behind them those that crosses make; one made of dates counts seconds."""
    if not crosses:
        return columns
    numbers, strings, kinds = dict(columns.numbers), dict(columns.strings), dict(columns.kinds)
    for cross in crosses:
        if cross.first in columns.numbers:
            kinds[cross.name] = Kind.NUMBER
            numbers[cross.name] = combine(cross.operation, numbers[cross.first], numbers[cross.second])
        else:
            kinds[cross.name] = Kind.CATEGORY
            strings[cross.name] = _joint(strings[cross.first], strings[cross.second])
    return Columns(numbers, strings, kinds)


def combine(operation: Operation, first: Floats, second: Floats) -> Floats:
    """Join two number columns; what is divided by zero or too large becomes infinite, which counts as missing."""
    with np.errstate(all="ignore"):
        if operation == "*":
            return first * second
        return first / second if operation == "/" else first - second


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


def cross_inputs(graph: Graph, inputs: Inputs, crosses: Sequence[Cross]) -> Inputs:
    """The same columns in a graph, behind the inputs."""
    numbers, strings = [cross for cross in crosses if cross.first in inputs.number_names], inputs.strings
    joint = [cross for cross in crosses if cross.first in inputs.string_names]
    made = inputs
    if numbers:
        parts = [_combined(graph, inputs, cross) for cross in numbers]
        every = graph.add("Concat", inputs.numbers_of(graph, inputs.number_names), *parts, axis=1)
        names = (*inputs.number_names, *(cross.name for cross in numbers))
        made = Inputs(every, names, made.strings, made.string_names)
    if joint:
        first = inputs.strings_of(graph, [cross.first for cross in joint])
        second = inputs.strings_of(graph, [cross.second for cross in joint])
        between = graph.constant(np.array([[JOINT]], dtype=object))
        pairs = graph.add("StringConcat", graph.add("StringConcat", first, between), second)
        assert strings is not None
        every = graph.add("Concat", strings, pairs, axis=1)
        names = (*inputs.string_names, *(cross.name for cross in joint))
        made = Inputs(made.numbers, made.number_names, every, names)
    return made


def _combined(graph: Graph, inputs: Inputs, cross: Cross) -> str:
    first, second = inputs.numbers_of(graph, [cross.first]), inputs.numbers_of(graph, [cross.second])
    return graph.add(OPERATIONS[cross.operation], first, second)
