"""What every check is given: the development rows, and a bounded sample of them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from holdfast.arrays import Floats
from holdfast.data.columns import Kind
from holdfast.data.dataset import Dataset

# Expensive checks look at this many rows.
SAMPLE_ROWS = 20_000


@dataclass(frozen=True)
class Examined:
    """The development rows and what is asked of them. family: "classification" or "regression"."""

    dataset: Dataset
    target: str
    family: str
    group: str | None = None
    time: str | None = None
    unanswered: Dataset | None = None
    """Rows whose target is missing: which other columns lack a value there tells when those are recorded."""

    @property
    def features(self) -> list[str]:
        """Columns beside the target."""
        return [name for name in self.dataset.kinds if name != self.target]

    def of_kind(self, *kinds: Kind) -> list[str]:
        """Features of these kinds."""
        return [name for name in self.features if self.dataset.kinds[name] in kinds]

    @property
    def y(self) -> pl.Series:
        """The target, all rows."""
        return self.dataset.frame[self.target]

    @cached_property
    def sample(self) -> "Examined":
        """Evenly spaced rows, at most SAMPLE_ROWS."""
        if self.dataset.n_rows <= SAMPLE_ROWS:
            return self
        rows = np.linspace(0, self.dataset.n_rows - 1, SAMPLE_ROWS).astype(np.int64)
        return Examined(self.dataset.take(rows), self.target, self.family, self.group, self.time, self.unanswered)

    @cached_property
    def numeric_target(self) -> Floats:
        """The target as numbers: values, or class codes by name, shape (n_rows,)."""
        numbers: Floats = as_numbers(self.y)
        return numbers


def as_numbers(series: pl.Series) -> Any:
    """Any column as float64 with NaN for missing: numbers as they are, dates as seconds, text as codes by name."""
    if series.dtype == pl.Datetime:
        series = series.dt.epoch("s")
    if series.dtype == pl.String:
        series = series.cast(pl.Enum(series.drop_nulls().unique().sort())).to_physical()
    return series.cast(pl.Float64).fill_null(np.nan).to_numpy()
