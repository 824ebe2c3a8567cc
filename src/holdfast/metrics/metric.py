"""What a metric is; the one place that knows which direction is better."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from holdfast.arrays import Floats, likeliest


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A score: arrays in, number out.

    takes: what `function(y, given, weights)` is given: "probabilities" (n_rows, n_classes), "labels" (n_rows,) of class
    codes, or "values" (n_rows,). y holds class codes or values; weights is (n_rows,) or None. is_share: the score is the
    share of rows answered rightly, each of them right or wrong. losses: where the score is a mean over rows, what it is the
    mean of, (n_rows,); is_root: or the root of one.
    """

    name: str
    title: str
    summary: str
    function: Callable[[Any, Any, Floats | None], float]
    takes: Literal["probabilities", "labels", "values"]
    greater_is_better: bool
    best: float
    is_share: bool = False
    losses: Callable[[Any, Floats], Floats] | None = None
    is_root: bool = False

    def score(self, y: Any, predictions: Floats, weights: Floats | None = None) -> float:
        """Score what a pipeline predicted: probabilities (n_rows, n_classes) or values (n_rows,)."""
        given = likeliest(predictions) if self.takes == "labels" else predictions
        return float(self.function(y, given, weights))

    def gain(self, score: float) -> float:
        """Turn a score so that greater is better; a score that could not be computed is worst."""
        if np.isnan(score):
            return -np.inf
        return score if self.greater_is_better else -score
