"""Which learners suit some data: each is tried on a sample of it, and judged by score, cost and how readable it is."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from holdfast.data.columns import Columns, Kind
from holdfast.data.cut import positions
from holdfast.data.folds import make_folds
from holdfast.errors import DataError, HoldfastError, OverrunError, RequestError
from holdfast.evaluate.leaderboard import Entry, Row, leaderboard
from holdfast.learners.catalogue import find, portfolio
from holdfast.learners.learner import Learner
from holdfast.learners.limits import Given, refusal
from holdfast.search.candidates import fit_seconds
from holdfast.search.executor import Executor, Local
from holdfast.search.trial import Outcome, Problem, Spec, run_trial
from holdfast.study.folds import require_folds
from holdfast.study.front import weight_of
from holdfast.study.prepare import Question, ask, audited
from holdfast.study.request import Request

# Learners are tried on a sample of this many rows, on this many folds.
MOST_ROWS, FOLDS = 4_000, 3

# A learner gets this share of the time; whichever needs longer is said to be slow.
SHARE = 0.2

# Learners with more to take on trust than this are not readable: sums and single trees are.
READABLE = 2

# A linear model is nearly as good when it gains this share of what the best gains over the baseline.
NEARLY = 0.95


@dataclass(frozen=True)
class Advised:
    """A learner for some data. suits: "first", "good", "weaker" or "no"; why: reasons, in words.

    score, low, high: cross-validated on a sample; seconds: to fit all rows, estimated; one_row: microseconds for a record by
    the compiled model. None where it was not tried.
    """

    learner: str
    suits: str
    why: str
    readable: bool
    score: float | None = None
    low: float | None = None
    high: float | None = None
    seconds: float | None = None
    one_row: float | None = None


@dataclass(frozen=True)
class Advice:
    """facts: sentences about the data that bear on the choice. learners: best first."""

    task: str
    metric: str
    facts: tuple[str, ...]
    learners: tuple[Advised, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def advise(
    data: Any,
    target: str,
    *,
    metric: str | None = None,
    readable: bool = False,
    max_latency: float | None = None,
    seconds: float = 60.0,
    seed: int = 0,
    header: bool = True,
    say: Callable[[str], None] = lambda message: None,
) -> Advice:
    """Try every learner of the portfolio on a sample of the development rows and say which suit, and why.

    readable: only models that a person can follow. max_latency: seconds that one record may take. seconds: for everything;
    learners that are not reached are named. Raises DataError and RequestError as `train` does.
    """
    if max_latency is not None and not max_latency > 0:
        raise RequestError(f"max latency {max_latency} is no time; expected one above 0, such as 1ms")
    end = time.monotonic() + seconds
    request = Request.of(target=target, metric=metric, seed=seed, header=header, budget=seconds)
    say("reading and auditing")
    question, findings = audited(ask(data, request), deadline=time.monotonic() + SHARE * seconds)
    problem = _problem(question)
    tried, refused = _try_all(question, problem, end=end, slice_=SHARE * seconds, say=say)
    board = _board(question, problem, {name: outcome for name, (outcome, _) in tried.items()})
    rows = len(question.split.development)
    advised = [
        Advised(
            row.learner,
            "",
            "",
            readable=find(row.learner, question.task.family).complexity <= READABLE,
            score=row.score,
            low=row.low,
            high=row.high,
            seconds=fit_seconds(tried[row.learner][0], rows),
            one_row=tried[row.learner][1],
        )
        for row in board
        if not row.baseline
    ]
    judged = _judge(advised, board, readable=readable, max_latency=max_latency)
    facts = _facts(question, problem.columns, board, [finding.code for finding in findings])
    return Advice(question.task.name, question.metric.name, facts, (*judged, *refused))


def _problem(question: Question) -> Problem:
    rows = question.split.development
    first = np.argsort(positions(question.hashes[rows], question.request.seed), kind="stable")[:MOST_ROWS]
    rows = rows[np.sort(first)]
    y = question.y(rows)
    folds = make_folds(
        question.hashes[rows],
        n_folds=FOLDS,
        seed=question.request.seed,
        strata=question.task.strata(y),
        groups=None if question.groups is None else question.groups[rows],
        time=None if question.time is None else question.time[rows],
    )
    require_folds(folds, len(rows))
    return Problem(
        question.columns(rows),
        y,
        folds,
        question.task,
        question.metric,
        seed=question.request.seed,
        n_jobs=question.n_jobs,
    )


def _try_all(
    question: Question, problem: Problem, *, end: float, slice_: float, say: Callable[[str], None]
) -> tuple[dict[str, tuple[Outcome, float | None]], list[Advised]]:
    """What came of each learner and its microseconds a record; and those that were not tried, with the reason."""
    family = question.task.family
    given = Given(question.y(question.split.development), len(problem.columns.kinds), question.task.n_classes)
    tried: dict[str, tuple[Outcome, float | None]] = {}
    refused: list[Advised] = []
    executor: Executor = Local()
    try:
        executor.load(problem)
        for number, learner in enumerate([find(question.task.baseline, family), *portfolio(family)]):
            reason = _refusal(learner, given, end)
            if reason is None:
                say(f"trying {learner.name}")
                spec = Spec(number, learner.name, learner.defaults)
                stop = float("inf") if learner.baseline else min(end, time.monotonic() + slice_)
                try:
                    outcome = executor.call(run_trial, spec, stop, deadline=stop)
                    weight = weight_of(spec, executor, stop)
                    tried[learner.name] = (outcome, None if weight is None else 1e6 * weight.latency)
                except OverrunError:
                    reason = f"slow: not done in {slice_:.0f} s on {len(problem.y):,} rows"
                except HoldfastError as error:
                    if learner.baseline:
                        raise DataError(f"not even the baseline could be fitted: {error}") from None
                    reason = str(error)
            if reason is not None:
                refused.append(Advised(learner.name, "no", reason, readable=learner.complexity <= READABLE))
    finally:
        executor.close()
    return tried, refused


def _refusal(learner: Learner, given: Given, end: float) -> str | None:
    if (reason := refusal(learner, given)) is not None:
        return reason
    return "not reached in the time" if time.monotonic() > end and not learner.baseline else None


def _board(question: Question, problem: Problem, outcomes: Mapping[str, Outcome]) -> list[Row]:
    entries = [
        Entry(
            name,
            outcome.predictions,
            outcome.fit_seconds,
            outcome.rows_per_second,
            baseline=name == question.task.baseline,
            complexity=outcome.complexity,
        )
        for name, outcome in outcomes.items()
    ]
    y, share = problem.y[problem.judged], problem.test_share
    return leaderboard(entries, y, question.metric, parts=problem.parts, test_share=share, seed=problem.seed)


def _judge(advised: list[Advised], board: list[Row], *, readable: bool, max_latency: float | None) -> list[Advised]:
    """The simplest and quickest of those the sample can't tell from the best comes first."""
    ties = {row.learner for row in board if row.tied and (row.best is None or row.best.worse < 0.5)}
    beats = {row.learner for row in board if row.beats_baseline is not None and row.beats_baseline < 0.05}
    complexity = {row.learner: row.complexity for row in board}
    behind = {row.learner: abs(row.best.difference) if row.best is not None else 0.0 for row in board}
    made = []
    for each in advised:
        reasons = []
        if readable and not each.readable:
            reasons.append("can't be read by a person")
        if max_latency is not None and (each.one_row is None or each.one_row > 1e6 * max_latency):
            reasons.append("too slow for one record")
        if each.learner not in beats:
            reasons.append("not measurably better than the baseline")
        suits = "no" if reasons else "good" if each.learner in ties else "weaker"
        if not reasons:
            reasons.append(
                "as good as the best here" if suits == "good" else f"behind the best by {behind[each.learner]:.2g}"
            )
            reasons += ["readable"] if each.readable else []
        made.append(replace(each, suits=suits, why="; ".join(reasons)))
    usable = [each for each in made if each.suits == "good"] or [each for each in made if each.suits == "weaker"]
    if usable:
        first = min(usable, key=lambda each: (complexity[each.learner], each.seconds or 0.0))
        made[made.index(first)] = replace(
            first, suits="first", why=f"{first.why}; the simplest of those, and quick to fit"
        )
    order = {"first": 0, "good": 1, "weaker": 2, "no": 3}
    return sorted(made, key=lambda each: order[each.suits])


def _facts(question: Question, columns: Columns, board: list[Row], codes: list[str]) -> tuple[str, ...]:
    rows, kinds = len(question.split.development), list(columns.kinds.values())
    counts = ", ".join(f"{kinds.count(kind)} {kind.value}" for kind in Kind if kind in kinds)
    facts = [f"{rows:,} rows to learn from, {len(kinds)} columns ({counts})"]
    base = next(row.score for row in board if row.baseline)
    linear = [row for row in board if row.complexity == 1]
    best = next((row for row in board if not row.baseline), None)
    if linear and best is not None and best.score != base:
        share = (linear[0].score - base) / (best.score - base)
        about = (
            "a straight line is nearly all there is to find" if share >= NEARLY else "there is more than straight lines"
        )
        facts.append(f"{linear[0].learner} gains {share:.0%} of what {best.learner} gains over the baseline: {about}")
    if rows < 1_000:
        facts.append("few rows: differences between learners are mostly luck, simple ones are safer")
    if Kind.TEXT in kinds:
        facts.append("text columns: linear models and naive Bayes read many words cheaply")
    if question.groups is not None or question.time is not None:
        facts.append(f"judged by {'groups' if question.groups is not None else 'time'}: {question.split.reason}")
    leaks = [code for code in codes if "leak" in code or "target" in code]
    if leaks:
        facts.append(
            f"the audit found {', '.join(sorted(set(leaks)))}: look at holdfast audit before believing any score"
        )
    return tuple(facts)
