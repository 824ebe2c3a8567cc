"""From what the search found to what ships: the fit that is judged, and the refit on all rows, compiled and proven."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers
from holdfast.compile.final import FITTING_SHARE, Compiled, Member, Training, fit_and_compile
from holdfast.data.cut import positions
from holdfast.errors import CompileError, OverrunError, WorkFailedError
from holdfast.evaluate.calibrate import UNCALIBRATED, Calibration, calibrate
from holdfast.evaluate.conformal import tables
from holdfast.evaluate.decision import LIKELIEST, Decision, choose
from holdfast.search.candidates import Candidate
from holdfast.search.clock import Clock
from holdfast.search.executor import Executor, processors
from holdfast.search.trial import Problem
from holdfast.study.growing import ENOUGH, FEWEST_ROWS, OVERTIME, grow, learned_enough
from holdfast.study.measure import wish_of
from holdfast.study.prepare import Question
from holdfast.study.times import RESTART

# Sealed rows that the verdict predicts and scores in a second.
JUDGED_A_SECOND = 40_000

# Of the time left after the search, this much is for the fit that is judged; the rest for the refit on all rows, which are more.
JUDGED_SHARE = 0.4

# After a failure, and before a refit is given up, this share of the time kept for writing stays: most studies need little of it,
# and a quick model is better than the baseline, as one fitted on all rows is than one that is not.
HURRY = 0.5

# A fit that is to take all rows gets so many times what it needs: some time goes by before it begins.
SLACK = 1.05

# After a failure, or where not all rows could be fitted in that time, what is left is better spent on one model than on
# fitting it twice.
LAST_SHARE = 0.75

# When the time is over, the quickest gets this many times what it needs rather than that the baseline ships.
OVERDUE = 2.0

# A candidate whose fit was stopped is taken to be slower than the folds said, this many times, and tried once more.
SLOWER = 2.5

# Why a candidate was passed over.
NO_TIME = "the budget left no time for its final fit"

# Learners that vary by their seed are fitted this many times at most, and averaged: a member by its share of so many fits.
MOST_COPIES, MOST_FITS = 5, 12


@dataclass
class Finished:
    """The candidate that was fitted and compiled, how it is calibrated (classes only) and decided, and what was given up.

    unseen: what the calibrated candidate said out of fold, for the rows of `Problem.once`.
    """

    candidate: Candidate
    compiled: Compiled
    calibration: Calibration | None
    unseen: Floats
    decision: Decision = LIKELIEST
    given_up: list[tuple[str, str]] = field(default_factory=list)


def fit_first_that_works(
    candidates: Sequence[Candidate],
    question: Question,
    problem: Problem,
    *,
    executor: Executor,
    clock: Clock,
    say: Callable[[str], None],
    objection: Callable[[Compiled], str | None] = lambda compiled: None,
) -> Finished:
    """Fit the best candidate on the development rows and compile it; on failure, or an objection to it, go on to the next.

    A candidate estimated to take longer than its share of the time left is fitted on a sample of the rows, which grows while
    there is time; one that takes longer all the same gets a second chance on fewer. When failures have used up the time, the
    quickest is fitted all the same. The baseline, last in line, has no deadline.
    """
    given_up: list[tuple[str, str]] = []
    late: list[Candidate] = []
    executor.load(training(question, question.split.development))
    rows = len(question.split.development)
    # Where time is short, averages of fits are for what ships.
    most = _most_copies(question) if clock.budget is None else 1
    waiting = deque((candidate, 1.0) for candidate in candidates)
    while waiting:
        candidate, slower = waiting.popleft()
        last = not waiting
        if overdue := last and bool(late):
            waiting.append((candidate, slower))
            candidate, last = min(late, key=lambda each: each.seconds(rows, lanes_of(question))), False
            given_up.remove((candidate.name, NO_TIME))
            late.clear()
        least = RESTART + slower * candidate.seconds(min(rows, FEWEST_ROWS), lanes_of(question))
        allowed = OVERDUE * least if overdue else _allowed(candidate, question, clock, again=bool(given_up))
        if given_up and not last and least > allowed:
            given_up.append((candidate.name, NO_TIME))
            if slower == 1.0:
                late.append(candidate)
            continue
        stop = float("inf") if last else time.monotonic() + OVERTIME * allowed
        say(f"fitting {candidate.name} on the development rows")
        calibration = calibration_of(candidate, problem)
        unseen = _calibrated(candidate, calibration, problem)
        decision = _decision_of(unseen, question, problem)
        try:
            compiled = _fit(
                candidate, calibration, decision, rows, allowed, executor,
                copies=most, lanes=lanes_of(question), stop=stop, slower=slower,
            )  # fmt: skip
        except (CompileError, OverrunError, WorkFailedError) as error:
            given_up.append((candidate.name, str(error)))
            if isinstance(error, OverrunError) and slower == 1.0 and not (last or overdue):
                waiting.appendleft((candidate, SLOWER))
            continue
        if not compiled.proof.agrees:
            given_up.append((candidate.name, f"compiled and fitted model differ: {compiled.proof}"))
        elif not last and (reason := objection(compiled)) is not None:
            given_up.append((candidate.name, reason))
        else:
            return Finished(candidate, compiled, calibration, unseen, decision, given_up)
    raise CompileError(
        f"no model could be compiled faithfully ({given_up}); expected at least the baseline: please report this"
    )


def refit_on_all(
    finished: Finished,
    question: Question,
    *,
    executor: Executor,
    clock: Clock,
    say: Callable[[str], None],
) -> Compiled | str:
    """Fit the judged candidate again, now on the sealed rows too; or say why that was not done.

    Where seeds matter it is an average of as many fits as there is time for. Most of the boosted trees are enough: three quarters
    of them on all rows were better than all of them on the development rows on ten of eleven sets, by 1 % in the median.
    """
    rows = np.arange(question.dataset.n_rows)
    judged, allowed = finished.compiled, clock.before_writing
    if len(judged.rows) < len(question.split.development):
        return "the time went into fitting more rows before the verdict"
    growth = len(rows) / len(judged.rows)
    compiling = growth * judged.compiling
    if ENOUGH * growth * judged.seconds + compiling > allowed:
        return "the budget left no time for it"
    say(f"refitting {finished.candidate.name} on all rows")
    executor.load(training(question, rows))
    try:
        stop = clock.end - HURRY * clock.writing
        compiled = _fit_once(
            finished.candidate,
            finished.calibration,
            finished.decision,
            executor,
            len(rows),
            time.monotonic() + allowed,
            stop,
            copies=_most_copies(question),
            compiling=compiling,
        )
    except (CompileError, OverrunError, WorkFailedError) as error:
        return str(error)
    if not learned_enough(compiled, judged):
        return f"time ran out with {compiled.done:.0%} of it learned"
    if not compiled.proof.agrees:
        return f"compiled and fitted model differ: {compiled.proof}"
    return compiled


def training(question: Question, rows: Integers) -> Training:
    """The rows a final fit learns from."""
    return Training(
        columns=question.columns(rows),
        y=question.y(rows),
        rows=rows,
        order=np.argsort(positions(question.hashes[rows], question.request.seed), kind="stable"),
        family=question.task.family,
        n_classes=question.task.n_classes,
        weights=None if question.weights is None else question.weights[rows],
        seed=question.request.seed,
        n_jobs=question.n_jobs,
        lanes=lanes_of(question),
        preparation=question.preparation,
    )


def lanes_of(question: Question) -> int:
    """Final fits side by side, as in the search. Without a budget all run in this process, one at a time."""
    return 1 if question.request.budget is None else processors()


def members_of(candidate: Candidate, copies: int = 1) -> list[Member]:
    """What a final fit fits: the candidate's members, in up to `copies` where seeds matter, the heavier the more.

    A student is one model, with its teacher.
    """
    members, total = [], sum(weight for _, weight in candidate.members)
    for outcome, weight in candidate.members:
        teacher = tuple(Member(each.learner, each.params, share) for each, share in outcome.spec.teacher)
        most = min(copies, max(1, round(MOST_FITS * weight / total))) if outcome.varies and not teacher else 1
        learner, params, pool = outcome.spec.learner, outcome.params, outcome.spec.pool
        members.append(Member(learner, params, weight, outcome.fit_seconds, most, teacher, pool))
    return members


def intervals_of(finished: Finished, question: Question, problem: Problem) -> dict[str, Any]:
    """Conformal tables from the candidate's calibrated out-of-fold predictions; by group where that was asked for."""
    judged, predicted = problem.once.judged, finished.unseen
    name = question.request.conformal_group
    if name is None:
        return tables(problem.y[judged], predicted)
    values = problem.columns.strings[name].strings()[judged]
    members = {str(value): np.flatnonzero(values == value) for value in np.unique(values)}
    return tables(problem.y[judged], predicted, (name, members))


def calibration_of(candidate: Candidate, problem: Problem) -> Calibration | None:
    """How the candidate's probabilities are calibrated, found out of fold; None for numbers."""
    if problem.task.n_classes is None:
        return None
    once = problem.once
    return calibrate(problem.y[once.judged], candidate.predictions[: len(once.judged)], once.parts)


def _decision_of(unseen: Floats, question: Question, problem: Problem) -> Decision:
    """The question's decision, or the threshold that its wish chooses out of fold."""
    wish = wish_of(question.request, question.task)
    if wish is None:
        return question.decision
    return choose(wish, problem.y[problem.once.judged], unseen[:, 1])


def _calibrated(candidate: Candidate, calibration: Calibration | None, problem: Problem) -> Floats:
    """Out of fold, for the rows of the first cut."""
    predicted = candidate.predictions[: len(problem.once.judged)]
    return predicted if calibration is None else calibration.calibrator.apply(predicted)


def _most_copies(question: Question) -> int:
    """Fits of a member to average at most; one alone when what ships was asked to be small, fast or simple."""
    return 1 if question.request.prefer == "simple" or question.request.limits else MOST_COPIES


def judging(question: Question, clock: Clock) -> float:
    """Seconds for what follows the fits: the verdict, as far as no refit runs beside it, and writing everything."""
    return clock.writing + len(question.split.sealed) / JUDGED_A_SECOND


def _allowed(candidate: Candidate, question: Question, clock: Clock, *, again: bool) -> float:
    """Seconds for the fit that is judged: about half of what is left where all rows can be fitted twice in it."""
    left = clock.left - judging(question, clock) * (HURRY if again else 1.0)
    needed = candidate.seconds(len(question.split.development), lanes_of(question))
    if again or needed > JUDGED_SHARE * left:
        return LAST_SHARE * left
    return max(JUDGED_SHARE * left, SLACK * needed / FITTING_SHARE)


def _fit(
    candidate: Candidate,
    calibration: Calibration | None,
    decision: Decision,
    n_rows: int,
    allowed: float,
    executor: Executor,
    *,
    copies: int,
    lanes: int,
    stop: float,
    slower: float = 1.0,
) -> Compiled:
    """Fit within `allowed` seconds, on fewer rows if need be; slower: how many times slower than the folds said fits are."""

    def fit(rows: int, soft: float, stop: float) -> Compiled:
        return _fit_once(candidate, calibration, decision, executor, rows, soft, stop, copies=copies)

    rows = float(np.mean([outcome.fit_rows for outcome, _ in candidate.members]))
    return grow(fit, n_rows, (rows, slower * candidate.seconds(rows, lanes)), time.monotonic() + allowed, stop)


def _fit_once(
    candidate: Candidate,
    calibration: Calibration | None,
    decision: Decision,
    executor: Executor,
    rows: int,
    soft: float,
    stop: float,
    *,
    copies: int,
    compiling: float | None = None,
) -> Compiled:
    """Fit on so many rows by the soft deadline; the work is stopped for good at `stop`. compiling: as in `fit_and_compile`."""
    members = members_of(candidate, copies)
    calibrator = UNCALIBRATED if calibration is None else calibration.calibrator
    compiled: Compiled = executor.call(
        fit_and_compile, members, rows, soft, calibrator, decision.costs, candidate.pool, compiling, deadline=stop
    )
    return compiled
