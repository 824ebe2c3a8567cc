"""Few rows: the best trials are judged again on other cuts of the rows, so that the choice among them is not noise."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

from holdfast.data.folds import Fold
from holdfast.errors import OverrunError, WorkFailedError
from holdfast.search.clock import Clock
from holdfast.search.contenders import contenders, joined
from holdfast.search.executor import Executor
from holdfast.search.journal import Journal
from holdfast.search.trial import Outcome, Problem, run_trial
from holdfast.study.board import Searched
from holdfast.study.ending import MOST_REPEATS, finishing, repeatable
from holdfast.study.folder import Folder
from holdfast.study.folds import cut_folds
from holdfast.study.prepare import Question

# Where there is no time for so many of the best trials, the baseline among them, none is judged again.
FEWEST = 8


def judge_again(
    question: Question,
    searched: Searched,
    folder: Folder,
    *,
    executor: Executor,
    clock: Clock,
    say: Callable[[str], None],
) -> Searched:
    """Repeat the folds for the best trials, as often as the time that the search left allows; unless repeats were asked for.

    What a repeat costs is known from what the trials took: as many of the best are judged again as there is time for. A further
    repeat that can't be finished in time is left out.
    """
    if clock.budget is None or not repeatable(question, searched.plan, len(searched.rows)):
        return searched
    chosen = contenders(searched.found.outcomes, question.metric)
    deadline = clock.end - finishing(chosen, question, clock)
    timely = first_in(chosen, deadline - time.monotonic())
    if len(timely) < min(FEWEST, len(chosen)):
        return searched
    chosen = timely
    folds = cut_folds(question, searched.rows, replace(searched.plan, repeats=MOST_REPEATS))
    rounds = [{outcome.spec.number: outcome for outcome in chosen}]
    for repeat in range(1, MOST_REPEATS):
        left = [outcome for outcome in chosen if outcome.spec.number in rounds[-1]]
        if time.monotonic() + sum(outcome.seconds for outcome in left) > deadline:
            break
        say(f"judging the {len(left)} best on another cut of the rows ({repeat + 1})")
        again = _round(searched.problem, folds, repeat, left, folder.trials / f"repeat-{repeat}", executor, deadline)
        if again is None:
            break
        rounds.append(again)
    # The worker goes on with the folds of the search: later steps look at the first of them.
    executor.load(searched.problem)
    if len(rounds) == 1:
        return searched
    problem = _with(searched.problem, [fold for fold in folds if fold.repeat < len(rounds)])
    outcomes = [joined(problem, [each[number] for each in rounds]) for number in rounds[0] if number in rounds[-1]]
    reason = f"{searched.plan.reason}; the best trials were judged on {len(rounds)} cuts of the rows, as there was time"
    decided = replace(searched.plan, repeats=len(rounds), reason=reason)
    return replace(searched, problem=problem, plan=decided, contenders=outcomes, baseline=outcomes[0])


def first_in(outcomes: Sequence[Outcome], seconds: float) -> list[Outcome]:
    """The first of the outcomes, as many as took no longer than so many seconds together."""
    return [
        each
        for each, total in zip(outcomes, accumulate(each.seconds for each in outcomes), strict=True)
        if total <= seconds
    ]


def _round(
    problem: Problem,
    folds: Sequence[Fold],
    repeat: int,
    outcomes: Sequence[Outcome],
    trials: Path,
    executor: Executor,
    deadline: float,
) -> dict[int, Outcome] | None:
    """Judge trials on the folds of one repeat, by number; None when the time does not suffice for all.

    A trial that fails on these rows is left out; without the baseline, the first, the others can't be compared.
    """
    recut = _with(problem, [fold for fold in folds if fold.repeat == repeat])
    executor.load(recut)
    journal, found = Journal(trials, recut), dict[int, Outcome]()
    for outcome in outcomes:
        try:
            again = journal.read(outcome.spec) or executor.call(run_trial, outcome.spec, deadline, deadline=deadline)
        except OverrunError:
            return None
        except WorkFailedError as error:
            again = str(error)
        if isinstance(again, Outcome):
            journal.write(again)
            found[outcome.spec.number] = again
        elif outcome is outcomes[0]:
            return None
    return found


def _with(problem: Problem, folds: list[Fold]) -> Problem:
    """The problem cut otherwise; what is kept of fitted folds belongs to the old ones."""
    return replace(problem, folds=folds, encoded=type(problem.encoded)(), first_fold={})
