"""Support vector machines: as wide a margin as can be had, among rows bent by a kernel."""

import warnings
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from holdfast.graph import DOUBLE, Graph
from holdfast.learners.calibration import Calibrated, emit_calibrated
from holdfast.learners.kernels import Kernel
from holdfast.learners.learner import Learner
from holdfast.learners.linear import SCALED
from holdfast.learners.space import Choice, Dimension, Float

CHUNK = 1_000

# Steps of the solver, far beyond what it needs unless it goes round in circles.
MOST_STEPS = 500_000


class SupportVectors:
    """scikit-learn's support vector machine, kept as its support vectors and their weights.

    width: gamma times the number of (scaled) columns. For several classes each pair's boundary is fitted, and a class's
    score is the sum over its pairs. After `fit`: rows_ (n_support, n_columns), weights_ (n_support, n_scores), constant_.
    """

    def __init__(self, *, classifier: bool, kernel: str, width: float, **params: Any) -> None:
        self.classifier, self.kernel, self.width, self.params = classifier, kernel, width, params

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "SupportVectors":
        """Fit the estimator."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.svm import SVC, SVR

        degree = {"quadratic": 2, "cubic": 3}.get(self.kernel)
        self.kernel_ = Kernel("poly" if degree else "rbf", self.width / X.shape[1], degree or 1)
        model = (SVC if self.classifier else SVR)(
            kernel=self.kernel_.kind,
            gamma=self.kernel_.gamma,
            degree=self.kernel_.degree,
            coef0=1.0,
            max_iter=MOST_STEPS,
            **self.params,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(X.astype(np.float64), y, sample_weight=sample_weight)
        self.rows_ = model.support_vectors_
        self.weights_, self.constant_ = model.dual_coef_.T, model.intercept_
        if self.classifier and len(model.classes_) > 2:
            self.weights_, self.constant_ = _class_scores(model)
        self.classes_ = getattr(model, "classes_", None)
        return self

    def scores(self, X: Any) -> Any:
        """Signed distances, (n_rows, 1) or (n_rows, n_classes)."""
        chunks = [X[start : start + CHUNK].astype(np.float64) for start in range(0, len(X), CHUNK)]
        kernels = (self.kernel_.between(chunk, self.rows_) for chunk in chunks)
        return np.concatenate([kernel @ self.weights_ + self.constant_ for kernel in kernels])

    def predict(self, X: Any) -> Any:
        """Predict values."""
        return self.scores(X)[:, 0]


def _class_scores(model: Any) -> tuple[Any, Any]:
    """Sum the pairs' weights class by class; LIBSVM keeps those of pair (i, j) in row j - 1 of class i and row i of j."""
    n_classes = len(model.classes_)
    ends = np.cumsum(model.n_support_)
    of = [slice(end - count, end) for end, count in zip(ends, model.n_support_, strict=True)]
    weights, constant = np.zeros((len(model.support_), n_classes)), np.zeros(n_classes)
    for pair, (i, j) in enumerate(combinations(range(n_classes), 2)):
        for rows, dual in ((of[i], model.dual_coef_[j - 1]), (of[j], model.dual_coef_[i])):
            weights[rows, i] += dual[rows]
            weights[rows, j] -= dual[rows]
        constant[i] += model.intercept_[pair]
        constant[j] -= model.intercept_[pair]
    return weights, constant


def emit_scores(graph: Graph, matrix: str, scorer: Any) -> str:
    """The kernel with every support vector, weighted and summed."""
    kernel = scorer.kernel_.emit(graph, graph.add("Cast", matrix, to=DOUBLE), scorer.rows_)
    product = graph.add("MatMul", kernel, graph.constant(np.ascontiguousarray(scorer.weights_)))
    return graph.add("Add", product, graph.constant(scorer.constant_[None, :]))


def _make_classifier(*, seed: int, n_jobs: int, **params: Any) -> Calibrated:
    return Calibrated(lambda: SupportVectors(classifier=True, **params), seed=seed)


def _make_regressor(*, seed: int, n_jobs: int, **params: Any) -> SupportVectors:
    return SupportVectors(classifier=False, **params)


SPACE: Mapping[str, Dimension] = {
    "kernel": Choice(("rbf", "quadratic", "cubic"), default="rbf"),
    "C": Float(1e-2, 1e3, log=True, default=1.0),
    "width": Float(1e-2, 10.0, log=True, default=1.0),
}

svm_classifier = Learner(
    name="svm",
    task="classification",
    summary="The widest margin along a curved boundary, made a probability; for smooth relations in a few thousand rows.",
    reference="Boser, Guyon & Vapnik, 1992; Platt, 1999",
    also=("svc", "svr", "kernel_svm", "rbf_svm", "polynomial_svm", "support_vector_machine"),
    make=_make_classifier,
    wants=SCALED,
    space=SPACE,
    emit=emit_calibrated(emit_scores),
    max_rows=10_000,
    max_columns=2_000,
    max_classes=50,
    opt_in=True,
    instead="linear_svm",
)

svm_regressor = Learner(
    name="svm",
    task="regression",
    summary="A smooth surface that ignores errors within a tolerance (SVR); for a few thousand rows.",
    reference="Drucker et al., 1996",
    also=("svr", "svc", "kernel_svm", "rbf_svm", "polynomial_svm", "support_vector_machine"),
    make=_make_regressor,
    wants=SCALED,
    space={**SPACE, "epsilon": Float(1e-3, 1.0, log=True, default=0.1)},
    emit=emit_scores,
    max_rows=10_000,
    max_columns=2_000,
    opt_in=True,
    instead="linear_svm",
)
