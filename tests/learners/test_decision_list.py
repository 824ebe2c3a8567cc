import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.model_selection import cross_val_predict
from sklearn.tree import DecisionTreeClassifier

from holdfast.learners.decision_list import DecisionList, Rule, _foil


def fitted(X, y, **params):
    return DecisionList(**{"n_conditions": 4, "evidence": 1.3, "seed": 0, **params}).fit(X.astype(np.float32), y)


def test_the_gain_is_foils():
    """Quinlan (1990): p (log2 p/(p+n) - log2 P/(P+N)); 5 of 6 out of 10 of 20."""
    gain = _foil(np.array([5.0, 0.0]), np.array([1.0, 3.0]), 10.0, 10.0)
    np.testing.assert_allclose(gain, [5 * (np.log2(5 / 6) + 1), 0.0])


def test_rules_that_made_the_data_are_found_again():
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(3_000, 5))
    first = (X[:, 0] > 0.7) & (X[:, 1] <= 0.5)
    second = ~first & (X[:, 2] > 0.8)
    y = np.where(first, 2, np.where(second, 1, 0))
    model = fitted(X, y)
    new = rng.uniform(size=(2_000, 5)).astype(np.float32)
    expected = np.where((new[:, 0] > 0.7) & (new[:, 1] <= 0.5), 2, np.where(new[:, 2] > 0.8, 1, 0))
    assert (model.predict_proba(new).argmax(axis=1) == expected).mean() > 0.93
    used = {column for rule in model.rules_ for column, _, _ in rule.conditions}
    assert {0, 1, 2} <= used
    assert len(model.rules_) < 25


def test_the_first_rule_that_holds_answers():
    model = fitted(np.array([[0.0], [1.0]]), np.array([0, 1]))
    model.rules_ = [Rule(((0, 0.5, True),), (0.2, 0.8)), Rule(((0, 0.2, True),), (0.6, 0.4)), Rule((), (0.9, 0.1))]
    shares = model.predict_proba(np.array([[0.6], [0.3], [0.1], [0.5]]))
    assert shares[:, 1].tolist() == [0.8, 0.4, 0.1, 0.4]


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer])
def test_it_is_nearly_as_good_as_a_pruned_tree(load):
    X, y = load(return_X_y=True)

    class Wrapped(DecisionTreeClassifier):
        def fit(self, X, y):
            self.model = fitted(X, y)
            self.classes_ = self.model.classes_
            return self

        def predict(self, X):
            return self.classes_[self.model.predict_proba(X.astype(np.float32)).argmax(axis=1)]

    ours = (cross_val_predict(Wrapped(), X, y, cv=5) == y).mean()
    tree = (cross_val_predict(DecisionTreeClassifier(max_depth=4, random_state=0), X, y, cv=5) == y).mean()
    assert ours > tree - 0.06


@settings(deadline=None, max_examples=20)
@given(st.integers(2, 4), st.integers(20, 120), st.integers(0, 10_000))
def test_shares_are_probabilities_of_any_data(n_classes, n_rows, seed):
    rng = np.random.default_rng(seed)
    X, y = rng.integers(0, 4, size=(n_rows, 3)).astype(np.float32), rng.integers(0, n_classes, n_rows)
    shares = fitted(X, y, seed=seed).predict_proba(X)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert (shares > 0).all()


def test_rows_are_ranked_where_no_class_ever_outweighs_the_other():
    """A class of at most two in five is never the likelier one; the list still says where it is more likely."""
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(4_000, 3)).astype(np.float32)
    y = (rng.random(4_000) < np.where(X[:, 0] > 0.5, 0.4, 0.05)).astype(int)
    new = rng.uniform(size=(2_000, 3)).astype(np.float32)
    shares = fitted(X, y).predict_proba(new)[:, 1]
    assert (shares < 0.5).all()
    assert np.mean(shares[new[:, 0] > 0.5]) > 0.3
    assert np.mean(shares[new[:, 0] <= 0.5]) < 0.1


def test_pure_rules_come_first():
    rng = np.random.default_rng(0)
    X = rng.uniform(size=(5_000, 2)).astype(np.float32)
    y = (rng.random(5_000) < np.select([X[:, 0] > 0.8, X[:, 1] > 0.7], [0.97, 0.6], 0.02)).astype(int)
    tops = [max(rule.shares) for rule in fitted(X, y).rules_]
    assert tops[0] > 0.9
    assert fitted(X, y).rules_[0].conditions[0][0] == 0


def test_evidence_asked_for_in_vain_leaves_one_rule():
    rng = np.random.default_rng(0)
    X, y = rng.uniform(size=(300, 4)), rng.integers(0, 2, 300)
    assert len(fitted(X, y, evidence=50.0).rules_) == 1


def test_a_weight_of_three_counts_like_three_rows():
    X, y = load_breast_cancer(return_X_y=True)
    weights = np.where(y == 0, 3.0, 1.0)
    model = DecisionList(n_conditions=4, evidence=1e9, seed=0).fit(X.astype(np.float32), y, weights)
    counts = np.array([3.0 * (y == 0).sum(), (y == 1).sum()]) / weights.mean()
    np.testing.assert_allclose(model.rules_[0].shares, (counts + 1) / (counts.sum() + 2))
