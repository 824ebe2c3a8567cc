"""The model card: what the model is for, what it was made of, and its limits."""

from holdfast.compile.final import Compiled
from holdfast.study.prepare import Question


def card(question: Question, compiled: Compiled, *, judged: str) -> str:
    """Write the card in Markdown; what is not known is said to be unknown. judged: the verdict in a sentence."""
    request = question.request
    classes = "" if question.task.classes is None else f"\n- classes: {', '.join(map(str, question.task.classes))}"
    return f"""# Model card: {request.target}

{judged}

- task: {question.task.name} ({question.task.reason}){classes}
- data: {question.dataset.source}, {question.dataset.n_rows:,} rows, fingerprint {question.fingerprint}
- fitted on: {len(compiled.rows):,} rows
- sealed for the verdict: {len(question.split.sealed):,} rows; {question.split.reason}
- compiled: ONNX, equal to the fitted model on {compiled.proof.rows:,} rows (largest difference \
{compiled.proof.max_abs_difference:.1e})
- intended use: unknown; the person who trained the model has to say
- limits: the verdict holds for rows like those of the data above, not for others
"""
