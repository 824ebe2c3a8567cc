import numpy as np
import pytest
from scipy.stats import chi2, f_oneway
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.model_selection import StratifiedKFold
from sklearn.tree import DecisionTreeClassifier

from holdfast.learners.quest import Quest, cut_of, p_values


def test_p_values_are_scipys():
    rng = np.random.default_rng(0)
    X, codes = rng.normal(size=(120, 4)), rng.integers(0, 3, 120)
    X[:, 1] += codes
    X[:, 3] = 2.0
    expected = [f_oneway(*(X[codes == k, j] for k in range(3))).pvalue for j in range(3)]
    np.testing.assert_allclose(p_values(X, codes)[:3], expected)
    assert p_values(X, codes)[3] == 1


@pytest.mark.slow
def test_columns_are_chosen_without_favour_where_nothing_is_to_be_found():
    """Loh & Shih's simulation: columns of few and many values, none of which matters, are chosen alike; CART is not so fair."""
    rng = np.random.default_rng(0)
    ours, cart = np.zeros(3), np.zeros(3)
    for _ in range(600):
        X = np.column_stack([rng.integers(0, 2, 100), rng.integers(0, 4, 100), rng.normal(size=100)]).astype(np.float32)
        y = rng.integers(0, 2, 100)
        ours[Quest(alpha=1e9, min_rows=1).fit(X, y).tree_.feature[0]] += 1
        cart[DecisionTreeClassifier(max_depth=1).fit(X, y).tree_.feature[0]] += 1
    expected = np.full(3, 200.0)
    assert ((ours - expected) ** 2 / expected).sum() < chi2.ppf(0.9999, 2)
    assert ((cart - expected) ** 2 / expected).sum() > 10 * chi2.ppf(0.9999, 2)


def test_the_cut_is_where_two_normals_are_equally_likely():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(0, 1, 4_000), rng.normal(4, 1, 4_000)])
    assert cut_of(x, np.repeat([0, 1], 4_000)) == pytest.approx(2, abs=0.1)
    x = np.concatenate([rng.normal(0, 1, 4_000), rng.normal(3, 3, 4_000)])
    cut = cut_of(x, np.repeat([0, 1], 4_000))
    density = [np.exp(-0.5 * ((cut - m) / s) ** 2) / s for m, s in ((0, 1), (3, 3))]
    assert density[0] == pytest.approx(density[1], rel=0.15)


def test_a_difference_of_spread_alone_is_found():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], 500)
    X = np.column_stack([rng.normal(size=1_000), rng.normal(size=1_000) * np.where(y, 4, 1)]).astype(np.float32)
    tree = Quest(alpha=0.05, min_rows=10).fit(X, y)
    assert tree.tree_.feature[0] == 1
    assert (tree.predict_proba(X).argmax(axis=1) == y).mean() > 0.75


def test_noise_alone_is_a_single_leaf_mostly():
    rng = np.random.default_rng(0)
    leaves = [
        len(
            Quest(alpha=0.05, min_rows=5)
            .fit(rng.normal(size=(200, 5)).astype(np.float32), rng.integers(0, 2, 200))
            .tree_.feature
        )
        == 1
        for _ in range(200)
    ]
    assert np.mean(leaves) > 0.85


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer])
def test_errors_are_near_those_of_cart(load):
    X, y = load(return_X_y=True)
    X = X.astype(np.float32)
    ours, cart = [], []
    for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(X, y):
        ours.append(
            (
                Quest(alpha=0.05, min_rows=5).fit(X[train], y[train]).predict_proba(X[test]).argmax(axis=1) == y[test]
            ).mean()
        )
        cart.append(
            DecisionTreeClassifier(min_samples_leaf=5, random_state=0).fit(X[train], y[train]).score(X[test], y[test])
        )
    assert np.mean(ours) > np.mean(cart) - 0.06
