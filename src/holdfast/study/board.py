"""The search as a study runs it, and the leaderboard and candidates that come out of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from holdfast.arrays import Integers
from holdfast.compile.final import FITTING_SHARE
from holdfast.data.columns import Kind
from holdfast.data.cut import positions
from holdfast.errors import DataError
from holdfast.evaluate.leaderboard import Entry, Row, leaderboard
from holdfast.learners.catalogue import find, portfolio
from holdfast.learners.learner import Learner
from holdfast.learners.limits import Given, objection
from holdfast.learners.preparing import with_choices
from holdfast.search.candidates import Candidate, fit_seconds, rank, simplest_first
from holdfast.search.clock import Clock
from holdfast.search.contenders import contenders
from holdfast.search.executor import Executor, processors
from holdfast.search.journal import Journal
from holdfast.search.plan import Plan
from holdfast.search.proposals import Proposals
from holdfast.search.search import Board, search
from holdfast.search.trial import Outcome, Problem, Spec
from holdfast.study.finish import (
    COMPILING,
    EXPLAINING_SHARE,
    JUDGED_SHARE,
    WEIGHING_SHARE,
    WRITING,
    judging,
    lanes_of,
)
from holdfast.study.folds import cut_folds, plan_of
from holdfast.study.prepare import Question
from holdfast.study.preparing import choices_of
from holdfast.study.settings import LEAVE_ONE_GROUP_OUT

# More trials than this on few rows mostly find what fits the validation rows by luck: one a dozen rows, within limits.
ROWS_A_TRIAL, FEWEST_TRIALS, MOST_TRIALS = 12, 25, 400

# An ensemble takes about as long to fit as the best trials of so many of the best learners together. So that it can be fitted
# twice, this is the share of the end that it may take: the rest goes into what explains, weighs, compiles and proves it.
MEMBERS, FITTED_SHARE = 3, FITTING_SHARE * JUDGED_SHARE * (1 - EXPLAINING_SHARE - WEIGHING_SHARE)

# The final fits should not need more than this share of the budget; learners that would are fitted on fewer rows.
FINISH_SHARE = 0.33

# With a teacher, who is fitted on the folds again and then for each final fit, they may need this share.
TEACHING_SHARE = 0.6

# On no more rows than this, luck rules which trial is best: the best are judged on up to so many cuts of the rows, if that
# takes no more than this share of the budget.
FEW_ROWS, MOST_REPEATS, REPEATS_SHARE = 2_000, 5, 0.25

# A validation curve that was asked for may take this share of the budget.
CURVE_SHARE = 0.1


@dataclass
class Searched:
    """The problem that was searched, what was found, and what was not tried, with the reason.

    rows: row numbers of the whole dataset that the problem's rows are. contenders: the outcomes that may ship, the baseline
    first; all of them, or those that were judged on more cuts of the rows.
    """

    problem: Problem
    rows: Integers
    plan: Plan
    found: Board
    baseline: Outcome
    contenders: Sequence[Outcome]
    not_tried: list[tuple[str, str]]


def run_search(
    question: Question,
    *,
    executor: Executor,
    journal: Journal,
    clock: Clock,
    say: Callable[[str], None],
) -> Searched:
    """Cross-validate the baseline and the learners, within the time that finishing leaves."""
    request, metric = question.request, question.metric
    problem, decided, rows = _problem(question)
    learners, not_tried = _choose(question, problem)
    choices = choices_of(request, problem.columns, problem.y)
    learners = [with_choices(learner, choices) for learner in learners]
    executor.load(problem)
    baseline = find(question.task.baseline, question.task.family)
    found = search(
        [Spec(0, baseline.name, baseline.defaults)],
        Proposals(
            learners,
            metric=metric,
            tuner=request.tuner,
            rows=None if request.learners else len(problem.y),
            n_outputs=question.task.n_outputs,
            foremost=request.distill,
            seed=request.seed,
        ),
        executor=executor,
        journal=journal,
        clock=clock,
        max_trials=request.trials or _worthwhile_trials(len(problem.y)),
        enough="as asked" if request.trials else "more would fit the noise of so few rows",
        reserve=lambda outcomes: _reserve(outcomes, question, decided, len(rows), len(learners), clock.budget),
        say=say,
    )
    base = next((outcome for outcome in found.outcomes if outcome.spec.number == 0), None)
    if base is None:
        raise DataError(f"not even the baseline could be fitted: {found.failures[0][1]}")
    return Searched(problem, rows, decided, found, base, found.outcomes, not_tried)


def candidates_of(
    question: Question,
    searched: Searched,
    *,
    clock: Clock,
    taken: Mapping[int, Sequence[float]] | None = None,
    most: Sequence[float] = (),
) -> list[Candidate]:
    """What could ship, best first; with --prefer simple the simplest of those that are as good. taken, most: as in `rank`."""
    problem = searched.problem
    affordable = FITTED_SHARE
    if question.request.distill is not None:
        # A teacher is fitted on the folds, too.
        affordable /= 1 + affordable * sum(len(fold.train) for fold in problem.folds) / len(question.split.development)
    left = clock.left - judging(question)
    # What is compiled takes a share of the time, but on few rows not less than some seconds.
    left = max(min(left, (left - 2 * COMPILING) / FITTING_SHARE), 0.0)
    y = problem.y[problem.judged]
    candidates = rank(
        searched.contenders,
        searched.baseline,
        metric=question.metric,
        y=y,
        parts=problem.parts,
        apart=problem.apart,
        judged=len(problem.once.judged),
        rows=len(question.split.development),
        lanes=lanes_of(question),
        max_seconds=affordable * left,
        taken=taken,
        most=most,
    )
    if question.request.prefer == "best":
        return candidates
    once = len(problem.once.parts)
    seed = question.request.seed
    return simplest_first(candidates, metric=question.metric, y=y, parts=problem.parts, once=once, seed=seed)


def board_of(question: Question, searched: Searched, chosen: Candidate, teacher: Candidate | None = None) -> list[Row]:
    """Put every model on the leaderboard, beside the baseline; one row a learner, its best trial.

    teacher: what the chosen one was distilled from.
    """
    best: dict[str, Outcome] = {}
    for outcome in searched.contenders:
        name = outcome.spec.learner
        if name not in best or question.metric.gain(outcome.score) > question.metric.gain(best[name].score):
            best[name] = outcome
    entries = [
        Entry(
            name,
            outcome.predictions,
            outcome.fit_seconds,
            outcome.rows_per_second,
            baseline=outcome is searched.baseline,
            chosen=name == chosen.name,
            trial=outcome.spec.number,
            complexity=outcome.complexity,
        )
        for name, outcome in best.items()
    ]
    for each in (teacher, chosen):
        if each is None or each.name in best:
            continue
        seconds = sum(outcome.fit_seconds for outcome, _ in each.members)
        speed = 1 / sum(1 / outcome.rows_per_second for outcome, _ in each.members)
        single = each.members[0][0] if len(each.members) == 1 else None
        entries.append(
            Entry(
                each.name,
                each.predictions,
                seconds,
                speed,
                chosen=each is chosen,
                complexity=4 if single is None else single.complexity,
            )
        )
    problem = searched.problem
    return leaderboard(
        entries,
        problem.y[problem.judged],
        question.metric,
        parts=problem.parts,
        once=len(problem.once.parts),
        test_share=float(np.mean([len(fold.valid) / len(fold.train) for fold in problem.folds])),
        seed=question.request.seed,
    )


def _problem(question: Question) -> tuple[Problem, Plan, Integers]:
    """The development rows as a problem for the worker: all of them, or a sample when the budget asks for it."""
    request, rows = question.request, question.split.development
    kinds = question.features.kinds.values()
    decided = plan_of(question, rows, sum(kind not in (Kind.IDENTIFIER, Kind.CONSTANT) for kind in kinds))
    if decided.rows is not None:
        first = np.argsort(positions(question.hashes[rows], request.seed), kind="stable")[: decided.rows]
        rows = rows[np.sort(first)]
    y = question.y(rows)
    folds = cut_folds(question, rows, decided)
    if not folds:
        raise DataError(
            f"the {len(rows):,} development rows can't be cut in folds: they are all equal, or one group or moment; "
            f"expected rows that differ: check the data, --group and --time"
        )
    weights = None if question.weights is None else question.weights[rows]
    problem = Problem(
        question.columns(rows),
        y,
        folds,
        question.task,
        question.metric,
        seed=request.seed,
        n_jobs=question.n_jobs,
        # Without a budget all runs in this process, whose warning filters the threads of several fits would share.
        lanes=1 if request.budget is None or len(folds) == 1 else processors(),
        weights=weights,
        preparation=question.preparation,
    )
    return problem, decided, rows


def _choose(question: Question, problem: Problem) -> tuple[list[Learner], list[tuple[str, str]]]:
    """The learners to try, in order, and those left out with the reason; `ask` has checked those named."""
    request, family = question.request, question.task.family
    names = request.learners or tuple(learner.name for learner in portfolio(family))
    if request.distill is not None:
        # It is tried, too: its own best trial says how it is to be fitted, and what being taught adds to it.
        names = tuple(dict.fromkeys((request.distill, *names)))
    learners = [find(name, family).within(request.space.get(name, {})) for name in names]
    if request.learners:
        return learners, []
    given = Given(problem.y, len(problem.columns.kinds), question.task.n_classes, problem.weights is not None)
    chosen, left_out = [], []
    for learner in learners:
        if not learner.installed:
            left_out.append((learner.name, f"not installed: pip install 'holdfast[{learner.extra}]'"))
        elif (reason := objection(learner, given, sampled=True)) is not None:
            left_out.append((learner.name, reason))
        else:
            chosen.append(learner)
    return chosen, left_out


def _worthwhile_trials(n_rows: int) -> int:
    return min(MOST_TRIALS, max(FEWEST_TRIALS, n_rows // ROWS_A_TRIAL))


def repeatable(question: Question, decided: Plan, n_rows: int) -> bool:
    """Whether the folds may be repeated unasked: there are few rows, several folds, and more than one way to cut them.

    The time that would take is a teacher's, where there is one.
    """
    request = question.request
    free = (
        request.repeats is None
        and request.distill is None
        and request.folds != LEAVE_ONE_GROUP_OUT
        and question.time is None
    )
    return free and n_rows <= FEW_ROWS and decided.judged is None


def _reserve(
    outcomes: Sequence[Outcome], question: Question, decided: Plan, n_rows: int, n_learners: int, budget: float | None
) -> float:
    """Seconds the search leaves: for the end, and on few rows for judging the best trials again, at what they took.

    Every learner has its turn before time is kept for a second look at the first.
    """
    kept = finishing(outcomes, question, budget)
    tried = len({outcome.spec.learner for outcome in outcomes}) - 1
    if budget is None or tried < n_learners or not repeatable(question, decided, n_rows):
        return kept
    once = sum(outcome.seconds for outcome in contenders(outcomes, question.metric))
    most = REPEATS_SHARE * budget
    return kept + (min((MOST_REPEATS - 1) * once, most) if once <= most else 0.0)


def finishing(outcomes: Sequence[Outcome], question: Question, budget: float | None) -> float:
    """Seconds to keep for the end: two fits of what would ship now, the curve that was asked for, everything written.

    outcomes: the baseline's first, which takes next to nothing.
    """
    if budget is None or not outcomes:
        return WRITING
    rows = len(question.split.development)
    ranked = sorted(outcomes[1:], key=lambda outcome: question.metric.gain(outcome.score))
    best = list({outcome.spec.learner: outcome for outcome in ranked}.values())
    best.sort(key=lambda outcome: -question.metric.gain(outcome.score))
    costs = [fit_seconds(outcome, rows) / FITTED_SHARE for outcome in best[:MEMBERS]]
    most = FINISH_SHARE
    if question.request.distill is not None:
        costs, most = [*costs, *(outcome.seconds for outcome in best[:MEMBERS])], TEACHING_SHARE
    curve = 0.0 if question.request.validation_curve is None else CURVE_SHARE * budget
    return judging(question) + 2 * COMPILING + curve + min(sum(costs), most * budget)
