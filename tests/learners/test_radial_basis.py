import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_wine
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics.pairwise import rbf_kernel

from holdfast.learners.radial_basis import RadialBasis


@pytest.mark.parametrize("load", [load_wine, load_diabetes])
def test_it_is_a_linear_model_of_kernels_with_its_centres(load):
    X, y = load(return_X_y=True)
    X = ((X - X.mean(axis=0)) / X.std(axis=0)).astype(np.float32)
    classifier = load is load_wine
    model = RadialBasis(classifier=classifier, n_centres=20, width=2.0, penalty=0.1, seed=0).fit(X, y)
    bumps = rbf_kernel(X.astype(float), model.centres_, gamma=model.kernel_.gamma)
    if classifier:
        other = LogisticRegression(C=10.0, max_iter=2_000).fit(bumps, y)
        np.testing.assert_allclose(model.predict_proba(X), other.predict_proba(bumps), atol=1e-5)
        assert (model.predict_proba(X).argmax(axis=1) == y).mean() > 0.95
    else:
        other = Ridge(alpha=0.1).fit(bumps, y)
        np.testing.assert_allclose(model.predict(X), other.predict(bumps), rtol=1e-8)


def test_with_a_centre_at_every_row_it_interpolates():
    """Broomhead & Lowe (1988): the weights solve the square system of bumps at the rows themselves."""
    X = np.linspace(0, 3, 12, dtype=np.float32)[:, None]
    y = np.sin(3 * X[:, 0]).astype(float)
    model = RadialBasis(classifier=False, n_centres=12, width=1.5, penalty=1e-10, seed=0).fit(X, y)
    np.testing.assert_allclose(np.sort(model.centres_, axis=0), X, atol=1e-6)
    np.testing.assert_allclose(model.predict(X), y, atol=1e-4)


def test_two_classes_are_the_sigmoid_of_one_score():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2)).astype(np.float32)
    y = (np.hypot(*X.T) < 1).astype(int)  # a disc, which no line finds
    model = RadialBasis(classifier=True, n_centres=30, width=2.0, penalty=0.01, seed=0).fit(X, y)
    shares = model.predict_proba(X)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert ((shares[:, 1] > 0.5) == y).mean() > 0.95
