"""Every model beside the baseline, with its interval and the evidence that it is better."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from holdfast.arrays import Floats, Integers
from holdfast.evaluate.bootstrap import p_better, resample
from holdfast.metrics.metric import Metric


@dataclass(frozen=True)
class Row:
    """One line of the leaderboard; p is the chance of such an advantage over the baseline by luck."""

    learner: str
    score: float
    low: float
    high: float
    fit_seconds: float
    rows_per_second: float
    beats_baseline: float | None
    baseline: bool
    chosen: bool
    trial: int | None

    def to_json(self) -> dict[str, Any]:
        """The row as result.json holds it."""
        fields = asdict(self)
        p = fields.pop("beats_baseline")
        return {**fields, "beats_baseline": None if p is None else {"p": p}}


@dataclass(frozen=True)
class Entry:
    """What goes on the board: a model's out-of-fold predictions and its cost."""

    learner: str
    predictions: Floats
    fit_seconds: float
    rows_per_second: float
    baseline: bool = False
    chosen: bool = False
    trial: int | None = None


def leaderboard(
    entries: Sequence[Entry],
    y: Any,
    metric: Metric,
    *,
    parts: Sequence[Integers],
    seed: int = 0,
    n_resamples: int = 200,
) -> list[Row]:
    """Score all entries on the same bootstrap draws, best first. The first baseline entry is what others must beat.

    parts: the rows of each fold, as places in y and in the predictions.
    """
    draws = [
        resample(metric, y, entry.predictions, parts=parts, seed=seed, n_resamples=n_resamples) for entry in entries
    ]
    base = next(found for entry, found in zip(entries, draws, strict=True) if entry.baseline)
    rows = []
    for entry, found in zip(entries, draws, strict=True):
        interval = found.interval()
        rows.append(
            Row(
                learner=entry.learner,
                score=interval.score,
                low=interval.low,
                high=interval.high,
                fit_seconds=entry.fit_seconds,
                rows_per_second=entry.rows_per_second,
                beats_baseline=None if entry.baseline else p_better(metric, found, base),
                baseline=entry.baseline,
                chosen=entry.chosen,
                trial=entry.trial,
            )
        )
    return sorted(rows, key=lambda row: -metric.gain(row.score))
