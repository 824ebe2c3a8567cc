"""The search: one trial after another until the budget, the trials or the ideas run out."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from holdfast.errors import HoldfastError, OverrunError, WorkFailedError
from holdfast.search.clock import Clock
from holdfast.search.executor import Executor
from holdfast.search.journal import Journal
from holdfast.search.proposals import Proposals
from holdfast.search.trial import Outcome, Spec, run_trial


@dataclass
class Board:
    """What a search found: outcomes in the order tried, and what failed or did not fit, with the reason."""

    outcomes: list[Outcome] = field(default_factory=list)
    failures: list[tuple[Spec, str]] = field(default_factory=list)
    stopped: str = ""


def search(
    baselines: Sequence[Spec],
    proposals: Proposals,
    *,
    executor: Executor,
    journal: Journal,
    clock: Clock,
    max_trials: int | None,
    enough: str,
    reserve: Callable[[Sequence[Outcome]], float],
    say: Callable[[str], None],
) -> Board:
    """Run the baselines, then trials as proposed.

    enough: why max_trials are enough, in words.
    reserve: seconds that finishing (final fits, compiling, report) will take, given the outcomes so far; trials are
    stopped so that this much time is left. Finished trials are kept in the journal and not run again.
    """
    board = Board()
    for baseline in baselines:
        # Whatever the budget: without a baseline there is nothing to ship at all.
        _try(board, baseline, executor, journal, float("inf"))
    tried = 0
    while max_trials is None or tried < max_trials:
        deadline = clock.end - reserve(board.outcomes)
        if time.monotonic() >= deadline:
            board.stopped = "the budget was used up"
            return board
        spec = proposals.next(board.outcomes)
        if spec is None:
            board.stopped = "every configuration was tried"
            return board
        if time.monotonic() + _expected(spec, board.outcomes) > deadline:
            board.stopped = "the budget was used up"
            return board
        glance = f", a glance on {spec.share:.0%} of the rows" if spec.share < 1 else ""
        say(f"trial {spec.number}: {spec.learner}{glance}")
        outcome = _try(board, spec, executor, journal, deadline)
        proposals.report(spec, outcome)
        tried += spec.share >= 1
    board.stopped = enough
    return board


def _expected(spec: Spec, outcomes: Sequence[Outcome]) -> float:
    """Seconds that trials of the same learner took, on average; 0 for one not tried yet."""
    taken = [outcome.seconds for outcome in outcomes if outcome.spec.learner == spec.learner]
    return sum(taken) / len(taken) if taken else 0.0


def _try(board: Board, spec: Spec, executor: Executor, journal: Journal, deadline: float) -> Outcome | None:
    kept = journal.read(spec)
    if isinstance(kept, Outcome):
        if spec.share >= 1:
            board.outcomes.append(kept)
        return kept
    if kept is not None:
        board.failures.append((spec, kept))
        return None
    try:
        outcome: Outcome = executor.call(run_trial, spec, deadline, deadline=deadline)
    except OverrunError as error:
        # Not kept: with more time, a resumed study may finish it.
        board.failures.append((spec, str(error)))
        return None
    except (WorkFailedError, HoldfastError) as error:
        journal.write_failure(spec, str(error))
        board.failures.append((spec, str(error)))
        return None
    journal.write(outcome)
    if spec.share >= 1:
        board.outcomes.append(outcome)
    return outcome
