"""Distillation: one model of a learner that was asked for, taught by the model that would have shipped, and what that costs.

A student is a trial like any other, only that each fold fits it to what the teacher, fitted on the same rows, says of them. So
its out-of-fold predictions are of rows that neither it nor its teacher has seen, and stand beside the teacher's.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.arrays import Floats, likeliest
from holdfast.compile.weigh import Weight
from holdfast.errors import HoldfastError
from holdfast.evaluate.bootstrap import Interval, Resampled, resample
from holdfast.evaluate.compare import fold_interval
from holdfast.metrics.metric import Metric
from holdfast.report.numbers import number, seconds, size
from holdfast.search.candidates import Candidate
from holdfast.search.clock import Clock
from holdfast.search.executor import Executor
from holdfast.search.journal import Journal
from holdfast.search.trial import Outcome, Problem, Spec, run_trial
from holdfast.study.board import Searched
from holdfast.study.front import excess, weight_of
from holdfast.study.prepare import Question

# Of the time left, a teacher may be expected to take this share on the folds, and is stopped after that share; the final fits,
# with the teacher in each, have the rest.
FOLDS_SHARE, STOP_SHARE = 0.6, 0.7

# A booster goes on gaining from what a teacher says, which is steadier than labels, for so many times the trees that labels are
# good for (measured).
ROUNDS = 2

# A student is fitted to copies of the rows, and may grow more trees: so many times what its own trial took is expected.
SLOWER = 4

# Seconds that weighing the student may take.
WEIGHING = 2.0


@dataclass(frozen=True)
class Distilled:
    """A student beside its teacher, or why there is none.

    labels: the score of the same learner fitted to the labels. price: the student's score less the teacher's, out of fold.
    agreement: out of fold, the share of rows that both give the same class, or of the teacher's variance that the student
    gives too. weights: of teacher and student, compiled from the first fold, where there was time for it.
    """

    learner: str
    teacher: Candidate | None = None
    student: Candidate | None = None
    labels: float | None = None
    price: Interval | None = None
    agreement: float | None = None
    weights: tuple[Weight | None, Weight | None] = (None, None)
    why_not: str = ""

    def first(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The student before all others; then, should it fail, the same learner fitted to the labels."""
        own = [each for each in candidates if each.name == self.learner]
        others = [each for each in candidates if each.name != self.learner]
        return [*([] if self.student is None or self.why_not else [self.student]), *own, *others]

    def beside(
        self, tried: Sequence[Candidate], weights: Mapping[int, Weight]
    ) -> tuple[list[Candidate], dict[int, Weight]]:
        """What was tried and weighed, and the student."""
        weight = self.weights[1]
        if self.student is None or weight is None:
            return list(tried), dict(weights)
        return [*tried, self.student], {**weights, len(tried): weight}


def distil(
    tried: Sequence[Candidate],
    weights: Mapping[int, Weight],
    question: Question,
    searched: Searched,
    trials: Path | None,
    *,
    executor: Executor,
    clock: Clock,
    say: Callable[[str], None],
) -> Distilled | None:
    """Teach the learner that was asked for what the best of `tried` says; None unless one was asked for.

    tried: what could ship were there no limits, best first. weights: by place in it. The teacher need not keep the limits, the
    student must. The best that there is time for teaches. trials: where the search's are kept, and the student's beside them.
    """
    name = question.request.distill
    if name is None:
        return None
    own = _own_trial(name, tried, weights, question)
    if isinstance(own, str):
        return Distilled(name, why_not=own)
    allowed = clock.before_writing
    able = [each for each in tried[:-1] if _seconds(each, own) <= FOLDS_SHARE * allowed]
    if not able:
        return Distilled(name, why_not="the budget left no time to fit a teacher on the folds again")
    teacher = able[0]
    if len(teacher.members) == 1 and teacher.members[0][0] is own:
        return Distilled(name, teacher, why_not="it is the best by itself, and has no better to learn from")
    say(f"teaching {name} what {teacher.name} says")
    limits = question.request.limits
    # A trial that keeps the limits keeps them with as many trees.
    rounds = 1 if limits else ROUNDS
    spec = student_of(teacher, own, 1 + max(each.spec.number for each in searched.found.outcomes), rounds=rounds)
    try:
        journal = Journal(None if trials is None else trials / "distilled", searched.problem)
        outcome = _judged(spec, journal, executor, time.monotonic() + STOP_SHARE * allowed)
    except HoldfastError as error:
        return Distilled(name, teacher, why_not=str(error))
    # What ships is weighed once more.
    weight = weight_of(spec, executor, time.monotonic() + WEIGHING + outcome.fit_seconds)
    over = None if weight is None else excess(weight, limits)
    student = candidate_of(outcome)
    return Distilled(
        name,
        teacher,
        student,
        own.score,
        price_of(question.metric, teacher, student, searched.problem, question.request.seed),
        agreement_of(teacher.predictions, student.predictions),
        (weights.get(list(tried).index(teacher)), weight),
        over or "",
    )


def student_of(teacher: Candidate, own: Outcome, place: int, *, rounds: int = ROUNDS) -> Spec:
    """The trial, numbered `place`, that fits a learner as its `own` trial was to what a teacher says.

    rounds: boosters grow so many times the trees.
    """
    members = tuple((replace(outcome.spec, params=outcome.params), weight) for outcome, weight in teacher.members)
    params = own.params
    if "n_trees" in params:
        params["n_trees"] *= rounds
    return Spec(place, own.spec.learner, params, teacher=members, pool=teacher.pool)


def candidate_of(outcome: Outcome) -> Candidate:
    """A student that could ship."""
    return Candidate(f"distilled_{outcome.spec.learner}", ((outcome, 1.0),), outcome.predictions, outcome.score)


def price_of(metric: Metric, teacher: Candidate, student: Candidate, problem: Problem, seed: int) -> Interval:
    """The student's score less the teacher's, with an interval: by fold, or by draws of the rows of a single fold."""
    y, parts = problem.y[problem.judged], problem.parts
    gap = student.score - teacher.score
    differences = np.array(
        [metric.score(y[p], student.predictions[p]) - metric.score(y[p], teacher.predictions[p]) for p in parts]
    )
    differences = differences[np.isfinite(differences)]
    if len(differences) > 1:
        found = fold_interval(differences.tolist(), problem.test_share)
        return replace(found, score=gap, low=gap + found.low - found.score, high=gap + found.high - found.score)
    drawn = [resample(metric, y, each.predictions, parts=parts, seed=seed).draws for each in (student, teacher)]
    return Resampled(gap, drawn[0] - drawn[1]).interval()


def agreement_of(teacher: Floats, student: Floats) -> float:
    """Share of rows with the same likeliest class, (n_rows, n_classes); or of the variance of values (n_rows,)."""
    if teacher.ndim == 2:
        return float(np.mean(likeliest(teacher) == likeliest(student)))
    spread = float(np.sum((teacher - teacher.mean()) ** 2))
    return 1 - float(np.sum((teacher - student) ** 2)) / spread if spread > 0 else float("nan")


def to_json(found: Distilled | None, metric: Metric, shipped: Candidate) -> dict[str, Any] | None:
    """As result.json holds it."""
    if found is None:
        return None
    return {
        "learner": found.learner,
        "ships": found.student is not None and shipped is found.student,
        "words": words_of(found, metric, shipped),
        "teacher": None if found.teacher is None else _facts(found.teacher, found.weights[0]),
        "student": None if found.student is None else _facts(found.student, found.weights[1]),
        "labels": found.labels,
        "price": None if found.price is None else vars(found.price),
        "agreement": found.agreement,
    }


def words_of(found: Distilled, metric: Metric, shipped: Candidate) -> str:
    """What was paid for what, in a sentence; or why the student does not ship."""
    learner = found.learner.replace("_", " ")
    title = metric.title if metric.title.isupper() else metric.title[:1].lower() + metric.title[1:]
    if found.teacher is None or found.price is None:
        return f"not distilled into {learner}: {found.why_not}; {shipped.name.replace('_', ' ')} ships"
    before, price = found.teacher.score, found.price
    said = (
        f"distilled into {learner}: {title} {number(before)} -> {number(before + price.score)} ({price.score:+.2g}, "
        f"{price.level:.0%} interval {price.low:+.2g} to {price.high:+.2g}; {number(found.labels)} if fitted to the labels)"
    )
    heavy, light = found.weights
    if heavy is not None and light is not None:
        said += f", size {size(heavy.size)} -> {size(light.size)}, one row {seconds(heavy.latency)} -> {seconds(light.latency)}"
    if shipped is found.student:
        return said
    reason = found.why_not or "its final fit failed"
    return f"{said}. It does not ship: {reason}; {shipped.name.replace('_', ' ')} does"


def _own_trial(
    name: str, tried: Sequence[Candidate], weights: Mapping[int, Weight], question: Question
) -> Outcome | str:
    """The learner's best trial of those not known to exceed the limits; or why there is none."""
    limits = question.request.limits
    places = [place for place, each in enumerate(tried) if each.name == name]
    if not places:
        return f"the search had no time to finish a trial of {name}"
    kept = [at for at in places if at not in weights or excess(weights[at], limits) is None]
    if not kept:
        return f"none of its {len(places)} trials keeps the limits"
    return tried[kept[0]].members[0][0]


def _seconds(teacher: Candidate, own: Outcome) -> float:
    """What teaching on all folds will take, from what the trials took."""
    return SLOWER * own.seconds + sum(outcome.seconds for outcome, _ in teacher.members)


def _judged(spec: Spec, journal: Journal, executor: Executor, deadline: float) -> Outcome:
    """What is on record for the student, else what its folds show."""
    found = journal.read(spec)
    if not isinstance(found, Outcome):
        found = executor.call(run_trial, spec, deadline, deadline=deadline)
        assert isinstance(found, Outcome)
        journal.write(found)
    return found


def _facts(model: Candidate, weight: Weight | None) -> dict[str, Any]:
    members = [{"learner": outcome.spec.learner, "weight": share} for outcome, share in model.members]
    taken = {"size": None, "latency": None} if weight is None else vars(weight)
    return {"name": model.name, "score": model.score, "members": members, **taken}
