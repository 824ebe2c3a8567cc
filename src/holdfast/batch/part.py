"""What a source gives and a sink takes: some rows at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import polars as pl

# Cells read at a time; memory is a few hundred bytes for each.
CELLS = 500_000


class Bad(NamedTuple):
    """A row that can't be scored. row: its number in the input, from 1. record: as it stood there."""

    row: int
    reason: str
    record: str


@dataclass(frozen=True)
class Part:
    """Some rows of the input, in order.

    frame: the rows that could be told apart, text where the input is text. rows: the number of each in the input, from 1.
    bad: rows that could not be. n_rows: both together. end: where the next part starts, in the source's own count.
    """

    frame: pl.DataFrame
    rows: Sequence[int]
    bad: tuple[Bad, ...]
    n_rows: int
    end: int


class Source(Protocol):
    """Where rows come from.

    columns: their names. identity: what must be the same for a broken-off run to go on; "" when it can't. size: what `end` of
    the last part will be, 0 when unknown. as_text: whether cells are text whose type is anyone's guess.
    """

    columns: list[str]
    identity: str
    size: int
    as_text: bool

    def parts(self, names: Sequence[str], start: int, first_row: int) -> Iterator[Part]:
        """Give these columns of the rows from `start` on, the first of which has the number `first_row`."""


def rows_at_a_time(n_columns: int) -> int:
    """How many rows make a part."""
    return max(1_000, min(100_000, CELLS // max(1, n_columns)))
