"""Whether a model gives away who was in its training data."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.arrays import Floats

RESAMPLES = 300

# An attacker who may be wrong about this share of outsiders.
FALSE_ALARMS = 0.01


@dataclass(frozen=True)
class Membership:
    """How well members are told from outsiders by the model's loss on them: 0.5 is a coin, 1 is certainty.

    found: share of members recognised when 1 % of the outsiders are taken for members.
    """

    auc: float
    low: float
    high: float
    found: float
    found_low: float
    found_high: float
    members: int
    outsiders: int

    @property
    def sentence(self) -> str:
        """What that means."""
        if self.low <= 0.52:
            return "From the model's answers one can hardly tell who was in its training data."
        strength = "somewhat" if self.auc < 0.6 else "clearly"
        return (
            f"From the model's answers one can {strength} tell who was in its training data (AUC {self.auc:.2f}, a coin has "
            f"0.50): don't publish it if that is a secret."
        )


def losses(y: Any, predictions: Floats) -> Floats:
    """Loss of each row: log loss of classes, squared error of numbers; shape (n_rows,)."""
    if predictions.ndim == 1:
        return np.asarray((predictions - y) ** 2, dtype=np.float64)
    return np.asarray(-np.log(np.clip(predictions[np.arange(len(y)), y], 1e-12, 1.0)), dtype=np.float64)


def membership(members: Floats, outsiders: Floats, *, seed: int = 0) -> Membership:
    """Attack by threshold: who has a small loss was a member (Yeom et al., Privacy risk in machine learning, 2018).

    members, outsiders: losses of rows the model was fitted on, and of rows like them that it was not, (n_rows,) each. The
    share found at a low rate of false alarms is what a careful attacker cares for (Carlini et al., 2022).
    """
    from scipy.stats import binomtest

    rng = np.random.default_rng(seed)
    draws = [_auc(rng.choice(members, len(members)), rng.choice(outsiders, len(outsiders))) for _ in range(RESAMPLES)]
    low, high = np.quantile(draws, [0.025, 0.975])
    cut = np.quantile(outsiders, FALSE_ALARMS, method="lower")
    hits = int((members < cut).sum())
    exact = binomtest(hits, len(members)).proportion_ci(0.95, method="exact")
    return Membership(
        _auc(members, outsiders),
        float(low),
        float(high),
        hits / len(members),
        float(exact.low),
        float(exact.high),
        len(members),
        len(outsiders),
    )


def _auc(members: Floats, outsiders: Floats) -> float:
    """Chance that a member's loss is smaller than an outsider's (Mann & Whitney, 1947)."""
    ordered = np.sort(outsiders)
    below = np.searchsorted(ordered, members, side="left")
    same = np.searchsorted(ordered, members, side="right") - below
    return float(1 - (below + same / 2).mean() / len(outsiders))
