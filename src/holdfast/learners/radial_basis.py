"""Radial basis function networks: a linear model on how near a row is to some centres."""

from typing import Any

import numpy as np

from holdfast.graph import DOUBLE, Graph
from holdfast.learners.kernels import Kernel
from holdfast.learners.learner import Learner
from holdfast.learners.linear import SCALED
from holdfast.learners.probabilities import softmax
from holdfast.learners.space import Dimension, Float, Int

CHUNK = 4_000

# A centre reaches as far as so many of its neighbours stand, on average (Moody & Darken, 1989).
NEIGHBOURS = 2


class RadialBasis:
    """Centres by k-means, Gaussian bumps of one width at each, and scikit-learn's linear model on top.

    n_centres: at most; width: times the mean distance of a centre to its nearest neighbours; penalty: of squared weights.

    >>> X = np.linspace(0, 1, 40, dtype=np.float32)[:, None]
    >>> model = RadialBasis(classifier=False, n_centres=10, width=2.0, penalty=1e-6, seed=0).fit(X, np.sin(6 * X[:, 0]))
    >>> bool(np.abs(model.predict(X) - np.sin(6 * X[:, 0])).max() < 0.1)
    True
    """

    def __init__(self, *, classifier: bool, n_centres: int, width: float, penalty: float, seed: int) -> None:
        self.classifier, self.n_centres, self.width, self.penalty, self.seed = (
            classifier,
            n_centres,
            width,
            penalty,
            seed,
        )

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "RadialBasis":
        """Place the centres, then fit the linear model."""
        from sklearn.cluster import KMeans
        from sklearn.linear_model import LogisticRegression, Ridge

        X = X.astype(np.float64)
        distinct = np.unique(X, axis=0)
        n_centres = min(self.n_centres, len(distinct))
        means = KMeans(n_centres, n_init=1, random_state=self.seed).fit(X, sample_weight=sample_weight)
        self.centres_ = means.cluster_centers_
        reach = self.width * _spread(self.centres_)
        self.kernel_ = Kernel("rbf", 1 / (2 * reach**2), 1)
        ridge = Ridge(alpha=self.penalty)
        model = LogisticRegression(C=1 / self.penalty, max_iter=2_000) if self.classifier else ridge
        model.fit(self._bumps(X), y, sample_weight=sample_weight)
        weights, constant = np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)
        if self.classifier and len(weights) == 1:
            # Two classes as two scores, whose softmax is the sigmoid of the one.
            weights, constant = np.vstack([-weights, weights]) / 2, np.concatenate([-constant, constant]) / 2
        self.weights_, self.constant_ = np.ascontiguousarray(weights.T), constant
        self.classes_ = getattr(model, "classes_", None)
        return self

    def scores(self, X: Any) -> Any:
        """Weighted sums, (n_rows, 1) or (n_rows, n_classes)."""
        chunks = [X[start : start + CHUNK].astype(np.float64) for start in range(0, len(X), CHUNK)]
        return np.concatenate([self._bumps(chunk) @ self.weights_ + self.constant_ for chunk in chunks])

    def predict(self, X: Any) -> Any:
        """Predict values, shape (n_rows,)."""
        return self.scores(X)[:, 0]

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities, shape (n_rows, n_classes)."""
        return softmax(self.scores(X))

    def _bumps(self, X: Any) -> Any:
        return self.kernel_.between(X, self.centres_)


def _spread(centres: Any) -> float:
    """Mean distance of a centre to its nearest neighbours; 1 for a lone one."""
    from scipy.spatial.distance import cdist

    if len(centres) == 1:
        return 1.0
    near = np.sort(cdist(centres, centres), axis=1)[:, 1 : NEIGHBOURS + 1]
    return float(near.mean()) or 1.0


def emit_values(graph: Graph, matrix: str, estimator: Any) -> str:
    """The bumps, weighted and summed."""
    bumps = estimator.kernel_.emit(graph, graph.add("Cast", matrix, to=DOUBLE), estimator.centres_)
    product = graph.add("MatMul", bumps, graph.constant(estimator.weights_))
    return graph.add("Add", product, graph.constant(estimator.constant_[None, :]))


def emit_shares(graph: Graph, matrix: str, estimator: Any) -> str:
    """The same, and the softmax."""
    return graph.add("Softmax", emit_values(graph, matrix, estimator), axis=1)


def _make_classifier(*, seed: int, n_jobs: int, **params: Any) -> RadialBasis:
    return RadialBasis(classifier=True, seed=seed, **params)


def _make_regressor(*, seed: int, n_jobs: int, **params: Any) -> RadialBasis:
    return RadialBasis(classifier=False, seed=seed, **params)


SPACE: dict[str, Dimension] = {
    "n_centres": Int(5, 300, default=60, log=True),
    "width": Float(0.3, 10.0, default=2.0, log=True),
    "penalty": Float(1e-4, 1e2, default=0.1, log=True),
}
SUMMARY = (
    "A sum of bumps around typical rows; for smooth relations of few columns, where a kernel machine would be too slow."
)
REFERENCE = "Broomhead & Lowe, 1988; Moody & Darken, 1989"

rbf_network_classifier = Learner(
    name="rbf_network",
    task="classification",
    summary=SUMMARY,
    reference=REFERENCE,
    also=("rbf", "rbfn", "radial_basis_function_network"),
    make=_make_classifier,
    wants=SCALED,
    space=SPACE,
    emit=emit_shares,
    max_rows=50_000,
    max_columns=2_000,
    opt_in=True,
)

rbf_network_regressor = Learner(
    name="rbf_network",
    task="regression",
    summary=SUMMARY,
    reference=REFERENCE,
    also=("rbf", "rbfn", "radial_basis_function_network"),
    make=_make_regressor,
    wants=SCALED,
    space=SPACE,
    emit=emit_values,
    max_rows=50_000,
    max_columns=2_000,
    opt_in=True,
)
