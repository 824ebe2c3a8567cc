"""Quality, speed and size: what each model takes, which stand on the Pareto front, and which keep the limits asked for."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from holdfast.compile.assemble import assemble
from holdfast.compile.final import Compiled
from holdfast.compile.weigh import Weight, weigh
from holdfast.errors import CompileError, OverrunError, WorkFailedError
from holdfast.evaluate.pool import AVERAGE, Pool
from holdfast.learners.catalogue import find
from holdfast.search.candidates import Candidate
from holdfast.search.clock import Clock
from holdfast.search.executor import Executor
from holdfast.search.trial import Problem, Spec, fit_first_fold
from holdfast.study.board import Searched, candidates_of
from holdfast.study.prepare import Question
from holdfast.study.request import Request
from holdfast.study.times import RESTART

# With limits, so many models are weighed, best first, beside the baseline, in this share of the time left; without, when nothing
# depends on it, in the other.
MOST_WEIGHED = 20
LIMITED_SHARE, WEIGHING_SHARE = 0.3, 0.04

# Seconds that weighing one model may take at least, once begun: the worker is not stopped for a trifle.
GRACE = 1.0


@dataclass(frozen=True)
class Weighed:
    """A model and what it takes, compiled from its first fold. front: no other is better in one thing and as good in all.

    within: whether it keeps the limits.
    """

    name: str
    trial: int | None
    score: float
    size: int
    latency: float
    front: bool
    within: bool

    def to_json(self) -> dict[str, Any]:
        """As result.json holds it."""
        return asdict(self)


def weigh_trials(problem: Problem, parts: Sequence[tuple[Spec, float]], pool: Pool) -> Weight:
    """Compile trials as fitted on the first fold, joined by weight, and weigh them; runs where those still are."""
    family = problem.task.family
    members = [(fit_first_fold(problem, find(spec.learner, family), spec), weight) for spec, weight in parts]
    graph = assemble(members, problem.columns.kinds, problem.task.n_classes, pool=pool)
    return weigh(graph, problem.columns)


def weight_of(spec: Spec, executor: Executor, deadline: float) -> Weight | None:
    """Weigh one trial, where the problem is loaded; None where it has no compiled form, or that can't be found out in time."""
    try:
        weight: Weight = executor.call(weigh_trials, [(spec, 1.0)], AVERAGE, deadline=deadline)
    except (CompileError, OverrunError, WorkFailedError):
        return None
    return weight


def weights_of(
    candidates: Sequence[Candidate],
    question: Question,
    *,
    executor: Executor,
    clock: Clock,
    say: Callable[[str], None],
) -> dict[int, Weight]:
    """Weigh candidates, by their place, as far as there is time: the best if there are limits, else each learner's best."""
    limited = question.request.limits != {}
    learners: set[str] = set()
    allowed = (LIMITED_SHARE if limited else WEIGHING_SHARE) * clock.before_writing
    deadline, found, tried = time.monotonic() + allowed, dict[int, Weight](), 0
    say("weighing models: their size and speed")
    for place, candidate in enumerate(candidates):
        last = place == len(candidates) - 1
        if not last and (tried >= MOST_WEIGHED or (not limited and candidate.name in learners)):
            continue
        learners.add(candidate.name)
        # Without limits what is not at hand any more is not fitted again if that takes too long.
        seconds = 0.0 if limited else sum(outcome.fit_seconds for outcome, _ in candidate.members)
        needed = last and limited  # the baseline is what ships when nothing else keeps the limits
        if not needed and time.monotonic() + seconds > deadline:
            continue
        tried += 1
        parts = [(outcome.settled_spec, weight) for outcome, weight in candidate.members]
        try:
            until = max(deadline, time.monotonic() + (RESTART if needed else GRACE))
            found[place] = executor.call(weigh_trials, parts, candidate.pool, deadline=until)
        except (CompileError, OverrunError, WorkFailedError):
            continue
    return found


def excess(weight: Weight, limits: Mapping[str, float]) -> str | None:
    """What is over a limit, in words; None when nothing is."""
    if weight.latency > limits.get("latency", np.inf):
        return f"it takes {1e3 * weight.latency:.3g} ms a row; at most {1e3 * limits['latency']:.3g} ms was asked for"
    if weight.size > limits.get("size", np.inf):
        return f"it weighs {weight.size / 1e6:.3g} MB; at most {limits['size'] / 1e6:.3g} MB was asked for"
    return None


def within(
    candidates: Sequence[Candidate],
    weights: Mapping[int, Weight],
    question: Question,
    searched: Searched,
    *,
    clock: Clock,
) -> list[Candidate]:
    """Candidates anew, of the models that keep the limits; as they were where there are none."""
    limits = question.request.limits
    if not limits:
        return list(candidates)
    taken = {
        candidates[place].members[0][0].spec.number: (weight.latency, float(weight.size))
        for place, weight in weights.items()
        if len(candidates[place].members) == 1 and excess(weight, limits) is None
    }
    most = (limits.get("latency", float("inf")), limits.get("size", float("inf")))
    return candidates_of(question, searched, clock=clock, taken=taken, most=most)


def objection_to(question: Question) -> Callable[[Compiled], str | None]:
    """What objects to a compiled model that exceeds the limits."""
    limits = question.request.limits

    def objection(compiled: Compiled) -> str | None:
        if not limits:
            return None
        return excess(weigh(compiled.onnx, question.columns(compiled.rows[:1])), limits)

    return objection


def front_of(candidates: Sequence[Candidate], weights: Mapping[int, Weight], question: Question) -> list[Weighed]:
    """The weighed models, best first; one a learner, its best, and the ensemble."""
    limits, seen = question.request.limits, set[str]()
    rows: list[tuple[Candidate, Weight]] = []
    for place in sorted(weights):
        if candidates[place].name not in seen:
            seen.add(candidates[place].name)
            rows.append((candidates[place], weights[place]))
    rows.sort(key=lambda row: -question.metric.gain(row[0].score))
    points = np.array(
        [[-question.metric.gain(each.score), weight.size, weight.latency] for each, weight in rows]
    ).reshape(-1, 3)
    made = []
    for k, (each, weight) in enumerate(rows):
        better = (points <= points[k]).all(axis=1) & (points < points[k]).any(axis=1)
        first = each.members[0][0].spec
        trial = None if len(each.members) > 1 or first.teacher else first.number
        kept = excess(weight, limits) is None
        made.append(Weighed(each.name, trial, each.score, weight.size, weight.latency, not better.any(), kept))
    return made


def words_of(front: Sequence[Weighed], request: Request, shipped: str) -> str:
    """What the limits did, in a sentence; nothing without limits."""
    limits = request.limits
    if not limits:
        return ""
    asked = []
    if "latency" in limits:
        asked.append(f"{1e3 * limits['latency']:.3g} ms a row")
    if "size" in limits:
        asked.append(f"{limits['size'] / 1e6:.3g} MB")
    kept = sum(each.within for each in front)
    said = f"at most {' and '.join(asked)}: {kept} of {len(front)} models keep it"
    best = next((each for each in front if not each.within), None)
    return (
        f"{said}; {best.name.replace('_', ' ')} does not"
        if best and best is front[0] and shipped != best.name
        else said
    )
