"""Gaussian processes: rows that are alike answer alike, and how alike is learned from the rows."""

import warnings
from typing import Any

import numpy as np

from holdfast.arrays import Floats
from holdfast.graph import DOUBLE, Graph
from holdfast.learners.kernels import Kernel
from holdfast.learners.learner import Learner
from holdfast.learners.linear import SCALED
from holdfast.learners.probabilities import beside_the_other, shares_of
from holdfast.learners.space import Choice

# Length scale, size and noise are chosen by the likelihood of this many rows at most: each try costs their number cubed.
TUNED_REGRESSION, TUNED_CLASSIFICATION = 500, 300

SPACE = {"kernel": Choice(("rbf", "matern"), default="rbf")}


class Process:
    """What both Gaussian processes share: a kernel of one size and one length scale, by maximum likelihood."""

    def __init__(self, *, kernel: str, seed: int) -> None:
        self.kernel, self.seed = kernel, seed

    def _start(self, n_columns: int) -> Any:
        from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern

        scale: dict[str, Any] = {"length_scale": np.sqrt(n_columns), "length_scale_bounds": (0.1, 1e4)}
        shape = RBF(**scale) if self.kernel == "rbf" else Matern(nu=1.5, **scale)
        return ConstantKernel(1.0, (1e-2, 1e2)) * shape

    def _some(self, n_rows: int, most: int) -> Any:
        return np.sort(np.random.default_rng(self.seed).permutation(n_rows)[:most])

    def _learned(self, product: Any) -> tuple[float, Kernel]:
        kind: Any = self.kernel
        return float(product.k1.constant_value), Kernel(kind, float(0.5 / product.k2.length_scale**2))


class GaussianRegressor(Process):
    """scikit-learn's Gaussian process regression with noise, tuned on some rows and fitted on all."""

    classes_ = None

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "GaussianRegressor":
        """Fit kernel and weights."""
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import WhiteKernel

        X = X.astype(np.float64)
        some = self._some(len(X), TUNED_REGRESSION)
        start = self._start(X.shape[1]) + WhiteKernel(0.1, (1e-3, 1e1))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a bound that is reached, or a search that stops early
            kernel = GaussianProcessRegressor(start, random_state=self.seed).fit(X[some], y[some]).kernel_
        model = GaussianProcessRegressor(kernel, optimizer=None).fit(X, y)
        size, self.kernel_ = self._learned(kernel.k1)
        self.rows_, self.weights_ = X, size * model.alpha_.reshape(-1, 1)
        return self

    def predict(self, X: Any) -> Any:
        """Predict the mean."""
        return (self.kernel_.between(X.astype(np.float64), self.rows_) @ self.weights_)[:, 0]


class GaussianClassifier(Process):
    """scikit-learn's Gaussian process classification (Laplace), each class against the rest.

    The latent value's logistic is averaged over its uncertainty by MacKay's formula. After `fit`: `processes_`, one for
    two classes, else one a class: (kernel, weights (n_rows, 1), whiten (n_rows, n_rows), size).
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "GaussianClassifier":
        """Fit a process a class."""
        self.classes_ = np.unique(y)
        self.rows_ = X.astype(np.float64)
        told_apart = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        self.processes_ = [self._against_the_rest(self.rows_, (y == each).astype(np.int64)) for each in told_apart]
        return self

    def _against_the_rest(self, X: Floats, y: Any) -> tuple[Kernel, Floats, Floats, float]:
        from scipy.linalg import solve_triangular
        from sklearn.gaussian_process import GaussianProcessClassifier

        start, some = self._start(X.shape[1]), self._some(len(X), TUNED_CLASSIFICATION)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if len(np.unique(y[some])) == 2:
                start = GaussianProcessClassifier(start, random_state=self.seed).fit(X[some], y[some]).kernel_
            model = GaussianProcessClassifier(start, optimizer=None).fit(X, y).base_estimator_
        size, kernel = self._learned(model.kernel_)
        # Rasmussen & Williams, algorithm 3.2.
        weights = size * (model.y_train_ - model.pi_)[:, None]
        whiten = size * solve_triangular(model.L_, np.diag(model.W_sr_), lower=True).T
        return kernel, weights, whiten, size

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities, shape (n_rows, n_classes)."""
        shares = []
        for kernel, weights, whiten, size in self.processes_:
            alike = kernel.between(X.astype(np.float64), self.rows_)
            variance = np.maximum(size - ((alike @ whiten) ** 2).sum(axis=1), 0.0)
            shares.append(1 / (1 + np.exp(-(alike @ weights)[:, 0] / np.sqrt(1 + np.pi / 8 * variance))))
        if len(shares) == 1:
            return np.column_stack([1 - shares[0], shares[0]])
        columns = np.column_stack(shares)
        return columns / columns.sum(axis=1, keepdims=True)


def emit_regressor(graph: Graph, matrix: str, estimator: Any) -> str:
    """The kernel with every row, weighted and summed."""
    alike = estimator.kernel_.emit(graph, graph.add("Cast", matrix, to=DOUBLE), estimator.rows_)
    return graph.add("MatMul", alike, graph.constant(estimator.weights_))


def emit_classifier(graph: Graph, matrix: str, estimator: Any) -> str:
    """Mean and variance of each latent value, the averaged logistic, and the shares."""
    X, one = graph.add("Cast", matrix, to=DOUBLE), graph.constant(np.array([1]))
    shares = []
    for kernel, weights, whiten, size in estimator.processes_:
        alike = kernel.emit(graph, X, estimator.rows_)
        mean = graph.add("MatMul", alike, graph.constant(weights))
        white = graph.add("MatMul", alike, graph.constant(np.ascontiguousarray(whiten)))
        known = graph.add("ReduceSum", graph.add("Mul", white, white), one, keepdims=1)
        variance = graph.add("Sub", graph.constant(np.array([[size]])), known)
        variance = graph.add("Max", variance, graph.constant(np.float64(0.0)))
        spread = graph.add("Mul", variance, graph.constant(np.float64(np.pi / 8)))
        spread = graph.add("Sqrt", graph.add("Add", spread, graph.constant(np.float64(1.0))))
        shares.append(graph.add("Sigmoid", graph.add("Div", mean, spread)))
    if len(shares) == 1:
        return beside_the_other(graph, shares[0])
    return shares_of(graph, graph.add("Concat", *shares, axis=1))


def _make_classifier(*, seed: int, n_jobs: int, kernel: str) -> GaussianClassifier:
    return GaussianClassifier(kernel=kernel, seed=seed)


def _make_regressor(*, seed: int, n_jobs: int, kernel: str) -> GaussianRegressor:
    return GaussianRegressor(kernel=kernel, seed=seed)


process_classifier = Learner(
    name="gaussian_process",
    task="classification",
    summary="Rows that are alike answer alike, with honest doubt; for up to a thousand rows and smooth boundaries.",
    reference="Rasmussen & Williams, 2006; MacKay, 1992",
    also=("gp", "gpc"),
    make=_make_classifier,
    wants=SCALED,
    space=SPACE,
    emit=emit_classifier,
    # A matrix of all rows by all rows is solved, and ships.
    max_rows=1_000,
    max_columns=500,
    max_classes=10,
    weighted=False,
    opt_in=True,
    instead="svm",
)

process_regressor = Learner(
    name="gaussian_process",
    task="regression",
    summary="Rows that are alike answer alike, smoothly; for up to two thousand rows of measurements.",
    reference="Rasmussen & Williams, 2006",
    also=("gp", "gpr", "kriging"),
    make=_make_regressor,
    wants=SCALED,
    space=SPACE,
    emit=emit_regressor,
    # A matrix of all rows by all rows is solved, in time that grows with their number cubed.
    max_rows=2_000,
    max_columns=500,
    weighted=False,
    opt_in=True,
    instead="svm",
)
