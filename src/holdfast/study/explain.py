"""The importance of features: how much worse a trial is without each, where its fitted fold still is."""

import time
from collections.abc import Callable

from holdfast.errors import OverrunError, WorkFailedError
from holdfast.explain.importance import Importance, permutation_importance
from holdfast.learners.catalogue import find
from holdfast.search.candidates import Candidate
from holdfast.search.clock import Clock
from holdfast.search.executor import Executor
from holdfast.search.trial import Problem, Spec, fit_first_fold

# Seconds spent on it at most, and the share of the time left after the search.
SECONDS, SHARE_OF_TIME = 10.0, 0.1


def explain(candidate: Candidate, *, executor: Executor, clock: Clock, say: Callable[[str], None]) -> list[Importance]:
    """Importance of features for the candidate's heaviest member, as far as a small part of the time left goes."""
    outcome = max(candidate.members, key=lambda member: member[1])[0]
    allowed = min(SECONDS, SHARE_OF_TIME * clock.before_writing)
    if outcome.fit_seconds > allowed:
        return []
    say("measuring which columns matter")
    deadline = time.monotonic() + allowed
    try:
        found: list[Importance] = executor.call(
            importance_of, outcome.settled_spec, deadline, deadline=deadline + 2 * allowed
        )
    except (OverrunError, WorkFailedError):
        return []
    return found


def importance_of(problem: Problem, spec: Spec, deadline: float) -> list[Importance]:
    """Judge a trial on the first fold's validation rows."""
    pipeline = fit_first_fold(problem, find(spec.learner, problem.task.family), spec)
    rows = problem.folds[0].valid
    return permutation_importance(
        pipeline.predict,
        problem.columns.take(rows),
        problem.y[rows],
        lambda y, predictions: problem.metric.gain(problem.metric.score(y, predictions)),
        seed=problem.seed,
        deadline=deadline,
    )
