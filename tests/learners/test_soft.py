import numpy as np
import pytest
from sklearn.tree import DecisionTreeRegressor

from holdfast.data.columns import Columns, Kind
from holdfast.learners.catalogue import find
from holdfast.learners.pipeline import fit_labels
from holdfast.learners.preparing import encode
from holdfast.learners.soft import MOST_COPIES, copied, fit_pipeline

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 2))
COLUMNS = Columns({"a": X[:, 0], "b": X[:, 1]}, {}, {"a": Kind.NUMBER, "b": Kind.NUMBER})


def taught(name, y, answers, n_classes, params=None, **more):
    learner = find(name, "regression" if n_classes is None else "classification")
    encoder, matrix = encode(learner.wants, "none", COLUMNS, y, n_classes=n_classes, seed=0)
    params = learner.defaults if params is None else params
    pipeline = fit_pipeline(learner, params, encoder, matrix, y, answers, n_classes=n_classes, **more)
    return pipeline.predict(COLUMNS)


def plain(name, y, n_classes, params=None):
    learner = find(name, "regression" if n_classes is None else "classification")
    encoder, matrix = encode(learner.wants, "none", COLUMNS, y, n_classes=n_classes, seed=0)
    params = learner.defaults if params is None else params
    return fit_labels(learner, params, encoder, matrix, y, n_classes=n_classes).predict(COLUMNS)


def test_a_student_of_its_own_kind_says_what_its_teacher_says():
    y = (X[:, 0] + X[:, 1] + RNG.normal(size=400) > 0).astype(np.int64)
    answers = plain("logistic_plain", y, 2)
    assert np.abs(taught("logistic_plain", y, answers, 2) - answers).max() < 2e-3
    three = np.digitize(X[:, 0] + RNG.normal(size=400), [-0.5, 0.5])
    answers = plain("logistic_plain", three, 3)
    assert np.abs(taught("logistic_plain", three, answers, 3) - answers).max() < 1e-2
    values = X @ [1.0, 2.0] + RNG.normal(size=400)
    answers = plain("linear", values, None)
    assert np.abs(taught("linear", values, answers, None) - answers).max() < 1e-4


def test_the_leaves_of_a_tree_hold_the_mean_of_what_the_teacher_says_and_the_truth():
    answers = 1 / (1 + np.exp(-3 * X[:, 0]))
    y = (answers > RNG.uniform(size=400)).astype(np.int64)
    mixed = (answers + y) / 2
    said = taught("decision_tree", y, np.column_stack([1 - answers, answers]), 2, {"max_leaf_nodes": 2})[:, 1]
    # One cut by the Gini index of shares is the one by the variance of the positive class's share.
    expected = DecisionTreeRegressor(max_leaf_nodes=2).fit(X.astype(np.float32), mixed).predict(X.astype(np.float32))
    assert np.allclose(said, expected, atol=5e-3)


def test_weights_of_rows_count():
    answers = np.where(X[:, :1] > 0, [[0.2, 0.8]], [[0.6, 0.4]])
    weights = np.where(X[:, 1] > 0, 1.0, 0.0) + 1e-9
    answers[X[:, 1] <= 0] = [0.5, 0.5]
    y = (X[:, 0] > 0).astype(np.int64)
    said = taught("decision_tree", y, answers, 2, {"max_leaf_nodes": 2}, weights=weights)
    counted = X[:, 1] > 0
    assert said[counted, 1] == pytest.approx(np.where(X[counted, 0] > 0, 0.9, 0.2), abs=1e-6)


def test_values_stay_within_those_of_the_target():
    y = np.exp(X[:, 0])
    params = {**find("linear", "regression").defaults, "target_transform": "log"}
    assert np.isfinite(taught("linear", y, X[:, 0] - 9.0, None, params)).all()  # a teacher that answers below 0


def test_many_classes_are_copied_seldom_and_none_is_lost():
    n = 30
    shares = RNG.dirichlet(np.full(n, 0.3), size=500)
    shares[:, n - 1] = 1e-6
    shares /= shares.sum(axis=1, keepdims=True)
    rows, classes, weights = copied(shares)
    assert len(rows) <= 1.05 * MOST_COPIES * 500
    assert set(classes) == set(range(n))
    assert np.array_equal(weights, shares[rows, classes])
    never = np.array([[0.3, 0.7, 0.0]] * 4)
    assert set(copied(never)[1]) == {0, 1}


def test_the_nearest_neighbour_of_a_student_gives_all_of_what_its_teacher_says():
    y = (X[:, 0] > 0).astype(np.int64)
    answers = RNG.dirichlet([1.0, 1.0], size=400)
    said = taught("nearest_neighbours", y, answers, 2, {"n_neighbors": 1, "weights": "uniform"})
    assert said == pytest.approx((answers + np.eye(2)[y]) / 2, abs=0.01)  # shares below a hundredth are not copied
