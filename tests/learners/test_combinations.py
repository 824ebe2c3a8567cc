"""Learners made of learners."""

from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.preprocessing import scale

from holdfast.learners.catalogue import find
from holdfast.learners.combined import MEMBERS
from holdfast.learners.reduction import OneAgainstOne


@dataclass
class Certain:
    """A member that knows the true probabilities of both its classes."""

    first: float
    second: float

    def answers(self, X):
        yes = self.second / (self.first + self.second)
        return np.array([[1 - yes, yes]])


@given(st.lists(st.floats(0.01, 1.0), min_size=2, max_size=6))
def test_coupling_pairs_gives_back_the_probabilities_they_came_from(weights):
    true = np.array(weights) / np.sum(weights)
    model = OneAgainstOne(base="logistic", seed=0, n_jobs=1)
    model.classes_ = np.arange(len(true))
    model.members_ = [Certain(true[i], true[j]) for i in range(len(true)) for j in range(i + 1, len(true))]
    np.testing.assert_allclose(model.predict_proba(None)[0], true, rtol=1e-6)


def fitted(learner, X, y):
    estimator = learner.make(seed=0, n_jobs=1, **learner.defaults)
    estimator.fit(X, y)
    return estimator


def test_voting_is_the_mean_of_its_members():
    X, y = load_diabetes(return_X_y=True)
    X, y = scale(X).astype(np.float32), scale(y)
    alone = [fitted(member, X, y).predict(X) for member in MEMBERS["regression"]]
    np.testing.assert_allclose(fitted(find("voting", "regression"), X, y).predict(X), np.mean(alone, axis=0))


def test_stacking_weighs_members_by_rows_they_did_not_see():
    """Each member fits its own training rows better than new ones; a weight learned from those would go to the trees."""
    X, _ = load_diabetes(return_X_y=True)
    X = scale(X).astype(np.float32)
    y = X @ np.arange(10.0) + np.random.default_rng(0).normal(size=len(X))
    for name in ("stacking", "blending"):
        weights = fitted(find(name, "regression"), X, scale(y)).link_.estimator.coef_
        assert (weights >= 0).all()
        assert weights[0] > 0.9, "the straight line is right, and is found to be"


def test_blending_fits_its_members_once_and_stacking_on_all_rows():
    X, y = load_breast_cancer(return_X_y=True)
    X = scale(X).astype(np.float32)
    trees = {
        name: fitted(find(name, "classification"), X, y).members_[1].estimator.model.estimators_[0].tree_
        for name in ("stacking", "blending")
    }
    assert trees["stacking"].n_node_samples[0] == len(y)
    assert trees["blending"].n_node_samples[0] < 0.85 * len(y)
