"""Generalised linear models: weights that multiply instead of add, for counts and amounts."""

from typing import Any

import numpy as np

from holdfast.features.numeric import clipped
from holdfast.graph import Graph
from holdfast.learners.learner import Learner
from holdfast.learners.linear import SCALED, InDouble, emit_values
from holdfast.learners.space import Float

# The answer is e to the power of a weighted sum, in units of the mean target: no further off than e^20 either way, so
# that a row far outside the training rows gets no infinity.
FURTHEST = 20.0

ALPHA = Float(1e-6, 10.0, log=True, default=1e-2)


class LogLinear(InDouble):
    """A generalised linear model with the logarithm as its link."""

    def predict(self, X: Any) -> Any:
        """Predict values, all above zero."""
        model = self.estimator
        return np.exp(np.clip(X.astype(np.float64) @ model.coef_ + model.intercept_, -FURTHEST, FURTHEST))


def emit_log_linear(graph: Graph, matrix: str, estimator: Any) -> str:
    """Weights times features, and the exponential of that."""
    return graph.add("Exp", clipped(graph, emit_values(graph, matrix, estimator), -FURTHEST, FURTHEST))


def _maker(kind: str, **settings: Any) -> Any:
    def make(*, seed: int, n_jobs: int, **params: Any) -> LogLinear:
        from sklearn import linear_model

        return LogLinear(getattr(linear_model, kind)(max_iter=300, **settings, **params))

    return make


def _declare(name: str, make: Any, **facts: Any) -> Learner:
    shared: dict[str, Any] = {"space": {"alpha": ALPHA}, "instead": "ridge", **facts}
    return Learner(
        name=name, complexity=1, task="regression", make=make, wants=SCALED, emit=emit_log_linear, opt_in=True, **shared
    )


poisson = _declare(
    "poisson",
    _maker("PoissonRegressor"),
    summary="Weights that multiply a rate; for counts, such as claims or visits, that are zero or more.",
    reference="Nelder & Wedderburn, 1972",
    also=("glm", "log_linear"),
    target="non_negative",
)

gamma = _declare(
    "gamma",
    _maker("GammaRegressor"),
    summary="Weights that multiply an amount above zero whose spread grows with it, such as costs or times.",
    reference="Nelder & Wedderburn, 1972",
    target="positive",
    instead="tweedie",
)

tweedie = _declare(
    "tweedie",
    _maker("TweedieRegressor", link="log"),
    summary="Between poisson and gamma; for amounts that are often exactly zero, such as insurance losses or rain.",
    reference="Tweedie, 1984; Jorgensen, 1987",
    also=("compound_poisson",),
    space={"alpha": ALPHA, "power": Float(1.05, 1.95, default=1.5)},
    target="non_negative",
)
