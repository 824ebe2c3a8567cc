"""Date columns: how long ago, and which year, month, day, weekday and hour."""

import numpy as np

from holdfast.arrays import Floats, Matrix32
from holdfast.data.columns import Columns
from holdfast.features.inputs import Inputs
from holdfast.features.matrix import Matrix, beside
from holdfast.features.numeric import clipped, finite
from holdfast.features.scale import CLIP, standard
from holdfast.graph import FLOAT, Graph, Tensor, floor
from holdfast.graph.tensor import Number

DAY = 86_400.0

# Seconds of 0001-01-01 and of the last second of 9999: other dates are moved to the nearer end.
EARLIEST, LATEST = -62_135_596_800.0, 253_402_300_799.0

PARTS = ("days", "year", "month", "day", "weekday", "day of year", "hour")


class Dates:
    """All date columns; each becomes the parts that vary in the training rows."""

    def __init__(self, wants: Matrix, names: list[str]) -> None:
        self._wants = wants
        self._names = names

    def fit(self, columns: Columns) -> "Dates":
        """Learn the middle of each column, which parts vary, and scales."""
        values = self._values(columns)
        known = np.isfinite(values)
        self._middle = np.array(
            [np.median(values[known[:, k], k]) if known[:, k].any() else 0.0 for k in range(len(self._names))]
        )
        gaps = self._wants.missing == "impute"
        self._gaps = np.flatnonzero(known.any(axis=0) & ~known.all(axis=0)) if gaps else np.zeros(0, dtype=np.int64)
        parts = self._parts(self._filled(values))
        low = np.min(np.where(np.isnan(parts), np.inf, parts), axis=0, initial=np.inf)
        high = np.max(np.where(np.isnan(parts), -np.inf, parts), axis=0, initial=-np.inf)
        self._kept = np.flatnonzero(high > low)
        if self._wants.scaled:
            self._mean, self._spread = standard(parts[:, self._kept])
        return self

    def transform(self, columns: Columns) -> Matrix32:
        """Encode rows, shape (n_rows, len(names()))."""
        values = self._values(columns)
        parts = self._parts(self._filled(values))[:, self._kept]
        if self._wants.scaled:
            parts = np.clip((parts - self._mean) / self._spread, -CLIP, CLIP)
        missing = ~np.isfinite(values[:, self._gaps])
        return beside(parts.astype(np.float32), missing.astype(np.float32))

    def names(self) -> list[str]:
        """Name of each matrix column."""
        every = [f"{name} {part}" for part in PARTS for name in self._names]
        return [*(every[k] for k in self._kept), *(f"{self._names[k]} is missing" for k in self._gaps)]

    def sources(self) -> list[str]:
        """The feature behind each matrix column."""
        return [*(self._names[k % len(self._names)] for k in self._kept), *(self._names[k] for k in self._gaps)]

    def words(self) -> dict[str, str]:
        """How each column was prepared."""
        n = len(self._names)
        kept = {name: [PARTS[k // n] for k in self._kept if k % n == place] for place, name in enumerate(self._names)}
        return {name: f"as {', '.join(parts)}" for name, parts in kept.items()}

    def question(self, column: int, threshold: float) -> tuple[str, bool]:
        """As of the encoder."""
        name = self.names()[column]
        if column >= len(self._kept):
            return name, False
        if self._wants.scaled:
            threshold = threshold * self._spread[column] + self._mean[column]
        return f"{name} ≤ {threshold:.5g}", True

    def emit(self, graph: Graph, inputs: Inputs) -> str:
        """Add the same arithmetic to a graph."""
        values = inputs.numbers_of(graph, self._names)
        gap = graph.add("Not", finite(graph, values))
        fill = self._middle if self._wants.missing == "impute" else np.full(len(self._names), np.nan)
        values = graph.add("Where", gap, graph.constant(fill[None, :]), values)
        values = clipped(graph, values, EARLIEST, LATEST)
        parts = [part.name for part in calendar(Tensor(graph, values), self._middle)]
        every = graph.add("Concat", *parts, axis=1)
        kept = graph.add("Gather", every, graph.constant(self._kept), axis=1)
        if self._wants.scaled:
            kept = clipped(graph, ((Tensor(graph, kept) - self._mean) / self._spread).name, -CLIP, CLIP)
        encoded = graph.add("Cast", kept, to=FLOAT)
        if not len(self._gaps):
            return encoded
        missing = graph.add("Gather", gap, graph.constant(self._gaps), axis=1)
        return graph.add("Concat", encoded, graph.add("Cast", missing, to=FLOAT), axis=1)

    def _values(self, columns: Columns) -> Floats:
        return np.column_stack([columns.numbers[name] for name in self._names])

    def _filled(self, values: Floats) -> Floats:
        fill = self._middle if self._wants.missing == "impute" else np.nan
        return np.clip(np.where(np.isfinite(values), values, fill), EARLIEST, LATEST)

    def _parts(self, seconds: Floats) -> Floats:
        return np.concatenate(calendar(seconds, self._middle), axis=1)


def calendar(seconds: Number, middle: Floats) -> list[Number]:
    """Split seconds since 1970 into PARTS, by whole-number arithmetic that is exact in doubles (Hinnant, 2013).

    "days" counts from `middle`; Monday is weekday 0; the day of the year counts from 1 March, so that leap years differ
    only at its end.
    """
    days = floor(seconds / DAY)
    hour = floor((seconds - days * DAY) / 3600.0)
    shifted = days + 719_468.0
    era = floor(shifted / 146_097.0)
    of_era = shifted - era * 146_097.0
    leaps = floor(of_era / 36_524.0) - floor(of_era / 1_460.0) - floor(of_era / 146_096.0)
    year_of_era = floor((of_era + leaps) / 365.0)
    century_days = year_of_era * 365.0 + floor(year_of_era / 4.0) - floor(year_of_era / 100.0)
    day_of_year = of_era - century_days
    month_from_march = floor((day_of_year * 5.0 + 2.0) / 153.0)
    day = day_of_year - floor((month_from_march * 153.0 + 2.0) / 5.0) + 1.0
    next_year = floor(month_from_march / 10.0)
    month = month_from_march + 3.0 - next_year * 12.0
    year = year_of_era + era * 400.0 + next_year
    weekday = days + 3.0 - floor((days + 3.0) / 7.0) * 7.0
    return [(seconds - middle) / DAY, year, month, day, weekday, day_of_year, hour]
