"""Which features a model relies on: how much its score suffers when one is shuffled (Breiman, 2001)."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers
from holdfast.data.columns import Columns

MOST_ROWS = 2_000


@dataclass(frozen=True)
class Importance:
    """How much the gain drops when `feature` is shuffled: the mean over repeats, and their range."""

    feature: str
    value: float
    low: float
    high: float


def permutation_importance(
    predict: Callable[[Columns], Floats],
    columns: Columns,
    y: Any,
    gain: Callable[[Any, Floats], float],
    *,
    repeats: int = 3,
    seed: int = 0,
    deadline: float = float("inf"),
) -> list[Importance]:
    """Shuffle one feature at a time on rows the model was not fitted on, most important first.

    predict: as a pipeline does. gain(y, predictions): greater is better. All features are shuffled once before one is again;
    past the deadline (time.monotonic) it returns what is done so far.
    """
    rng = np.random.default_rng(seed)
    if columns.n_rows > MOST_ROWS:
        rows = np.sort(rng.choice(columns.n_rows, MOST_ROWS, replace=False))
        columns, y = columns.take(rows), y[rows]
    best = gain(y, predict(columns))
    drops: dict[str, list[float]] = {}
    for name in list(columns.kinds) * repeats:
        if time.monotonic() > deadline:
            break
        order = rng.permutation(columns.n_rows)
        drops.setdefault(name, []).append(best - gain(y, predict(_shuffled(columns, name, order))))
    found = [Importance(name, float(np.mean(each)), min(each), max(each)) for name, each in drops.items()]
    return sorted(found, key=lambda each: -each.value)


def _shuffled(columns: Columns, name: str, order: Integers) -> Columns:
    if name in columns.numbers:
        return Columns({**columns.numbers, name: columns.numbers[name][order]}, columns.strings, columns.kinds)
    return Columns(columns.numbers, {**columns.strings, name: columns.strings[name].take(order)}, columns.kinds)
