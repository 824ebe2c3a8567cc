"""The cells of a row that isn't known yet: what each is computed from."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from holdfast.arrays import Flags, Floats, Integers

# Functions that answer true or false.
TRUTHS = frozenset({"isMissing", "isNotMissing", "not", "and", "equal", "lessThan"})


class Symbol:
    """One cell. Equal only to itself, so that what is computed once is written once."""

    @property
    def may_be_gap(self) -> bool:
        """Whether a row can have nothing here."""
        return True


@dataclass(frozen=True, eq=False)
class Column(Symbol):
    """A column of the data: a number, or a text."""

    name: str
    text: bool = False


@dataclass(frozen=True, eq=False)
class Prefixed(Symbol):
    """A text column with something written before it, as the keys of a table of all columns are."""

    prefix: str
    column: Column


@dataclass(frozen=True, eq=False)
class Lookup(Symbol):
    """A function of one text column, as a table. "" is a gap, `default` what all other texts give; NaN is a gap again."""

    column: Column
    table: Mapping[str, Any]
    default: Any

    @property
    def may_be_gap(self) -> bool:
        """Whether a row can have nothing here."""
        return any(value != value for value in (*self.table.values(), self.default))

    def at(self, key: str | None) -> Any:
        """The value of a text; None for one that is not in the table."""
        return self.default if key is None else self.table.get(key, self.default)

    def map(self, function: Callable[[Any], Any]) -> "Lookup":
        """The function of this function."""
        return Lookup(self.column, {key: function(value) for key, value in self.table.items()}, function(self.default))


@dataclass(frozen=True, eq=False)
class Apply(Symbol):
    """A function of PMML, or "float" for rounding to single precision. Arguments are symbols and plain values."""

    function: str
    arguments: tuple[Any, ...]

    @cached_property
    def may_be_gap(self) -> bool:
        """Whether a row can have nothing here: not where gaps are filled."""
        filled = self.arguments[1:2] if _fills(self) else self.arguments
        return any(cell.may_be_gap for cell in filled if isinstance(cell, Symbol))


def _fills(cell: Apply) -> bool:
    condition = cell.arguments[0]
    gap = isinstance(condition, Apply) and condition.function == "isMissing"
    return gap and cell.function == "if" and condition.arguments[0] is cell.arguments[2]


@dataclass(frozen=True, eq=False)
class Logistic(Apply):
    """The logistic function of a score; the arguments spell it out."""

    score: Any = None


@dataclass(frozen=True, eq=False)
class Softmax(Apply):
    """One of the softmax values of scores, the `place`-th; the arguments spell it out."""

    scores: tuple[Any, ...] = ()
    place: int = 0


@dataclass(frozen=True, eq=False)
class Weighted(Symbol):
    """A sum of symbols times weights, and a constant."""

    terms: tuple[tuple[Symbol, float], ...]
    constant: float

    @cached_property
    def may_be_gap(self) -> bool:
        """Whether a row can have nothing here."""
        return any(symbol.may_be_gap for symbol, _ in self.terms)


@dataclass(frozen=True)
class Tree:
    """One tree's splits, the root first. A child below zero is the leaf ~child.

    column: (n_splits,) place in the columns. threshold, true, false, missing_true: (n_splits,). value: (n_leaves,).
    """

    column: Integers
    threshold: Floats
    true: Integers
    false: Integers
    missing_true: Flags
    value: Floats


@dataclass(frozen=True, eq=False)
class Trees(Symbol):
    """The sum of trees over columns. mode: how a value compares to a threshold on the way to `true`."""

    trees: tuple[Tree, ...]
    columns: tuple[Any, ...]
    mode: str
    may_be_gap = False


def weighted(pairs: Iterable[tuple[Any, float]], constant: float = 0.0) -> Any:
    """Sum cells times weights; sums within are opened, and a sum of constants is a number.

    >>> age = Column("age")
    >>> once = weighted([(age, 2.0), (3.0, 1.0)])
    >>> twice = weighted([(once, 2.0), (age, 1.0)], 1.0)
    >>> twice.terms[0][1], twice.constant
    (5.0, 7.0)
    """
    terms: dict[Symbol, float] = {}
    for cell, weight in pairs:
        if not isinstance(cell, Symbol):
            constant += weight * cell
            continue
        inner = cell if isinstance(cell, Weighted) else Weighted(((cell, 1.0),), 0.0)
        constant += weight * inner.constant
        for symbol, factor in inner.terms:
            terms[symbol] = terms.get(symbol, 0.0) + weight * factor
    kept = tuple((symbol, float(weight)) for symbol, weight in terms.items() if weight)
    return Weighted(kept, float(constant)) if kept else float(constant)


def is_true_or_false(cell: Any) -> bool:
    """Whether a cell holds a truth and no number."""
    return isinstance(cell, Apply) and cell.function in TRUTHS


def is_linear(cell: Any) -> bool:
    """Whether a cell is a sum, to which more may be added."""
    return isinstance(cell, Weighted | Trees)


def beneath(cell: Any) -> Sequence[Any]:
    """The cells that one is made of."""
    if isinstance(cell, Apply):
        return cell.arguments
    if isinstance(cell, Weighted):
        return [symbol for symbol, _ in cell.terms]
    if isinstance(cell, Trees):
        used = np.unique(np.concatenate([tree.column for tree in cell.trees]))
        return [cell.columns[place] for place in used]
    return [cell.column] if isinstance(cell, Lookup) else []
