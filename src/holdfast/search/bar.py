"""When a trial is stopped: it is clearly worse than the best on the folds both were judged on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from holdfast.arrays import Floats

# Behind the best by more than this share of the best's lead over the baseline, a trial is clearly worse.
BEHIND = 0.2

# Fewer folds than this prove nothing.
FEWEST_FOLDS = 2


@dataclass(frozen=True)
class Bar:
    """What trials are held against. gains: of the best so far, fold by fold. allowed: how far behind is not clearly worse.

    >>> bar = Bar.over(best=[0.9, 0.8, 0.85], baseline=[0.5, 0.5, 0.5])
    >>> bar.clearly_above([0.7, 0.6]), bar.clearly_above([0.7, 0.81]), bar.clearly_above([0.7])
    (True, False, False)
    >>> round(bar.expected([0.7, 0.6]), 3)
    0.65
    """

    gains: tuple[float, ...]
    allowed: float

    @classmethod
    def over(cls, best: Sequence[float], baseline: Sequence[float]) -> "Bar | None":
        """Make the bar from gains by fold; None where the best has no lead, or a fold could not be scored."""
        if not np.isfinite([*best, *baseline]).all():
            return None
        lead = float(np.mean(best) - np.mean(baseline))
        return cls(tuple(best), BEHIND * lead) if lead > 0 else None

    def clearly_above(self, gains: Sequence[float]) -> bool:
        """Whether a trial with these gains on the first folds is behind on each of them, and far behind on average."""
        behind = self._behind(gains)
        return len(gains) >= FEWEST_FOLDS and bool(np.all(behind > 0)) and float(np.mean(behind)) > self.allowed

    def expected(self, gains: Sequence[float]) -> float:
        """What the trial would gain over all folds if it stayed as far behind."""
        return float(np.mean(self.gains) - np.mean(self._behind(gains)))

    def _behind(self, gains: Sequence[float]) -> Floats:
        return np.subtract(self.gains[: len(gains)], gains)
