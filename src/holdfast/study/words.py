"""What a study found, in plain sentences."""

from collections.abc import Sequence

from holdfast.audit.finding import Finding, Severity
from holdfast.report.page import number
from holdfast.study.prepare import Question
from holdfast.study.verdict import Verdict


def sentence(verdict: Verdict, question: Question) -> str:
    """The verdict in one plain sentence."""
    interval, metric = verdict.interval, verdict.metric
    better = metric.gain(interval.score) > metric.gain(verdict.baseline)
    worst = interval.low if metric.greater_is_better else interval.high
    sure = better and metric.gain(worst) > metric.gain(verdict.baseline)
    guess = "the commonest answers" if question.task.n_classes else "the mean"
    scored = (
        f"On {verdict.n_rows:,} rows it had never seen, the model for '{question.request.target}' reaches {metric.title} "
        f"{number(interval.score)} ({interval.level:.0%} interval {number(interval.low)} to {number(interval.high)})"
    )
    if sure:
        return f"{scored}; knowing only {guess} gives {number(verdict.baseline)}."
    if better:
        return f"{scored}, which may be luck: knowing only {guess} gives {number(verdict.baseline)}."
    return f"{scored}, no better than knowing only {guess} ({number(verdict.baseline)}): don't use it."


def first_lines(findings: Sequence[Finding], question: Question) -> list[str]:
    """What a reader must know before any score: how rows were split and why, and what may give the answer away."""
    lines = []
    decided = next((each for each in findings if each.split), None)
    if decided is not None and question.request.split != "random" and decided.price is not None:
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
