"""How columns and target are prepared: the request checked against the data, and what was done in words."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from holdfast.compile.final import Compiled
from holdfast.data.columns import Columns, Kind
from holdfast.data.dataset import Dataset
from holdfast.errors import RequestError, nearest
from holdfast.features.arithmetic import MOST_DRAWN
from holdfast.features.crosses import Cross, read_cross
from holdfast.features.joints import find_joints
from holdfast.features.ngrams import is_spelled
from holdfast.features.preparation import CROSSINGS, ENCODINGS, Crossing, Preparation, read_columns, read_selection
from holdfast.features.scale import SCALINGS
from holdfast.features.text import directions
from holdfast.learners.preparing import Choices
from holdfast.search.plan import plan, spare_columns
from holdfast.study.request import Request
from holdfast.tasks.task import Task

# What --scale search chooses from, the first one first.
SEARCHED = ("standard", "robust", "power", "quantile")

TARGET_TRANSFORMS = ("none", "log", "power", "auto")

# Among more columns than this, crosses are looked for only when asked: looking takes longer than a fit.
MOST_CROSSED = 100

# Where there is time for fewer columns of numbers joined at random than these, none are made. A trial with them may take this
# share of what a trial may: what gains by them is tried with them again and again.
FEWEST_DRAWN, DRAWN_SHARE = 10, 0.3

# What these crosses join, and what `auto` crosses, too.
JOINING: dict[Crossing, tuple[Kind, str, str]] = {
    "pairs": (Kind.CATEGORY, "categories", "numbers"),
    "arithmetic": (Kind.NUMBER, "numbers", "categories"),
}

# A target whose skewness is nearer to 0 than this is left as it is.
SKEWED = 1.0


def read_preparation(request: Request, kinds: Mapping[str, Kind]) -> Preparation:
    """What the request asks of the columns that are learned from; RequestError when it can't be done."""
    kinds = {name: kind for name, kind in kinds.items() if kind not in (Kind.IDENTIFIER, Kind.CONSTANT)}
    _one_of("scale", request.scale, (*SCALINGS, "search"))
    _one_of("encode", request.encode, ENCODINGS)
    _one_of("target_transform", request.target_transform, TARGET_TRANSFORMS)
    return Preparation(
        scaling=next((each for each in SCALINGS if each == request.scale), "standard"),
        encoding=next(each for each in ENCODINGS if each == request.encode),
        columns=read_columns(request.features, kinds),
        crosses=_crosses(request, kinds),
        crossing=_crossing(request, kinds),
        selection=None if request.select is None else read_selection(request.select),
    )


def check_preparation(request: Request, dataset: Dataset, task: Task) -> None:
    """Find out before any training what the data's values don't allow."""
    roles = (request.target, request.group, request.weight)
    preparation = read_preparation(request, {name: kind for name, kind in dataset.kinds.items() if name not in roles})
    for name, kind in dataset.kinds.items():
        if name in roles or kind not in (Kind.NUMBER, Kind.BOOLEAN) or preparation.scaling_of(name, kind) != "box_cox":
            continue
        lowest = dataset.frame[name].min()
        if isinstance(lowest, int | float) and lowest <= 0:
            raise RequestError(
                f"scale box_cox was asked for column {name!r}, which goes down to {lowest:g}; Box and Cox's transform expects "
                f"values above 0: say power (Yeo and Johnson's) instead, or give that column its own scale in [features]"
            )
    if request.target_transform == "none":
        return
    if task.n_classes is not None:
        raise RequestError(
            f"target_transform {request.target_transform!r} was asked of a {task.name} task; expected a regression, whose "
            f"target is a number: leave it out"
        )
    lowest = float(task.encode(dataset.frame[request.target]).min())
    if request.target_transform == "log" and lowest < 0:
        raise RequestError(
            f"target_transform 'log' was asked, but target {request.target!r} goes down to {lowest:g}; expected values of at "
            f"least 0: say power (Yeo and Johnson's) instead"
        )


def affordable_crosses(request: Request, n_rows: int, kinds: Mapping[str, Kind], n_outputs: int) -> int:
    """How many columns of numbers joined at random there is time for; all where they were asked for."""
    if "arithmetic" in request.cross:
        return MOST_DRAWN
    n_columns = columns_of(kinds, n_outputs)
    decided = plan(n_rows, n_columns, n_outputs, budget=request.budget)
    affordable = None if request.budget is None else DRAWN_SHARE * request.budget
    spare = min(MOST_DRAWN, spare_columns(decided, n_rows, n_columns, n_outputs, affordable))
    return int(spare) if spare >= FEWEST_DRAWN else 0


def columns_of(kinds: Mapping[str, Kind], n_outputs: int) -> int:
    """How many columns a learner is given, about: one for each that is learned from, and what texts become."""
    learned = [kind for kind in kinds.values() if kind not in (Kind.IDENTIFIER, Kind.CONSTANT)]
    n_texts = learned.count(Kind.TEXT)
    return len(learned) - n_texts + n_texts * directions(n_outputs)


def choices_of(request: Request, columns: Columns, y: Any, drawn: int = 0) -> Choices:
    """What the search may choose from, where the user left it open: scalings, encodings, crosses, target transforms.

    drawn: columns of numbers joined at random that there is time for.
    """
    return Choices(
        scalings=SEARCHED if request.scale == "search" else (request.scale,),
        encodings=_encodings(columns) if request.encode == "auto" else (request.encode,),
        crosses=(_crossing(request, columns.kinds),) if request.cross else _crossings(columns, drawn),
        transforms=transforms_of(request, y),
    )


def _encodings(columns: Columns) -> tuple[str, ...]:
    categories = [columns.strings[name] for name in columns.of_kind(Kind.CATEGORY)]
    if not categories:
        return ("auto",)
    return ("auto", "target", "ngrams") if any(is_spelled(each) for each in categories) else ("auto", "target")


def transforms_of(request: Request, y: Any) -> tuple[str, ...]:
    """The target transforms that the search may choose from; with "auto" both, for a target that leans to one side."""
    if request.target_transform != "auto":
        return (request.target_transform,)
    lean = skewness(y)
    if abs(lean) < SKEWED:
        return ("none",)
    return ("none", "log") if lean > 0 and y.min() >= 0 else ("none", "power")


def skewness(y: Any) -> float:
    """How far values lean to one side: the third moment of the standardised values.

    >>> round(skewness(np.array([0.0, 0.0, 3.0])), 6)
    0.707107
    """
    spread = float(np.std(y))
    return float(np.mean(((y - np.mean(y)) / spread) ** 3)) if spread > 0 else 0.0


def to_json(request: Request, compiled: Compiled) -> dict[str, Any]:
    """What was asked, and what was done for the learners that ship."""
    return {
        "scale": request.scale,
        "encode": request.encode,
        "cross": list(request.cross),
        "select": request.select,
        "target_transform": request.target_transform,
        "features": request.features,
        "matrices": [
            {
                "learners": list(each.learners),
                "target": each.target,
                "matrix_columns": each.width,
                "columns": dict(each.words),
            }
            for each in compiled.prepared
        ],
    }


def target_words(compiled: Compiled) -> str:
    """How the target was learned, by learner; nothing where it was left as it is."""
    scales = {"log": "as log(1 + y)", "power": "on Yeo and Johnson's scale"}
    bent = [each for each in compiled.prepared if each.target in scales]
    if not bent:
        return ""
    learned = ", ".join(f"{scales[each.target]} by {named(each.learners)}" for each in bent)
    return f"learned {learned}; answers come back as means, by Duan's smearing estimate"


def named(learners: Sequence[str]) -> str:
    """Learners as a reader names them.

    >>> named(["ridge", "random_forest"])
    'ridge and random forest'
    """
    return " and ".join(learner.replace("_", " ") for learner in learners)


def _crosses(request: Request, kinds: Mapping[str, Kind]) -> tuple[Cross, ...]:
    return tuple(read_cross(text, kinds) for text in request.cross if text not in CROSSINGS)


def _crossing(request: Request, kinds: Mapping[str, Kind]) -> Crossing:
    """How more crosses are made than those that are named."""
    asked = [each for each in CROSSINGS if each in request.cross]
    if len(asked) > 1:
        raise RequestError(f"cross asks for {' and '.join(asked)}; expected one of them, beside columns that are named")
    for way in asked:
        if way not in JOINING:
            continue
        joined, what, others = JOINING[way]
        names = [name for name, kind in kinds.items() if kind is joined]
        if len(names) < 2:
            raise RequestError(
                f"cross {way!r} was asked for, which joins {what}; expected two columns of {what} to learn from, got "
                f"{' and '.join(names) or 'none'}: leave it out, or say auto, which crosses {others} too"
            )
    return asked[0] if asked else "none"


def _crossings(columns: Columns, drawn: int) -> tuple[Crossing, ...]:
    """The ways that may help here, and that there is time for."""
    several = len(columns.of_kind(Kind.NUMBER, Kind.BOOLEAN, Kind.CATEGORY)) > 1
    found = several and len(columns.kinds) <= MOST_CROSSED
    helps: dict[Crossing, bool] = {
        "none": True,
        "auto": found,
        "pairs": bool(find_joints(columns, n_targets=1)),
        "arithmetic": drawn > 0 and len(columns.of_kind(Kind.NUMBER)) > 1,
    }
    return tuple(way for way, may_help in helps.items() if may_help)


def _one_of(setting: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise RequestError(
            f"{setting} {value!r} is unknown; expected one of {', '.join(known)}.{nearest(value, known)}"
        )
