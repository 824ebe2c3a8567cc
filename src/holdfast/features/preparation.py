"""What a user asks of the feature matrix, beyond what a learner wants of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from holdfast.data.columns import Kind
from holdfast.errors import RequestError, nearest
from holdfast.features.arithmetic import MOST_DRAWN
from holdfast.features.crosses import Cross
from holdfast.features.scale import BENDING, SCALINGS, Scaling

Encoding: TypeAlias = Literal["auto", "onehot", "ordinal", "target", "hashing", "words", "ngrams"]
ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)

Crossing: TypeAlias = Literal["none", "auto", "pairs", "arithmetic"]
CROSSINGS: tuple[Crossing, ...] = get_args(Crossing)

Selector: TypeAlias = Literal["l1", "importance", "mutual_information", "rfe"]
SELECTORS: tuple[Selector, ...] = get_args(Selector)


@dataclass(frozen=True)
class Selection:
    """Which columns of the matrix to keep: how they are judged, and how many (None: the method's own rule)."""

    method: Selector
    n_columns: int | None = None


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """Choices a user has made; the defaults leave everything to the learner and the column.

    scaling: for learners that want scaled input. encoding: of category columns; "auto" is as the learner wants. columns:
    for some columns alone, (column, "scale" or "encode", choice). crosses: columns made of two others. crossing: more
    of them, "auto" where the training rows show that they help, "pairs" the target means of categories that are joined,
    "arithmetic" numbers joined at random, `drawn` columns at most.
    selection: which columns of the matrix are kept.
    """

    scaling: Scaling = "standard"
    encoding: Encoding = "auto"
    columns: tuple[tuple[str, str, str], ...] = ()
    crosses: tuple[Cross, ...] = ()
    crossing: Crossing = "none"
    drawn: int = MOST_DRAWN
    selection: Selection | None = None

    def scaling_of(self, column: str, kind: Kind) -> Scaling:
        """How a number or boolean column is scaled; two values are not bent unless asked for by name."""
        own = next((each for each in SCALINGS if each == self._own(column, "scale")), None)
        if own is None and kind is Kind.BOOLEAN and self.scaling in BENDING:
            return "standard"
        return own or self.scaling

    def encoding_of(self, column: str) -> Encoding:
        """How a category column is encoded."""
        chosen = self._own(column, "encode") or self.encoding
        return next(each for each in ENCODINGS if each == chosen)

    def _own(self, column: str, setting: str) -> str | None:
        return next((choice for name, what, choice in self.columns if (name, what) == (column, setting)), None)


def read_selection(text: str) -> Selection:
    """Read "l1", "rfe:20" and the like; RequestError for anything else.

    >>> read_selection("rfe:20")
    Selection(method='rfe', n_columns=20)
    """
    name, _, count = text.partition(":")
    method = next((each for each in SELECTORS if each == name.strip()), None)
    if method is None or (":" in text and not (count.strip().isdigit() and int(count) > 0)):
        raise RequestError(
            f"select {text!r} is unknown; expected one of {', '.join(SELECTORS)}, and how many columns to keep after a "
            f"colon if you like: rfe:20.{nearest(name, SELECTORS)}"
        )
    return Selection(method, int(count) if count else None)


def read_columns(given: Mapping[str, Mapping[str, str]], kinds: Mapping[str, Kind]) -> tuple[tuple[str, str, str], ...]:
    """Check the choices for single columns: {column: {"scale": ..., "encode": ...}}; RequestError when one can't be met."""
    read = []
    for column, choices in given.items():
        if column not in kinds:
            raise RequestError(
                f"[features] names {column!r}, which is not a column to learn from; expected one of "
                f"{', '.join(list(kinds)[:12])}.{nearest(column, kinds)}"
            )
        for setting, choice in choices.items():
            _check_choice(column, setting, choice, kinds[column])
            read.append((column, setting, choice))
    return tuple(read)


def _check_choice(column: str, setting: str, choice: str, kind: Kind) -> None:
    known: dict[str, tuple[Sequence[str], tuple[Kind, ...]]] = {
        "scale": (SCALINGS, (Kind.NUMBER, Kind.BOOLEAN)),
        "encode": (ENCODINGS, (Kind.CATEGORY,)),
    }
    if setting not in known:
        raise RequestError(f"[features.{column}] has no setting {setting!r}; expected scale or encode")
    options, kinds = known[setting]
    if choice not in options:
        raise RequestError(
            f"[features.{column}] {setting} = {choice!r} is unknown; expected one of {', '.join(options)}."
            f"{nearest(str(choice), options)}"
        )
    if kind not in kinds:
        other = "encode" if setting == "scale" else "scale"
        raise RequestError(
            f"[features.{column}] asks for {setting} = {choice!r}, but the column holds {kind} values; expected a column of "
            f"kind {' or '.join(kinds)}: say {other} instead, or leave it out"
        )
