"""How a study's model decides, in words and as data."""

from typing import Any

from holdfast.evaluate.bootstrap import score_by_parts
from holdfast.evaluate.decision import curve
from holdfast.search.trial import Problem
from holdfast.study.finish import Finished
from holdfast.study.prepare import Question


def decision_facts(finished: Finished, question: Question, problem: Problem) -> dict[str, Any] | None:
    """The decision as result.json holds it.

    score: as `decided_score`. curve: of two classes, precision, recall and F1 over thresholds.
    """
    if question.task.classes is None:
        return None
    chosen = isinstance(question.request.threshold, str)
    y = problem.y[problem.once.judged]
    points = [] if question.task.n_classes != 2 else curve(y, finished.unseen[:, 1])
    return {
        **question.decision.to_json(),
        "chosen": chosen,
        "score": decided_score(finished, question, problem),
        "words": words_of_decision(question),
        "curve": points,
    }


def decided_score(finished: Finished, question: Question, problem: Problem) -> float:
    """Of calibrated answers out of fold, decided as the question decides."""
    once = problem.once
    return score_by_parts(question.metric, problem.y[once.judged], finished.unseen, once.parts)


def words_of_decision(question: Question) -> str:
    """How an answer is made of probabilities, and why so."""
    decision, classes = question.decision, question.task.classes
    said = f"{decision.reason[:1].upper()}{decision.reason[1:]}"
    if decision.threshold is None or classes is None:
        return f"{said}."
    above = f"{classes[1]!r} is answered when its probability is above {decision.threshold:.4g}"
    return f"{said}: {above}." if decision.rule == "costs" else f"{above}: {decision.reason}."
