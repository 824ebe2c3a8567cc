"""Linear support vector machines: a line with as wide a margin as can be had."""

from typing import Any

import numpy as np

from holdfast.graph import Graph
from holdfast.learners.calibration import Calibrated, emit_calibrated
from holdfast.learners.learner import Learner
from holdfast.learners.linear import SCALED, InDouble, emit_values, weighted
from holdfast.learners.space import Float


class Margin(InDouble):
    """A linear support vector classifier that answers with its distance to each line."""

    def scores(self, X: Any) -> Any:
        """Signed distances, (n_rows, 1) for two classes, else (n_rows, n_classes)."""
        return self.estimator.decision_function(X.astype(np.float64)).reshape(len(X), -1)


def _make_classifier(*, seed: int, n_jobs: int, **params: Any) -> Calibrated:
    from sklearn.svm import LinearSVC

    return Calibrated(lambda: Margin(LinearSVC(dual="auto", random_state=seed, **params)), seed=seed)


def _make_regressor(*, seed: int, n_jobs: int, **params: Any) -> InDouble:
    from sklearn.svm import LinearSVR

    return InDouble(LinearSVR(loss="squared_epsilon_insensitive", dual="auto", random_state=seed, **params))


def _emit_margin(graph: Graph, matrix: str, scorer: Any) -> str:
    return weighted(graph, matrix, scorer.estimator.coef_, scorer.estimator.intercept_)


linear_svm_classifier = Learner(
    name="linear_svm",
    complexity=1,
    task="classification",
    summary="A line with the widest margin between classes, its distance made a probability; for very many features.",
    reference="Cortes & Vapnik, 1995; Platt, 1999; Fan et al., 2008",
    also=("linear_svc",),
    make=_make_classifier,
    wants=SCALED,
    space={"C": Float(1e-4, 1e2, log=True, default=0.1)},
    emit=emit_calibrated(_emit_margin),
    max_rows=200_000,
    opt_in=True,
    instead="logistic",
)

linear_svm_regressor = Learner(
    name="linear_svm",
    complexity=1,
    task="regression",
    summary="A line that ignores errors within a tolerance (linear SVR); when small errors don't matter.",
    reference="Drucker et al., 1996; Fan et al., 2008",
    also=("linear_svr",),
    make=_make_regressor,
    wants=SCALED,
    space={"C": Float(1e-4, 1e2, log=True, default=0.1), "epsilon": Float(1e-3, 1.0, log=True, default=0.1)},
    emit=emit_values,
    max_rows=200_000,
    opt_in=True,
    instead="ridge",
)
