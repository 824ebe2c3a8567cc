"""Metrics of one's own: by entry point, or by the place where a function stands."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Literal, TypeVar, cast, get_args

import numpy as np

from holdfast.arrays import Floats
from holdfast.errors import RequestError
from holdfast.metrics.classification import CLASSIFICATION
from holdfast.metrics.metric import Metric
from holdfast.metrics.regression import REGRESSION

Takes = Literal["probabilities", "labels", "values"]
FORM = "a function of (y, labels), (y, probabilities) or (y, values), or a holdfast.Metric"

Offered = TypeVar("Offered")


@dataclass(frozen=True)
class Repeating:
    """A score that knows no weights: rows that count n times are given n times."""

    function: Callable[[Any, Any], float]

    def __call__(self, y: Any, given: Any, weights: Floats | None = None) -> float:
        """Score with whole-number weights (n_rows,), or none."""
        if weights is not None:
            rows = np.repeat(np.arange(len(y)), weights.astype(np.int64))
            y, given = y[rows], given[rows]
        return float(self.function(y, given))


@dataclass(frozen=True)
class Forgiving:
    """A stranger's score, which has none (NaN) on rows it fails on: drawn rows and folds may lack a class."""

    function: Callable[[Any, Any, Floats | None], float]

    def __call__(self, y: Any, given: Any, weights: Floats | None = None) -> float:
        """Score with weights (n_rows,), or none."""
        try:
            return float(self.function(y, given, weights))
        except Exception:  # a stranger's function may raise anything
            return float("nan")


@cache
def plug_ins() -> tuple[Metric, ...]:
    """The metrics of installed packages, found through the entry point group `holdfast.metrics`."""
    found = load_plug_ins("holdfast.metrics", Metric, (*CLASSIFICATION, *REGRESSION), lambda each: each.name)
    return tuple(replace(each, function=Forgiving(each.function)) for each in found)


def load_plug_ins(
    group: str, kind: type[Offered], built_in: Iterable[Offered], named: Callable[[Offered], str]
) -> list[Offered]:
    """Load what installed packages offer; RequestError for what fails, is of no such kind, or has a name that is taken."""
    found: list[Offered] = []
    taken = {named(each) for each in built_in}
    for entry in entry_points(group=group):
        who = f"plug-in {entry.name!r} of {group} ({entry.value})"
        remedy = "update the package that brings it, or uninstall it"
        try:
            offered = entry.load()
        except Exception as error:  # a stranger's module may raise anything
            raise RequestError(
                f"{who} can't be loaded ({type(error).__name__}: {error}); expected a {kind.__name__}: {remedy}"
            ) from None
        if not isinstance(offered, kind):
            raise RequestError(f"{who} is {type(offered).__name__}; expected a {kind.__name__}: {remedy}")
        if named(offered) in taken:
            raise RequestError(f"{who} is named {named(offered)!r}, which is taken; expected another name: {remedy}")
        taken.add(named(offered))
        found.append(offered)
    return found


def place_of(function: Any) -> str:
    """Where a function can be imported from, as "module:name"; RequestError when it can't be, as worker processes must."""
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
    if isinstance(function, Metric) or module is None or name is None:
        raise RequestError(
            f"metric {function!r} has no place of its own to be imported from; expected a function that stands in a module, "
            f'or metric="module:NAME" for a holdfast.Metric'
        )
    if module == "__main__" or "<" in name:
        raise RequestError(
            f"metric {name!r} is defined in {'the script itself' if module == '__main__' else 'a function'}, where worker "
            f"processes can't find it; expected one at the top of a module: move it to a file of its own and import it"
        )
    return f"{module}:{name}"


def custom(place: str) -> Metric:
    """Import a metric from "module:name": a Metric, or a function, of which greater is better.

    What a function takes is told by its second parameter's name: `labels` (class codes), `probabilities` or `values`. A
    third parameter, if any, takes the rows' weights or None. RequestError when there is no such thing.

    >>> custom("holdfast.metrics.classification:accuracy").takes
    'labels'
    """
    module, _, name = place.partition(":")
    try:
        found: Any = import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError) as error:
        raise RequestError(f"metric {place!r} can't be imported ({error}); expected module:name of {FORM}") from None
    if isinstance(found, Metric):
        ours = found in (*CLASSIFICATION, *REGRESSION)
        return found if ours else replace(found, function=Forgiving(found.function))
    if not inspect.isroutine(found):
        raise RequestError(f"metric {place!r} is {type(found).__name__}; expected {FORM}")
    parameters = list(inspect.signature(found).parameters.values())
    names = [each.name for each in parameters]
    if len(names) < 2 or names[1] not in get_args(Takes):
        raise RequestError(
            f"metric {place!r} takes ({', '.join(names)}); expected {FORM}: name its second parameter after what it takes"
        )
    return Metric(
        name=found.__name__,
        summary=(inspect.getdoc(found) or f"As {place} computes it.").splitlines()[0],
        function=Forgiving(found if len(names) > 2 else Repeating(found)),
        takes=cast(Takes, names[1]),
        greater_is_better=True,
    )


def require_score(metric: Metric, y: Any, predictions: Floats) -> None:
    """Score a first answer; RequestError when that fails, is infinite, or when no answer at all has a score."""
    for weights in (None, np.ones(len(y))):
        score = _tried(metric, y, predictions, weights)
        if np.isinf(score):
            raise RequestError(f"metric {metric.name!r} gave {score} for the baseline; expected a finite number")
    if undefined(metric, y, predictions):
        numeric = predictions.ndim == 1
        remedy = "wape or smape where it holds zeros, mae or rmse where it is negative" if numeric else "another"
        raise RequestError(
            f"metric {metric.name!r} is undefined on this target, even for perfect answers; expected one that can score "
            f"them: use {remedy}"
        )


def undefined(metric: Metric, y: Any, predictions: Floats) -> bool:
    """Whether neither predictions nor the truth itself have a score.

    By itself neither tells: one answer for all rows has no correlation, and the truth no deviance where it counts 0.
    """
    return all(np.isnan(_tried(metric, y, each, None)) for each in (predictions, perfect(y, predictions)))


def _tried(metric: Metric, y: Any, predictions: Floats, weights: Floats | None) -> float:
    if isinstance(metric.function, Forgiving):
        metric = replace(metric, function=metric.function.function)
    try:
        return metric.score(y, predictions, weights)
    except Exception as error:  # a stranger's function may raise anything
        raise RequestError(
            f"metric {metric.name!r} failed on {len(y):,} rows ({type(error).__name__}: {error}); expected a number: "
            f"y are class codes 0..K-1 or values, (n_rows,)"
        ) from None


def perfect(y: Any, predictions: Floats) -> Floats:
    """The perfect answer, shaped like predictions."""
    return np.asarray(y, dtype=np.float64) if predictions.ndim == 1 else np.eye(predictions.shape[1])[y]
