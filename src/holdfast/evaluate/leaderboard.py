"""Every model beside the baseline, with its interval and the evidence that it is better."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers
from holdfast.evaluate.bootstrap import Resampled, p_better, resample
from holdfast.evaluate.compare import ROPE_SHARE, Comparison, compare
from holdfast.metrics.metric import Metric

# Below this probability of such a difference by chance, two models are told apart.
ALPHA = 0.05

# So many bootstrap draws are scored, or fewer where a score takes long, but not fewer than this.
DRAWS, FEWEST_DRAWS = 200, 50


@dataclass(frozen=True)
class Row:
    """One line of the leaderboard; p is the chance of such an advantage over the baseline by luck.

    best: how the model compares with the first of the board; None for the first itself. folds: how many it was judged on.
    """

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
    folds: int
    complexity: int = 3
    best: Comparison | None = None

    @property
    def tied(self) -> bool:
        """Whether the data can't tell the model from the best."""
        return self.best is None or not self.best.p < ALPHA

    def to_json(self) -> dict[str, Any]:
        """The row as result.json holds it."""
        fields = asdict(self)
        p, best = fields.pop("beats_baseline"), fields.pop("best")
        return {
            **fields,
            "beats_baseline": None if p is None else {"p": p},
            "ties_with_best": self.tied,
            "against_best": best,
        }


@dataclass(frozen=True)
class Entry:
    """What goes on the board: a model's out-of-fold predictions and its cost.

    predictions: one for each row of the folds it was judged on: all of them, or the first.
    """

    learner: str
    predictions: Floats
    fit_seconds: float
    rows_per_second: float
    baseline: bool = False
    chosen: bool = False
    trial: int | None = None
    complexity: int = 3


def leaderboard(
    entries: Sequence[Entry],
    y: Any,
    metric: Metric,
    *,
    parts: Sequence[Integers],
    once: int | None = None,
    test_share: float = 0.25,
    seed: int = 0,
    seconds: float = float("inf"),
) -> list[Row]:
    """Score all entries on the same bootstrap draws, best first. The first baseline entry is what others must beat.

    parts: the rows of each fold, as places in y and in the predictions. once: how many of them hold each row once (all
    when None); an entry may be judged on those alone. test_share: rows judged over rows fitted on, of one fold. The first
    is the best of those judged on all folds. Models are compared with it by their common folds (those that could be
    scored); a single fold is compared by bootstrap draws of its rows. seconds: that the draws may take.
    """
    judged = [parts if len(entry.predictions) == len(y) else parts[:once] for entry in entries]
    draws = _drawn(entries, judged, y, metric, once=once, seed=seed, seconds=seconds)
    base = next(found for entry, found in zip(entries, draws, strict=True) if entry.baseline)
    gains = [
        [metric.gain(metric.score(y[part], entry.predictions[part])) for part in folds]
        for entry, folds in zip(entries, judged, strict=True)
    ]
    first = max(range(len(entries)), key=lambda k: (len(judged[k]), metric.gain(draws[k].score)))
    rope = ROPE_SHARE * max(metric.lead(draws[first].score, base.score), 0.0)
    rows = []
    for entry, found, folds in zip(entries, draws, judged, strict=True):
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
                folds=len(folds),
                complexity=entry.complexity,
            )
        )
    for k in range(len(rows)):
        if k != first:
            against = _against(metric, draws[k], draws[first], gains[k], gains[first], test_share, rope)
            rows[k] = replace(rows[k], best=against)
    return sorted(rows, key=lambda row: (row.best is not None, -metric.gain(row.score)))


def _drawn(
    entries: Sequence[Entry],
    judged: Sequence[Sequence[Integers]],
    y: Any,
    metric: Metric,
    *,
    once: int | None,
    seed: int,
    seconds: float,
) -> list[Resampled]:
    """Every entry's score on the same draws: as many as there are seconds for, as the first entry shows."""

    def resampled(entry: Entry, folds: Sequence[Integers], n_draws: int) -> Resampled:
        truth = y[: len(entry.predictions)]
        return resample(metric, truth, entry.predictions, parts=folds, once=once, n_resamples=n_draws, seed=seed)

    n_draws = DRAWS
    if seconds < float("inf"):
        began = time.monotonic()
        resampled(entries[0], judged[0], FEWEST_DRAWS)
        a_draw = (time.monotonic() - began) / FEWEST_DRAWS
        n_draws = int(np.clip(seconds / (len(entries) * a_draw), FEWEST_DRAWS, DRAWS))
    return [resampled(entry, folds, n_draws) for entry, folds in zip(entries, judged, strict=True)]


def _against(
    metric: Metric,
    model: Resampled,
    first: Resampled,
    gains: Sequence[float],
    best: Sequence[float],
    test_share: float,
    rope: float,
) -> Comparison:
    ahead = np.array([gain - other for gain, other in zip(gains, best, strict=False)])
    if np.isfinite(ahead).sum() > 1:
        return compare(ahead[np.isfinite(ahead)].tolist(), test_share=test_share, rope=rope)
    drawn = np.array([metric.gain(a) - metric.gain(b) for a, b in zip(model.draws, first.draws, strict=True)])
    worse, better = float(np.mean(drawn < -rope)), float(np.mean(drawn > rope))
    p = min(1.0, 2 * p_better(metric, first, model))
    difference = metric.gain(model.score) - metric.gain(first.score)
    return Comparison(difference, p, better, 1 - better - worse, worse, rope)
