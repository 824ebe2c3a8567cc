from itertools import combinations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.metrics import log_loss, mutual_info_score
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import CategoricalNB

from holdfast.learners.bayesian_network import MOST_JOINED, BayesianNetwork, _shared, _spanning


def network(**params):
    return BayesianNetwork(**{"alpha": 1.0, "backoff": 5.0, "penalty": 0.0, **params})


def dice(n_rows=400, n_columns=4, seed=0):
    """Columns of three values, each leaning on the one before and on the class."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n_rows)
    X = np.zeros((n_rows, n_columns), dtype=np.float32)
    for k in range(n_columns):
        before = X[:, k - 1] if k else y
        X[:, k] = np.where(rng.random(n_rows) < 0.7, before, rng.integers(0, 3, n_rows)) + (
            rng.random(n_rows) < 0.1 * y
        )
    return np.minimum(X, 2), y


@pytest.mark.parametrize("alpha", [0.1, 1.0, 10.0])
def test_without_edges_it_is_categorical_naive_bayes(alpha):
    X, y = load_wine(return_X_y=True)
    model = network(alpha=alpha, penalty=np.inf).fit(X.astype(np.float32), y)
    bins = model.bins_.transform(X.astype(np.float32))
    np.testing.assert_allclose(
        model.predict_proba(X.astype(np.float32)),
        CategoricalNB(alpha=alpha).fit(bins, y).predict_proba(bins),
        rtol=1e-9,
    )


def test_probabilities_are_those_counted_by_hand():
    """The product along the tree of (n(x, parent, class) + backoff P(x | class)) / (n(parent, class) + backoff)."""
    X, y = dice()
    model = network(alpha=2.0, backoff=3.0).fit(X, y)
    assert (model.parents_ >= 0).sum() == 3

    def share(column, value, of):
        same = X[of] if isinstance(of, np.ndarray) else X
        return (np.sum(same[:, column] == value) + 2.0) / (len(same) + 2.0 * len(np.unique(X[:, column])))

    for row in X[::57]:
        joint = []
        for each in (0, 1):
            product = np.mean(y == each)
            for column, parent in enumerate(model.parents_):
                alone = share(column, row[column], y == each)
                if parent < 0:
                    product *= alone
                    continue
                beside = (y == each) & (X[:, parent] == row[parent])
                product *= (np.sum(X[beside, column] == row[column]) + 3.0 * alone) / (np.sum(beside) + 3.0)
            joint.append(product)
        np.testing.assert_allclose(model.predict_proba(row[None])[0], np.array(joint) / sum(joint), rtol=1e-9)


def test_what_columns_share_is_the_mutual_information_within_classes():
    X, y = dice()
    cells = X.astype(np.int64)
    found = _shared(cells, y, np.ones(len(y)), np.full(4, 3))
    for i, j in combinations(range(4), 2):
        expected = sum(np.sum(y == c) * mutual_info_score(cells[y == c, i], cells[y == c, j]) for c in (0, 1))
        assert found[i, j] == pytest.approx(expected)
        assert found[j, i] == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(10))
def test_the_tree_is_the_best_of_all_trees(seed):
    worth = np.random.default_rng(seed).normal(0.3, 1.0, size=(5, 5))
    worth = worth + worth.T
    pairs = list(combinations(range(5), 2))

    def forest(edges):
        part = list(range(5))
        for i, j in edges:
            if part[i] == part[j]:
                return False
            part = [part[i] if each == part[j] else each for each in part]
        return True

    best = max(sum(worth[e] for e in edges) for n in range(5) for edges in combinations(pairs, n) if forest(edges))
    edges = _spanning(worth)
    assert sum(worth[edge] for edge in edges) == pytest.approx(best)
    assert len({child for child, _ in edges}) == len(edges), "a column has one parent"
    assert forest(edges)


def test_a_chain_is_found():
    X, y = dice(n_rows=4_000, n_columns=6)
    parents = network().fit(X, y).parents_
    edges = {frozenset((child, int(parent))) for child, parent in enumerate(parents) if parent >= 0}
    assert edges == {frozenset((k, k + 1)) for k in range(5)}


def test_columns_that_copy_each_other_no_longer_count_twice():
    """What naive Bayes is known to get wrong (Friedman et al., 1997), on real rows whose columns nearly copy each other."""
    X, y = load_breast_cancer(return_X_y=True)
    X, new, y, after = train_test_split(X.astype(np.float32), y, random_state=0)
    naive, tree = (log_loss(after, network(penalty=penalty).fit(X, y).predict_proba(new)) for penalty in (np.inf, 0.0))
    assert tree < 0.8 * naive


def test_an_edge_that_is_not_worth_its_numbers_is_left_out():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 500)
    X = (rng.integers(0, 4, size=(500, 5)) + y[:, None]).astype(np.float32)
    assert (network(penalty=0.0).fit(X, y).parents_ >= 0).sum() == 4
    assert (network(penalty=1.0).fit(X, y).parents_ >= 0).sum() == 0


def test_a_weight_of_two_is_a_row_twice():
    X, y = dice(200)
    weights = np.where(np.arange(200) % 3 == 0, 2.0, 1.0)
    twice = np.repeat(np.arange(200), weights.astype(int))
    np.testing.assert_allclose(
        network().fit(X, y, weights).predict_proba(X), network().fit(X[twice], y[twice]).predict_proba(X), rtol=1e-9
    )


def test_a_gap_where_training_had_none_says_nothing():
    X, y = dice(200, 2)
    model = network(penalty=np.inf).fit(X, y)
    row = np.array([[1.0, np.nan]], dtype=np.float32)
    np.testing.assert_allclose(model.predict_proba(row), network().fit(X[:, :1], y).predict_proba(row[:, :1]))


def test_only_the_most_telling_columns_are_joined():
    X, y = load_digits(return_X_y=True)
    X = np.minimum(np.hstack([X, np.roll(X, 1, axis=0)]), 15).astype(
        np.float32
    )  # 128 columns, half of them of other rows
    model = network().fit(X, y)
    assert (model.parents_ >= 0).sum() == MOST_JOINED - 1
    assert (model.parents_[:64] >= 0).sum() > (model.parents_[64:] >= 0).sum()
