"""What any model must beat: answers that ignore the features."""

from typing import Any

import numpy as np

from holdfast.features.matrix import Matrix
from holdfast.graph import Graph, zero_of_each_row
from holdfast.learners.learner import Learner


def _make_prior(*, seed: int, n_jobs: int) -> Any:
    from sklearn.dummy import DummyClassifier

    return DummyClassifier(strategy="prior")


def _make_mean(*, seed: int, n_jobs: int) -> Any:
    from sklearn.dummy import DummyRegressor

    return DummyRegressor(strategy="mean")


def _make_median(*, seed: int, n_jobs: int) -> Any:
    from sklearn.dummy import DummyRegressor

    return DummyRegressor(strategy="median")


def _emit_prior(graph: Graph, matrix: str, estimator: Any) -> str:
    return _constant(graph, matrix, estimator.class_prior_)


def _emit_value(graph: Graph, matrix: str, estimator: Any) -> str:
    return _constant(graph, matrix, estimator.constant_.ravel())


def _constant(graph: Graph, matrix: str, answer: Any) -> str:
    """The same answer for every row: the first column's length is all that is used of the matrix."""
    first = graph.add("Gather", matrix, graph.constant(np.array([0])), axis=1)
    nothing = zero_of_each_row(graph, first)
    return graph.add("Add", nothing, graph.constant(np.asarray(answer, dtype=np.float64)[None, :]))


prior = Learner(
    name="prior",
    complexity=0,
    task="classification",
    summary="Each class's share in the training rows, whatever the features say; every model must beat it.",
    reference="Laplace, 1814",
    also=("dummy", "majority", "most_frequent"),
    make=_make_prior,
    wants=Matrix(),
    emit=_emit_prior,
    baseline=True,
)

mean = Learner(
    name="mean",
    complexity=0,
    task="regression",
    summary="The training rows' mean, whatever the features say; every model must beat it.",
    reference="Legendre, 1805",
    also=("dummy", "average"),
    make=_make_mean,
    wants=Matrix(),
    emit=_emit_value,
    baseline=True,
)

median = Learner(
    name="median",
    complexity=0,
    task="regression",
    summary="The training rows' median, the baseline to beat when absolute error counts.",
    reference="Laplace, 1774",
    make=_make_median,
    wants=Matrix(),
    emit=_emit_value,
    baseline=True,
)
