"""Whether a learner can be used on some data at all: known before any training."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.errors import RequestError
from holdfast.learners.catalogue import find
from holdfast.learners.learner import Learner
from holdfast.learners.space import Choice

# Made-up rows on which the ends of a range are tried.
PROBED = 200


@dataclass(frozen=True)
class Given:
    """The data a learner is to be used on.

    y: int64 class codes or float64 values (n_rows,). n_columns: features, before encoding. n_classes: None for regression.
    weighted: whether rows have weights.
    """

    y: Any
    n_columns: int
    n_classes: int | None
    weighted: bool = False


def objection(learner: Learner, given: Given, *, sampled: bool = False) -> str | None:
    """Say what speaks against a learner, as got and expected, or None; `sampled`: too many rows are no objection.

    >>> objection(find("gamma", "regression"), Given(np.array([0.0, 1.5]), 3, None))
    'the target has 1 value of 0 or less, it takes values above 0'
    """
    if learner.max_columns is not None and given.n_columns > learner.max_columns:
        return f"{given.n_columns:,} columns, it takes {learner.max_columns:,}"
    if learner.max_rows is not None and len(given.y) > learner.max_rows and not sampled:
        return f"{len(given.y):,} rows, it takes {learner.max_rows:,}"
    if learner.max_classes is not None and given.n_classes is not None and given.n_classes > learner.max_classes:
        return f"{given.n_classes:,} classes, it takes {learner.max_classes:,}"
    if given.weighted and not learner.weighted:
        return "the rows have weights, it takes none"
    return _of_target(learner, given)


def refusal(learner: Learner, given: Given) -> str | None:
    """Say why a learner that nobody asked for by name is not tried, or None; where rows are too many it is tried on some."""
    if not learner.installed:
        return f"not installed: pip install 'holdfast[{learner.extra}]'"
    return objection(learner, given, sampled=True)


def require_fit(learner: Learner, given: Given) -> None:
    """Raise RequestError, naming a learner that will do, unless one that was asked for by name can be used."""
    reason = objection(learner, given)
    if reason is not None:
        other = _instead(learner, given)
        raise RequestError(f"learner {learner.name!r} can't be used here: {reason}; use {other!r} instead")


def require_student(learner: Learner, given: Given) -> None:
    """Raise RequestError unless the learner can be taught what another model says of this data."""
    learner.require()
    if learner.baseline or learner.emit is None:
        lack = "is a baseline, which looks at no column" if learner.baseline else "has no compiled form"
        raise RequestError(f"distill {learner.name!r}: it {lack}; expected a learner such as lightgbm or decision_tree")
    if given.n_classes is not None and not learner.weighted:
        raise RequestError(
            f"distill {learner.name!r}: probabilities are learned as weighted rows, and it takes no weights; expected a learner "
            f"that does, such as lightgbm or decision_tree"
        )
    require_fit(learner, given)


def _of_target(learner: Learner, given: Given) -> str | None:
    if learner.target == "any":
        return None
    positive = learner.target == "positive"
    n_wrong = int(np.sum(given.y <= 0 if positive else given.y < 0))
    if not n_wrong:
        return None
    values = f"{n_wrong:,} value{'s' if n_wrong > 1 else ''} {'of 0 or less' if positive else 'below 0'}"
    return f"the target has {values}, it takes values {'above 0' if positive else 'of 0 or more'}"


def _instead(learner: Learner, given: Given) -> str:
    """Follow each learner's own advice until one has no objection; LightGBM has none."""
    seen = {learner.name}
    while objection(learner, given) is not None and learner.instead not in seen:
        learner = find(learner.instead, learner.task)
        seen.add(learner.name)
    return learner.name if objection(learner, given) is None else "lightgbm"


def require_space(learner: Learner, names: Iterable[str], n_classes: int | None) -> None:
    """Fit made-up rows at the ends of some parameters' ranges; RequestError for a value that the learner doesn't take."""
    if not learner.installed:
        return
    matrix = np.random.default_rng(0).random((PROBED, 3)).astype(np.float32)
    y: Any = np.arange(PROBED) % n_classes if n_classes is not None else 1.0 + matrix[:, 0]
    for name in names:
        each = learner.space[name]
        for value in each.options if isinstance(each, Choice) else dict.fromkeys((each.low, each.high)):
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    fitted = learner.make(seed=0, n_jobs=1, **{**learner.defaults, name: value}).fit(matrix, y)
                    fitted.predict(matrix) if n_classes is None else fitted.predict_proba(matrix)
            except Exception as error:  # every library has its own
                first = next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]
                raise RequestError(
                    f"the space of {learner.name}.{name} holds {value!r}, which it doesn't take ({first}); expected values it "
                    f"can be fitted with: change [space.{learner.name}]"
                ) from None
