"""Number and boolean columns: gaps filled or kept, scaled when wanted."""

import numpy as np

from holdfast.arrays import Floats, Integers, Matrix32
from holdfast.data.columns import Columns
from holdfast.features.inputs import Inputs
from holdfast.features.matrix import Matrix
from holdfast.graph import Graph

# A value this many standard deviations from the mean is cut off for learners that want scaled columns.
CLIP = 10.0

# float32 tells about 1.6e7 values apart; a column whose values sit further from zero than this many times their spread
# is shifted first, so that the cast loses nothing that matters (ids, years in seconds, large amounts).
FAR_FROM_ZERO = 1e3


class Numeric:
    """All number and boolean columns, side by side; infinite values count as missing."""

    def __init__(self, wants: Matrix, names: list[str]) -> None:
        self._wants = wants
        self._names = names

    def fit(self, columns: Columns) -> "Numeric":
        """Learn medians, which columns have gaps, and scales from training rows."""
        values = self._values(columns)
        known = np.isfinite(values)
        counts = known.sum(axis=0)
        self._fill, self._shift = np.zeros(len(self._names)), np.zeros(len(self._names))
        for k in range(len(self._names)):
            present = values[known[:, k], k]
            if not len(present):
                continue
            self._fill[k] = np.median(present)
            spread = np.percentile(present, 95) - np.percentile(present, 5)
            if abs(self._fill[k]) > FAR_FROM_ZERO * spread > 0:
                self._shift[k] = np.round(self._fill[k])
        gaps = (counts < len(values)) & (counts > 0) & (self._wants.missing == "impute")
        self._gaps: Integers = np.flatnonzero(gaps)
        filled = np.where(known, values, self._fill)
        self._mean, self._spread = np.zeros(len(self._names)), np.ones(len(self._names))
        if self._wants.scaled and len(values):
            self._mean, deviation = filled.mean(axis=0), filled.std(axis=0)
            self._spread = np.where(deviation > 1e-12 * np.maximum(1.0, np.abs(self._mean)), deviation, 1.0)
        return self

    def transform(self, columns: Columns) -> Matrix32:
        """Encode rows, shape (n_rows, len(names()))."""
        values = self._values(columns)
        known = np.isfinite(values)
        values = np.where(known, values, self._fill if self._wants.missing == "impute" else np.nan)
        if self._wants.scaled:
            values = np.clip((values - self._mean) / self._spread, -CLIP, CLIP)
        else:
            values = np.clip(values - self._shift, -LARGEST, LARGEST)
        missing = (~known[:, self._gaps]).astype(np.float32)
        return np.concatenate([values.astype(np.float32), missing], axis=1)

    def names(self) -> list[str]:
        """Name of each matrix column."""
        return [*self._names, *(f"{self._names[k]} is missing" for k in self._gaps)]

    def sources(self) -> list[str]:
        """The feature behind each matrix column."""
        return [*self._names, *(self._names[k] for k in self._gaps)]

    def emit(self, graph: Graph, inputs: Inputs) -> str:
        """Add the same arithmetic to a graph."""
        values = inputs.numbers_of(graph, self._names)
        gap = graph.add("Not", finite(graph, values))
        fill = self._fill if self._wants.missing == "impute" else np.full(len(self._names), np.nan)
        values = graph.add("Where", gap, graph.constant(fill[None, :]), values)
        if self._wants.scaled:
            values = graph.add("Sub", values, graph.constant(self._mean[None, :]))
            values = graph.add("Div", values, graph.constant(self._spread[None, :]))
            limit = CLIP
        else:
            if self._shift.any():
                values = graph.add("Sub", values, graph.constant(self._shift[None, :]))
            limit = LARGEST
        values = graph.add("Clip", values, graph.constant(np.float64(-limit)), graph.constant(np.float64(limit)))
        values = graph.add("Cast", values, to=FLOAT)
        if not len(self._gaps):
            return values
        missing = graph.add("Gather", gap, graph.constant(self._gaps), axis=1)
        return graph.add("Concat", values, graph.add("Cast", missing, to=FLOAT), axis=1)

    def _values(self, columns: Columns) -> Floats:
        return np.column_stack([columns.numbers[name] for name in self._names])


# onnx.TensorProto.FLOAT, without importing onnx.
FLOAT = 1

# Well inside float32: neither the cast nor a sum over many rows makes an infinity.
LARGEST = 1e30


def finite(graph: Graph, values: str) -> str:
    """Whether each value is neither NaN nor infinite: only then is x - x equal to 0."""
    zero = graph.constant(np.float64(0.0))
    return graph.add("Equal", graph.add("Mul", values, zero), zero)
