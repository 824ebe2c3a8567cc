"""The journey from a file to a model that ships, in order."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from holdfast.audit.drift import drift
from holdfast.audit.finding import Finding
from holdfast.data.frames import take
from holdfast.data.kinds import understand
from holdfast.errors import HoldfastError
from holdfast.explain.importance import Importance
from holdfast.model.package import load
from holdfast.search.candidates import Candidate
from holdfast.search.clock import Clock
from holdfast.search.executor import Executor, Inline, Local
from holdfast.search.trial import warm_up
from holdfast.study.board import Searched, board_of, candidates_of, learner_names, run_search
from holdfast.study.card import card
from holdfast.study.distil import Distilled, distil
from holdfast.study.energy import energy, processor_seconds
from holdfast.study.explain import explain
from holdfast.study.finish import fit_first_that_works, intervals_of, refit_on_all
from holdfast.study.folder import Folder, next_free
from holdfast.study.folds import check_folds
from holdfast.study.front import Weighed, front_of, objection_to, weights_of, within
from holdfast.study.inside import look_inside
from holdfast.study.learning import Point, learning_curve
from holdfast.study.nested import Nested, end_of_nested, main_clock, nested
from holdfast.study.prepare import Question, ask, audited
from holdfast.study.repeats import judge_again
from holdfast.study.request import Request
from holdfast.study.results import Results
from holdfast.study.ship import ship
from holdfast.study.study import Study
from holdfast.study.times import ENOUGH_TIME, writing
from holdfast.study.trust import look_closer
from holdfast.study.validation import Curve, check_curve, validation_curve
from holdfast.study.verdict import give_verdict
from holdfast.study.writing import write_results

Say: TypeAlias = Callable[[str], None]

# The audit may take this share of the budget.
AUDIT_SHARE = 0.15


@dataclass
class _Run:
    """What every step of a study works with, and what they took: seconds by phase. before: processor seconds when it began."""

    folder: Folder
    clock: Clock
    executor: Executor
    say: Say
    seconds: dict[str, float] = field(default_factory=dict)
    before: float = field(default_factory=processor_seconds)

    def done(self, phase: str) -> None:
        """What was not counted yet went into this phase."""
        self.seconds[phase] = self.clock.elapsed - sum(self.seconds.values())


@dataclass(frozen=True)
class _Found:
    """What the search found, and what was seen of the best.

    candidates: what may ship, best first. front: how quality, speed and size trade. distilled: what was taught by the best.
    """

    searched: Searched
    candidates: list[Candidate]
    front: list[Weighed]
    distilled: Distilled | None
    importance: list[Importance]
    curve: list[Point]
    values: Curve | None


def train(
    data: Any,
    target: str,
    *,
    out: str | Path | None = None,
    say: Say = lambda message: None,
    started: float | None = None,
    **settings: Any,
) -> Study:
    """Go from data to a model, a verdict and a report, in the folder `out` (default: study, study-2, ...).

    data: a path, a glob, a URL of SQLite or PostgreSQL, or rows in memory (polars, pandas, Arrow, NumPy, dicts). settings: as in
    `holdfast.study.request.Request`, such as budget="5 min", metric, group, time, learners. A study that was killed goes
    on where it was when called again with the same settings.

    Raises DataError when the data can't answer the question, RequestError when a setting is wrong.
    """
    source = str(data) if isinstance(data, str | Path) else data
    request = Request.of(target=target, data=source if isinstance(source, str) else "memory", **settings)
    began = time.monotonic() if started is None else started
    clock = Clock(request.budget, began, writing(request.budget))
    folder = Folder(Path(out) if out is not None else next_free())
    folder.check_writable()
    executor: Executor = Inline() if request.budget is None else Local()
    try:
        return _walk(source, request, _Run(folder, clock, executor, say))
    finally:
        executor.close()


def examine(data: Any, target: str, *, against: Any = None, header: bool = True) -> list[Finding]:
    """Look for leaks, duplicates, groups, time order and other traps in the rows training would learn from.

    against: newer data, with or without the target; how it differs is found, too.
    """
    question = ask(data, Request.of(target=target, header=header))
    later: list[Finding] = []
    if against is not None:
        new, old = understand(take(against, header=header), target=target), question.development
        later = list(drift(old if target in new.kinds else old.drop(target), new))
    found = [*audited(question)[1], *later]
    return sorted(found, key=lambda each: (each.severity, each.code, each.columns))


def _walk(source: Any, request: Request, run: _Run) -> Study:
    question, findings = _understood(source, request, run)
    main = main_clock(run.clock, request)
    found = _search(question, main, run)
    run.done("search")
    end = end_of_nested(question, found.searched, run.clock, main)
    procedure = nested(question, run.folder, executor=run.executor, clock=run.clock, end=end, say=run.say)
    run.done("nested")
    return _finish(question, findings, found, procedure, run)


def _understood(source: Any, request: Request, run: _Run) -> tuple[Question, list[Finding]]:
    """Read, seal and audit; the folder is opened once all that was asked for is known to be possible."""
    run.say("reading, and sealing the test rows")
    question = ask(source, request)
    run.done("read")
    run.say("auditing the development rows")
    warmed_up = _warm_up(question, run)
    question, findings = audited(question, deadline=run.clock.share(AUDIT_SHARE))
    check_folds(question)
    check_curve(question)
    run.folder.open(question.request, question.fingerprint, question.split)
    warmed_up()
    run.done("audit")
    return question, findings


def _warm_up(question: Question, run: _Run) -> Callable[[], None]:
    """Let the worker import what learners need while this process audits; not where time is so short that few get their turn."""
    request, family = question.request, question.task.family
    if request.budget is None or request.budget < ENOUGH_TIME:
        return lambda: None

    def work() -> None:
        with suppress(HoldfastError):  # a trial that needs what can't be imported will say so
            run.executor.call(warm_up, learner_names(request, family), family)

    return run.executor.aside(work)


def _search(question: Question, clock: Clock, run: _Run) -> _Found:
    """Search by this clock, weigh and distil what was found, and look at the best."""
    folder, executor, say = run.folder, run.executor, run.say
    searched = run_search(question, executor=executor, trials=folder.trials, clock=clock, say=say)
    searched = judge_again(question, searched, folder, executor=executor, clock=clock, say=say)
    tried = candidates_of(question, searched, clock=clock)
    weights = weights_of(tried, question, executor=executor, clock=clock, say=say)
    candidates = within(tried, weights, question, searched, clock=clock)
    distilled = distil(tried, weights, question, searched, folder.trials, executor=executor, clock=clock, say=say)
    if distilled is not None:
        candidates, (tried, weights) = distilled.first(candidates), distilled.beside(tried, weights)
    best = candidates[0]
    return _Found(
        searched=searched,
        candidates=candidates,
        front=front_of(tried, weights, question),
        distilled=distilled,
        importance=explain(best, executor=executor, clock=clock, say=say),
        curve=learning_curve(best, executor=executor, clock=clock, say=say),
        values=validation_curve(best, question, searched, executor=executor, clock=clock, say=say),
    )


def _finish(question: Question, findings: list[Finding], found: _Found, procedure: Nested | None, run: _Run) -> Study:
    """Fit and judge what was found, fit it again on all rows, and write what ships and the report."""
    folder, clock, executor, say, searched = run.folder, run.clock, run.executor, run.say, found.searched
    objection = objection_to(question)
    finished = fit_first_that_works(
        found.candidates, question, searched.problem, executor=executor, clock=clock, say=say, objection=objection
    )
    # The threshold is chosen by what the search found, which was judged without it.
    searched_by, question = question, replace(question, decision=finished.decision)
    intervals = intervals_of(finished, question, searched.problem)
    ship(folder.judged, question, finished.compiled, intervals, card=card(question, finished.compiled, findings))
    refit = partial(refit_on_all, finished, question, executor=executor, clock=clock, say=say)
    # It learns from the sealed rows while, or before, the verdict opens them: nothing of it reaches the verdict.
    refitting = executor.aside(refit)
    say("opening the sealed rows for the verdict")
    verdict = give_verdict(question, folder)
    run.done("verdict")

    say("looking closer: groups, stress, privacy")
    important = [each.feature for each in found.importance]
    judged = load(folder.judged)
    trust = look_closer(question, judged, verdict, searched, finished, important, deadline=clock.due)
    refitted = refitting()
    if not isinstance(refitted, str):
        # Weighed now that nothing runs beside it: the time of a row would be longer.
        refitted = objection(refitted) or refitted
    executor.load(None)  # the rows of the last fit are not needed any more, neither here nor in the worker
    shipped = finished.compiled if isinstance(refitted, str) else refitted
    inside = look_inside(question, judged, shipped, verdict, searched, found.importance, deadline=clock.due)
    used = energy(executor, run.before)
    text = card(question, shipped, findings, verdict, trust, used)
    manifest = ship(folder.model, question, shipped, intervals, card=text)
    run.done("compile")

    say("writing the report")
    teacher = None if found.distilled is None else found.distilled.teacher
    results = Results(
        question=question,
        findings=findings,
        searched=searched,
        board=board_of(searched_by, searched, finished.candidate, teacher, clock=clock),
        finished=finished,
        refitted=refitted,
        verdict=verdict,
        importance=found.importance,
        curve=found.curve,
        values=found.values,
        manifest=manifest,
        seconds=run.seconds,
        energy=used,
        trust=trust,
        inside=inside,
        front=found.front,
        nested=procedure,
        distilled=found.distilled,
    )
    write_results(results, folder, clock)
    return Study(folder.path)
