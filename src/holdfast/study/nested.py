"""Nested cross-validation: what the whole procedure, its search included, achieves on rows it never saw."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.data.folds import Fold
from holdfast.errors import DataError
from holdfast.evaluate.bootstrap import Interval
from holdfast.evaluate.compare import fold_interval
from holdfast.files import write_text
from holdfast.metrics.metric import Metric
from holdfast.model.model import Model
from holdfast.report.numbers import number
from holdfast.search.clock import Clock
from holdfast.search.executor import Executor
from holdfast.study.board import Searched, candidates_of, run_search
from holdfast.study.decision import decided_score
from holdfast.study.distil import distil
from holdfast.study.ending import finishing
from holdfast.study.finish import Finished, fit_first_that_works
from holdfast.study.folder import Folder
from holdfast.study.folds import cut_outer
from holdfast.study.front import objection_to, weights_of, within
from holdfast.study.prepare import Question
from holdfast.study.request import Request
from holdfast.study.ship import fields_of
from holdfast.study.times import RESTART
from holdfast.study.verdict import answers

# Of a budget, this share is for the study itself; the outer folds have the rest. They come before the verdict, so that a
# study which is killed meanwhile has not opened its seal.
MAIN_SHARE = 0.5

# Seconds that compiling and judging an outer fold's model take, beside its search.
JUDGING = 1.0

# Seconds more that an outer fold's final fit may take where the machine is busy, rather than lose what its search found.
PATIENCE = 5.0


@dataclass(frozen=True)
class Outer:
    """One outer fold: what its own search chose, the score that search promised, and the score on the rows held out.

    rows, held_out: how many were searched on, and judged. trials: configurations cross-validated inside.
    """

    chosen: str
    inner: float
    outer: float
    rows: int
    held_out: int
    trials: int


@dataclass(frozen=True)
class Nested:
    """Outer folds, and what they say of the procedure. asked: how many folds there should have been.

    score: mean over the outer folds. optimism: by how much the inner scores were better, positive when they flatter.
    """

    folds: tuple[Outer, ...]
    asked: int
    score: Interval
    optimism: Interval

    def to_json(self) -> dict[str, Any]:
        """As result.json holds it."""
        return {
            "asked": self.asked,
            "folds": [asdict(fold) for fold in self.folds],
            "inner": float(np.mean([fold.inner for fold in self.folds])) if self.folds else None,
            **asdict(self.score),
            "optimism": asdict(self.optimism),
        }


def main_clock(clock: Clock, request: Request) -> Clock:
    """The time of the search and what belongs to it: all there is, unless outer folds need theirs."""
    if not request.nested or clock.budget is None:
        return clock
    return replace(clock, budget=MAIN_SHARE * clock.budget)


def end_of_nested(question: Question, searched: Searched, clock: Clock, main: Clock) -> float:
    """The moment (time.monotonic) by which outer folds must be done, so that what the search found can be finished in peace."""
    needed = finishing(searched.contenders, question, clock)
    return clock.end - max(needed, min(main.left, 2 * needed))


def nested(
    question: Question, folder: Folder, *, executor: Executor, clock: Clock, end: float, say: Callable[[str], None]
) -> Nested | None:
    """Run the search anew on the rows of each outer fold, and judge what it chooses on the others; None unless asked for.

    The time until `end` (of time.monotonic) is shared by the folds. A fold whose time only sufficed for the baseline is left
    out. Finished folds and their trials are kept in the study's folder.
    """
    if not question.request.nested:
        return None
    folds = cut_outer(question)
    done: dict[int, Outer] = {}
    # What had no time at its turn is tried once more with what others left over.
    for again in (False, True):
        todo = [place for place in range(len(folds)) if place not in done]
        for left, place in zip(range(len(todo), 0, -1), todo, strict=True):
            if again and (clock.budget is None or time.monotonic() > end):
                break
            seconds = None if clock.budget is None else max(0.0, end - time.monotonic()) / left
            name = f"outer fold {place + 1} of {len(folds)}"
            outer = _kept_or_judged(
                question, folds[place], folder.trials / f"outer-{place + 1}", seconds, executor, _within(say, name)
            )
            if outer is not None:
                done[place] = outer
    scored = [done[place] for place in sorted(done) if isfinite(done[place].outer)]
    return summary(scored, asked=len(folds), metric=question.metric)


def summary(folds: Sequence[Outer], *, asked: int, metric: Metric) -> Nested:
    """Mean and interval of the outer scores and of the optimism, by a variance that knows folds share rows."""
    share = float(np.mean([fold.held_out / fold.rows for fold in folds])) if folds else 0.0
    score = fold_interval([fold.outer for fold in folds], share)
    if metric.greater_is_better:
        score = replace(score, high=min(score.high, metric.best))
    else:
        score = replace(score, low=max(score.low, metric.best))
    optimism = fold_interval([metric.gain(fold.inner) - metric.gain(fold.outer) for fold in folds], share)
    return Nested(tuple(folds), asked, score, optimism)


def words_of(found: Nested, metric: Metric) -> list[str]:
    """Say what the procedure achieves, and by how much the scores it was chosen by flatter."""
    if len(found.folds) < 2:
        return [
            f"Nested cross-validation was asked for, but the budget left time for {len(found.folds)} of {found.asked} outer "
            f"folds: ask for more with --budget, or for fewer --outer-folds."
        ]
    trials = float(np.mean([fold.trials for fold in found.folds]))
    score, gap = found.score, found.optimism
    few = "" if len(found.folds) == found.asked else f" (of {found.asked}; time ran out for the others)"
    achieves = (
        f"The procedure achieves {metric.title} {number(score.score)} ({score.level:.0%} interval {number(score.low)} to "
        f"{number(score.high)}) on rows its search never saw: {len(found.folds)} outer folds{few}, each with a search of its "
        f"own over {trials:.0f} configurations on average."
    )
    inner = number(float(np.mean([fold.inner for fold in found.folds])))
    spread = f"{score.level:.0%} interval {number(gap.low)} to {number(gap.high)}"
    promised = f"The inner scores of those searches promised {inner}"
    if gap.low > 0:
        return [achieves, f"{promised}: choosing by them flatters by {number(gap.score)} ({spread})."]
    return [achieves, f"{promised}: an optimism of {number(gap.score)}, which can't be told from none ({spread})."]


def _kept_or_judged(
    question: Question,
    fold: Fold,
    kept: Path,
    seconds: float | None,
    executor: Executor,
    say: Callable[[str], None],
) -> Outer | None:
    """What is on record for an outer fold, else what judging it shows."""
    asked = question.request.trials
    outer = _read(kept / "outer.json", asked)
    if outer is None:
        outer = _judge(question, fold, kept, seconds, executor, say)
        if outer is not None:
            write_text(kept / "outer.json", json.dumps({"asked": asked, **asdict(outer)}, indent=2))
    return outer


def _judge(
    question: Question,
    fold: Fold,
    trials: Path,
    seconds: float | None,
    executor: Executor,
    say: Callable[[str], None],
) -> Outer | None:
    """Search on the fold's training rows, fit and compile what is best, and score it on the others."""
    rows, request = question.split.development, question.request
    # An outer fold writes nothing, so it keeps no seconds back for it.
    budget = None if seconds is None else max(seconds - JUDGING, 0.0) + RESTART
    # Its folds are cut for its even part of the budget, whatever time is left, so that a study that goes on cuts them again.
    part = None if request.budget is None else (1 - MAIN_SHARE) * request.budget / request.outer_folds
    inside = replace(
        question,
        request=request.model_copy(update={"budget": part, "repeats": request.repeats or 1, "nested": False}),
        split=replace(question.split, development=rows[fold.train], sealed=rows[fold.valid]),
    )
    clock = Clock(budget)
    try:
        searched = run_search(inside, executor=executor, trials=trials, clock=clock, say=say)
    except DataError:
        return None  # its rows can't be cut in folds again: they are one group or moment
    tried = candidates_of(inside, searched, clock=clock)
    weights = weights_of(tried, inside, executor=executor, clock=clock, say=say) if request.limits else {}
    candidates = within(tried, weights, inside, searched, clock=clock)
    distilled = distil(tried, weights, inside, searched, trials, executor=executor, clock=clock, say=say)
    candidates = candidates if distilled is None else distilled.first(candidates)
    patient = Clock(None if budget is None else budget + PATIENCE, clock.started)
    finished = fit_first_that_works(
        candidates, inside, searched.problem, executor=executor, clock=patient, say=say, objection=objection_to(inside)
    )
    chosen = finished.candidate
    if len(searched.found.outcomes) < 2 or (chosen is candidates[-1] and candidates[0] is not chosen):
        return None  # nothing but the baseline could be had in time
    n_trials = len(searched.found.outcomes) + len(searched.found.pruned)
    inner = chosen.score
    if isinstance(request.threshold, str):
        # The search chose by likeliest classes; what it promises is what the threshold it led to makes of its rows.
        inner = decided_score(finished, replace(inside, decision=finished.decision), searched.problem)
    return Outer(chosen.name, inner, _score(inside, finished), len(fold.train), len(fold.valid), n_trials)


def _score(question: Question, finished: Finished) -> float:
    """Of the compiled model's answers, decided as it decides, on the sealed rows."""
    facts = {
        "task": question.task.name,
        "target": question.request.target,
        "classes": None if question.task.classes is None else list(question.task.classes),
        "schema": fields_of(question.features, finished.compiled.rows),
    }
    held_out = question.dataset.take(question.split.sealed)
    predicted = answers(Model(facts, finished.compiled.onnx), held_out.frame)
    return replace(question, decision=finished.decision).metric.score(question.encode(held_out), predicted)


def _within(say: Callable[[str], None], name: str) -> Callable[[str], None]:
    return lambda message: say(f"{name}, {message}")


def _read(path: Path, asked: int | None) -> Outer | None:
    """What is on record for an outer fold whose search was asked for as many trials: a study may go on with more of them."""
    if not path.exists():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return None if record.pop("asked") != asked else Outer(**record)
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{path} can't be read ({error}); expected a finished outer fold: remove the study folder to start again"
        ) from error
