"""What a study found, in plain sentences."""

from collections.abc import Sequence

import numpy as np

from holdfast.audit.finding import Finding, Severity
from holdfast.evaluate.leaderboard import ALPHA, Row
from holdfast.metrics.cost import MEAN_COST
from holdfast.report.numbers import number
from holdfast.study.prepare import Question
from holdfast.study.verdict import Verdict


def sentence(verdict: Verdict, question: Question) -> str:
    """The verdict in one plain sentence."""
    interval, metric = verdict.interval, verdict.metric
    better = metric.gain(interval.score) > metric.gain(verdict.baseline)
    worst = interval.low if metric.greater_is_better else interval.high
    sure = better and metric.gain(worst) > metric.gain(verdict.baseline)
    guess = "knowing only the commonest answers" if question.task.n_classes else "knowing only the mean"
    if verdict.cost is not None and metric.name == MEAN_COST:
        guess = f"always answering {verdict.cost.always!r}"
    known = f"{interval.level:.0%} interval {number(interval.low)} to {number(interval.high)}"
    if question.blocks is not None and not np.isfinite(interval.low):
        known = "no interval: groups too few to tell"
    scored = (
        f"On {verdict.n_rows:,} rows it had never seen, the model for '{question.request.target}' reaches {metric.title} "
        f"{number(interval.score)} ({known})"
    )
    if sure:
        return f"{scored}; {guess} gives {number(verdict.baseline)}."
    if better:
        return f"{scored}, which may be luck: {guess} gives {number(verdict.baseline)}."
    return f"{scored}, no better than {guess} ({number(verdict.baseline)}): don't use it."


def worth(board: Sequence[Row]) -> str:
    """Whether the model that ships beats the baseline, which others can't be told from the best, and what is simpler."""
    chosen = next(row for row in board if row.chosen)
    if chosen.baseline or chosen.beats_baseline is None:
        return "Nothing that was tried is better than the baseline, which ships."
    sure = "beats" if chosen.beats_baseline < ALPHA else "does not clearly beat"
    said = f"{_title(chosen.learner)} {sure} the baseline (p {_p(chosen.beats_baseline)})."
    tied = [row for row in board if row.tied and not row.baseline and row is not chosen]
    if not tied:
        return f"{said} It is clearly ahead of all others."
    names = ", ".join(row.learner.replace("_", " ") for row in tied[:6])
    said = f"{said} The folds can't tell it from {names}."
    # What was judged on fewer folds can't ship.
    simpler = min((row for row in tied if row.folds == chosen.folds), key=lambda row: row.complexity, default=chosen)
    if simpler.complexity >= chosen.complexity:
        return f"{said} None of those is simpler."
    if simpler.best is not None and simpler.best.equal > 0.5:
        return f"{said} {_title(simpler.learner)} is simpler and practically as good: --prefer simple would ship it."
    return f"{said} {_title(simpler.learner)} is simpler; --prefer simple ships it if it is within one standard error."


def _title(name: str) -> str:
    return name[:1].upper() + name[1:].replace("_", " ")


def _p(p: float) -> str:
    return "below 0.01" if p < 0.01 else f"{p:.2f}"


def first_lines(findings: Sequence[Finding], question: Question) -> list[str]:
    """What a reader must know before any score: how rows were split and why, and what may give the answer away."""
    lines = []
    decided = next((each for each in findings if each.split), None)
    if decided is not None and question.request.split == "auto" and decided.price is not None:
        role, key = decided.split or ("", "")
        how = "by whole groups" if role == "group" else "by time, the latest rows sealed"
        lines.append(
            f"Rows are split {how} ({key}): a random split would look better than the truth (quick models explain "
            f"{decided.price.with_it:.0%} there, {decided.price.without_it:.0%} here)."
        )
    certain = sorted(
        {name for each in findings if each.drop and each.severity is Severity.BLOCKER for name in each.columns}
    )
    if certain:
        lines.append(f"Left out, because they give the target away: {', '.join(certain)}.")
    likely = sorted({name for each in findings if each.code == "likely-leak" for name in each.columns})
    if likely:
        lines.append(
            f"Learned from, but may know the answer: {', '.join(likely)}. The findings say what each is worth."
        )
    return lines
