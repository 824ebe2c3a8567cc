"""What wrong answers cost."""

from dataclasses import dataclass

import numpy as np

from holdfast.arrays import Floats, Integers, decided
from holdfast.metrics.metric import Metric

MEAN_COST = "mean_cost"


@dataclass(frozen=True, eq=False)
class Costs:
    """Scores probabilities by what the cheapest answers cost; table: (n_classes, n_classes), class down, answer across.

    >>> costs = Costs(np.array([[0.0, 1.0], [5.0, 0.0]]))
    >>> costs(np.array([0, 1]), np.array([[0.8, 0.2], [0.9, 0.1]]))
    3.0
    """

    table: Floats

    def losses(self, y: Integers, probabilities: Floats) -> Floats:
        """What each row's answer cost, (n_rows,)."""
        return np.asarray(self.table[y, decided(probabilities, self.table)])

    def __call__(self, y: Integers, probabilities: Floats, weights: Floats | None = None) -> float:
        """What an answer cost on average."""
        return float(np.average(self.losses(y, probabilities), weights=weights))


def mean_cost(table: Floats) -> Metric:
    """The metric that belongs to a table of costs; its answers are the cheapest ones."""
    costs = Costs(table)
    return Metric(
        name=MEAN_COST,
        title="mean cost",
        summary="What an answer costs on average, by the costs that were given.",
        function=costs,
        takes="probabilities",
        greater_is_better=False,
        best=float(table.min()),
        losses=costs.losses,
    )
