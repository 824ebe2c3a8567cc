"""A table that knows what its columns are."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from holdfast.arrays import Integers
from holdfast.data.columns import NUMERIC_KINDS, Coded, Columns, Kind


@dataclass(frozen=True)
class Parsing:
    """How one column's raw text was understood, so that rows scored later are read the same way.

    `missing` are the words that stand for a missing value; `decimal` and `thousands` the separators of a number
    written as text, where " " stands for any kind of space; `true` and `false` the words of a boolean; `date_format` a
    strptime format.
    """

    missing: tuple[str, ...] = ()
    decimal: str = "."
    thousands: str = ""
    true: tuple[str, ...] = ()
    false: tuple[str, ...] = ()
    date_format: str = ""


@dataclass(frozen=True)
class Dataset:
    """Rows in their canonical types, and what each column is.

    `frame` holds number columns as Float64, boolean as Boolean, datetime as Datetime("us"), everything else as String;
    missing values are null everywhere (never NaN, never blank). `kinds` covers every column of `frame`, in order.
    `notes` are sentences about what reading had to decide (encoding, renamed columns, ...), for the report.
    """

    frame: pl.DataFrame
    kinds: Mapping[str, Kind]
    parsing: Mapping[str, Parsing] = field(default_factory=dict)
    source: str = "memory"
    notes: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.frame.height

    def take(self, rows: Integers) -> "Dataset":
        """Return the given rows, in the order given."""
        return replace(self, frame=self.frame[rows])

    def drop(self, *names: str) -> "Dataset":
        """Return the dataset without these columns."""
        kinds = {name: kind for name, kind in self.kinds.items() if name not in names}
        return replace(self, frame=self.frame.select(list(kinds)), kinds=kinds)

    def columns(self) -> Columns:
        """Return number, boolean, datetime, category and text columns as arrays; identifiers and constants are left out."""
        numbers, strings, kinds = {}, {}, {}
        for name, kind in self.kinds.items():
            series = self.frame[name]
            if kind in NUMERIC_KINDS:
                kinds[name] = kind
                if kind is Kind.DATETIME:
                    numbers[name] = (series.dt.epoch("us").cast(pl.Float64) / 1e6).fill_null(np.nan).to_numpy()
                else:
                    numbers[name] = series.cast(pl.Float64).fill_null(np.nan).to_numpy()
            elif kind in (Kind.CATEGORY, Kind.TEXT):
                kinds[name] = kind
                strings[name] = _coded(series)
        return Columns(numbers, strings, kinds)


def counted(column: pl.Series) -> pl.DataFrame:
    """Count how many rows hold each value: columns "value" and "rows", the commonest first.

    >>> counted(pl.Series("rows", ["a", "b", "a"])).rows()
    [('a', 2), ('b', 1)]
    """
    return column.alias("value").value_counts(sort=True, name="rows")


def _coded(series: pl.Series) -> Coded:
    """Dictionary-encode a String series with sorted values."""
    values = series.drop_nulls().unique().sort()
    codes = series.cast(pl.Enum(values)).to_physical().cast(pl.Int32).fill_null(-1)
    return Coded(codes.to_numpy(), np.asarray(values.to_list(), dtype=object))
