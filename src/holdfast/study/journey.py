"""The journey from a file to a model that ships, in order."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from holdfast.search.clock import Clock
from holdfast.search.executor import Executor, Inline, Local
from holdfast.search.journal import Journal
from holdfast.study.board import board_of, candidates_of, run_search
from holdfast.study.finish import Finished, fit_first_that_works, refit_on_all
from holdfast.study.folder import Folder, next_free
from holdfast.study.prepare import Question, ask, examine
from holdfast.study.request import Request
from holdfast.study.results import Results, write_results
from holdfast.study.ship import ship
from holdfast.study.study import Study
from holdfast.study.verdict import give_verdict

Say: TypeAlias = Callable[[str], None]


def train(
    data: Any,
    target: str,
    *,
    out: str | Path | None = None,
    say: Say = lambda message: None,
    started: float | None = None,
    **settings: Any,
) -> Study:
    """Go from data to a model, a verdict and a report, in the folder `out`.

    data: a path, glob or SQLite URL, or rows in memory (polars, pandas, Arrow, NumPy, dicts). settings: as in
    `holdfast.study.request.Request`, such as budget="5 min", metric, group, time, learners. A study that was killed goes
    on where it was when called again with the same settings.

    Raises DataError when the data can't answer the question, RequestError when a setting is wrong.
    """
    source = str(data) if isinstance(data, str | Path) else data
    request = Request.of(target=target, data=source if isinstance(source, str) else "memory", **settings)
    clock = Clock(request.budget, time.monotonic() if started is None else started)
    folder = Folder(Path(out) if out is not None else next_free())
    folder.check_writable()
    executor: Executor = Inline() if request.budget is None else Local()
    try:
        return _walk(source, request, folder, clock, executor, say)
    finally:
        executor.close()


def _walk(source: Any, request: Request, folder: Folder, clock: Clock, executor: Executor, say: Say) -> Study:
    seconds: dict[str, float] = {}

    def done(phase: str, since: float) -> float:
        now = time.monotonic()
        seconds[phase] = now - since
        return now

    now = time.monotonic()
    say("reading and sealing the test rows")
    question = ask(source, request)
    folder.open(question)
    now = done("read", now)

    say("auditing the development rows")
    question, findings = examine(question, deadline=clock.share(0.15))
    now = done("audit", now)

    board = run_search(question, executor=executor, journal=Journal(folder.trials), clock=clock, say=say)
    candidates = candidates_of(question, board, clock=clock)
    now = done("search", now)

    finished: Finished = fit_first_that_works(candidates, question, executor=executor, clock=clock, say=say)
    folder.judged.parent.mkdir(exist_ok=True)
    ship(folder.judged, question, finished.compiled)
    say("opening the sealed rows for the verdict")
    verdict = give_verdict(question, folder, clock=clock)
    now = done("verdict", now)

    refitted = refit_on_all(finished, question, executor=executor, clock=clock, say=say)
    shipped = finished.compiled if isinstance(refitted, str) else refitted
    ship(folder.model, question, shipped)
    now = done("compile", now)

    say("writing the report")
    results = Results(question, findings, board, board_of(question, board, finished), finished, refitted, verdict, seconds)
    write_results(results, folder, clock=clock, executor=executor)
    return Study(folder.path)
