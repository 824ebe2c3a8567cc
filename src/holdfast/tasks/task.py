"""What every kind of question must answer; a study knows tasks only through this."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias

import polars as pl

from holdfast.arrays import Integers
from holdfast.errors import RequestError, nearest
from holdfast.metrics.custom import custom, plug_ins
from holdfast.metrics.metric import Metric

Family: TypeAlias = Literal["classification", "regression"]


@dataclass(frozen=True)
class Task(ABC):
    """A question asked of a target column. `reason` says in words why this task was chosen."""

    reason: str

    name: ClassVar[str]
    family: ClassVar[Family]
    metrics: ClassVar[tuple[Metric, ...]]
    default_metric: ClassVar[Metric]
    baseline: ClassVar[str]

    @property
    def n_classes(self) -> int | None:
        """Number of classes, or None when the answer is a number."""
        return None

    @property
    def classes(self) -> tuple[Any, ...] | None:
        """The classes as they stand in the data, in code order, or None."""
        return None

    @property
    def n_outputs(self) -> int:
        """How many numbers a learner fits: what its cost grows with."""
        return 1

    @abstractmethod
    def encode(self, target: pl.Series) -> Any:
        """Turn the target into what learners fit: int64 codes or float64 values, shape (n_rows,)."""

    @abstractmethod
    def strata(self, y: Any) -> Integers | None:
        """Give a stratum per row, whose shares every split keeps, or None."""

    @property
    def all_metrics(self) -> tuple[Metric, ...]:
        """The task's metrics, and those of plug-ins that fit it."""
        return (*self.metrics, *(each for each in plug_ins() if self._fits(each)))

    def metric(self, name: str | None) -> Metric:
        """Find a metric by name, or import one from "module:name"; None gives the task's default."""
        if name is None:
            return self.default_metric
        known = {metric.name: metric for metric in self.all_metrics}
        if ":" in name:
            found = custom(name)
            if not self._fits(found):
                raise RequestError(
                    f"metric {name!r} takes {found.takes}; expected one that takes "
                    f"{'values' if self.family == 'regression' else 'labels or probabilities'} for a {self.name} task"
                )
            if found.name in known:
                raise RequestError(
                    f"metric {name!r} is named {found.name!r}, as one of the {self.name} task's is; expected another name"
                )
            return found
        if name not in known:
            raise RequestError(
                f"metric {name!r} is not one of the {self.name} task's; expected one of {', '.join(known)}, or one "
                f"of your own as module:name.{nearest(name, known)}"
            )
        return known[name]

    def _fits(self, metric: Metric) -> bool:
        return (metric.takes == "values") == (self.family == "regression")
