"""Intervals and sets that hold the truth with a chosen probability, from out-of-fold predictions.

Conformal prediction (Vovk, Gammerman & Shafer, 2005): whatever the model, new rows like those it was judged on fall within
the quantile of the errors seen, with the finite-sample correction (n + 1). Errors are out of fold, as in CV+ (Barber,
Candès, Ramdas & Tibshirani, 2021). The tables are plain numbers, which the model's manifest carries.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers

# Levels that can be asked for; one between is answered by the next higher.
LEVELS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99)

# Errors of numbers are taken apart by the size of the prediction, in bins of at least this many rows.
MAX_BINS, ROWS_A_BIN = 10, 200

# A group of its own needs this many rows for each expected miss.
ROWS_A_MISS = 10


def value_table(y: Floats, predicted: Floats) -> dict[str, Any]:
    """Lower and upper margins by bin of the prediction and level, for numbers y and their out-of-fold predictions.

    edges: (n_bins - 1,) of predictions; low, high: (n_bins, n_levels) to be added to a prediction, inf where too few rows
    can tell.
    """
    n_bins = max(1, min(MAX_BINS, len(y) // ROWS_A_BIN))
    edges = np.unique(np.quantile(predicted, np.linspace(0, 1, n_bins + 1)[1:-1]))
    bins, errors = np.searchsorted(edges, predicted, side="right"), y - predicted
    every = _margins(errors)
    rows = [_margins(errors[bins == k]) for k in range(len(edges) + 1)]
    # A bin too small for a level answers with the margins of all.
    low = [np.where(np.isfinite(each[0]), each[0], every[0]) for each in rows]
    high = [np.where(np.isfinite(each[1]), each[1], every[1]) for each in rows]
    return {"edges": edges.tolist(), "low": _plain(low), "high": _plain(high)}


def class_table(y: Integers, probabilities: Floats) -> dict[str, Any]:
    """Probability that a class must reach to be in the set, by level (Sadinle, Lei & Wasserman, 2019)."""
    doubts = np.sort(1 - probabilities[np.arange(len(y)), y])
    least = [1 - _quantile(doubts, level) for level in LEVELS]
    return {"least": [float(max(0.0, each)) for each in least]}


def tables(y: Any, predicted: Floats, groups: tuple[str, Mapping[str, Integers]] | None = None) -> dict[str, Any]:
    """Everything the manifest holds: the levels, a table for all rows, and one for each group large enough.

    groups: a column's name, and the rows of each of its values.
    """
    make = value_table if predicted.ndim == 1 else class_table
    found: dict[str, Any] = {"levels": list(LEVELS), "all": make(y, predicted)}
    if groups is not None:
        name, members = groups
        enough = {value: rows for value, rows in members.items() if len(rows) >= ROWS_A_MISS / (1 - 0.9)}
        found["groups"] = {
            "column": name,
            "tables": {value: make(y[rows], predicted[rows]) for value, rows in enough.items()},
        }
    return found


def _margins(errors: Floats) -> tuple[Floats, Floats]:
    """How far below and above a prediction the truth lies, each side missed half as often as both together."""
    ordered = np.sort(errors)
    low = [-_quantile(-ordered[::-1], 0.5 + level / 2) for level in LEVELS]
    high = [_quantile(ordered, 0.5 + level / 2) for level in LEVELS]
    return np.array(low), np.array(high)


def _quantile(ordered: Floats, level: float) -> float:
    """The smallest value that (n + 1) x level of n + 1 exchangeable values do not exceed; infinite when n is too small."""
    place = int(np.ceil((len(ordered) + 1) * level - 1e-9))
    return float(ordered[place - 1]) if place <= len(ordered) else float("inf")


def _plain(rows: list[Floats]) -> list[list[float | None]]:
    """JSON has no infinity."""
    return [[float(value) if np.isfinite(value) else None for value in row] for row in rows]
