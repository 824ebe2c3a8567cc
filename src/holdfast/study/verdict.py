"""The verdict: what the compiled model says of the sealed rows, with an interval."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers, decided
from holdfast.evaluate.bootstrap import Interval, accurate_interval, mean_interval, resample
from holdfast.evaluate.classes import OfClass, by_class
from holdfast.metrics.classification import confusion
from holdfast.metrics.cost import Costs
from holdfast.metrics.metric import Metric
from holdfast.model.model import Model
from holdfast.model.package import load
from holdfast.study.folder import Folder
from holdfast.study.prepare import Question, guesses

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
class Cost:
    """What an answer costs on average, what always answering the cheapest class costs, and what is saved a row."""

    model: Interval
    always: Any
    baseline: Interval
    saved: Interval

    def to_json(self) -> dict[str, Any]:
        """As result.json holds it."""
        return {
            **_plain(self.model),
            "always": self.always,
            "baseline": _plain(self.baseline),
            "saved": _plain(self.saved),
        }


@dataclass(frozen=True)
class ByClass:
    """Classes on their own: labels decided (n_rows,), scores by class, and rows by class (down) and answer (across)."""

    names: Sequence[Any]
    labels: Integers
    scores: Sequence[OfClass]
    confusion: Integers

    def to_json(self) -> list[dict[str, Any]]:
        """The scores as result.json holds them."""
        facts = [{"class": name, **each.to_json()} for name, each in zip(self.names, self.scores, strict=True)]
        return [{key: value for key, value in each.items() if key != "code"} for each in facts]


@dataclass(frozen=True)
class Verdict:
    """One opening of the seal: the score on rows nothing had seen, beside the baseline's on the same rows.

    classes, cost: None where there are none.
    """

    metric: Metric
    interval: Interval
    baseline: float
    others: dict[str, Interval]
    openings: int
    n_rows: int
    y: Any
    predictions: Floats
    coverage: Coverage | None
    classes: ByClass | None = None
    cost: Cost | None = None

    @property
    def labels(self) -> Integers | None:
        """The class codes answered, (n_rows,)."""
        return None if self.classes is None else self.classes.labels

    def to_json(self) -> dict[str, Any]:
        """The verdict as result.json holds it."""
        return {
            "metric": self.metric.name,
            **_plain(self.interval),
            "openings": self.openings,
            "rows": self.n_rows,
            "baseline": self.baseline,
            "coverage": None if self.coverage is None else asdict(self.coverage),
            "classes": None if self.classes is None else self.classes.to_json(),
            "confusion": None if self.classes is None else self.classes.confusion.tolist(),
            "cost": None if self.cost is None else self.cost.to_json(),
            "others": {name: _plain(interval) for name, interval in self.others.items()},
        }


def give_verdict(question: Question, folder: Folder) -> Verdict:
    """Open the seal, on record, and judge the compiled model that was fitted on the development rows alone."""
    model = load(folder.judged)
    metric = question.metric
    dataset = question.sealed.open(folder.ledger, what="verdict", metric=metric.name, model=model.fingerprint)
    y = question.encode(dataset)
    predictions = answers(model, dataset.frame)
    blocks = question.blocks
    guessed = guesses(question.task, question.y(question.split.development), len(y))
    found = {
        each: resample(each, y, predictions, blocks=blocks, n_resamples=_draws(each, metric))
        for each in question.metrics
    }
    intervals = {
        each.name: accurate_interval(each, y, predictions, drawn, blocks=blocks)
        for each, drawn in found.items()
        if np.isfinite(drawn.score)
    }
    verdict = Verdict(
        metric=metric,
        # What predictions make undefined (a negative one under a logarithm) is no number, and no reason to lose the study.
        interval=intervals.pop(metric.name, Interval(np.nan, np.nan, np.nan)),
        baseline=metric.score(y, guessed),
        others=intervals,
        openings=folder.ledger.openings,
        n_rows=dataset.n_rows,
        y=y,
        predictions=predictions,
        coverage=_coverage(model, dataset.frame, predictions, y),
        classes=_by_class(question, y, predictions),
        cost=_cost(question, y, predictions, guessed),
    )
    folder.ledger.record("verdict", **_plain(verdict.interval), metric=metric.name)
    return verdict


def answers(model: Model, rows: Any) -> Floats:
    """What the compiled model says: probabilities (n_rows, n_classes) or values (n_rows,)."""
    found: Floats = model.predict_proba(rows) if model.classes else model.predict(rows)
    return found


def _coverage(model: Model, rows: Any, predictions: Floats, y: Any) -> Coverage | None:
    from scipy.stats import binomtest

    table = model.outputs[0].intervals
    if table is None or not len(y):
        return None
    strings = np.empty((len(y), 0), dtype=object) if table.column is None else model.schema.arrays(rows)[1]
    found = model.ranges(predictions, strings, PROMISED)[0]
    if model.classes:
        place = {label: k for k, label in enumerate(model.classes)}
        held = np.array([truth in {place[label] for label in each} for truth, each in zip(y, found, strict=True)])
        size = float(np.mean([len(each) for each in found]))
    else:
        held = (found[0] <= y) & (y <= found[1])
        size = float(np.mean(found[1] - found[0]))
    exact = binomtest(int(held.sum()), len(y)).proportion_ci(0.95, method="exact")
    return Coverage(PROMISED, float(held.mean()), float(exact.low), float(exact.high), size)


def _by_class(question: Question, y: Any, predictions: Floats) -> ByClass | None:
    names = question.task.classes
    if names is None:
        return None
    labels = decided(predictions, question.decision.costs)
    table = confusion(y, labels, n_classes=len(names)).astype(np.int64)
    return ByClass(names, labels, by_class(y, labels, len(names), blocks=question.blocks), table)


def _cost(question: Question, y: Any, predictions: Floats, guessed: Floats) -> Cost | None:
    """Of the model, and of the class that is cheapest when nothing but the development target is known."""
    table = question.decision.costs
    if question.decision.rule != "costs" or table is None or question.task.classes is None:
        return None
    costs, always = Costs(table), int(decided(guessed[:1], table)[0])
    model, baseline = costs.losses(y, predictions), costs.losses(y, guessed)
    blocks = question.blocks
    return Cost(
        mean_interval(model, blocks=blocks),
        question.task.classes[always],
        mean_interval(baseline, blocks=blocks),
        mean_interval(baseline - model, blocks=blocks),
    )


def _draws(each: Metric, main: Metric) -> int:
    return N_RESAMPLES if each is main else N_RESAMPLES // 5


def _plain(interval: Interval) -> dict[str, float]:
    return {"score": interval.score, "low": interval.low, "high": interval.high, "level": interval.level}
