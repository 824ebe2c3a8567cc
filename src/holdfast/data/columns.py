"""What a pipeline sees: columns as arrays, already typed, without any data-frame library."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

import numpy as np

from holdfast.arrays import Codes, Floats, Integers, Strings

T = TypeVar("T")


class Kind(StrEnum):
    """What a column is, as far as its content says."""

    NUMBER = "number"
    CATEGORY = "category"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    TEXT = "text"
    IDENTIFIER = "identifier"
    CONSTANT = "constant"


NUMERIC_KINDS = frozenset({Kind.NUMBER, Kind.BOOLEAN, Kind.DATETIME})


@dataclass(frozen=True)
class Coded:
    """A string column, dictionary-encoded: `values[codes]`, with code -1 for a missing value.

    Shapes: codes (n_rows,), values (n_distinct,) of str, sorted. Subsets of rows share `values`, so a value may
    occur in no row.
    """

    codes: Codes
    values: Strings
    made: dict[Callable[[Strings], Any], Any] = field(default_factory=dict, repr=False, compare=False)
    """What `once` made of the values, which subsets of rows share, too."""

    def take(self, rows: Integers) -> "Coded":
        """Return the given rows."""
        return Coded(self.codes[rows], self.values, self.made)

    def once(self, make: Callable[[Strings], T]) -> T:
        """What can be made of the values; made once for all subsets of rows."""
        if make not in self.made:
            self.made.setdefault(make, make(self.values))
        made: T = self.made[make]
        return made

    @property
    def used(self) -> Integers:
        """Places of the values that occur in these rows, sorted."""
        return np.flatnonzero(np.bincount(self.codes + 1, minlength=1)[1:])

    def look_up(self, table: Mapping[str, int]) -> Codes:
        """Each row's number in a table of values, -1 where it has none, shape (n_rows,); "" stands for missing."""
        # A few rows of a column with many values bring all its values along: only those that occur are looked up.
        used = np.flatnonzero(np.bincount(self.codes + 1, minlength=1))
        numbers = np.full(len(self.values) + 1, -1, dtype=np.int32)
        numbers[used] = [table.get(self.values[k - 1] if k else "", -1) for k in used]
        return numbers[self.codes + 1]

    def strings(self) -> Strings:
        """Return one str per row, shape (n_rows,); the empty string where missing."""
        return np.append(self.values, "").astype(object)[self.codes]


@dataclass(frozen=True)
class Columns:
    """The feature columns of some rows.

    `numbers` holds number, boolean (0/1) and datetime (seconds since 1970-01-01 UTC) columns as float64 with NaN for
    missing; `strings` holds category and text columns. `kinds` gives each column's kind, in schema order.
    """

    numbers: Mapping[str, Floats]
    strings: Mapping[str, Coded]
    kinds: Mapping[str, Kind]

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        for array in self.numbers.values():
            return len(array)
        for coded in self.strings.values():
            return len(coded.codes)
        return 0

    def of_kind(self, *kinds: Kind) -> list[str]:
        """Names of the columns of these kinds, in schema order."""
        return [name for name, kind in self.kinds.items() if kind in kinds]

    def take(self, rows: Integers) -> "Columns":
        """Return the given rows; string columns keep their whole vocabulary."""
        return Columns(
            {name: array[rows] for name, array in self.numbers.items()},
            {name: coded.take(rows) for name, coded in self.strings.items()},
            self.kinds,
        )

    def select(self, names: Sequence[str]) -> "Columns":
        """Return only the named columns, in the order they already have."""
        keep = set(names)
        return Columns(
            {name: array for name, array in self.numbers.items() if name in keep},
            {name: coded for name, coded in self.strings.items() if name in keep},
            {name: kind for name, kind in self.kinds.items() if name in keep},
        )
