"""Watching: rows that a learner does not learn from say after how many rounds it was best, several fits together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Matrix32


@dataclass(frozen=True)
class Watched:
    """Rows beside those learned from: the matrix (n_rows, n_columns), targets and weights (n_rows,).

    A learner with an attribute `watched` is given a fold's validation rows there. After its fit `losses_` (n_rounds,) says how it
    did on them after each round, and `keep(rounds)` cuts it back. A fold's own losses would flatter it, so how much of it is
    kept is for the other folds to say.
    """

    X: Matrix32
    y: Any
    weights: Floats

    def of_classes(self, classes: Any) -> "Watched | None":
        """The rows of known classes, coded by their places in `classes`; as they are for values. None when there are none."""
        if classes is None:
            return self
        known = np.isin(self.y, classes)
        if not known.any():
            return None
        return Watched(self.X[known], np.searchsorted(classes, self.y[known]), self.weights[known])


def watched_losses(estimator: Any) -> Floats | None:
    """What a fitted estimator lost on the rows it watched; None for one that does not watch, or had none to."""
    return estimator.losses_ if getattr(estimator, "watched", None) is not None and len(estimator.losses_) else None


def best_together(fitted: Sequence[Any]) -> int | None:
    """The number of rounds that was best for fits together, as far as they watched; None where none did."""
    losses = [each for each in map(watched_losses, fitted) if each is not None]
    return best_round(losses) if losses else None


def best_round(losses: Sequence[Floats]) -> int:
    """The number of rounds, from 1, after which the mean loss of several fits is least; one that ended early stays as it ended.

    >>> best_round([np.array([3.0, 1.0, 2.0]), np.array([3.0, 2.5, 1.0, 0.9])])
    4
    >>> best_round([np.array([3.0, 1.0, 2.9]), np.array([3.0, 2.5, 1.0, 0.9])])
    2
    """
    n_rounds = max(len(each) for each in losses)
    mean = np.mean([np.pad(each, (0, n_rounds - len(each)), mode="edge") for each in losses], axis=0)
    return int(np.argmin(mean)) + 1
