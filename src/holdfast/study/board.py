"""The search as a study runs it, and the leaderboard and candidates that come out of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from holdfast.arrays import Integers
from holdfast.data.cut import positions
from holdfast.data.folds import make_folds
from holdfast.errors import DataError
from holdfast.evaluate.leaderboard import Entry, Row, leaderboard
from holdfast.learners.catalogue import find, portfolio
from holdfast.learners.learner import Learner
from holdfast.learners.limits import Given, objection
from holdfast.learners.preparing import with_choices
from holdfast.search.candidates import Candidate, fit_seconds, rank, simplest_first
from holdfast.search.clock import Clock
from holdfast.search.executor import Executor
from holdfast.search.journal import Journal
from holdfast.search.plan import Plan, plan
from holdfast.search.proposals import Proposals
from holdfast.search.search import Board, search
from holdfast.search.trial import Outcome, Problem, Spec
from holdfast.study.finish import JUDGED_SHARE, RESTART, WRITING
from holdfast.study.prepare import Question
from holdfast.study.preparing import scalings_of, transforms_of

# More trials than this on few rows mostly find what fits the validation rows by luck: one a dozen rows, within limits.
ROWS_A_TRIAL, FEWEST_TRIALS, MOST_TRIALS = 12, 25, 400

# The final fits should not need more than this share of the budget; learners that would are fitted on fewer rows.
FINISH_SHARE = 0.4


@dataclass
class Searched:
    """The problem that was searched, what was found, and what was not tried, with the reason.

    rows: row numbers of the whole dataset that the problem's rows are.
    """

    problem: Problem
    rows: Integers
    plan: Plan
    found: Board
    baseline: Outcome
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
    choices = scalings_of(request), transforms_of(request, problem.y)
    learners = [with_choices(learner, *choices) for learner in learners]
    executor.load(problem)
    baseline = find(question.task.baseline, question.task.family)
    found = search(
        [Spec(0, baseline.name, baseline.defaults)],
        Proposals(learners, metric=metric, tuner=request.tuner, seed=request.seed),
        executor=executor,
        journal=journal,
        clock=clock,
        max_trials=request.trials or _worthwhile_trials(len(problem.y)),
        enough="as asked" if request.trials else "more would fit the noise of so few rows",
        reserve=lambda outcomes: _reserve(outcomes, question, request.budget),
        say=say,
    )
    base = next((outcome for outcome in found.outcomes if outcome.spec.number == 0), None)
    if base is None:
        raise DataError(f"not even the baseline could be fitted: {found.failures[0][1]}")
    return Searched(problem, rows, decided, found, base, not_tried)


def candidates_of(question: Question, searched: Searched, *, clock: Clock) -> list[Candidate]:
    """What could ship, best first; with --prefer simple the simplest of those that are as good."""
    problem = searched.problem
    y = problem.y[problem.judged]
    candidates = rank(
        searched.found.outcomes,
        searched.baseline,
        metric=question.metric,
        y=y,
        parts=problem.parts,
        rows=len(question.split.development),
        max_seconds=0.7 * JUDGED_SHARE * max(clock.left - WRITING, 0.0),
    )
    if question.request.prefer == "best":
        return candidates
    return simplest_first(candidates, metric=question.metric, y=y, parts=problem.parts, seed=question.request.seed)


def board_of(question: Question, searched: Searched, chosen: Candidate) -> list[Row]:
    """Put every model on the leaderboard, beside the baseline; one row a learner, its best trial."""
    best: dict[str, Outcome] = {}
    for outcome in searched.found.outcomes:
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
    if len(chosen.members) > 1:
        seconds = sum(outcome.fit_seconds for outcome, _ in chosen.members)
        speed = 1 / sum(1 / outcome.rows_per_second for outcome, _ in chosen.members)
        entries.append(Entry(chosen.name, chosen.predictions, seconds, speed, chosen=True, complexity=4))
    problem = searched.problem
    return leaderboard(
        entries,
        problem.y[problem.judged],
        question.metric,
        parts=problem.parts,
        test_share=float(np.mean([len(fold.valid) / len(fold.train) for fold in problem.folds])),
        seed=question.request.seed,
    )


def _problem(question: Question) -> tuple[Problem, Plan, Integers]:
    """The development rows as a problem for the worker: all of them, or a sample when the budget asks for it."""
    request, rows = question.request, question.split.development
    columns = question.columns(rows)
    decided = plan(len(rows), len(columns.kinds), question.task.n_outputs, budget=request.budget, folds=request.folds)
    if decided.rows is not None:
        first = np.argsort(positions(question.hashes[rows], request.seed), kind="stable")[: decided.rows]
        rows = rows[np.sort(first)]
        columns = question.columns(rows)
    y = question.y(rows)
    folds = make_folds(
        question.hashes[rows],
        n_folds=request.folds if decided.holdout else decided.folds,
        seed=request.seed,
        strata=question.task.strata(y),
        groups=None if question.groups is None else question.groups[rows],
        time=None if question.time is None else question.time[rows],
        holdout=decided.holdout,
    )
    if not folds:
        raise DataError(
            f"the {len(rows):,} development rows can't be cut in folds: they are all equal, or one group or moment; "
            f"expected rows that differ: check the data, --group and --time"
        )
    weights = None if question.weights is None else question.weights[rows]
    problem = Problem(
        columns,
        y,
        folds,
        question.task,
        question.metric,
        seed=request.seed,
        n_jobs=question.n_jobs,
        weights=weights,
        preparation=question.preparation,
    )
    return problem, decided, rows


def _choose(question: Question, problem: Problem) -> tuple[list[Learner], list[tuple[str, str]]]:
    """The learners to try, in order, and those left out with the reason; `ask` has checked those named."""
    family, names, space = question.task.family, question.request.learners, question.request.space
    if names:
        return [find(name, family).within(space.get(name, {})) for name in names], []
    given = Given(problem.y, len(problem.columns.kinds), question.task.n_classes, problem.weights is not None)
    chosen, left_out = [], []
    for learner in portfolio(family):
        if not learner.installed:
            left_out.append((learner.name, f"not installed: pip install 'holdfast[{learner.extra}]'"))
        elif (reason := objection(learner, given, sampled=True)) is not None:
            left_out.append((learner.name, reason))
        else:
            chosen.append(learner.within(space.get(learner.name, {})))
    return chosen, left_out


def _worthwhile_trials(n_rows: int) -> int:
    return min(MOST_TRIALS, max(FEWEST_TRIALS, n_rows // ROWS_A_TRIAL))


def _reserve(outcomes: Sequence[Outcome], question: Question, budget: float | None) -> float:
    """Seconds to keep for the end: two fits of what would ship now, and everything written."""
    if budget is None or not outcomes:
        return WRITING
    rows = len(question.split.development) + question.dataset.n_rows
    ranked = sorted(outcomes, key=lambda outcome: -question.metric.gain(outcome.score))
    costs = [fit_seconds(outcome, rows) for outcome in ranked[:3]]
    return WRITING + RESTART + min(1.3 * sum(costs), FINISH_SHARE * budget)
