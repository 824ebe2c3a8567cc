"""The search as a study runs it, and the leaderboard and candidates that come out of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from holdfast.arrays import Integers
from holdfast.compile.final import FITTING_SHARE
from holdfast.data.cut import positions
from holdfast.errors import DataError
from holdfast.evaluate.leaderboard import Entry, Row, leaderboard
from holdfast.learners.catalogue import find, portfolio
from holdfast.learners.learner import Learner
from holdfast.learners.limits import Given, refusal
from holdfast.learners.preparing import with_choices
from holdfast.search.candidates import Candidate, fit_seconds, rank, simplest_first
from holdfast.search.clock import Clock
from holdfast.search.executor import Executor, processors
from holdfast.search.journal import Journal
from holdfast.search.plan import Plan
from holdfast.search.proposals import Proposals
from holdfast.search.search import Board, search
from holdfast.search.trial import Outcome, Problem, Spec
from holdfast.study.ending import FITTED_SHARE, Ending
from holdfast.study.finish import judging, lanes_of
from holdfast.study.folds import cut_folds, plan_of, require_folds
from holdfast.study.prepare import Question
from holdfast.study.preparing import choices_of, columns_of
from holdfast.study.request import Request
from holdfast.study.times import compiling
from holdfast.tasks.task import Family

# More trials than this on few rows mostly find what fits the validation rows by luck: one a dozen rows, within limits.
ROWS_A_TRIAL, FEWEST_TRIALS, MOST_TRIALS = 12, 25, 400

# The board may take this share of the time left, which only a metric that is slow to compute needs.
BOARD_SHARE = 0.4

# What can be fitted once takes up to this share of the time left for fits. It is worth more than what can be fitted twice if it
# takes away this share of the error: a quarter more rows take away 1 to 2 %.
ONCE_SHARE, ONCE_WORTH = 0.5, 0.03

# What a reader must take on trust of several models joined, on the scale of `Learner.complexity`.
OF_SEVERAL = 4


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
    trials: Path | None,
    clock: Clock,
    say: Callable[[str], None],
) -> Searched:
    """Cross-validate the baseline and the learners, within the time that finishing leaves. trials: where they are kept."""
    request, metric = question.request, question.metric
    problem, decided, rows = _problem(question)
    learners, not_tried = _choose(question, problem)
    choices = choices_of(request, problem.columns, problem.y, problem.preparation.drawn)
    learners = [with_choices(learner, choices) for learner in learners]
    executor.load(problem)
    baseline = find(question.task.baseline, question.task.family)
    found = search(
        Spec(0, baseline.name, baseline.defaults),
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
        journal=Journal(trials, problem),
        clock=clock,
        max_trials=request.trials or worthwhile_trials(len(problem.y)),
        enough="as asked" if request.trials else "more would fit the noise of so few rows",
        reserve=Ending(
            question,
            decided,
            n_rows=len(rows),
            n_learners=len(learners),
            clock=clock,
            shipping=lambda outcomes: _ranked(question, problem, outcomes, outcomes[0], clock)[0],
        ),
        say=say,
    )
    if not found.outcomes:
        raise DataError(f"not even the baseline could be fitted: {found.failures[0][1]}")
    return Searched(problem, rows, decided, found, found.outcomes[0], found.outcomes, not_tried)


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
    candidates = _ranked(question, problem, searched.contenders, searched.baseline, clock, taken=taken, most=most)
    if question.request.prefer == "best":
        return candidates
    y, once = problem.y[problem.judged], len(problem.once.parts)
    seed = question.request.seed
    return simplest_first(candidates, metric=question.metric, y=y, parts=problem.parts, once=once, seed=seed)


def _ranked(
    question: Question,
    problem: Problem,
    outcomes: Sequence[Outcome],
    baseline: Outcome,
    clock: Clock,
    *,
    taken: Mapping[int, Sequence[float]] | None = None,
    most: Sequence[float] = (),
) -> list[Candidate]:
    """What the outcomes come to, best first, of members that can be fitted twice in the time left. taken, most: as in `rank`.

    Members that can be fitted once are taken where that gains more than the second fit, on all rows, would.
    """
    twice, once = _times_for_fits(question, problem, clock)
    rows, lanes = len(question.split.development), lanes_of(question)
    ranked = partial(
        rank,
        outcomes,
        baseline,
        metric=question.metric,
        y=problem.y[problem.judged],
        parts=problem.parts,
        apart=problem.apart,
        judged=len(problem.once.judged),
        rows=rows,
        lanes=lanes,
        taken=taken,
        most=most,
    )
    candidates = ranked(max_seconds=twice)
    seconds, longest = candidates[0].seconds(rows, lanes), max(fit_seconds(each, rows) for each in outcomes)
    # Beside another a fit has a thread of its own, no more.
    if longest <= twice or seconds > once or question.n_jobs > 1:
        return candidates
    slower = ranked(max_seconds=max(ONCE_SHARE * once, seconds))
    gained = question.metric.gain(slower[0].score) - question.metric.gain(candidates[0].score)
    least = ONCE_WORTH * abs(question.metric.best - candidates[0].score) if seconds <= twice else 0.0
    return slower if gained > least else candidates


def _times_for_fits(question: Question, problem: Problem, clock: Clock) -> tuple[float, float]:
    """Seconds that a fit may take to be done twice in the time left, and to be done once."""
    share = FITTED_SHARE
    if question.request.distill is not None:
        # A teacher is fitted on the folds, too.
        share /= 1 + share * sum(len(fold.train) for fold in problem.folds) / len(question.split.development)
    left = clock.left - judging(question, clock)
    # What is compiled takes a share of the time, but on few rows not less than some seconds.
    left = max(min(left, (left - 2 * compiling(clock.budget)) / FITTING_SHARE), 0.0)
    return share * left, left


def board_of(
    question: Question, searched: Searched, chosen: Candidate, teacher: Candidate | None = None, *, clock: Clock
) -> list[Row]:
    """Put every model on the leaderboard, beside the baseline; one row a learner, its best trial or the one that ships.

    Where the best trials were judged on more cuts of the rows, the learners left out stand there as they were judged once.
    teacher: what the chosen one was distilled from. clock: of the time left, the board takes a share.
    """
    best: dict[str, Outcome] = {}
    again = {outcome.spec.learner for outcome in searched.contenders}
    once = [outcome for outcome in searched.found.outcomes if outcome.spec.learner not in again]
    for outcome in (*searched.contenders, *once):
        name = outcome.spec.learner
        if name not in best or question.metric.gain(outcome.score) > question.metric.gain(best[name].score):
            best[name] = outcome
    if len(chosen.members) == 1 and chosen.name in best:
        best[chosen.name] = chosen.members[0][0]  # limits may ship another trial than the learner's best
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
                complexity=OF_SEVERAL if single is None else single.complexity,
            )
        )
    problem = searched.problem
    return leaderboard(
        entries,
        problem.y[problem.judged],
        question.metric,
        parts=problem.parts,
        once=len(problem.once.parts),
        test_share=problem.test_share,
        seed=question.request.seed,
        seconds=BOARD_SHARE * max(clock.left, 0.0),
    )


def _problem(question: Question) -> tuple[Problem, Plan, Integers]:
    """The development rows as a problem for the worker: all of them, or a sample when the budget asks for it."""
    request, rows = question.request, question.split.development
    decided = plan_of(question, rows, columns_of(question.features.kinds, question.task.n_outputs))
    if decided.rows is not None:
        first = np.argsort(positions(question.hashes[rows], request.seed), kind="stable")[: decided.rows]
        rows = rows[np.sort(first)]
    y = question.y(rows)
    folds = cut_folds(question, rows, decided)
    require_folds(folds, len(rows))
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


def learner_names(request: Request, family: Family) -> tuple[str, ...]:
    """Those asked for, or all of the portfolio."""
    names = request.learners or tuple(learner.name for learner in portfolio(family))
    # What is to be taught is tried, too: its own best trial says how it is to be fitted, and what being taught adds to it.
    return names if request.distill is None else tuple(dict.fromkeys((request.distill, *names)))


def _choose(question: Question, problem: Problem) -> tuple[list[Learner], list[tuple[str, str]]]:
    """The learners to try, in order, and those left out with the reason; `ask` has checked those named."""
    request, family = question.request, question.task.family
    learners = [find(name, family).within(request.space.get(name, {})) for name in learner_names(request, family)]
    if request.learners:
        return learners, []
    given = Given(problem.y, len(problem.columns.kinds), question.task.n_classes, problem.weights is not None)
    chosen, left_out = [], []
    for learner in learners:
        if (reason := refusal(learner, given)) is not None:
            left_out.append((learner.name, reason))
        else:
            chosen.append(learner)
    return chosen, left_out


def worthwhile_trials(n_rows: int) -> int:
    """How many trials so many rows can tell apart."""
    return min(MOST_TRIALS, max(FEWEST_TRIALS, n_rows // ROWS_A_TRIAL))
