"""Which class does a row belong to?"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import polars as pl

from holdfast.arrays import Integers
from holdfast.data.dataset import counted
from holdfast.errors import DataError
from holdfast.metrics.classification import CLASSIFICATION, LOG_LOSS, ROC_AUC
from holdfast.metrics.metric import Metric
from holdfast.tasks.task import Family, Task


@dataclass(frozen=True)
class Classification(Task):
    """Classes in code order; for two classes the second is the positive one."""

    labels: tuple[Any, ...]

    family: ClassVar[Family] = "classification"
    metrics: ClassVar[tuple[Metric, ...]] = CLASSIFICATION
    baseline: ClassVar[str] = "prior"

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.labels)

    @property
    def classes(self) -> tuple[Any, ...]:
        """The classes, in code order."""
        return self.labels

    @property
    def n_outputs(self) -> int:
        """One number for two classes, else one a class."""
        return 1 if self.n_classes == 2 else self.n_classes

    def encode(self, target: pl.Series) -> Integers:
        """Turn labels into codes 0..K-1; an unknown label is a DataError."""
        codes = {label: code for code, label in enumerate(self.labels)}
        found = target.unique().to_list()
        unknown = [label for label in found if label not in codes]
        if unknown:
            raise DataError(
                f"target {target.name!r} holds {unknown[0]!r}, which training never saw; expected one of {list(self.labels)[:10]}"
            )
        mapped = target.replace_strict(list(codes), list(codes.values()), return_dtype=pl.Int64)
        return mapped.to_numpy()

    def strata(self, y: Any) -> Integers:
        """Each class is a stratum."""
        return np.asarray(y, dtype=np.int64)


@dataclass(frozen=True)
class Binary(Classification):
    """One of two classes."""

    name: ClassVar[str] = "binary"
    default_metric: ClassVar[Metric] = ROC_AUC


@dataclass(frozen=True)
class Multiclass(Classification):
    """One of three or more classes."""

    name: ClassVar[str] = "multiclass"
    default_metric: ClassVar[Metric] = LOG_LOSS


def classification(target: pl.Series, reason: str) -> Classification:
    """Make the task from a target without gaps; one class only, or a class in a single row, is a DataError."""
    counts = counted(target).sort(["rows", "value"], descending=[True, False])
    if counts.height < 2:
        only = counts["value"][0] if counts.height else None
        raise DataError(
            f"target {target.name!r} has the one value {only!r}; expected at least two classes: choose another --target"
        )
    lonely = counts.filter(pl.col("rows") < 2)["value"].to_list()
    if lonely:
        named = ", ".join(repr(label) for label in lonely[:5]) + (", ..." if len(lonely) > 5 else "")
        raise DataError(
            f"target {target.name!r} has {len(lonely)} of {counts.height} classes in one row only ({named}); expected at "
            f"least 2 rows a class: merge or remove rare classes, or say --task regression if the target is a number"
        )
    labels = counts["value"].to_list()
    if len(labels) == 2 and target.dtype == pl.String:
        return Binary(reason, tuple(labels))
    labels = sorted(labels)
    return (Binary if len(labels) == 2 else Multiclass)(reason, tuple(labels))
