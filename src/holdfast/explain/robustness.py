"""What becomes of the score when rows are not as clean as those the model learned from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl

from holdfast.data.columns import Kind

# Noise, in standard deviations of each column.
NOISE = (0.1, 0.3, 1.0)

UNSEEN = "\N{REPLACEMENT CHARACTER} never seen"


@dataclass(frozen=True)
class Stress:
    """What was done to the rows, and the score before and after."""

    what: str
    before: float
    after: float


def stress(
    frame: pl.DataFrame,
    kinds: Mapping[str, Kind],
    score: Callable[[pl.DataFrame], float],
    important: Sequence[str],
    *,
    seed: int = 0,
    time_left: Callable[[], bool] = lambda: True,
) -> list[Stress]:
    """Score rows whose numbers are noisy or shifted, whose categories are unknown, and whose columns are missing.

    important: columns to be taken away one at a time. Stops when no time is left.
    """
    before, found = score(frame), []
    for what, spoil in _ways(frame, kinds, important, np.random.default_rng(seed)):
        if not time_left():
            break
        found.append(Stress(what, before, score(frame.with_columns(spoil()))))
    return found


def _ways(
    frame: pl.DataFrame, kinds: Mapping[str, Kind], important: Sequence[str], rng: np.random.Generator
) -> Iterator[tuple[str, Callable[[], list[pl.Series]]]]:
    numbers = [frame[name] for name, kind in kinds.items() if kind is Kind.NUMBER and frame[name].std()]
    words = [name for name, kind in kinds.items() if kind is Kind.CATEGORY]
    for scale in NOISE if numbers else ():
        yield f"noise of {scale:g} standard deviations on every number", partial(_noisy, numbers, scale, rng)
    if numbers:
        yield "every number larger by one standard deviation", partial(_shifted, numbers)
    if words:
        yield "every category a value never seen", partial(_constant, frame, words, UNSEEN)
    for name in important:
        yield f"{name!r} missing in every row", partial(_constant, frame, [name], None)


def _noisy(numbers: Sequence[pl.Series], scale: float, rng: np.random.Generator) -> list[pl.Series]:
    return [each + pl.Series(rng.normal(scale=scale * _spread(each), size=each.len())) for each in numbers]


def _shifted(numbers: Sequence[pl.Series]) -> list[pl.Series]:
    return [each + _spread(each) for each in numbers]


def _spread(column: pl.Series) -> float:
    return float(np.nanstd(column.to_numpy()))


def _constant(frame: pl.DataFrame, names: Sequence[str], value: str | None) -> list[pl.Series]:
    return [pl.Series(name, [value] * frame.height, dtype=frame[name].dtype) for name in names]
