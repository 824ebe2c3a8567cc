"""How much?"""

from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl

from holdfast.arrays import Floats
from holdfast.errors import DataError
from holdfast.metrics.metric import Metric
from holdfast.metrics.regression import REGRESSION, RMSE
from holdfast.tasks.task import Family, Task


@dataclass(frozen=True)
class Regression(Task):
    """A number for each row."""

    name: ClassVar[str] = "regression"
    family: ClassVar[Family] = "regression"
    metrics: ClassVar[tuple[Metric, ...]] = REGRESSION
    default_metric: ClassVar[Metric] = RMSE
    baseline: ClassVar[str] = "mean"

    def encode(self, target: pl.Series) -> Floats:
        """Return the values as float64."""
        return target.cast(pl.Float64).to_numpy()

    def strata(self, y: Any) -> None:
        """A number has no strata."""
        return


def regression(target: pl.Series, reason: str) -> Regression:
    """Make the task from a target without gaps; text or a constant is a DataError."""
    if not target.dtype.is_numeric():
        raise DataError(
            f"target {target.name!r} holds {target.dtype}, such as {target[0]!r}; regression expects numbers: say --task "
            f"classification, or choose another --target"
        )
    if target.n_unique() < 2:
        raise DataError(
            f"target {target.name!r} is {target[0]!r} in every row; expected it to vary: choose another --target"
        )
    return Regression(reason)
