"""The validation curve: what one parameter does to the score on rows fitted and on rows not seen, and what that says."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from holdfast.errors import OverrunError, RequestError, WorkFailedError, nearest
from holdfast.evaluate.compare import fold_interval
from holdfast.learners.catalogue import find
from holdfast.learners.preparing import own_params
from holdfast.learners.space import Choice, Dimension
from holdfast.metrics.metric import Metric
from holdfast.report.numbers import number
from holdfast.search.candidates import Candidate
from holdfast.search.clock import Clock
from holdfast.search.executor import Executor
from holdfast.search.trial import Outcome, Problem, Spec, score_fold
from holdfast.search.tuners import placed
from holdfast.study.board import Searched, learner_names
from holdfast.study.ending import CURVE_SHARE
from holdfast.study.prepare import Question

# Points on a range, beside the value chosen.
POINTS = 7

# Unasked, seconds and share of the time left that the curve may take.
SECONDS, SHARE_OF_TIME = 10.0, 0.05

# What a parameter must change before it is worth a word, and how much better the model may know its own rows, as shares of
# what the model gains over the baseline.
MATTERS, KNOWS_BY_HEART = 0.02, 0.25


@dataclass(frozen=True)
class Point:
    """A value, and the mean score on the rows fitted and on the fold's own.

    folds: the latter fold by fold; spread: their standard deviation.
    """

    value: Any
    fitted: float
    unseen: float
    spread: float
    folds: tuple[float, ...]


@dataclass(frozen=True)
class Curve:
    """Points in order of the parameter's values. ordered: they are of a range, else a choice. folds: how many were fitted.

    test_share: rows judged over rows fitted on, of one fold.
    """

    learner: str
    param: str
    chosen: Any
    ordered: bool
    log: bool
    folds: int
    test_share: float
    points: tuple[Point, ...]


def check_curve(question: Question) -> None:
    """Raise RequestError when no learner that may be tried has the parameter whose curve was asked for."""
    asked, family = question.request.validation_curve, question.task.family
    if asked is None:
        return
    learners = [find(name, family) for name in learner_names(question.request, family)]
    known = {f"{learner.name}.{param}" for learner in learners for param in learner.space}
    if not any(_is(asked, *name.split(".")) for name in known):
        short = sorted({name.split(".")[1] for name in known})
        raise RequestError(
            f"validation_curve is {asked!r}, which no learner to be tried has; expected one of {', '.join(short)}, or "
            f"LEARNER.PARAMETER as holdfast learners lists them.{nearest(asked, [*short, *known])}"
        )


def validation_curve(
    candidate: Candidate,
    question: Question,
    searched: Searched,
    *,
    executor: Executor,
    clock: Clock,
    say: Callable[[str], None],
) -> Curve | None:
    """Draw the curve that was asked for, or that of the chosen learner's parameter that matters most.

    Unasked, it is drawn only when a small part of the time left suffices.
    """
    asked = question.request.validation_curve
    outcome = _subject(candidate, searched, question.metric, asked)
    if outcome is None:
        return None
    learner = outcome.spec.learner
    space = find(learner, question.task.family).within(question.request.space.get(learner, {})).space
    param = None if asked is None else asked.split(".")[-1]
    left = clock.before_writing
    allowed = min(SECONDS, SHARE_OF_TIME * left)
    if asked is not None:
        allowed = float("inf") if clock.budget is None else min(left, CURVE_SHARE * clock.budget)
    fits = POINTS + 1 + (0 if param else sum(len(_ends(each)) for each in space.values()))
    if (asked is None and fits * outcome.fit_seconds > allowed) or allowed <= 0:
        return None
    say(f"drawing the validation curve of {learner}")
    began = time.monotonic()
    try:
        curve: Curve | None = executor.call(
            curve_of, outcome.spec, space, param, began + allowed, deadline=began + 2 * allowed
        )
    except (OverrunError, WorkFailedError):
        return None
    return curve


def curve_of(
    problem: Problem, spec: Spec, space: Mapping[str, Dimension], param: str | None, deadline: float
) -> Curve | None:
    """Fit a trial's configuration with other values of one parameter, fold after fold; where the folds' matrices are.

    param: None takes the one that moves the first fold's score most. None is returned when not even one fold is done in time.
    """
    name = param or _most_important(problem, spec, space, deadline)
    dimension, chosen = space[name], spec.params[name]
    values = _values(dimension, chosen)
    done: list[list[tuple[float, float]]] = []
    for fold in range(len(problem.folds)):
        scores = []
        for value in values:
            if time.monotonic() > deadline:
                break
            scores.append(_scores(problem, spec, {name: value}, fold))
        if len(scores) < len(values):
            break
        done.append(scores)
    if not done:
        return None
    fitted, unseen = np.moveaxis(np.array(done), 2, 0)
    points = [
        Point(
            value,
            float(np.nanmean(fitted[:, k])),
            float(np.nanmean(unseen[:, k])),
            float(np.nanstd(unseen[:, k])),
            tuple(unseen[:, k].tolist()),
        )
        for k, value in enumerate(values)
    ]
    ordered = not isinstance(dimension, Choice)
    log = not isinstance(dimension, Choice) and dimension.log
    share = float(np.mean([len(each.valid) / len(each.train) for each in problem.folds[: len(done)]]))
    return Curve(spec.learner, name, chosen, ordered, log, len(done), share, tuple(points))


def words_of(curve: Curve, metric: Metric, baseline: float) -> list[str]:
    """Say what the parameter does: where it fits too little (bias), and where too much (variance)."""
    points = curve.points
    seen, own = [metric.gain(each.unseen) for each in points], [metric.gain(each.fitted) for each in points]
    best = max(range(len(points)), key=lambda k: seen[k])
    scale = abs(metric.lead(points[best].unseen, baseline)) or 1.0
    name = f"{curve.param} of {curve.learner.replace('_', ' ')}"
    behind = [_clearly_behind(curve, each, points[best], metric, MATTERS * scale) for each in points]
    if not any(behind):
        return [
            f"{name} hardly matters: whatever its value, {metric.title} on rows not seen stays about "
            f"{number(points[best].unseen)}, as far as {curve.folds} folds can tell."
        ]
    worst = points[min(range(len(points)), key=lambda k: seen[k])]
    words = [
        f"{name} matters: on rows not seen {metric.title} goes from {number(worst.unseen)} (at {_value(worst.value)}) to "
        f"{number(points[best].unseen)} (at {_value(points[best].value)}); its best trial has {_value(curve.chosen)}."
    ]
    if curve.ordered:
        words += _ends_in_words(points, behind, seen, own, best, MATTERS * scale)
        if best in (0, len(points) - 1):
            words.append(
                f"The best value is at the end of its range: a wider one, in [space.{curve.learner}] of a study file, may do "
                f"better."
            )
    at = points[best]
    known = f"{number(at.fitted)} on rows it was fitted on, {number(at.unseen)} on others"
    if (own[best] - seen[best]) / scale > KNOWS_BY_HEART:
        words.append(f"Even at its best the model knows its own rows much better ({known}): variance is what is left.")
    else:
        words.append(f"At its best it does about as well on new rows as on its own ({known}): what is left is bias.")
    return words


def _ends_in_words(
    points: Sequence[Point],
    behind: Sequence[bool],
    seen: Sequence[float],
    own: Sequence[float],
    best: int,
    worth: float,
) -> list[str]:
    """What happens towards the end where the model fits its own rows better, and towards the other."""
    close, loose = (0, len(points) - 1) if own[0] > own[-1] else (len(points) - 1, 0)
    words = []
    if behind[close] and own[close] - seen[close] > own[best] - seen[best] + worth:
        words.append(
            f"Towards {_value(points[close].value)} it overfits: {number(points[close].fitted)} on rows it was fitted on, "
            f"{number(points[close].unseen)} on others (variance)."
        )
    if behind[loose] and own[best] - own[loose] > worth:
        words.append(
            f"Towards {_value(points[loose].value)} it underfits: {number(points[loose].fitted)} even on rows it was fitted on, "
            f"{number(points[loose].unseen)} on others (bias)."
        )
    return words


def _clearly_behind(curve: Curve, point: Point, best: Point, metric: Metric, worth: float) -> bool:
    """Whether a value is worse than the best by more than is worth a word, and more than the folds' luck."""
    gains = [metric.gain(good) - metric.gain(bad) for good, bad in zip(best.folds, point.folds, strict=True)]
    found = fold_interval([gain for gain in gains if np.isfinite(gain)], curve.test_share)
    return metric.gain(best.unseen) - metric.gain(point.unseen) > worth and not found.low <= 0


def _value(value: Any) -> str:
    return number(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _subject(candidate: Candidate, searched: Searched, metric: Metric, asked: str | None) -> Outcome | None:
    """The trial whose parameter is varied: the chosen model's heaviest member, or the best that has what was asked for."""
    members = [outcome for outcome, _ in sorted(candidate.members, key=lambda member: -member[1])]
    if asked is None:
        return members[0] if own_params(members[0].spec.params) else None
    ranked = sorted(searched.found.outcomes, key=lambda outcome: -metric.gain(outcome.score))
    fitting = (
        each for each in [*members, *ranked] if any(_is(asked, each.spec.learner, param) for param in each.spec.params)
    )
    return next(fitting, None)


def _is(asked: str, learner: str, param: str) -> bool:
    return asked in (param, f"{learner}.{param}")


def _most_important(problem: Problem, spec: Spec, space: Mapping[str, Dimension], deadline: float) -> str:
    """The parameter whose ends, with all others as they are, move the first fold's score most."""
    moved = dict.fromkeys(space, 0.0)
    now = problem.metric.gain(_scores(problem, spec, {}, 0)[1])
    for name, dimension in space.items():
        for value in _ends(dimension):
            if time.monotonic() > deadline:
                break
            gain = problem.metric.gain(_scores(problem, spec, {name: value}, 0)[1])
            moved[name] = max(moved[name], abs(gain - now)) if np.isfinite(gain) else moved[name]
    return max(moved, key=lambda name: moved[name])


def _scores(problem: Problem, spec: Spec, changed: Mapping[str, Any], number: int) -> tuple[float, float]:
    """Score on a fold's training rows, and on its validation rows."""
    learner = find(spec.learner, problem.task.family)
    return score_fold(problem, learner, replace(spec, params={**spec.params, **changed}), number)


def _ends(dimension: Dimension) -> list[Any]:
    return list(dimension.options) if isinstance(dimension, Choice) else [dimension.low, dimension.high]


def _values(dimension: Dimension, chosen: Any) -> list[Any]:
    """The choices, or points on the range and the value chosen, in order."""
    if isinstance(dimension, Choice):
        return list(dimension.options)
    return sorted({*(placed(dimension, float(unit)) for unit in np.linspace(0, 1, POINTS)), chosen})
