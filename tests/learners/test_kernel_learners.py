"""Kernels, support vectors, Gaussian processes and calibration against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel
from sklearn.metrics.pairwise import polynomial_kernel, rbf_kernel
from sklearn.preprocessing import scale
from sklearn.svm import SVC, SVR

from holdfast.learners.calibration import Calibrated, inner_folds
from holdfast.learners.catalogue import find
from holdfast.learners.gaussian_process import GaussianClassifier, GaussianRegressor
from holdfast.learners.kernels import Kernel
from holdfast.learners.svm import SupportVectors


def scaled(load):
    X, y = load(return_X_y=True)
    return scale(X).astype(np.float32), y


def test_kernels_are_those_of_scikit_learn():
    X, _ = scaled(load_iris)
    X = X.astype(np.float64)
    np.testing.assert_allclose(Kernel("rbf", 0.3).between(X, X), rbf_kernel(X, gamma=0.3), atol=1e-12)
    length = np.sqrt(0.5 / 0.3)
    np.testing.assert_allclose(Kernel("matern", 0.3).between(X, X), Matern(length, nu=1.5)(X), atol=1e-7)
    cubic = polynomial_kernel(X, gamma=0.3, degree=3, coef0=1)
    np.testing.assert_allclose(Kernel("poly", 0.3, 3).between(X, X), cubic, rtol=1e-10)


@pytest.mark.parametrize(("kernel", "settings"), [("rbf", {}), ("cubic", {"kernel": "poly", "degree": 3, "coef0": 1})])
def test_support_vectors_are_those_of_scikit_learn(kernel, settings):
    X, y = scaled(load_breast_cancer)
    ours = SupportVectors(classifier=True, kernel=kernel, width=1.0, C=0.5).fit(X, y)
    theirs = SVC(gamma=1 / X.shape[1], C=0.5, **settings).fit(X.astype(np.float64), y)
    np.testing.assert_allclose(ours.scores(X)[:, 0], theirs.decision_function(X), atol=1e-9)
    X, y = scaled(load_diabetes)
    ours = SupportVectors(classifier=False, kernel=kernel, width=1.0, C=50.0).fit(X, y)
    theirs = SVR(gamma=1 / X.shape[1], C=50.0, **settings).fit(X.astype(np.float64), y)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-8)


def test_a_class_score_sums_its_pairs():
    X, y = scaled(load_iris)
    ours = SupportVectors(classifier=True, kernel="rbf", width=1.0, C=1.0).fit(X, y)
    pairs = SVC(gamma=0.25, decision_function_shape="ovo").fit(X.astype(np.float64), y).decision_function(X)
    first, second, third = pairs.T  # 0 against 1, 0 against 2, 1 against 2
    np.testing.assert_allclose(ours.scores(X), np.column_stack([first + second, third - first, -second - third]))


def test_the_process_mean_is_that_of_scikit_learn():
    X, y = scaled(load_diabetes)
    y = scale(y)
    ours = GaussianRegressor(kernel="rbf", seed=0).fit(X, y)
    start = ConstantKernel(1.0, (1e-2, 1e2)) * RBF(np.sqrt(10), (0.1, 1e4)) + WhiteKernel(0.1, (1e-3, 1e1))
    theirs = GaussianProcessRegressor(start, random_state=0).fit(X.astype(np.float64), y)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), atol=2e-3)


@pytest.mark.filterwarnings("ignore:The optimal value found")
@pytest.mark.parametrize("load", [load_iris, load_breast_cancer])
def test_process_probabilities_are_near_those_of_scikit_learn(load):
    X, y = scaled(load)
    X, y = X[::3], y[::3]
    start = ConstantKernel(1.0, (1e-2, 1e2)) * RBF(np.sqrt(X.shape[1]), (0.1, 1e4))
    theirs = GaussianProcessClassifier(start, random_state=0).fit(X.astype(np.float64), y)
    ours = GaussianClassifier(kernel="rbf", seed=0).fit(X, y)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=0.04)


class Steep:
    """A scorer that is sure of itself beyond reason."""

    def fit(self, X, y, sample_weight=None):
        return self

    def scores(self, X):
        return 1_000.0 * X[:, :1]


def test_calibration_makes_scores_mean_what_they_say():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4_000, 1)).astype(np.float32)
    true = 1 / (1 + np.exp(-2 * X[:, 0] + 0.5))
    found = Calibrated(Steep, seed=0).fit(X, (rng.random(4_000) < true).astype(int)).predict_proba(X)
    np.testing.assert_allclose(found[:, 1], true, atol=0.05)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(2, 5), st.integers(0, 3))
def test_whatever_fold_is_held_out_no_class_is_lost(labels, n_folds, seed):
    y = np.array(labels)
    folds = inner_folds(y, n_folds, seed)
    for fold in np.unique(folds[folds >= 0]):
        assert set(y[folds != fold]) == set(labels)
    for label in set(labels):
        counts = np.bincount(folds[(y == label) & (folds >= 0)], minlength=n_folds)
        assert np.ptp(counts) <= 1


def test_a_class_of_one_row_is_survived():
    X, y = scaled(load_iris)
    rows = np.r_[0:101]
    for name in ("svm", "linear_svm", "adaboost"):
        learner = find(name, "classification")
        estimator = learner.make(seed=0, n_jobs=1, **learner.defaults).fit(X[rows], y[rows])
        np.testing.assert_allclose(estimator.predict_proba(X).sum(axis=1), 1.0)
