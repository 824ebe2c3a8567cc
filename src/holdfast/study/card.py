"""The model card: what the model is for, what it was made of, how it was judged, and its limits."""

from collections.abc import Mapping, Sequence
from typing import Any

from holdfast.audit.finding import Finding, Severity
from holdfast.compile.final import Compiled
from holdfast.report.numbers import number
from holdfast.study.decision import words_of_decision
from holdfast.study.prepare import Question
from holdfast.study.preparing import named, target_words
from holdfast.study.trust import Trust
from holdfast.study.verdict import Verdict
from holdfast.study.words import first_lines, sentence

# Columns that a card lists for a learner.
MOST_COLUMNS = 40

NO_TIME = "not measured, the budget left no time"

UNKNOWN = "unknown; the person who trained the model has to say"


def card(
    question: Question,
    compiled: Compiled,
    findings: Sequence[Finding],
    verdict: Verdict | None = None,
    trust: Trust | None = None,
    energy: Mapping[str, Any] | None = None,
) -> str:
    """Write the card in Markdown (Mitchell et al., Model Cards, 2019); what is not known is said to be unknown."""
    judged = "Not judged yet." if verdict is None else sentence(verdict, question)
    first = "".join(f"\n{line}\n" for line in first_lines(findings, question))
    parts = [
        f"# Model card: {question.request.target}\n\n{judged}\n{first}",
        f"## Intended use\n\n{UNKNOWN}.\n",
        f"## Data\n\n{_data(question, compiled)}",
        f"## How columns were prepared\n\n{_prepared(compiled)}",
        f"## How it was judged\n\n{_scores(question, verdict)}",
        f"## Findings\n\n{_findings(findings)}",
        f"## Groups of people\n\n{_groups(question, trust)}",
        f"## Limits\n\n{_limits(compiled, verdict, trust)}",
        f"## Energy\n\n{_energy(energy)}",
    ]
    return "\n".join(parts)


def _data(question: Question, compiled: Compiled) -> str:
    task, dataset = question.task, question.dataset
    classes = "" if task.classes is None else f"- classes: {', '.join(map(str, task.classes))}\n"
    decided = "" if task.classes is None else f"- answers: {words_of_decision(question)}\n"
    return (
        f"- task: {task.name} ({task.reason})\n{classes}{decided}"
        f"- source: {dataset.source}, {dataset.n_rows:,} rows with a target, fingerprint {question.fingerprint}\n"
        f"- fitted on {len(compiled.rows):,} rows and {len(question.columns(compiled.rows[:1]).kinds)} columns\n"
        f"- how and from whom the data was collected, and with what consent: {UNKNOWN}\n"
    )


def _prepared(compiled: Compiled) -> str:
    target = target_words(compiled)
    lines = [f"- the target: {target}\n"] if target else []
    for each in compiled.prepared:
        lines.append(f"- {named(each.learners)}, from a matrix of {each.width:,} columns\n")
        lines += [f"  - {name}: {how}\n" for name, how in list(each.words.items())[:MOST_COLUMNS]]
        if len(each.words) > MOST_COLUMNS:
            lines.append(f"  - and {len(each.words) - MOST_COLUMNS} more\n")
    return "".join(lines)


def _scores(question: Question, verdict: Verdict | None) -> str:
    split = (
        f"{len(question.split.sealed):,} rows were sealed before anything looked at them: {question.split.reason}.\n"
    )
    if verdict is None:
        return split
    scores = {verdict.metric.name: verdict.interval, **verdict.others}
    rows = "".join(
        f"| {name} | {number(each.score)} | {number(each.low)} to {number(each.high)} |\n"
        for name, each in scores.items()
    )
    return (
        f"{split}\nOn those rows, which were opened {verdict.openings} time{'' if verdict.openings == 1 else 's'}:\n\n"
        f"| metric | score | {verdict.interval.level:.0%} interval |\n|---|---|---|\n{rows}"
    )


def _findings(findings: Sequence[Finding]) -> str:
    told = [each for each in findings if each.severity is not Severity.NOTE]
    lines = "".join(
        f"- {each.severity.name.lower()}, {each.code}: {each.evidence} Here: {each.action}.\n" for each in told
    )
    return lines or "No blocker and no warning.\n"


def _groups(question: Question, trust: Trust | None) -> str:
    if not question.request.protected:
        return "Not measured: no column was named with --protected.\n"
    if trust is None:
        return "Not measured yet.\n"
    lines = [f"- {each.column}: {sentence}" for each in trust.fairness for sentence in each.sentences]
    return "\n".join([*lines, *(f"- {name}: {NO_TIME}" for name in trust.groups_not_done)]) + "\n"


def _limits(compiled: Compiled, verdict: Verdict | None, trust: Trust | None) -> str:
    lines = [
        "the scores hold for rows like those of the data above, not for others",
        f"compiled to ONNX, and proven equal to the fitted model on {compiled.proof.rows:,} rows (largest difference "
        f"{compiled.proof.max_abs_difference:.1e}); for values far outside those seen, nothing is proven",
    ]
    if verdict is not None and verdict.coverage is not None:
        found = verdict.coverage
        lines.append(
            f"ranges that promise {found.level:.0%} held {found.share:.1%} of the sealed rows (95 % interval {found.low:.1%} to "
            f"{found.high:.1%})"
        )
    if trust is not None and trust.robustness:
        lines += [
            f"{each.what}: the score goes from {number(each.before)} to {number(each.after)}"
            for each in trust.robustness
        ]
    not_done = () if trust is None else trust.not_done
    if trust is not None and trust.privacy is not None:
        lines.append(f"privacy: {trust.privacy.sentence}")
    elif "privacy" not in not_done:
        lines.append("privacy: unknown")
    lines += [f"{what}: {NO_TIME}" for what in not_done]
    lines.append(f"what harm a wrong answer does: {UNKNOWN}")
    return "".join(f"- {line}\n" for line in lines)


def _energy(energy: Mapping[str, Any] | None) -> str:
    if energy is None:
        return "Not measured yet.\n"
    return (
        f"About {energy['watt_hours']:.2g} Wh for the whole study, an estimate: {energy['processor_seconds']:,.0f} processor "
        f"seconds, {energy['estimate']}.\n"
    )
