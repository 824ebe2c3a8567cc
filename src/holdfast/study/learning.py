"""The learning curve: how the score grows with the rows, on rows fitted and on rows not seen, and what that says."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from holdfast.errors import OverrunError, WorkFailedError
from holdfast.learners.catalogue import find
from holdfast.metrics.metric import Metric
from holdfast.search.candidates import Candidate
from holdfast.search.clock import Clock
from holdfast.search.executor import Executor
from holdfast.search.trial import Problem, Spec, rows_fitted, score_fold

# Shares of the first fold's training rows.
SHARES = (1 / 8, 1 / 4, 1 / 2, 1.0)

# Seconds, and share of the time left, that the curve may take.
SECONDS, SHARE_OF_TIME = 10.0, 0.05

# What a doubling of the rows must bring, and how much better the model may know its own rows, as shares of what it gains
# over the baseline, before it is worth a word.
STILL_GROWS, KNOWS_BY_HEART = 0.02, 0.25


@dataclass(frozen=True)
class Point:
    """Rows fitted, and the score on them and on the first fold's validation rows."""

    rows: int
    fitted: float
    unseen: float


def points_of(problem: Problem, spec: Spec, deadline: float) -> list[Point]:
    """Fit a trial's configuration on growing shares of the first fold; where the fold's matrices are."""
    learner, points = find(spec.learner, problem.task.family), []
    for share in SHARES:
        if time.monotonic() > deadline:
            break
        part = replace(spec, share=share)
        rows = len(rows_fitted(problem, part, len(problem.folds[0].train)))
        points.append(Point(rows, *score_fold(problem, learner, part, 0)))
    return points


def learning_curve(
    candidate: Candidate, *, executor: Executor, clock: Clock, say: Callable[[str], None]
) -> list[Point]:
    """Give the curve of the candidate's heaviest member; none when it would take too long."""
    outcome = max(candidate.members, key=lambda member: member[1])[0]
    allowed = min(SECONDS, SHARE_OF_TIME * clock.before_writing)
    if sum(SHARES) * outcome.fit_seconds > allowed:
        return []
    say("drawing the learning curve")
    deadline = time.monotonic() + allowed
    try:
        points: list[Point] = executor.call(points_of, outcome.spec, deadline, deadline=deadline + allowed)
    except (OverrunError, WorkFailedError):
        return []
    return points if len(points) > 1 else []


def words_of(points: Sequence[Point], metric: Metric, baseline: float) -> list[str]:
    """Say what the curve means: whether more rows would help, and whether the model learns by heart."""
    if len(points) < 2:
        return []
    before, last = points[-2], points[-1]
    scale = abs(metric.lead(last.unseen, baseline)) or 1.0
    grown = (metric.gain(last.unseen) - metric.gain(before.unseen)) / scale
    gap = (metric.gain(last.fitted) - metric.gain(last.unseen)) / scale
    step = f"from {before.rows:,} to {last.rows:,} rows the score went from {before.unseen:.4g} to {last.unseen:.4g}"
    more = "More rows would probably help" if grown > STILL_GROWS else "More rows like these would help little"
    known = f"{last.fitted:.4g} on rows it was fitted on, {last.unseen:.4g} on others"
    if gap > KNOWS_BY_HEART:
        heart = (
            f"The model knows its own rows much better than new ones ({known}): it lacks restraint, or rows (variance)."
        )
    else:
        heart = f"The model does about as well on new rows as on its own ({known}): it lacks columns, or reach (bias)."
    return [f"{more}: {step}.", heart]
