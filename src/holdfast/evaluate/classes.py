"""Class by class: how many rows were found, and how many answers were right, with intervals."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers
from holdfast.evaluate.bootstrap import LEVEL, TAILS, Interval, in_lots

# Draws of whole blocks, where rows belong together.
DRAWS = 500


@dataclass(frozen=True)
class OfClass:
    """One class, by its code: rows that are of it and that were called so, and the scores; NaN where there are no rows."""

    code: int
    support: int
    called: int
    precision: Interval
    recall: Interval
    f1: Interval

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def by_class(y: Integers, labels: Integers, n_classes: int, *, blocks: Integers | None = None) -> list[OfClass]:
    """Score each class on its own.

    Intervals are exact (Clopper & Pearson, 1934): F1 is 2J / (1 + J) of the share J that is both of the class and called so
    among the rows that are either. With blocks (n_rows,) whole blocks are drawn (the cluster bootstrap).
    """
    found, lots = [], None if blocks is None else in_lots(blocks)
    for k in range(n_classes):
        true, called = y == k, labels == k
        hit = true & called
        precision, recall, overlap = (_share(hit, of, lots) for of in (called, true, true | called))
        f1 = Interval(*(2 * j / (1 + j) for j in (overlap.score, overlap.low, overlap.high)))
        found.append(OfClass(k, int(true.sum()), int(called.sum()), precision, recall, f1))
    return found


def _share(hit: Any, of: Any, lots: Integers | None) -> Interval:
    from scipy.stats import binomtest

    hits, rows = int(hit.sum()), int(of.sum())
    if not rows:
        return Interval(float("nan"), float("nan"), float("nan"))
    if lots is None:
        exact = binomtest(hits, rows).proportion_ci(LEVEL, method="exact")
        return Interval(hits / rows, float(exact.low), float(exact.high))
    return _of_blocks(hit, of, lots)


def _of_blocks(hit: Any, of: Any, block: Integers) -> Interval:
    parts, wholes = np.bincount(block, weights=hit), np.bincount(block, weights=of)
    n, rng = len(wholes), np.random.default_rng(0)
    drawn = np.array([rng.multinomial(n, np.full(n, 1 / n)) @ np.column_stack([parts, wholes]) for _ in range(DRAWS)])
    shares = _divide(drawn[:, 0], drawn[:, 1])
    score = float(parts.sum() / wholes.sum())
    low, high = np.quantile(shares[np.isfinite(shares)], TAILS)
    return Interval(score, float(min(low, score)), float(max(high, score)))


def _divide(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0))
