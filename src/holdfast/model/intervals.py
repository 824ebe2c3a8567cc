"""Intervals and sets of a chosen probability, from the tables in the manifest. Needs NumPy only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.arrays import Flags, Floats, likeliest
from holdfast.errors import ModelError, RequestError

# No table of ours is larger.
MOST_LEVELS, MOST_BINS, MOST_GROUPS = 100, 1_000, 10_000


@dataclass(frozen=True)
class Intervals:
    """Margins by level, for all rows and for groups of them; see `holdfast.evaluate.conformal`."""

    levels: tuple[float, ...]
    table: Mapping[str, Any]
    column: str | None
    groups: Mapping[str, Mapping[str, Any]]

    @classmethod
    def from_json(cls, value: Any, *, classes: bool) -> "Intervals":
        """Check and take what the manifest holds; ModelError for anything that is no table of ours."""
        try:
            levels = tuple(float(level) for level in value["levels"])
            groups = value.get("groups") or {"column": None, "tables": {}}
            tables = {str(name): _table(each, len(levels), classes=classes) for name, each in groups["tables"].items()}
            found = cls(levels, _table(value["all"], len(levels), classes=classes), groups["column"], tables)
            found._check()
        except (KeyError, TypeError, ValueError, AttributeError):
            raise ModelError(
                "the manifest's intervals are no table of margins; expected it unchanged: copy the model again"
            ) from None
        return found

    def _check(self) -> None:
        rising = list(self.levels) == sorted(self.levels) and all(0 < level < 1 for level in self.levels)
        sound = 0 < len(self.levels) <= MOST_LEVELS and len(self.groups) <= MOST_GROUPS
        if not (rising and sound and isinstance(self.column, str | None)):
            raise ValueError("levels")

    def bounds(self, predicted: Floats, level: float, groups: Any = None) -> tuple[Floats, Floats]:
        """Lower and upper ends for predicted numbers, (n_rows,) each; infinite where too few rows could tell."""
        k, low, high = self._place(level), np.empty(len(predicted)), np.empty(len(predicted))
        for rows, table in self._parts(len(predicted), groups):
            bins = np.searchsorted(table["edges"], predicted[rows], side="right")
            low[rows] = predicted[rows] + table["low"][bins, k]
            high[rows] = predicted[rows] + table["high"][bins, k]
        return low, high

    def members(self, probabilities: Floats, level: float, groups: Any = None) -> Flags:
        """Which classes are in the set, shape (n_rows, n_classes); the likeliest always is."""
        k, inside = self._place(level), np.zeros(probabilities.shape, dtype=bool)
        for rows, table in self._parts(len(probabilities), groups):
            inside[rows] = probabilities[rows] >= table["least"][k]
        inside[np.arange(len(inside)), likeliest(probabilities)] = True
        return inside

    def _place(self, level: float) -> int:
        """The level in the table: the one asked for, or the next higher."""
        if not self.levels[0] <= level <= self.levels[-1]:
            raise RequestError(
                f"interval {level!r} is not a level the model knows; expected one from {self.levels[0]} to {self.levels[-1]}"
            )
        return int(np.searchsorted(self.levels, level - 1e-9))

    def _parts(self, n_rows: int, groups: Any) -> list[tuple[Any, Mapping[str, Any]]]:
        if self.column is None or groups is None or not self.groups:
            return [(np.arange(n_rows), self.table)]
        names = np.array([str(each) for each in groups], dtype=object)
        parts = [(np.flatnonzero(names == name), table) for name, table in self.groups.items()]
        rest = np.flatnonzero(~np.isin(names.astype(str), list(self.groups)))
        return [*parts, (rest, self.table)]


def _table(value: Any, n_levels: int, *, classes: bool) -> dict[str, Floats]:
    if classes:
        least = np.array(value["least"], dtype=np.float64)
        if least.shape != (n_levels,) or not np.isfinite(least).all():
            raise ValueError("least")
        return {"least": least}
    edges = np.array(value["edges"], dtype=np.float64)
    if edges.ndim != 1 or len(edges) >= MOST_BINS or not np.isfinite(edges).all() or (np.diff(edges) <= 0).any():
        raise ValueError("edges")
    low, high = (_margins(value[side], infinite) for side, infinite in (("low", -np.inf), ("high", np.inf)))
    if (
        low.shape != (len(edges) + 1, n_levels)
        or high.shape != low.shape
        or np.isnan(low).any()
        or np.isnan(high).any()
    ):
        raise ValueError("margins")
    return {"edges": edges, "low": low, "high": high}


def _margins(rows: Any, infinite: float) -> Floats:
    return np.array([[infinite if value is None else value for value in row] for row in rows], dtype=np.float64)
