"""The verdict: what the compiled model says of the sealed rows, with an interval."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from holdfast.arrays import Floats
from holdfast.evaluate.bootstrap import Interval, accurate_interval, resample
from holdfast.metrics.metric import Metric
from holdfast.model.model import Model
from holdfast.model.package import load
from holdfast.study.folder import Folder
from holdfast.study.prepare import Question

N_RESAMPLES = 1000

# The level whose ranges the verdict checks.
PROMISED = 0.9


@dataclass(frozen=True)
class Coverage:
    """How often the ranges promised at `level` held the truth on the sealed rows, with its interval, and their mean size.

    size: the mean width of intervals in the target's unit, or the mean number of classes in a set.
    """

    level: float
    share: float
    low: float
    high: float
    size: float


@dataclass(frozen=True)
class Verdict:
    """One opening of the seal: the score on rows nothing had seen, beside the baseline's on the same rows."""

    metric: Metric
    interval: Interval
    baseline: float
    others: dict[str, Interval]
    openings: int
    n_rows: int
    y: Any
    predictions: Floats
    coverage: Coverage | None

    def to_json(self) -> dict[str, Any]:
        """The verdict as result.json holds it."""
        return {
            "metric": self.metric.name,
            **_plain(self.interval),
            "openings": self.openings,
            "rows": self.n_rows,
            "baseline": self.baseline,
            "coverage": None if self.coverage is None else asdict(self.coverage),
            "others": {name: _plain(interval) for name, interval in self.others.items()},
        }


def give_verdict(question: Question, folder: Folder, *, what: str = "verdict") -> Verdict:
    """Open the seal, on record, and judge the compiled model that was fitted on the development rows alone."""
    model = load(folder.judged)
    metric = question.metric
    dataset = question.sealed.open(folder.ledger, what=what, metric=metric.name, model=model.fingerprint)
    y = question.encode(dataset)
    predictions = answers(model, dataset.frame)
    blocks = question.blocks
    found = {
        each: resample(each, y, predictions, blocks=blocks, n_resamples=_draws(each, metric))
        for each in question.task.metrics
    }
    intervals = {
        each.name: accurate_interval(each, y, predictions, drawn, blocks=blocks)
        for each, drawn in found.items()
        if np.isfinite(drawn.score)
    }
    verdict = Verdict(
        metric=metric,
        interval=intervals.pop(metric.name),
        baseline=metric.score(y, _baseline(question, len(y))),
        others=intervals,
        openings=folder.ledger.openings,
        n_rows=dataset.n_rows,
        y=y,
        predictions=predictions,
        coverage=_coverage(model, dataset.frame, y),
    )
    folder.ledger.record("verdict", **_plain(verdict.interval), metric=metric.name)
    return verdict


def answers(model: Model, rows: Any) -> Floats:
    """What the compiled model says: probabilities (n_rows, n_classes) or values (n_rows,)."""
    return model.predict_proba(rows) if model.classes else model.predict(rows)


def _coverage(model: Model, rows: Any, y: Any) -> Coverage | None:
    from scipy.stats import binomtest

    if model.intervals is None or not len(y):
        return None
    found = model.predict_interval(rows, PROMISED)
    if model.classes:
        place = {label: k for k, label in enumerate(model.classes)}
        held = np.array([truth in {place[label] for label in each} for truth, each in zip(y, found, strict=True)])
        size = float(np.mean([len(each) for each in found]))
    else:
        held = (found[0] <= y) & (y <= found[1])
        size = float(np.mean(found[1] - found[0]))
    exact = binomtest(int(held.sum()), len(y)).proportion_ci(0.95, method="exact")
    return Coverage(PROMISED, float(held.mean()), float(exact.low), float(exact.high), size)


def _baseline(question: Question, n_rows: int) -> Floats:
    """What knowing only the development target would have said of each row."""
    y = question.y(question.split.development)
    if question.task.n_classes is None:
        return np.full(n_rows, float(np.mean(y)))
    shares = np.bincount(y, minlength=question.task.n_classes) / len(y)
    return np.tile(shares, (n_rows, 1))


def _draws(each: Metric, main: Metric) -> int:
    return N_RESAMPLES if each is main else N_RESAMPLES // 5


def _plain(interval: Interval) -> dict[str, float]:
    return {"score": interval.score, "low": interval.low, "high": interval.high, "level": interval.level}
