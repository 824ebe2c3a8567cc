"""Number and boolean columns: gaps filled or kept, scaled when wanted."""

import numpy as np

from holdfast.arrays import Floats, Integers, Matrix32
from holdfast.data.columns import Columns, Kind
from holdfast.features.inputs import Inputs
from holdfast.features.matrix import Matrix
from holdfast.features.power import LARGEST
from holdfast.features.scale import BENDING, Scaler, Scaling, fit_scaler, standard
from holdfast.graph import FLOAT, Graph, Tensor

# float32 tells about 1.6e7 values apart; a column whose values sit further from zero than this many times their spread
# is shifted first, so that the cast loses nothing that matters (ids, years in seconds, large amounts).
FAR_FROM_ZERO = 1e3

# Rows are encoded so many at a time: doubles on the way to a large matrix would take several times its memory.
CHUNK = 20_000


class Numeric:
    """Number and boolean columns, side by side; infinite values count as missing. scaling: where it is wanted at all."""

    def __init__(self, wants: Matrix, names: list[str], scaling: Scaling = "standard") -> None:
        self._wants, self._names, self._scaling = wants, names, scaling

    def fit(self, columns: Columns) -> "Numeric":
        """Learn medians, which columns have gaps, and scales from training rows."""
        self._flags = set(columns.of_kind(Kind.BOOLEAN))
        self._fill, self._shift = np.zeros(len(self._names)), np.zeros(len(self._names))
        counts = np.zeros(len(self._names), dtype=np.int64)
        for k, name in enumerate(self._names):
            values = _clean(columns.numbers[name].copy())
            present = values[~np.isnan(values)]
            counts[k] = len(present)
            if not len(present):
                continue
            low, self._fill[k], high = np.quantile(present, [0.05, 0.5, 0.95])
            if abs(self._fill[k]) > FAR_FROM_ZERO * (high - low) > 0:
                self._shift[k] = np.round(self._fill[k])
        gaps = (counts < columns.n_rows) & (counts > 0) & (self._wants.missing == "impute")
        self._gaps: Integers = np.flatnonzero(gaps)
        if self._wants.scaled:
            self._scaler = self._fit_scaler(columns)
        return self

    def _fit_scaler(self, columns: Columns) -> Scaler:
        """The usual scaling is learned column by column, as a large matrix may be too large to have twice."""
        if self._scaling != "standard":
            values = self._values(columns, slice(None))
            return fit_scaler(self._scaling, np.where(np.isnan(values), self._fill, values))
        centre, spread = np.zeros(len(self._names)), np.ones(len(self._names))
        for k, name in enumerate(self._names):
            values = _clean(columns.numbers[name].copy())
            values[np.isnan(values)] = self._fill[k]
            centre[k : k + 1], spread[k : k + 1] = standard(values[:, None])
        return Scaler(centre, spread)

    def transform(self, columns: Columns) -> Matrix32:
        """Encode rows, shape (n_rows, len(names()))."""
        matrix = np.empty((columns.n_rows, len(self._names) + len(self._gaps)), dtype=np.float32)
        for start in range(0, columns.n_rows, CHUNK):
            rows = slice(start, start + CHUNK)
            values = self._values(columns, rows)
            known = ~np.isnan(values)
            values = np.where(known, values, self._fill if self._wants.missing == "impute" else np.nan)
            scaled = self._scaler.apply(values) if self._wants.scaled else values - self._shift
            matrix[rows, : len(self._names)] = scaled
            matrix[rows, len(self._names) :] = ~known[:, self._gaps]
        return matrix

    def names(self) -> list[str]:
        """Name of each matrix column."""
        return [*self._names, *(f"{self._names[k]} is missing" for k in self._gaps)]

    def sources(self) -> list[str]:
        """The feature behind each matrix column."""
        return [*self._names, *(self._names[k] for k in self._gaps)]

    def words(self) -> dict[str, str]:
        """How each column was prepared."""
        scaled = f", scaled: {self._scaling.replace('_', ' ')}" if self._wants.scaled else ""
        filled = {self._names[k]: f"gaps become {self._fill[k]:.6g} and are marked" for k in self._gaps}
        return {name: f"{filled.get(name, 'as it is')}{scaled}" for name in self._names}

    def question(self, column: int, threshold: float) -> tuple[str, bool]:
        """As of the encoder; thresholds are told in the column's own unit."""
        name = self.names()[column]
        if column >= len(self._names):
            return name, False
        if name in self._flags:
            return f"{name} is true", False
        if self._wants.scaled and self._scaling in BENDING:
            return f"{name}, scaled, ≤ {threshold:.4g}", True
        if self._wants.scaled:
            threshold = threshold * self._scaler.spread[column] + self._scaler.centre[column]
        else:
            threshold += self._shift[column]
        # Far from zero, five digits may tell nothing apart.
        return f"{name} ≤ {threshold:.{5 if abs(threshold) < 1e5 else 12}g}", True

    def emit(self, graph: Graph, inputs: Inputs) -> str:
        """Add the same arithmetic to a graph."""
        values = inputs.numbers_of(graph, self._names)
        gap = graph.add("Not", finite(graph, values))
        fill = self._fill if self._wants.missing == "impute" else np.full(len(self._names), np.nan)
        values = graph.add("Where", gap, graph.constant(fill[None, :]), values)
        values = clipped(graph, values, -LARGEST, LARGEST)
        if self._wants.scaled:
            values = self._scaler.apply(Tensor(graph, values)).name
        elif self._shift.any():
            values = graph.add("Sub", values, graph.constant(self._shift[None, :]))
        values = graph.add("Cast", values, to=FLOAT)
        if not len(self._gaps):
            return values
        missing = graph.add("Gather", gap, graph.constant(self._gaps), axis=1)
        return graph.add("Concat", values, graph.add("Cast", missing, to=FLOAT), axis=1)

    def _values(self, columns: Columns, rows: slice) -> Floats:
        """Rows by columns, each column in one piece of memory: what is learned is learned column by column."""
        return _clean(np.stack([columns.numbers[name][rows] for name in self._names]).T)


def _clean(values: Floats) -> Floats:
    """Infinite values become missing, and others are kept within what arithmetic stands; in place."""
    np.copyto(values, np.nan, where=np.isinf(values))
    return np.clip(values, -LARGEST, LARGEST, out=values)


def finite(graph: Graph, values: str) -> str:
    """Whether each value is neither NaN nor infinite: only then is x - x equal to 0."""
    zero = graph.constant(np.float64(0.0))
    return graph.add("Equal", graph.add("Mul", values, zero), zero)


def clipped(graph: Graph, values: str, low: float, high: float) -> str:
    """Double values moved to the nearer end of [low, high]; NaN stays."""
    return graph.add("Clip", values, graph.constant(np.float64(low)), graph.constant(np.float64(high)))
