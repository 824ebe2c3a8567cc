"""A closer look at the judged model, with the time that is left: fairness, robustness, privacy."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import polars as pl

from holdfast.arrays import Integers
from holdfast.explain.fairness import Fairness, decide, fairness, groups_of, thresholds
from holdfast.explain.membership import Membership, losses, membership
from holdfast.explain.robustness import Stress, stress
from holdfast.model.model import Model
from holdfast.study.board import Searched
from holdfast.study.finish import Finished
from holdfast.study.prepare import Question
from holdfast.study.verdict import Verdict, answers

# Rows of each side that are looked at; more would tell little more.
ROWS = 3_000

# Columns that are taken away one at a time.
MOST_IMPORTANT = 5


@dataclass(frozen=True)
class Equal:
    """What equal treatment by thresholds would cost: accuracy and the largest difference, before and after, sealed rows."""

    column: str
    constraint: str
    thresholds: Mapping[str, float]
    accuracy: tuple[float, float]
    difference: tuple[float, float]


@dataclass
class Trust:
    """What the closer look found; not_done says what there was no time for, groups_not_done the columns of groups left out."""

    fairness: list[Fairness] = field(default_factory=list)
    equal: list[Equal] = field(default_factory=list)
    robustness: list[Stress] = field(default_factory=list)
    privacy: Membership | None = None
    not_done: list[str] = field(default_factory=list)
    groups_not_done: list[str] = field(default_factory=list)

    @property
    def all_not_done(self) -> list[str]:
        """Groups and all else that there was no time for."""
        return [*(f"fairness by {name}" for name in self.groups_not_done), *self.not_done]

    def to_json(self) -> dict[str, Any]:
        """As result.json holds it."""
        privacy = None if self.privacy is None else {**asdict(self.privacy), "sentence": self.privacy.sentence}
        return {
            "fairness": [asdict(each) for each in self.fairness],
            "equal_treatment": [asdict(each) for each in self.equal],
            "robustness": [asdict(each) for each in self.robustness],
            "privacy": privacy,
        }


def look_closer(
    question: Question,
    model: Model,
    verdict: Verdict,
    searched: Searched,
    finished: Finished,
    important: Sequence[str],
    *,
    deadline: float,
) -> Trust:
    """Judge the judged model by group, under stress, and as an attacker would; the deadline is of time.monotonic."""
    trust = Trust()
    for name in question.request.protected:
        if time.monotonic() > deadline:
            trust.groups_not_done.append(name)
            continue
        groups = _named(question.protected[name], question.split.sealed)
        trust.fairness.append(fairness(name, groups, verdict.metric, verdict.y, verdict.predictions, verdict.labels))
        if question.request.fair is not None:
            trust.equal.append(_equal(name, question, verdict, searched, finished))
    _robustness(trust, question, model, verdict, important, deadline)
    if time.monotonic() > deadline:
        trust.not_done.append("privacy")
    elif len(verdict.y) >= 50:
        rows = some_of(finished.compiled.rows)
        members = question.dataset.take(rows)
        inside = losses(question.encode(members), answers(model, members.frame))
        trust.privacy = membership(inside, losses(verdict.y, verdict.predictions))
    return trust


def _robustness(
    trust: Trust, question: Question, model: Model, verdict: Verdict, important: Sequence[str], deadline: float
) -> None:
    # The seal was opened for the verdict; these are the same rows, asked differently, and no choice depends on the answers.
    rows = some_of(question.split.sealed)
    sealed = question.features.take(rows)
    y = question.y(rows)

    def score(frame: pl.DataFrame) -> float:
        return verdict.metric.score(y, answers(model, frame))

    names = [name for name in important if name in sealed.kinds][:MOST_IMPORTANT]
    if time.monotonic() >= deadline:
        trust.not_done.append("robustness")
        return
    trust.robustness = stress(
        sealed.frame,
        sealed.kinds,
        score,
        names,
        seed=question.request.seed,
        time_left=lambda: time.monotonic() < deadline,
    )


def _equal(name: str, question: Question, verdict: Verdict, searched: Searched, finished: Finished) -> Equal:
    constraint = question.request.fair
    assert constraint is not None
    problem = searched.problem.once
    rows = searched.rows[problem.judged]
    share = finished.unseen
    values = question.protected[name]
    cuts = thresholds(constraint, _named(values, rows), problem.y[problem.judged], share[:, 1])
    groups = _named(values, question.split.sealed)
    before = verdict.labels == 1
    after = decide(groups, verdict.predictions[:, 1], cuts, otherwise=finished.decision.threshold or 0.5)
    y = verdict.y == 1
    return Equal(
        name,
        constraint,
        cuts,
        (float(np.mean(before == y)), float(np.mean(after == y))),
        (_difference(constraint, groups, y, before), _difference(constraint, groups, y, after)),
    )


def _named(values: pl.Series, rows: Integers) -> Any:
    """Groups of some rows, in the ranges of all rows."""
    return groups_of(values.to_numpy())[rows]


def _difference(constraint: str, groups: Any, y: Any, called: Any) -> float:
    """The largest difference between groups of what the constraint makes equal."""
    sides = [y] if constraint == "equal_opportunity" else [y, ~y]
    sides = [np.ones(len(y), dtype=bool)] if constraint == "demographic_parity" else sides
    gaps = []
    for side in sides:
        rates = [
            called[side & (groups == name)].mean()
            for name in np.unique(groups.astype(str))
            if (side & (groups == name)).sum() >= 10
        ]
        gaps.append(float(np.ptp(rates)) if rates else 0.0)
    return max(gaps)


def some_of(rows: Integers) -> Integers:
    """Spread what is looked at evenly over the rows."""
    if len(rows) <= ROWS:
        return rows
    return np.asarray(rows[np.linspace(0, len(rows) - 1, ROWS).astype(np.int64)])
