"""How the judged model comes to its answers, and how the search came to the model, with the time that is left."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import polars as pl

from holdfast.arrays import Floats
from holdfast.compile.final import Compiled
from holdfast.explain.dependence import Dependence, dependence
from holdfast.explain.importance import Importance
from holdfast.explain.surrogate import Surrogate, surrogate
from holdfast.learners.catalogue import find
from holdfast.learners.drawing import Node
from holdfast.model.model import Model
from holdfast.search.history import FEWEST, Slices, slices
from holdfast.search.trial import Outcome
from holdfast.study.board import Searched
from holdfast.study.prepare import Question
from holdfast.study.trust import some_of
from holdfast.study.verdict import Verdict, answers

# Columns whose effect is drawn, and classes it is drawn for beyond two.
MOST_COLUMNS, MOST_CLASSES = 6, 3

# Seconds that fitting a small tree and sharing out the variation among parameters take at most.
SMALL_TREE, SHARES = 0.5, 1.5

# The model's speed is judged by so many rows.
FEW_ROWS = 50

EFFECTS = "the effects of columns"


@dataclass
class Inside:
    """What was found; not_done says what there was no time for.

    outputs: what the effects of columns are on; probability: whether those are classes, and effects on their probabilities.
    tree: the shipped model where it is a tree, else fidelity: a surrogate.
    """

    outputs: list[str] = field(default_factory=list)
    probability: bool = False
    dependence: list[Dependence] = field(default_factory=list)
    tree: Node | None = None
    fidelity: Surrogate | None = None
    trials: list[dict[str, Any]] = field(default_factory=list)
    slices: Slices | None = None
    not_done: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As result.json holds it."""
        tree: dict[str, Any] | None = None
        if self.tree is not None:
            tree = {"what": "model", "root": asdict(self.tree)}
        elif self.fidelity is not None:
            tree = {"what": "surrogate", "root": asdict(self.fidelity.tree)}
            tree |= {"explained": self.fidelity.explained, "agreement": self.fidelity.agreement}
        return {
            "dependence": {
                "outputs": self.outputs,
                "probability": self.probability,
                "columns": [asdict(each) for each in self.dependence],
            },
            "tree": tree,
            "search": {"trials": self.trials, "slices": None if self.slices is None else asdict(self.slices)},
        }


def look_inside(
    question: Question,
    model: Model,
    shipped: Compiled,
    verdict: Verdict,
    searched: Searched,
    importance: Sequence[Importance],
    *,
    deadline: float,
) -> Inside:
    """Draw the model and its search, as far as the deadline (time.monotonic) allows."""
    first = searched.baseline.spec.number
    inside = Inside(trials=[_trial(each) for each in searched.found.outcomes if each.spec.number != first])
    _dependence(inside, question, model, importance, deadline)
    if shipped.tree is not None:
        inside.tree = shipped.tree
    elif time.monotonic() + _seconds(question, model) + SMALL_TREE > deadline:
        inside.not_done.append("a small tree that stands for the model")
    else:
        inside.fidelity = _surrogate(question, model, verdict)
    if len(inside.trials) < FEWEST:
        return inside
    if time.monotonic() + SHARES > deadline:
        inside.not_done.append("which parameters mattered in the search")
    else:
        inside.slices = _slices(question, searched)
    return inside


def _dependence(
    inside: Inside, question: Question, model: Model, importance: Sequence[Importance], deadline: float
) -> None:
    if not importance:
        # There was no time to find out which columns matter.
        inside.not_done.append(EFFECTS)
        return
    # As in the closer look, the sealed rows stand for rows the model has not met; no choice depends on the answers.
    rows = question.features.take(some_of(question.split.sealed))
    chosen, inside.outputs = _outputs(question)
    inside.probability = question.task.classes is not None

    def predict(frame: pl.DataFrame) -> Floats:
        found = answers(model, frame)
        return found[:, None] if found.ndim == 1 else found[:, chosen]

    for each in [each for each in importance if each.value > 0][:MOST_COLUMNS]:
        if time.monotonic() > deadline:
            inside.not_done.append(EFFECTS)
            return
        found = dependence(predict, rows.frame, each.feature, rows.kinds[each.feature], deadline=deadline)
        if found is not None:
            inside.dependence.append(found)


def _outputs(question: Question) -> tuple[list[int], list[str]]:
    """The second of two classes, a few of the commonest of more, or the target's value."""
    classes = question.task.classes
    if classes is None:
        return [], [question.request.target]
    if len(classes) == 2:
        return [1], [str(classes[1])]
    counts = np.bincount(question.y(question.split.development), minlength=len(classes))
    commonest = [int(k) for k in np.argsort(-counts, kind="stable")[:MOST_CLASSES]]
    return commonest, [str(classes[k]) for k in commonest]


def _seconds(question: Question, model: Model) -> float:
    """What the answers that a small tree is fitted to will take, judged by a few of them."""
    rows = some_of(question.split.development)
    few = question.features.take(rows[:FEW_ROWS])
    began = time.monotonic()
    answers(model, few.frame)
    return (time.monotonic() - began) * len(rows) / few.n_rows


def _surrogate(question: Question, model: Model, verdict: Verdict) -> Surrogate | None:
    development = question.features.take(some_of(question.split.development))
    sealed = some_of(np.arange(len(question.split.sealed)))
    return surrogate(
        development.columns(),
        answers(model, development.frame),
        question.columns(question.split.sealed[sealed]),
        verdict.predictions[sealed],
        seed=question.request.seed,
    )


def _slices(question: Question, searched: Searched) -> Slices | None:
    outcomes, request = searched.found.outcomes, question.request
    names = {each.spec.learner for each in outcomes}
    spaces = {name: find(name, question.task.family).within(request.space.get(name, {})).space for name in names}
    return slices(outcomes, spaces, question.metric, seed=request.seed)


def _trial(outcome: Outcome) -> dict[str, Any]:
    return {
        "trial": outcome.spec.number,
        "learner": outcome.spec.learner,
        "score": outcome.score,
        "seconds": outcome.seconds,
        "params": dict(outcome.params),
    }
