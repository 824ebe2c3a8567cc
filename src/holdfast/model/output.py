"""One question that a model answers: how the graph's numbers become labels, columns and ranges. Needs NumPy only."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers, class_name, decided
from holdfast.errors import ModelError
from holdfast.model.intervals import Intervals

TASKS = ("binary", "multiclass", "regression")

# The task of a model that answers for several targets at once.
SEVERAL = "several"


@dataclass(frozen=True)
class Output:
    """A target and its task. classes: as they stand in the data, in code order; none for numbers.

    costs: what answers are decided by, as in `arrays.decided`, (n_classes, n_classes). intervals: their tables, if any.
    """

    target: str
    task: str
    classes: tuple[Any, ...]
    costs: Floats | None
    intervals: Intervals | None

    @classmethod
    def from_json(cls, facts: Any) -> "Output":
        """Check and take what the manifest holds of one target; ModelError when its parts don't go together."""
        facts = facts if isinstance(facts, dict) else {}
        classes, task, target = facts.get("classes"), facts.get("task"), facts.get("target")
        if task not in TASKS or not isinstance(target, str) or (task == "regression") != (classes is None):
            raise ModelError(
                "the manifest lacks a task, target or classes that go together; expected a whole one: copy the model again"
            )
        plain = isinstance(classes, list) and all(isinstance(label, str | int | float | bool) for label in classes)
        if classes is not None and not (plain and len(classes) > 1):
            raise ModelError("the manifest has classes that are no plain values; expected several texts or numbers")
        found = tuple(classes or ())
        given = facts.get("intervals")
        intervals = None if given is None else Intervals.from_json(given, classes=bool(found))
        return cls(target, str(task), found, _costs(facts.get("decision"), len(found)), intervals)

    @property
    def width(self) -> int:
        """How many numbers the graph gives for it."""
        return max(1, len(self.classes))

    def decide(self, answers: Floats) -> Integers:
        """Give the codes of the classes answered, (n,), for probabilities (n, n_classes): places in `classes`."""
        return decided(answers, self.costs)

    @cached_property
    def _labels(self) -> Any:
        return np.array(self.classes)

    def predict(self, answers: Floats) -> Any:
        """Give classes as they stand in the data, or the values themselves; shape (n,)."""
        return self._labels[self.decide(answers)] if self.classes else answers

    def ranges(self, answers: Floats, groups: Any, level: float) -> Any:
        """Give (low, high), (n,) each, or a list of tuples of classes. groups: the cells of the intervals' column, if any."""
        if self.intervals is None:
            raise ModelError(
                "this model holds no table of intervals; expected one trained by this version: train it again"
            )
        if not self.classes:
            return self.intervals.bounds(answers, level, groups)
        inside = self.intervals.members(answers, level, groups)
        return [tuple(np.array(self.classes, dtype=object)[each]) for each in inside]

    def columns(self, answers: Floats, ranges: Any = None, suffix: str = "") -> dict[str, Any]:
        """Name the columns of a scored file. ranges: what `ranges` gave. suffix: put behind the kind of each column."""
        if not self.classes:
            ends = {} if ranges is None else {f"low{suffix}": ranges[0], f"high{suffix}": ranges[1]}
            return {f"prediction{suffix}": answers, **ends}
        sets: Mapping[str, Any] = {}
        if ranges is not None:
            sets = {f"set{suffix}": np.array(["|".join(map(class_name, each)) for each in ranges], dtype=object)}
        shares = {f"probability{suffix}_{class_name(label)}": answers[:, k] for k, label in enumerate(self.classes)}
        return {f"prediction{suffix}": self.predict(answers), **sets, **shares}


def read_outputs(manifest: dict[str, Any]) -> tuple[Output, ...]:
    """The questions that a model answers: one, or those of a model of several; ModelError when they are not whole."""
    several = manifest.get("task") == SEVERAL
    listed = manifest.get("outputs") if several else [manifest]
    if not isinstance(manifest.get("target"), str) or not isinstance(listed, list) or len(listed) < 1 + several:
        raise ModelError("the manifest lacks a target or its outputs; expected a whole one: copy the model again")
    outputs = tuple(Output.from_json(each) for each in listed)
    if len({output.target for output in outputs}) < len(outputs):
        raise ModelError("the manifest has two outputs of one target; expected one of each: copy the model again")
    return outputs


def _costs(decision: Any, n_classes: int) -> Floats | None:
    """What answers are decided by, as the manifest holds it: (n_classes, n_classes), or None for the likeliest class."""
    given = decision.get("costs") if isinstance(decision, dict) else decision
    if given is None:
        return None
    try:
        costs = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        costs = np.empty(0)
    if costs.shape != (n_classes, n_classes) or not np.isfinite(costs).all() or not costs.any():
        raise ModelError(
            f"the manifest's costs are no table of {n_classes} by {n_classes} numbers; expected one: copy the model again"
        )
    return costs
