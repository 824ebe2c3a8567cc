"""Columns made of two others: what can be asked for, and how it is read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from holdfast.arrays import Floats
from holdfast.data.columns import Kind
from holdfast.errors import RequestError

Operation: TypeAlias = Literal["*", "/", "+", "-", "by"]

# How numbers are joined, and the operator of a graph that does it; "by" takes the mean of a group off.
OPERATORS: dict[Operation, str] = {"*": "Mul", "/": "Div", "+": "Add", "-": "Sub", "by": "Sub"}

# How two numbers are tried together.
OF_NUMBERS: tuple[Operation, ...] = ("*", "/", "+", "-")

# What stands between two columns; their names may hold the letters of "by".
BETWEEN: dict[Operation, str] = {"*": r"\*", "/": "/", "+": r"\+", "-": "-", "by": r"(?<=\s)by(?=\s)"}

# Between the two values of a joint category; it does not occur in text data.
JOINT = "\x1e"


@dataclass(frozen=True)
class Cross:
    """Two columns and what joins them.

    Of categories, "*" makes each pair of values a value of its own. A number "by" a category is its deviation from the
    mean of the rows with that category; "/" divides it by that mean.
    """

    first: str
    operation: Operation
    second: str

    @property
    def name(self) -> str:
        """Name of the column it makes."""
        return f"{self.first} {self.operation} {self.second}"


def combine(operation: Operation, first: Floats, second: Floats) -> Floats:
    """Join numbers; what is divided by zero or too large becomes infinite, which counts as missing."""
    with np.errstate(all="ignore"):
        if operation == "*":
            return first * second
        if operation == "+":
            return first + second
        return first / second if operation == "/" else first - second


def read_cross(text: str, kinds: Mapping[str, Kind]) -> Cross:
    """Find the two columns in "price / area"; RequestError when there are no such two, or they can't be joined so.

    >>> read_cross("price/area", {"price": Kind.NUMBER, "area": Kind.NUMBER})
    Cross(first='price', operation='/', second='area')
    >>> read_cross("price by city", {"price": Kind.NUMBER, "city": Kind.CATEGORY})
    Cross(first='price', operation='by', second='city')
    """
    for operation, between in BETWEEN.items():
        for found in re.finditer(between, text):
            first, second = text[: found.start()].strip(), text[found.end() :].strip()
            if first in kinds and second in kinds:
                cross = Cross(first, operation, second)
                _check(cross, kinds)
                return cross
    raise RequestError(
        f"cross {text!r} was asked for; expected two columns to learn from with *, /, +, - or by between them, out of "
        f'{", ".join(list(kinds)[:12])}: such as --cross "city*product"'
    )


def _check(cross: Cross, kinds: Mapping[str, Kind]) -> None:
    pair = (kinds[cross.first], kinds[cross.second])
    number = [kind in (Kind.NUMBER, Kind.BOOLEAN) for kind in pair]
    numbers = all(number) and cross.operation != "by"
    dates = all(kind is Kind.DATETIME for kind in pair) and cross.operation == "-"
    joint = all(kind is Kind.CATEGORY for kind in pair) and cross.operation == "*"
    grouped = number[0] and pair[1] is Kind.CATEGORY and cross.operation in ("by", "/")
    if not (numbers or dates or joint or grouped):
        raise RequestError(
            f"cross {cross.name!r} joins a {pair[0]} and a {pair[1]} column; expected two numbers (*, /, + or -), two categories "
            f"(*), two dates (-) or a number and a category (by or /): choose other columns, or leave it out"
        )
    if cross.name in kinds:
        raise RequestError(f"cross {cross.name!r} has the name of a column; rename that column, or leave the cross out")
