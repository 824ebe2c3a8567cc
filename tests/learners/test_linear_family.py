"""Linear learners against closed forms and scikit-learn."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import PolynomialFeatures

from holdfast.data.columns import Columns, Kind
from holdfast.learners import polynomial
from holdfast.learners.catalogue import find
from holdfast.learners.polynomial import Polynomial
from holdfast.testing.checks import fit


def columns(X):
    names = [f"x{k}" for k in range(X.shape[1])]
    return Columns(dict(zip(names, X.T.astype(float), strict=True)), {}, dict.fromkeys(names, Kind.NUMBER))


@pytest.mark.parametrize("name", ["poisson", "gamma", "tweedie"])
def test_two_groups_get_their_means(name):
    """With one feature of two values and hardly any shrinkage, maximum likelihood gives each group its mean."""
    x = np.arange(400) % 2
    y = np.random.default_rng(0).gamma(2.0, 1.0 + 3 * x)
    learner = find(name, "regression")
    estimator = learner.make(seed=0, n_jobs=1, **{**learner.defaults, "alpha": 1e-8})
    predictions = estimator.fit(x[:, None].astype(np.float32), y).predict(np.array([[0.0], [1.0]], np.float32))
    np.testing.assert_allclose(predictions, [y[x == 0].mean(), y[x == 1].mean()], rtol=1e-3)


@pytest.mark.parametrize("name", ["poisson", "gamma", "tweedie"])
def test_the_unit_of_an_amount_does_not_matter(name):
    X, y = load_diabetes(return_X_y=True)
    euros, cents = (fit(find(name, "regression"), columns(X), y * unit).predict(columns(X)) for unit in (1.0, 100.0))
    np.testing.assert_allclose(cents, 100 * euros, rtol=1e-6)
    assert (euros > 0).all()


def test_quantile_is_the_median():
    x = np.arange(300) % 2
    y = np.random.default_rng(0).exponential(1.0 + x)
    learner = find("quantile", "regression")
    estimator = learner.make(seed=0, n_jobs=1, alpha=0.0).fit(x[:, None].astype(np.float32), y)
    predictions = estimator.predict(np.array([[0.0], [1.0]], np.float32))
    np.testing.assert_allclose(predictions, [np.median(y[x == 0]), np.median(y[x == 1])], atol=0.03)


def test_huber_is_hardly_moved_by_a_far_off_row():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 1))
    y = 3 * X[:, 0] + 0.1 * rng.normal(size=200)
    y[X[:, 0].argmax()] = -500.0
    near = np.abs(X[:, 0]) < 1
    errors = {
        name: np.abs(fit(find(name, "regression"), columns(X), y).predict(columns(X)) - 3 * X[:, 0])[near].mean()
        for name in ("huber", "ridge")
    }
    assert errors["huber"] < 0.2 * errors["ridge"]


@pytest.mark.parametrize(("degree", "squares"), [(2, True), (2, False), (3, True), (3, False)])
def test_products_are_those_of_scikit_learn(degree, squares):
    X = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    y = np.random.default_rng(1).normal(size=50)
    learner = find("polynomial", "regression")
    model = learner.make(seed=0, n_jobs=1, degree=degree, squares=squares, alpha=1.0).fit(X, y)
    expected = PolynomialFeatures(degree, interaction_only=not squares, include_bias=False).fit_transform(
        X.astype(np.float64)
    )
    np.testing.assert_allclose(np.sort(model._terms(X.astype(np.float64))), np.sort(expected))


def test_products_are_of_the_most_telling_columns():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 200)).astype(np.float32)
    y = X[:, 17] + X[:, 150]
    model = find("polynomial", "regression").make(seed=0, n_jobs=1, degree=3, squares=True, alpha=1.0).fit(X, y)
    products = np.concatenate([each.ravel() for each in model.products_])
    assert {17, 150} <= set(products)
    assert sum(map(len, model.products_)) <= polynomial.MOST_PRODUCTS


def test_a_polynomial_does_not_run_away():
    X = np.linspace(-1, 1, 100, dtype=np.float32)[:, None]
    model = find("polynomial", "regression").make(seed=0, n_jobs=1, degree=3, squares=True, alpha=1e-6)
    model.fit(X, X[:, 0].astype(float) ** 3)
    assert isinstance(model, Polynomial)
    np.testing.assert_allclose(model.predict(np.array([[50.0], [1.0]], np.float32)), [1.0, 1.0], atol=1e-3)
