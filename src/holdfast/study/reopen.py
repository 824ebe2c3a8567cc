"""A further look at the sealed rows: on record, blurred, and paid for."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.errors import DataError, RequestError, SealError
from holdfast.evaluate.bootstrap import resample
from holdfast.evaluate.holdout import Answer, Thresholdout, disclosures
from holdfast.model.model import Model
from holdfast.model.package import load
from holdfast.study.folder import Folder
from holdfast.study.prepare import Question, ask
from holdfast.study.request import Request
from holdfast.study.settings import read_settings
from holdfast.study.verdict import answers

# The noise, in standard errors of the score on the sealed rows.
NOISE = 2.0


@dataclass(frozen=True)
class Asked:
    """The score on the development rows and on the sealed rows, and the standard error of the latter."""

    development: float
    sealed: float
    error: float


def reopen(path: Path, model: str | Path | None = None) -> dict[str, Any]:
    """Ask the sealed rows once more, about the judged model or another; the ledger records it first.

    The answer goes through Thresholdout, so that it stays true however many were asked before. Raises DataError when the
    data is not there any more or is not the same, SealError when nothing more may be disclosed.
    """
    folder = Folder(path)
    result = folder.result()
    question = _question(folder, result)
    allowed = disclosures(len(question.split.sealed))
    left = allowed - sum(entry["event"] == "disclosed" for entry in folder.ledger.entries())
    if left <= 0:
        raise SealError(
            f"{path}: its sealed rows have disclosed something {allowed} times, and can't be trusted to answer more; expected "
            f"a study on rows that were never asked: collect new ones"
        )
    judged = load(folder.judged if model is None else model)
    if judged.target != question.request.target or judged.task != question.task.name:
        raise RequestError(
            f"{model} answers {judged.task} of {judged.target!r}; expected {question.task.name} of {question.request.target!r}"
        )
    _require_comparable(judged, question)
    asked = _ask(question, folder, judged, result if model is None else None)
    # The seed comes from the record itself: asking again the same way gives other noise, and none can be chosen.
    holdout = Thresholdout(noise=NOISE * asked.error, seed=int(folder.ledger.head[:15], 16), left=left)
    answer = holdout.ask(asked.development, asked.sealed)
    if answer.disclosed:
        folder.ledger.record("disclosed", metric=question.metric.name, left=answer.left)
    folder.write_result(result)
    return {
        "metric": question.metric.name,
        "score": answer.value,
        "disclosed": answer.disclosed,
        "disclosures_left": answer.left,
        "openings": folder.ledger.openings,
        "rows": len(question.split.sealed),
        "sentence": _sentence(answer),
    }


def _require_comparable(model: Model, question: Question) -> None:
    """The same classes in the same order, and no sealed row learned from, as far as the manifest tells."""
    if model.classes != list(question.task.classes or ()):
        raise RequestError(
            f"the model's classes are {model.classes}; expected those of the study, in their order: {question.task.classes}"
        )
    rows = model.manifest.get("rows", 0)
    if model.manifest.get("fingerprint") == question.fingerprint and rows > len(question.split.development):
        raise RequestError(
            f"the model learned from {rows:,} rows of this data, the sealed ones among them; expected one that never saw them: "
            f"leave --model out to ask about the judged model"
        )


def _sentence(answer: Answer) -> str:
    if answer.disclosed:
        return (
            f"The sealed rows disagree with the development rows. What they say is told with noise, and one disclosure is "
            f"spent: {answer.left} are left."
        )
    return (
        "The sealed rows agree with the development rows as far as may be told: this is the development rows' score, and "
        "nothing of the sealed rows was disclosed."
    )


def _question(folder: Folder, result: dict[str, Any]) -> Question:
    request = Request.of(**read_settings(folder.request_file))
    if request.data == "memory":
        raise DataError(
            f"{folder.path} was trained from memory; expected data that can be read again: train from a file"
        )
    question = ask(request.data, request)
    if question.fingerprint != result["fingerprint"]:
        raise DataError(f"{request.data} has changed since the study; expected the rows it sealed: restore the file")
    return question


def _ask(question: Question, folder: Folder, model: Model, result: dict[str, Any] | None) -> Asked:
    """Score a model on both sides; of the judged model the out-of-fold score is known, as it was fitted on these rows."""
    metric = question.metric.deciding(model.costs)
    sealed = question.sealed.open(folder.ledger, what="looked again", metric=metric.name, model=model.fingerprint)
    y = question.encode(sealed)
    drawn = resample(metric, y, answers(model, sealed.frame), blocks=question.blocks)
    if result is not None and result["decision"] is not None:
        development = result["decision"]["score"]
    elif result is not None:
        development = next(row["score"] for row in result["leaderboard"] if row["chosen"])
    else:
        rows = question.development
        development = metric.score(question.encode(rows), answers(model, rows.frame))
    return Asked(float(development), drawn.score, float(np.nanstd(drawn.draws)))
