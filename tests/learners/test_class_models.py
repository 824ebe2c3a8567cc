"""Discriminants, naive Bayes and centroids against their definitions."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.datasets import load_iris, load_wine
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.neighbors import NearestCentroid
from sklearn.preprocessing import scale

from holdfast.learners.catalogue import find
from holdfast.learners.centroids import Centroids
from holdfast.learners.discriminant import Quadratic

X, Y = load_iris(return_X_y=True)
X = scale(X).astype(np.float32)


def test_a_covariance_each_is_bayes_rule_on_normal_densities():
    densities = np.column_stack(
        [
            np.mean(each == Y)
            * multivariate_normal(X[each == Y].mean(axis=0), np.cov(X[each == Y].T, bias=True)).pdf(X)
            for each in np.unique(Y)
        ]
    )
    found = Quadratic(pooled=0.0, shrinkage=0.0).fit(X, Y).predict_proba(X)
    np.testing.assert_allclose(found, densities / densities.sum(axis=1, keepdims=True), atol=1e-4)


def test_one_covariance_for_all_is_linear_discriminant_analysis():
    expected = LinearDiscriminantAnalysis(solver="lsqr").fit(X.astype(np.float64), Y).predict_proba(X)
    np.testing.assert_allclose(Quadratic(pooled=1.0, shrinkage=0.0).fit(X, Y).predict_proba(X), expected, atol=1e-6)


def test_a_weight_of_two_is_a_row_twice():
    weights = np.where(np.arange(len(Y)) % 3 == 0, 2.0, 1.0)
    twice = np.repeat(np.arange(len(Y)), weights.astype(int))
    for make in (lambda: Quadratic(pooled=0.1, shrinkage=0.1), lambda: Centroids(threshold=0.5)):
        weighted = make().fit(X, Y, weights).predict_proba(X)
        np.testing.assert_allclose(weighted, make().fit(X[twice], Y[twice]).predict_proba(X), atol=1e-9)


def test_a_class_of_one_row_and_a_constant_column_are_survived():
    rows = np.r_[0:50, 50]
    constant = np.column_stack([X[rows], np.ones(len(rows), np.float32)])
    for make in (lambda: Quadratic(pooled=0.2, shrinkage=0.1), lambda: Centroids(threshold=0.5)):
        assert np.isfinite(make().fit(constant, Y[rows]).predict_proba(constant)).all()


@pytest.mark.parametrize("threshold", [None, 0.7])
def test_centroids_are_those_of_scikit_learn(threshold):
    wine, y = load_wine(return_X_y=True)
    wine = scale(wine).astype(np.float32)
    expected = NearestCentroid(shrink_threshold=threshold).fit(wine.astype(np.float64), y).centroids_
    np.testing.assert_allclose(Centroids(threshold=threshold or 0.0).fit(wine, y).centroids_, expected, atol=1e-6)


def test_bell_curves_of_constant_columns_leave_the_shares_of_the_classes():
    make = find("gaussian_naive_bayes", "classification").make
    constant, y = np.ones((10, 2), dtype=np.float32), np.array([0, 0, 0, 0, 0, 0, 0, 1, 1, 1])
    model = make(seed=0, n_jobs=1, var_smoothing=1e-3).fit(constant, y)
    np.testing.assert_allclose(model.predict_proba(constant), np.tile([0.7, 0.3], (10, 1)))


def test_bernoulli_asks_only_on_which_side_of_the_mean():
    make = find("bernoulli_naive_bayes", "classification").make
    first = make(seed=0, n_jobs=1, alpha=1.0).fit(X, Y)
    assert np.array_equal(first.predict_proba(X), first.predict_proba(np.sign(X)))


@pytest.mark.parametrize("name", ["multinomial_naive_bayes", "complement_naive_bayes"])
def test_counts_are_held_to_the_training_rows_range(name):
    model = find(name, "classification").make(seed=0, n_jobs=1, alpha=1.0).fit(X, Y)
    edge = np.stack([X.min(axis=0), X.max(axis=0)])
    np.testing.assert_allclose(model.predict_proba(edge * 1e6), model.predict_proba(np.sign(edge) * 1e3), atol=1e-12)
