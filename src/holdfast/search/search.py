"""The search: one trial after another until the budget, the trials or the ideas run out."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from holdfast.errors import HoldfastError, OverrunError, WorkerEndedError
from holdfast.metrics.metric import Metric
from holdfast.search.bar import Bar
from holdfast.search.clock import Clock
from holdfast.search.executor import Executor
from holdfast.search.journal import Journal
from holdfast.search.proposals import Proposals
from holdfast.search.trial import Outcome, Pruned, Spec, run_trial

# Towards the end, trials that would take too long are passed over for shorter ones; so many in a row end the search.
MOST_SKIPPED = 20

# A trial that takes longer than expected stops learning, if it can, after this share of the time left for trials; the first, when
# it is not known yet what the end will take, after less.
MOST_SHARE, FIRST_SHARE = 0.5, 0.3


@dataclass
class Board:
    """What a search found: outcomes in the order tried, what failed or did not fit, with the reason, and what was pruned."""

    outcomes: list[Outcome] = field(default_factory=list)
    pruned: list[Pruned] = field(default_factory=list)
    failures: list[tuple[Spec, str]] = field(default_factory=list)
    stopped: str = ""


def search(
    baseline: Spec,
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
    """Run the baseline, then trials as proposed; without a baseline there is nothing to ship, and the board stays empty.

    enough: why max_trials are enough, in words.
    reserve: seconds that finishing (final fits, compiling, report) will take, given the outcomes so far; trials are
    stopped so that this much time is left. Finished trials are kept in the journal and not run again. A tuner's trial
    that is clearly worse than the best on its first folds is stopped there; each learner's first is always finished.
    """
    board = Board()
    if _try(board, baseline, executor, journal, float("inf")) is None:
        board.stopped = "the baseline failed"
        return board
    tried, skipped = 0, 0
    while max_trials is None or tried < max_trials:
        deadline = clock.end - reserve(board.outcomes)
        if time.monotonic() >= deadline:
            board.stopped = "the budget was used up"
            return board
        spec = proposals.next(board.outcomes, deadline - time.monotonic())
        if spec is None:
            board.stopped = "every configuration was tried"
            return board
        if time.monotonic() + proposals.expected(spec, board.outcomes) > deadline:
            proposals.report(spec, None)
            skipped += 1
            if skipped > MOST_SKIPPED:
                board.stopped = "the budget was used up"
                return board
            continue
        skipped = 0
        glance = f", a glance on {spec.share:.0%} of the rows" if spec.share < 1 else ""
        say(f"trial {spec.number}: {spec.learner}{glance}")
        bar = _bar(board.outcomes, proposals.metric) if proposals.refines(spec) else None
        share = MOST_SHARE if len(board.outcomes) > 1 else FIRST_SHARE
        found = _try(board, spec, executor, journal, deadline, bar, share * (deadline - time.monotonic()))
        proposals.report(spec, found)
        tried += spec.share >= 1
    board.stopped = enough
    return board


def _bar(outcomes: Sequence[Outcome], metric: Metric) -> Bar | None:
    """What the best so far and the first, the baseline, gained fold by fold."""
    best = max(outcomes, key=lambda outcome: metric.gain(outcome.score))
    gains = [[metric.gain(score) for score in each.fold_scores] for each in (best, outcomes[0])]
    return Bar.over(*gains)


def _try(
    board: Board,
    spec: Spec,
    executor: Executor,
    journal: Journal,
    deadline: float,
    bar: Bar | None = None,
    most: float = float("inf"),
) -> Outcome | Pruned | None:
    kept = journal.read(spec)
    if isinstance(kept, Outcome | Pruned):
        return _put(board, kept)
    if kept is not None:
        board.failures.append((spec, kept))
        return None
    try:
        found: Outcome | Pruned = executor.call(run_trial, spec, deadline, bar, most, deadline=deadline)
    except (OverrunError, WorkerEndedError) as error:
        # Not kept: with more time, or memory, a resumed study may finish it.
        board.failures.append((spec, str(error)))
        return None
    except HoldfastError as error:
        journal.write_failure(spec, str(error))
        board.failures.append((spec, str(error)))
        return None
    journal.write(found)
    return _put(board, found)


def _put(board: Board, found: Outcome | Pruned) -> Outcome | Pruned:
    """Add what a trial showed to the board; a glance leaves no trace."""
    if isinstance(found, Pruned):
        board.pruned.append(found)
    elif found.spec.share >= 1:
        board.outcomes.append(found)
    return found
