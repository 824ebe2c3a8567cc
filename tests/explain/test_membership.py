"""A model that learned by heart gives its rows away; one that learned nothing does not."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeClassifier

from holdfast.explain.membership import losses, membership


def attack(model, seed: int):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2000, 10)), rng.integers(0, 2, 2000)
    y = np.where(rng.random(2000) < 0.5, y, (x[:, 0] > 0).astype(int))
    fitted = model.fit(x[:1000], y[:1000])
    p = fitted.predict_proba(x)
    return losses(y[:1000], p[:1000]), losses(y[1000:], p[1000:])


def test_learning_by_heart_is_found_out():
    found = membership(*attack(DecisionTreeClassifier(random_state=0), 0))
    assert found.low > 0.6
    assert "clearly" in found.sentence


def test_the_auc_is_the_textbook_one():
    inside, outside = attack(LogisticRegression(), 1)
    truth = roc_auc_score(np.r_[np.ones(1000), np.zeros(1000)], -np.r_[inside, outside])
    assert membership(inside, outside).auc == pytest.approx(truth)


def test_a_simple_model_keeps_the_secret():
    assert sum(membership(*attack(LogisticRegression(), seed)).low > 0.5 for seed in range(2, 12)) <= 2
