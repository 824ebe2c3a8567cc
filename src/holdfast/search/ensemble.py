"""A weighted average of models, chosen greedily on out-of-fold predictions."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from holdfast.arrays import Floats
from holdfast.metrics.metric import Metric

# Beyond this many rounds no measurable gain was found (AutoGluon's authors), and rows beyond this many only cost time.
ROUNDS = 25
MAX_ROWS = 10_000


def greedy_weights(
    metric: Metric,
    y: Any,
    predictions: Sequence[Floats],
    costs: Sequence[Sequence[float]],
    *,
    max_costs: Sequence[float] = (),
    max_members: int = 8,
) -> Floats:
    """Choose weights (n_models,) summing to 1 whose average scores best (Caruana et al., 2004).

    Models are added one at a time with replacement, best first, and the best prefix is kept. costs: one or more for each
    model, such as seconds and bytes; those of the distinct members may not add up to more than `max_costs`. When even the
    cheapest is dearer, that one is taken alone.
    """
    rows = np.linspace(0, len(y) - 1, min(len(y), MAX_ROWS)).astype(int)
    y, stacked = y[rows], np.stack([each[rows] for each in predictions])
    taken, most = np.asarray(costs, dtype=np.float64), np.array(max_costs or [np.inf] * len(costs[0]))
    counts, total = np.zeros(len(stacked)), np.zeros_like(stacked[0])
    best_gain, best_counts = -np.inf, counts.copy()
    for _ in range(ROUNDS):
        spent = (counts > 0) @ taken
        allowed = [
            k
            for k in range(len(stacked))
            if counts[k] or ((spent + taken[k] <= most).all() and np.count_nonzero(counts) < max_members)
        ]
        if not allowed:
            break
        size = counts.sum() + 1
        gains = [metric.gain(metric.score(y, (total + stacked[k]) / size)) for k in allowed]
        winner = int(np.argmax(gains))
        counts[allowed[winner]] += 1
        total += stacked[allowed[winner]]
        if gains[winner] > best_gain + 1e-12:
            best_gain, best_counts = gains[winner], counts.copy()
    if not best_counts.any():
        best_counts[int(np.argmin(taken[:, 0]))] = 1
    weights: Floats = best_counts / best_counts.sum()
    return weights
