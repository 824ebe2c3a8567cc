"""What a metric is; the one place that knows which direction is better."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from holdfast.arrays import Floats, decided


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A score: arrays in, number out.

    takes: what `function(y, given, weights)` is given: "probabilities" (n_rows, n_classes), "labels" (n_rows,) of class
    codes, or "values" (n_rows,). y holds class codes or values; weights is (n_rows,) or None. is_share: the score is the
    share of rows answered rightly, each of them right or wrong. is_ranking: only the order of the rows by probability
    counts. losses: where the score is a mean over rows, what it is the mean of, (n_rows,); is_root: or the root of one. costs:
    what labels are decided by, as in `arrays.decided`; None: the likeliest class.

    One of your own needs a name, a function, what it takes and which direction is better:

    >>> def missed(y, labels, weights=None):
    ...     return float(np.average((y == 1) & (labels == 0), weights=weights))
    >>> metric = Metric(name="missed", function=missed, takes="labels", greater_is_better=False)
    >>> metric.score(np.array([0, 1]), np.array([[0.9, 0.1], [0.8, 0.2]]))
    0.5
    """

    name: str
    function: Callable[[Any, Any, Floats | None], float]
    takes: Literal["probabilities", "labels", "values"]
    greater_is_better: bool
    title: str = ""
    summary: str = ""
    best: float = np.nan
    is_share: bool = False
    is_ranking: bool = False
    losses: Callable[[Any, Floats], Floats] | None = None
    is_root: bool = False
    costs: Floats | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not self.title:
            object.__setattr__(self, "title", self.name.replace("_", " "))

    def deciding(self, costs: Floats | None) -> "Metric":
        """The same score of labels that are decided by costs."""
        return self if self.takes != "labels" else replace(self, costs=costs)

    def score(self, y: Any, predictions: Floats, weights: Floats | None = None) -> float:
        """Score what a pipeline predicted: probabilities (n_rows, n_classes) or values (n_rows,)."""
        given = decided(predictions, self.costs) if self.takes == "labels" else predictions
        return float(self.function(y, given, weights))

    def gain(self, score: float) -> float:
        """Turn a score so that greater is better; a score that could not be computed is worst."""
        if np.isnan(score):
            return -np.inf
        return score if self.greater_is_better else -score

    def lead(self, score: float, base: float) -> float:
        """What a score gains over the baseline's; over 0 where that has none, as one answer for all rows has no correlation."""
        return self.gain(score) - (0.0 if np.isnan(base) else self.gain(base))
