"""Linear models: weights times features, summed."""

import warnings
from typing import Any, Self

import numpy as np

from holdfast.features.matrix import Matrix
from holdfast.graph import DOUBLE, Graph
from holdfast.learners.learner import Learner
from holdfast.learners.probabilities import probabilities_of
from holdfast.learners.space import Float

SCALED = Matrix(scaled=True)

# Regressors that draw at random: the order of rows or columns, or a start.
RANDOM = frozenset({"Ridge", "Lasso", "ElasticNet", "Lars", "LassoLars", "SGDRegressor"})


class InDouble:
    """Fits and predicts in double precision: collinear columns make large weights that single precision can't cancel.

    Stopping before full convergence is accepted in silence: the weights are judged by their predictions.
    """

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Fit the estimator."""
        from sklearn.exceptions import ConvergenceWarning

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            weights = {} if sample_weight is None else {"sample_weight": sample_weight}
            if "copy_X" in self.estimator.get_params():
                # What it is given is a copy already, and may be large.
                self.estimator.set_params(copy_X=False)
            self.estimator.fit(X.astype(np.float64), y, **weights)
        self.classes_ = getattr(self.estimator, "classes_", None)
        return self

    def predict(self, X: Any) -> Any:
        """Predict values."""
        return self.estimator.predict(X.astype(np.float64))

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities."""
        return self.estimator.predict_proba(X.astype(np.float64))


def regressor(kind: str, **settings: Any) -> Any:
    """Make one of scikit-learn's linear regressors, by the name of its class."""

    def make(*, seed: int, n_jobs: int, **params: Any) -> InDouble:
        from sklearn import linear_model

        random = {"random_state": seed} if kind in RANDOM else {}
        return InDouble(getattr(linear_model, kind)(**settings, **random, **params))

    return make


def _logistic(**settings: Any) -> Any:
    def make(*, seed: int, n_jobs: int, **params: Any) -> InDouble:
        from sklearn.linear_model import LogisticRegression

        return InDouble(LogisticRegression(random_state=seed, **settings, **params))

    return make


def emit_values(graph: Graph, matrix: str, estimator: Any) -> str:
    """Weights times features, plus the intercept."""
    model = estimator.estimator
    return weighted(graph, matrix, np.reshape(model.coef_, (1, -1)), np.reshape(model.intercept_, (1,)))


def emit_probabilities(graph: Graph, matrix: str, estimator: Any) -> str:
    """The logistic of one score, or the softmax of one a class."""
    model = estimator.estimator
    scores = weighted(graph, matrix, model.coef_, model.intercept_)
    return probabilities_of(graph, scores, len(model.classes_))


def weighted(graph: Graph, matrix: str, weights: Any, intercept: Any) -> str:
    """Weights (n_outputs, n_columns) times the matrix's columns, plus the intercept, in double: (rows, n_outputs)."""
    in_double = graph.add("Cast", matrix, to=DOUBLE)
    product = graph.add("MatMul", in_double, graph.constant(np.ascontiguousarray(weights.T, dtype=np.float64)))
    return graph.add("Add", product, graph.constant(np.asarray(intercept, dtype=np.float64)[None, :]))


linear = Learner(
    name="linear",
    complexity=1,
    task="regression",
    summary="Least squares; the first thing to try when a straight line may do.",
    reference="Gauss, 1809",
    also=("ols", "least_squares"),
    make=regressor("LinearRegression"),
    wants=SCALED,
    emit=emit_values,
    max_columns=2_000,
    instead="ridge",
)

ridge = Learner(
    name="ridge",
    complexity=1,
    task="regression",
    summary="Least squares that shrinks its weights; start here when features are correlated.",
    reference="Hoerl & Kennard, 1970",
    also=("tikhonov",),
    make=regressor("Ridge"),
    wants=SCALED,
    space={"alpha": Float(1e-3, 1e4, log=True, default=1.0)},
    emit=emit_values,
)

lasso = Learner(
    name="lasso",
    complexity=1,
    task="regression",
    summary="Least squares that sets weights to zero; use it to find the few features that matter.",
    reference="Tibshirani, 1996",
    make=regressor("Lasso", max_iter=2_000),
    wants=SCALED,
    space={"alpha": Float(1e-4, 1.0, log=True, default=0.01)},
    emit=emit_values,
    max_rows=100_000,
    instead="ridge",
)

elastic_net = Learner(
    name="elastic_net",
    complexity=1,
    task="regression",
    summary="Between ridge and lasso; use it when features that matter come in correlated groups.",
    reference="Zou & Hastie, 2005",
    also=("enet",),
    make=regressor("ElasticNet", max_iter=2_000),
    wants=SCALED,
    space={"alpha": Float(1e-4, 1.0, log=True, default=0.01), "l1_ratio": Float(0.05, 0.95, default=0.5)},
    emit=emit_values,
    max_rows=100_000,
    instead="ridge",
)

logistic_plain = Learner(
    name="logistic_plain",
    complexity=1,
    task="classification",
    summary="Logistic regression without shrinkage; for few features and weights that are to be read.",
    reference="Cox, 1958",
    make=_logistic(C=np.inf, max_iter=300),
    wants=SCALED,
    emit=emit_probabilities,
    max_rows=100_000,
    max_columns=500,
    instead="logistic",
)

logistic = Learner(
    name="logistic",
    complexity=1,
    task="classification",
    summary="Weights that add up to log odds, shrunk (ridge); often all that is needed, and easy to explain.",
    reference="Cox, 1958; le Cessie & van Houwelingen, 1992",
    also=("logit", "softmax", "ridge_logistic"),
    make=_logistic(max_iter=200),
    wants=SCALED,
    space={"C": Float(1e-4, 1e3, log=True, default=1.0)},
    emit=emit_probabilities,
    max_rows=200_000,
)

logistic_lasso = Learner(
    name="logistic_lasso",
    complexity=1,
    task="classification",
    summary="Logistic regression that sets weights to zero; use it to find the few features that matter.",
    reference="Tibshirani, 1996",
    also=("l1_logistic",),
    make=_logistic(l1_ratio=1.0, solver="saga", max_iter=100),
    wants=SCALED,
    space={"C": Float(1e-3, 1e2, log=True, default=0.5)},
    emit=emit_probabilities,
    max_rows=10_000,
    instead="logistic",
)

logistic_elastic_net = Learner(
    name="logistic_elastic_net",
    complexity=1,
    task="classification",
    summary="Logistic regression between ridge and lasso, for correlated groups of features.",
    reference="Zou & Hastie, 2005",
    make=_logistic(solver="saga", max_iter=100),
    wants=SCALED,
    space={"C": Float(1e-3, 1e2, log=True, default=0.5), "l1_ratio": Float(0.05, 0.95, default=0.5)},
    emit=emit_probabilities,
    max_rows=10_000,
    instead="logistic",
)
