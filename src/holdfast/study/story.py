"""What the report tells of a study: what was decided and why, and its columns at a glance."""

from typing import Any

import numpy as np
import polars as pl

from holdfast.data.columns import NUMERIC_KINDS, Kind
from holdfast.data.dataset import counted
from holdfast.learners.catalogue import find
from holdfast.report import story as report
from holdfast.report.numbers import number
from holdfast.study import preparing
from holdfast.study.board import Searched
from holdfast.study.decision import words_of_decision
from holdfast.study.distil import words_of as distilled_words
from holdfast.study.front import words_of as limit_words
from holdfast.study.joined import words_of as words_of_joint
from holdfast.study.learning import words_of
from holdfast.study.nested import words_of as nested_words_of
from holdfast.study.prepare import Question
from holdfast.study.results import Results
from holdfast.study.ship import enough_of
from holdfast.study.validation import words_of as words_of_values

# Bars of the small histogram of a column.
BARS = 12


def story_of(results: Results, result: dict[str, Any]) -> report.Story:
    """The story of a study, whose result.json holds `result`."""
    question, verdict = results.question, results.verdict
    many, base = len(results.finished.candidate.members) > 1, results.searched.baseline.score
    return report.Story(
        title=f"Holdfast: {question.request.target} from {question.dataset.source}",
        sentence=result["sentence"],
        result=result,
        decisions=_decisions(results),
        metrics={each.name: (each.title, each.summary, each.greater_is_better) for each in question.metrics},
        classes=question.task.classes,
        sealed=report.Answers(verdict.y, verdict.predictions, verdict.labels),
        columns=_columns(question),
        importance=[report.Importance(**vars(each)) for each in results.importance],
        importance_note="Measured on the member with the largest weight." if many else "",
        curve=[(each.rows, each.fitted, each.unseen) for each in results.curve],
        curve_words=words_of(results.curve, question.metric, base),
        values_words=[] if results.values is None else words_of_values(results.values, question.metric, base),
        nested_words=[] if results.nested is None else nested_words_of(results.nested, question.metric),
        learners=_learners(results),
        not_tried=results.not_tried,
    )


def _decisions(results: Results) -> list[tuple[str, str]]:
    question, chosen, proof = results.question, results.finished.candidate, results.shipped.proof
    left_out = sorted(
        {name for finding in results.findings if finding.drop for name in finding.columns} | set(question.request.drop)
    )
    decisions = _sought(results)
    if chosen.joint is not None:
        decisions.append(("Joined", words_of_joint(chosen.joint, question.metric)))
    if results.distilled is not None:
        decisions.append(("Distilled", distilled_words(results.distilled, question.metric, chosen)))
    if limits := limit_words(results.front, question.request, chosen.name):
        decisions.append(("Limits", limits))
    if target := preparing.target_words(results.shipped):
        decisions.append(("Target", target))
    if results.shipped.n_members < len(chosen.members):
        fitted = f"the {results.shipped.n_members} with the largest weights of {len(chosen.members)}; time ran out for the others"
        decisions.append(("Members that ship", fitted))
    if results.shipped.n_trees < results.shipped.n_planned:
        rounds = (
            f"{results.shipped.n_trees:,} of the {results.shipped.n_planned:,} rounds planned; time ran out for more"
        )
        decisions.append(("Boosting", rounds))
    if question.unanswered.n_rows:
        decisions.append(("Set aside", f"{question.unanswered.n_rows:,} rows without a target"))
    if left_out:
        decisions.append(("Left out", f"{', '.join(left_out[:20])}; see the findings"))
    described = len(enough_of(question.split.development, len(question.dataset.kinds)))
    if described < len(question.split.development):
        decisions.append(("Columns", f"described by {described:,} of the development rows, as there are many"))
    decisions.append(("Refit", _refit(results)))
    decisions.append(
        (
            "Compiled",
            f"to ONNX, and proven on {proof.rows:,} rows to answer as the fitted model does: the largest difference is "
            f"{proof.max_abs_difference:.1e}, {proof.allowed:.1e} is allowed",
        )
    )
    decisions += [("Reading", note) for note in question.dataset.notes[:10]]
    return decisions


def _sought(results: Results) -> list[tuple[str, str]]:
    """What was asked, and what the search came to."""
    question, request, searched = results.question, results.question.request, results.searched
    task, chosen = question.task, results.finished.candidate
    rows = question.dataset.n_rows
    members = ", ".join(f"{outcome.spec.learner.replace('_', ' ')} {weight:.0%}" for outcome, weight in chosen.members)
    asked = f"predict '{request.target}' from {question.dataset.source}"
    budget = "" if request.budget is None else f" within {request.budget:.0f} s"
    trials = "" if request.trials is None else f" with {request.trials} trials"
    return [
        ("Asked", f"{asked}{budget}{trials}, seed {request.seed}"),
        ("Task", f"{task.name}: {task.reason}"),
        (
            "Metric",
            f"{question.metric.title}, {'as asked' if request.metric else 'the default'}. {question.metric.summary}",
        ),
        *([("Answers", words_of_decision(question))] if task.classes is not None else []),
        (
            "Sealed rows",
            f"{len(question.split.sealed):,} of {rows:,}; {question.split.reason}. {_untouched(question)}",
        ),
        ("Cross-validation", searched.plan.reason),
        ("Search", _searched(searched)),
        (
            "Chosen",
            f"{chosen.name.replace('_', ' ')} ({members})"
            if len(chosen.members) > 1
            else chosen.name.replace("_", " "),
        ),
    ]


def _searched(searched: Searched) -> str:
    found, early = searched.found, len(searched.found.pruned)
    stopped = f", {early} more were stopped after a few folds, clearly worse than the best" if early else ""
    return f"{len(found.outcomes)} configurations were cross-validated{stopped}; {found.stopped}"


def _untouched(question: Question) -> str:
    if question.split.decided == "audit":
        return "Nothing was fitted to them; the audit, which found how to split, had looked at some of them."
    return "Nothing but the verdict read them."


def _refit(results: Results) -> str:
    fitted, rows = len(results.shipped.rows), results.question.dataset.n_rows
    if isinstance(results.refitted, str):
        return f"not done: {results.refitted}. The model that ships is the one judged, fitted on {fitted:,} rows"
    if fitted < rows:
        return f"after the verdict the model was fitted again, on {fitted:,} of all {rows:,} rows, to keep the budget"
    return f"after the verdict the model was fitted again on all {rows:,} rows, the sealed ones too; that is what ships"


def _learners(results: Results) -> dict[str, str]:
    family = results.question.task.family
    names = sorted({outcome.spec.learner for outcome in results.searched.found.outcomes})
    return {name: find(name, family).summary for name in names}


def _columns(question: Question) -> list[report.ColumnFacts]:
    rows = enough_of(question.split.development, len(question.dataset.kinds))
    return [_facts(question.dataset.frame[name][rows], kind) for name, kind in question.dataset.kinds.items()]


def _facts(column: pl.Series, kind: Kind) -> report.ColumnFacts:
    known, missing, distinct = column.drop_nulls(), column.null_count() / max(1, column.len()), column.n_unique()
    if kind in NUMERIC_KINDS and known.len():
        numbers = (known.dt.epoch("s") if kind is Kind.DATETIME else known).cast(pl.Float64).to_numpy()
        low, high = np.quantile(numbers, [0.01, 0.99])
        counts = np.histogram(numbers, BARS, (low, high) if high > low else (low - 0.5, low + 0.5))[0]
        ends = (known.min(), known.median(), known.max())
        shown = " · ".join(str(each)[:16] if kind is Kind.DATETIME else number(float(each)) for each in ends)  # type: ignore[arg-type]
        return report.ColumnFacts(column.name, kind.value, missing, distinct, shown, _relative(counts))
    common = counted(known).head(BARS)
    shown = ", ".join(str(value)[:30] for value in common["value"].head(5).to_list())
    bars = _relative(common["rows"].to_numpy()) if kind is Kind.CATEGORY else []
    return report.ColumnFacts(column.name, kind.value, missing, distinct, shown, bars)


def _relative(counts: Any) -> list[float]:
    top = max(counts, default=0)
    return [round(100 * float(count) / top, 1) for count in counts] if top else []
