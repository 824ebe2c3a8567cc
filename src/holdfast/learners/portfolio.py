"""Which configurations are tried first, and in which order: learned by benchmarks/portfolio.py on data sets of its own."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from math import log
from pathlib import Path
from typing import Any

from holdfast.learners.learner import Learner
from holdfast.learners.space import Choice, Dimension, holds

LEARNED = Path(__file__).with_name("portfolio.json")


@cache
def _orders(family: str) -> list[dict[str, Any]]:
    orders: list[dict[str, Any]] = json.loads(LEARNED.read_text(encoding="utf-8"))[family]
    return orders


def _order(family: str, rows: float) -> dict[str, Any]:
    """What was learned on about as many rows."""
    return min(_orders(family), key=lambda each: abs(log(each["rows"] / max(rows, 1))))


def learned_seconds(learner: Learner, params: Mapping[str, Any], rows: float) -> float | None:
    """Seconds that a configuration took on average where the order was learned; None for a learner that it doesn't know.

    How long it will take elsewhere can be told from how long another one takes there. What is not in the order is taken to
    need as long as the learner's defaults. rows: how many are learned from.
    """
    learned = _order(learner.task, rows)
    for each in learned["order"]:
        if each["learner"] == learner.name and each["params"].items() <= params.items():
            return float(each["seconds"])
    seconds: float | None = learned["seconds"].get(learner.name)
    return seconds


def first_configurations(learners: Sequence[Learner], rows: float | None = None) -> list[tuple[str, dict[str, Any]]]:
    """The configurations that a search of these learners starts with.

    The defaults of each, in the order given. rows: instead, the order that was learned on about so many rows, without what
    lies outside of a space that a user has narrowed; then the defaults of learners that it doesn't hold. Choices that want
    each option tried are tried in the learner's first configuration, or in that of the first learner that has them, at once in
    a learned order, else when every learner has had its turn; in the other configurations they are left open.

    >>> from holdfast.learners.catalogue import find
    >>> first_configurations([find("ridge", "regression")])
    [('ridge', {'alpha': 1.0})]
    """
    known = {learner.name: learner for learner in learners}
    learned = [] if rows is None or not learners else _order(learners[0].task, rows)["order"]
    held = [(each["learner"], each["params"]) for each in learned]
    order = [(name, params) for name, params in held if name in known and _inside(params, known[name].space)]
    tried = {name for name, _ in order}
    order += [(learner.name, {}) for learner in learners if learner.name not in tried]
    firsts: list[tuple[str, dict[str, Any]]] = []
    variants: list[tuple[str, dict[str, Any]]] = []
    seen, scouted = set[str](), set[tuple[str, Choice]]()
    for name, params in order:
        learner = known[name]
        full = {key: params.get(key, value) for key, value in learner.defaults.items()}
        choices = {key: each for key, each in learner.space.items() if isinstance(each, Choice)}
        varied = {key for key, each in choices.items() if each.each_first and name not in seen}
        varied |= {key for key, each in choices.items() if each.scouted and (key, each) not in scouted}
        left_open = {key for key, each in choices.items() if each.left_open} - varied
        seen.add(name)
        scouted |= {(key, choices[key]) for key in varied}
        full = {key: value for key, value in full.items() if key not in left_open}
        firsts.append((name, full))
        for key in sorted(varied):
            others = [(name, {**full, key: option}) for option in choices[key].options if option != full[key]]
            (variants if rows is None else firsts).extend(others)
    return [*firsts, *variants]


def _inside(params: Mapping[str, Any], space: Mapping[str, Dimension]) -> bool:
    return all(key in space and holds(space[key], value) for key, value in params.items())
