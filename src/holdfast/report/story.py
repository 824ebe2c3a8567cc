"""What a report shows, as plain data: the page knows nothing of studies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from holdfast.arrays import Floats, Integers


@dataclass(frozen=True)
class Answers:
    """Truth and predictions for some rows.

    y: class codes or values (n_rows,). predicted: probabilities (n_rows, n_classes) or values (n_rows,). labels: the class codes
    answered, (n_rows,).
    """

    y: Any
    predicted: Floats
    labels: Integers | None = None


@dataclass(frozen=True)
class ColumnFacts:
    """One column at a glance: `bars` are relative heights of a small histogram, or of the commonest values."""

    name: str
    kind: str
    missing: float
    distinct: int
    summary: str
    bars: Sequence[float] = ()


@dataclass(frozen=True)
class Importance:
    """How much worse the score gets when a feature is shuffled, with the range over repeats."""

    feature: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Story:
    """Everything on the page.

    result: as in result.json. decisions: what was decided and why, as (what, why) pairs. metrics: name -> (title, one
    sentence, greater is better). sealed: what the judged model said of the sealed rows. curve:
    rows fitted, and the score on them and on others. values_words: what result's validation curve says; nested_words: what
    its nested cross-validation does. learners: name -> what it is, in one sentence.
    """

    title: str
    sentence: str
    result: Mapping[str, Any]
    decisions: Sequence[tuple[str, str]]
    metrics: Mapping[str, tuple[str, str, bool]]
    classes: Sequence[Any] | None
    sealed: Answers
    columns: Sequence[ColumnFacts]
    importance: Sequence[Importance] = ()
    importance_note: str = ""
    curve: Sequence[tuple[int, float, float]] = ()
    curve_words: Sequence[str] = ()
    values_words: Sequence[str] = ()
    nested_words: Sequence[str] = ()
    learners: Mapping[str, str] = field(default_factory=dict)
    not_tried: Sequence[tuple[str, str]] = field(default_factory=tuple)
