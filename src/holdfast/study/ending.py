"""Seconds that a search leaves for the end: a second look at few rows, final fits, the curve that was asked for, writing."""

import time
from collections.abc import Callable, Sequence

from holdfast.search.candidates import Candidate, fit_seconds
from holdfast.search.clock import Clock
from holdfast.search.contenders import contenders
from holdfast.search.plan import Plan
from holdfast.search.trial import Outcome
from holdfast.study.finish import judging, lanes_of
from holdfast.study.prepare import Question
from holdfast.study.settings import LEAVE_ONE_GROUP_OUT
from holdfast.study.times import compiling

# What ships can be fitted twice if it takes no more than this share of the end: the second time there are a quarter more rows
# and it goes beside the verdict. Before it is known, it is taken to be the best trials of so many of the best learners.
MEMBERS, FITTED_SHARE = 3, 0.3

# The final fits should not need more than this share of the budget; learners that would are fitted on fewer rows.
FINISH_SHARE = 0.33

# With a teacher, who is fitted on the folds again and then for each final fit, they may need this share.
TEACHING_SHARE = 0.6

# When no more than this share of the budget is left for trials, it is worth a look what would ship now; again when so many times
# the seconds that the look took have passed.
LOOKING_SHARE, BETWEEN_LOOKS = 0.15, 5.0

# On no more rows than this, luck rules which trial is best: the best are judged on up to so many cuts of the rows, if that
# takes no more than this share of the budget.
FEW_ROWS, MOST_REPEATS, REPEATS_SHARE = 2_000, 5, 0.25

# A validation curve that was asked for may take this share of the budget.
CURVE_SHARE = 0.1


class Ending:
    """Tells the seconds to keep, given the outcomes so far: by what would ship now, once little time is left for trials.

    On few rows, whose models are large for the time they take to fit, the rule of thumb is kept to: time is better spent on fits
    that are averaged than on further trials.

    n_learners: how many have a turn before time is kept for a second look at the first. shipping: what would ship, of outcomes.
    """

    def __init__(
        self,
        question: Question,
        decided: Plan,
        *,
        n_rows: int,
        n_learners: int,
        clock: Clock,
        shipping: Callable[[Sequence[Outcome]], Candidate],
    ) -> None:
        self._question, self._clock, self._shipping, self._n_learners = question, clock, shipping, n_learners
        self._repeatable = repeatable(question, decided, n_rows)
        self._kept, self._until = float("inf"), float("-inf")

    def __call__(self, outcomes: Sequence[Outcome]) -> float:
        """Seconds to keep; outcomes: the baseline's first."""
        budget = self._clock.budget
        kept = finishing(outcomes, self._question, self._clock)
        if budget is None or self._question.request.distill is not None:
            return kept
        if self._repeatable:
            return kept + self._again(outcomes, budget)
        if len(outcomes) > 2 and self._clock.left - kept <= LOOKING_SHARE * budget:
            return self._look(outcomes)
        return kept

    def _look(self, outcomes: Sequence[Outcome]) -> float:
        """Seconds to keep for what would ship, as it was at the last look that was worth its time."""
        began = time.monotonic()
        if began > self._until:
            question = self._question
            seconds = self._shipping(outcomes).seconds(len(question.split.development), lanes_of(question))
            self._kept = ending(seconds, question, self._clock)
            now = time.monotonic()
            self._until = now + BETWEEN_LOOKS * (now - began)
        return self._kept

    def _again(self, outcomes: Sequence[Outcome], budget: float) -> float:
        """Seconds for judging the best trials again, at what they took, where rows are few and every learner had its turn."""
        tried = len({outcome.spec.learner for outcome in outcomes}) - 1
        if tried < self._n_learners:
            return 0.0
        once = sum(outcome.seconds for outcome in contenders(outcomes, self._question.metric))
        most = REPEATS_SHARE * budget
        return min((MOST_REPEATS - 1) * once, most) if once <= most else 0.0


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


def finishing(outcomes: Sequence[Outcome], question: Question, clock: Clock) -> float:
    """Seconds to keep for the end by a rule of thumb: two fits of the best learners' best trials.

    outcomes: the baseline's first, which takes next to nothing.
    """
    if clock.budget is None or not outcomes:
        return clock.writing
    rows = len(question.split.development)
    ranked = sorted(outcomes[1:], key=lambda outcome: question.metric.gain(outcome.score))
    best = list({outcome.spec.learner: outcome for outcome in ranked}.values())
    best.sort(key=lambda outcome: -question.metric.gain(outcome.score))
    return ending(sum(fit_seconds(outcome, rows) for outcome in best[:MEMBERS]), question, clock, best[:MEMBERS])


def ending(seconds: float, question: Question, clock: Clock, teacher: Sequence[Outcome] = ()) -> float:
    """Seconds for the end when what ships takes so many to fit, within its share of the budget; teacher: may teach a student."""
    budget = clock.budget
    if budget is None:
        return clock.writing
    fits, most = seconds / FITTED_SHARE, FINISH_SHARE
    if question.request.distill is not None:
        fits, most = fits + sum(outcome.seconds for outcome in teacher), TEACHING_SHARE
    curve = 0.0 if question.request.validation_curve is None else CURVE_SHARE * budget
    return judging(question, clock) + 2 * compiling(budget) + curve + min(fits, most * budget)
