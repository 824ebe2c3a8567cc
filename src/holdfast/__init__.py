"""From raw data to a machine-learning model people can trust.

>>> import holdfast as hf
>>> "train" in dir(hf) and "load" in dir(hf)
True

`train` goes from data to a study: findings, leaderboard, verdict, report and a compiled model. `load` opens a model that
was shipped. Names are imported when first used, so that loading a model needs NumPy and ONNX Runtime only.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from holdfast.errors import (
    CompileError,
    DataError,
    HoldfastError,
    MissingExtraError,
    ModelError,
    RequestError,
    SchemaError,
    SealError,
)

if TYPE_CHECKING:
    from holdfast.batch.explain import explain_file
    from holdfast.batch.score import score
    from holdfast.data.dataset import Dataset
    from holdfast.learners.catalogue import catalogue
    from holdfast.learners.learner import Learner
    from holdfast.metrics.metric import Metric
    from holdfast.model.model import Model
    from holdfast.model.package import load
    from holdfast.study.advise import advise
    from holdfast.study.estimators import Classifier, Regressor
    from holdfast.study.journey import examine
    from holdfast.study.several import Studies, train
    from holdfast.study.study import Study

_HOMES = {
    "Classifier": ("holdfast.study.estimators", "Classifier"),
    "Dataset": ("holdfast.data.dataset", "Dataset"),
    "Learner": ("holdfast.learners.learner", "Learner"),
    "Metric": ("holdfast.metrics.metric", "Metric"),
    "Model": ("holdfast.model.model", "Model"),
    "Regressor": ("holdfast.study.estimators", "Regressor"),
    "Studies": ("holdfast.study.several", "Studies"),
    "Study": ("holdfast.study.study", "Study"),
    "advise": ("holdfast.study.advise", "advise"),
    "catalogue": ("holdfast.learners.catalogue", "catalogue"),
    "examine": ("holdfast.study.journey", "examine"),
    "explain_file": ("holdfast.batch.explain", "explain_file"),
    "load": ("holdfast.model.package", "load"),
    "score": ("holdfast.batch.score", "score"),
    "train": ("holdfast.study.several", "train"),
}

__all__ = [
    "Classifier",
    "CompileError",
    "DataError",
    "Dataset",
    "HoldfastError",
    "Learner",
    "Metric",
    "MissingExtraError",
    "Model",
    "ModelError",
    "Regressor",
    "RequestError",
    "SchemaError",
    "SealError",
    "Studies",
    "Study",
    "advise",
    "catalogue",
    "examine",
    "explain_file",
    "load",
    "score",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'holdfast' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return __all__
