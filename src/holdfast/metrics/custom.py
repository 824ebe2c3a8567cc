"""Metrics of one's own: by entry point, or by the place where a function stands."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Literal, cast, get_args

import numpy as np

from holdfast.arrays import Floats
from holdfast.errors import RequestError
from holdfast.metrics.metric import Metric

Takes = Literal["probabilities", "labels", "values"]
FORM = "a function of (y, labels), (y, probabilities) or (y, values), or a holdfast.Metric"


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


@cache
def plug_ins() -> tuple[Metric, ...]:
    """The metrics of installed packages, found through the entry point group `holdfast.metrics`."""
    return tuple(each.load() for each in entry_points(group="holdfast.metrics"))


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
        return found
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
        function=found if len(names) > 2 else Repeating(found),
        takes=cast(Takes, names[1]),
        greater_is_better=True,
    )


def require_score(metric: Metric, y: Any, predictions: Floats) -> None:
    """Score a first answer; RequestError when that fails or is no number."""
    for weights in (None, np.ones(len(y))):
        try:
            score = metric.score(y, predictions, weights)
        except Exception as error:  # a stranger's function may raise anything
            raise RequestError(
                f"metric {metric.name!r} failed on {len(y):,} rows ({type(error).__name__}: {error}); expected a number: "
                f"y are class codes 0..K-1 or values, (n_rows,)"
            ) from None
        if np.isinf(score):
            raise RequestError(f"metric {metric.name!r} gave {score} for the baseline; expected a finite number")
