"""How probabilities become an answer: the likeliest class, the cheapest one, or the positive one above a threshold."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from holdfast.arrays import Floats, Integers, threshold_costs
from holdfast.errors import RequestError, nearest
from holdfast.metrics.classification import F1, PRECISION, RECALL, SPECIFICITY, confusion
from holdfast.metrics.metric import Metric

# Thresholds are tried between as many quantiles of either class's probabilities.
QUANTILES = 200

# Thresholds at which the curve of a report is drawn.
DRAWN = np.linspace(0.01, 0.99, 99)

# What a bound is traded against.
AGAINST = {"precision": RECALL, "recall": PRECISION, "specificity": RECALL}
BOUNDS = {"precision": PRECISION, "recall": RECALL, "specificity": SPECIFICITY}


@dataclass(frozen=True, eq=False)
class Decision:
    """The rule, the costs (n_classes, n_classes) it amounts to (None: the likeliest class), and why it is so.

    threshold: of two classes, the probability above which the positive one is answered.
    """

    rule: Literal["likeliest", "threshold", "costs"] = "likeliest"
    costs: Floats | None = None
    threshold: float | None = None
    reason: str = "the likeliest class is answered"

    def to_json(self) -> dict[str, Any]:
        """As the manifest holds it."""
        costs = None if self.costs is None else self.costs.tolist()
        return {"rule": self.rule, "threshold": self.threshold, "reason": self.reason, "costs": costs}


LIKELIEST = Decision()


@dataclass(frozen=True)
class Wish:
    """What a threshold is chosen for: the best `metric`, among those where `bound`, if any, is at least `least`."""

    metric: Metric
    bound: Metric | None = None
    least: float = 0.0


def by_costs(table: Floats) -> Decision:
    """Answer what is expected to cost least."""
    reason = "the class that is expected to cost least is answered"
    if len(table) > 2:
        return Decision("costs", table, None, reason)
    alarm, missed = table[0, 1] - table[0, 0], table[1, 0] - table[1, 1]
    return Decision("costs", table, float(alarm / (alarm + missed)), reason)


def by_threshold(threshold: float, reason: str = "as asked") -> Decision:
    """Answer the positive class of two above a threshold within 0 and 1."""
    if not 0 < threshold < 1:
        raise RequestError(f"threshold {threshold:g} is no probability to cut at; expected one between 0 and 1")
    return Decision("threshold", threshold_costs(threshold), threshold, reason)


def read_wish(asked: str, metrics: Sequence[Metric], main: Metric) -> Wish:
    """Understand "best", the name of a metric of labels, or a bound such as precision>=0.9; else RequestError.

    >>> read_wish("recall >= 0.95", [F1], F1).metric.name
    'precision'
    """
    bound = re.fullmatch(r"\s*(\w+)\s*>=\s*([\d.]+)\s*(%?)\s*", asked)
    known = {each.name: each for each in metrics if each.takes == "labels"}
    if asked == "best":
        return Wish(main if main.takes == "labels" else F1)
    if bound is None:
        if asked not in known:
            raise RequestError(
                f"threshold {asked!r} is unknown; expected a number, best, a bound such as precision>=0.9 or recall>=0.95, "
                f"or one of {', '.join(known)}.{nearest(asked, known)}"
            )
        return Wish(known[asked])
    name, least, percent = bound.groups()
    try:
        value = float(least) / (100 if percent else 1)
    except ValueError:
        value = np.nan
    if name not in BOUNDS or not 0 < value <= 1:
        raise RequestError(
            f"threshold {asked!r} bounds {name!r} at {least}; expected one of {', '.join(BOUNDS)}, at more than 0 and at most 1"
        )
    return Wish(AGAINST[name], BOUNDS[name], value)


def choose(wish: Wish, y: Integers, share: Floats) -> Decision:
    """Choose the threshold on out-of-fold probabilities of the positive class, (n_rows,); of equals the nearest to 0.5."""
    cuts = _cuts(y, share)
    scores = np.array([_score(wish.metric, y, share, cut) for cut in cuts])
    gains = np.array([wish.metric.gain(score) for score in scores])
    reached, said = scores, f"{wish.metric.title} is highest"
    if wish.bound is not None:
        reached = np.array([_score(wish.bound, y, share, cut) for cut in cuts])
        enough = reached >= wish.least
        said = f"{said} with {wish.bound.title} of at least {wish.least:g}"
        if enough.any():
            gains = np.where(enough, gains, -np.inf)
        else:
            gains = reached
            said = f"{wish.bound.title} does not reach {wish.least:g}, and is highest"
    best = np.flatnonzero(gains >= gains.max())
    at = best[np.argmin(np.abs(cuts[best] - 0.5))]
    found = f"{wish.metric.title} {scores[at]:.4g}"
    if wish.bound is not None:
        found += f", {wish.bound.title} {reached[at]:.4g}"
    return by_threshold(float(cuts[at]), f"out of fold {said} there ({found})")


def curve(y: Integers, share: Floats) -> list[dict[str, float]]:
    """Precision, recall and F1 over thresholds, for a picture."""
    points = []
    for cut in DRAWN:
        (_, alarms), (missed, hits) = confusion(y, (share > cut).astype(np.int64), n_classes=2)
        points.append(
            {
                "threshold": float(round(cut, 2)),
                "precision": float(hits / (hits + alarms)) if hits + alarms else float("nan"),
                "recall": float(hits / (hits + missed)) if hits + missed else float("nan"),
                "f1": float(2 * hits / (2 * hits + alarms + missed)) if hits + alarms + missed else 0.0,
            }
        )
    return points


def _score(metric: Metric, y: Integers, share: Floats, cut: float) -> float:
    return metric.function(y, (share > cut).astype(np.int64), None)


def _cuts(y: Integers, share: Floats) -> Floats:
    """Thresholds worth trying: between the probabilities that were given, denser where either class lies."""
    grid = np.linspace(0, 1, QUANTILES + 1)
    inner = [np.quantile(share[y == k], grid, method="nearest") for k in (0, 1) if (y == k).any()]
    ends = np.unique(np.concatenate([[0.0, 1.0], *inner]))
    return np.asarray((ends[1:] + ends[:-1]) / 2)
