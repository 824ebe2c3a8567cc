"""Trees, and sums and medians of them, against scikit-learn."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import AdaBoostClassifier, AdaBoostRegressor, HistGradientBoostingRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from xgboost import DMatrix

from holdfast.learners.adaboost import N_TREES, Median, Votes
from holdfast.learners.catalogue import find
from holdfast.learners.catboost import CatBoost
from holdfast.learners.ebm import term_tree
from holdfast.learners.hist_boosting import STRIDE, HistBoosting
from holdfast.learners.lightgbm import LightGBM
from holdfast.learners.pruning import PrunedTree
from holdfast.learners.xgboost import XGBoost

X, Y = load_diabetes(return_X_y=True)
X = X.astype(np.float32)


def test_the_weighted_median_is_scikit_learns():
    ours = Median(seed=0, max_depth=4, learning_rate=0.5).fit(X, Y)
    base = DecisionTreeRegressor(max_depth=4)
    theirs = AdaBoostRegressor(base, n_estimators=N_TREES, learning_rate=0.5, random_state=0).fit(X, Y)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X))


def test_the_votes_are_scikit_learns():
    iris, y = load_iris(return_X_y=True)
    ours = Votes(seed=0, max_depth=1, learning_rate=0.5).fit(iris.astype(np.float32), y)
    base = DecisionTreeClassifier(max_depth=1, random_state=0)
    theirs = AdaBoostClassifier(base, n_estimators=N_TREES, learning_rate=0.5, random_state=0).fit(iris, y)
    shares = (2 * theirs.decision_function(iris) + 1) / 3  # scikit-learn takes half a vote from each other class
    np.testing.assert_allclose(ours.scores(iris.astype(np.float32)), shares, atol=1e-9)


@pytest.mark.parametrize("n_rows", [4, 10, 16, 20])
def test_where_no_tree_beats_chance_there_is_still_a_vote(n_rows):
    constant = np.zeros((n_rows, 2), dtype=np.float32)
    votes = Votes(seed=0, max_depth=1, learning_rate=0.5).fit(constant, np.arange(n_rows) % 2)
    assert set(votes.scores(constant)[:, 0]) in ({0.0}, {1.0})


def test_boosting_keeps_the_rounds_that_paid():
    settings = {"learning_rate": 0.2, "min_samples_leaf": 5}
    stopped = HistBoosting(classifier=False, seed=0, n_jobs=1, **settings).fit(X, Y)
    assert 0 < stopped.n_trees_ < 600
    assert len(stopped.trees()[0]) == stopped.n_trees_
    fixed = HistBoosting(classifier=False, seed=0, n_jobs=1, n_trees=30, **settings).fit(X, Y)
    theirs = HistGradientBoostingRegressor(max_iter=30, early_stopping=False, random_state=0, **settings).fit(X, Y)
    np.testing.assert_allclose(fixed.predict(X), theirs.predict(X))


@pytest.mark.parametrize("kind", [LightGBM, XGBoost, CatBoost, HistBoosting])
@pytest.mark.parametrize("n_classes", [None, 2, 3])
def test_boosting_stops_when_late_and_keeps_what_it_has(kind, n_classes):
    y = Y if n_classes is None else np.digitize(Y, np.quantile(Y, np.linspace(0, 1, n_classes + 1)[1:-1]))
    settings = {"classifier": n_classes is not None, "seed": 0, "n_jobs": 1, "learning_rate": 0.1}
    late, whole = (kind(**settings, n_trees=20) for _ in range(2))
    late.deadline = time.monotonic() - 1
    late.fit(X, y)
    assert 1 <= late.n_trees_ < late.n_planned_ == 20
    whole.fit(X, y)
    assert whole.n_trees_ == whole.n_planned_ == 20
    first = kind(**settings, n_trees=late.n_trees_).fit(X, y)
    answers = (lambda each: each.predict(X)) if n_classes is None else (lambda each: each.predict_proba(X))
    np.testing.assert_allclose(answers(late), answers(first))
    assert len(late.trees()[0]) == len(first.trees()[0])


def test_histogram_boosting_that_watches_stops_when_late_too():
    late = HistBoosting(classifier=False, seed=0, n_jobs=1, learning_rate=0.1)
    late.deadline = time.monotonic() - 1
    late.fit(X, Y)
    assert late.n_trees_ == STRIDE < late.n_planned_


def test_histogram_boosting_with_a_deadline_it_keeps_is_the_same_model():
    in_time, free = (
        HistBoosting(classifier=False, seed=0, n_jobs=1, n_trees=2 * STRIDE + 3, max_features=0.5) for _ in range(2)
    )
    in_time.deadline = time.monotonic() + 1_000
    np.testing.assert_array_equal(in_time.fit(X, Y).predict(X), free.fit(X, Y).predict(X))
    assert in_time.n_trees_ == in_time.n_planned_ == free.n_trees_


def test_late_trees_count_in_full_beside_far_outliers():
    y = (Y - Y.mean()) / Y.std()
    y[::50] += 20
    model = XGBoost(classifier=False, seed=0, n_jobs=1, n_trees=3_000, learning_rate=0.025).fit(X, y)
    leaves = model.booster_.predict(DMatrix(X), pred_leaf=True).astype(int)
    sums = sum(tree.value[leaves[:, k]] for k, tree in enumerate(model.trees()[0]))
    assert np.abs(model.predict(X) - sums).max() < 3e-6 * y.std()


def test_on_noise_a_tree_is_cut_back_to_its_root_or_nearly():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(300, 5)).astype(np.float32)
    assert PrunedTree(classifier=False, seed=0, min_samples_leaf=5).fit(noise, rng.normal(size=300)).tree_.n_leaves <= 3
    steps = np.floor(noise[:, 0].astype(float))
    assert PrunedTree(classifier=False, seed=0, min_samples_leaf=5).fit(noise, steps).tree_.n_leaves >= 4


def test_a_class_of_one_row_is_survived():
    iris, y = load_iris(return_X_y=True)
    iris, y = iris[:101].astype(np.float32), y[:101]
    for name in ("pruned_tree", "bagging", "hist_gradient_boosting", "ebm", "stacking", "blending", "one_vs_one"):
        learner = find(name, "classification")
        if learner.installed:
            estimator = learner.make(seed=0, n_jobs=1, **learner.defaults)
            estimator.fit(iris, y)
            np.testing.assert_allclose(estimator.predict_proba(iris).sum(axis=1), 1.0, err_msg=name)


def walk(tree, row):
    place = 0
    while tree.feature[place] >= 0:
        value = row[tree.feature[place]]
        right = tree.missing_true[place] if np.isnan(value) else value >= tree.threshold[place]
        place = (tree.true if right else tree.false)[place]
    return tree.value[place]


CUTS = st.lists(st.floats(-5, 5), max_size=9, unique=True).map(sorted).map(np.array)
VALUES = st.floats(-6, 6) | st.just(np.nan)


@given(CUTS, CUTS, VALUES, VALUES)
def test_a_table_as_a_tree_gives_what_looking_it_up_gives(first, second, x, y):
    table = np.random.default_rng(0).normal(size=(len(first) + 3, len(second) + 3, 2))
    places = [0 if np.isnan(v) else 1 + np.searchsorted(cuts, v, side="right") for v, cuts in ((x, first), (y, second))]
    tree = term_tree([(3, first), (1, second)], table)
    np.testing.assert_array_equal(walk(tree, np.array([0.0, y, 0.0, x])), table[tuple(places)])


@given(CUTS, VALUES)
def test_a_curve_as_a_tree(cuts, x):
    values = np.arange(len(cuts) + 3.0)
    place = 0 if np.isnan(x) else 1 + np.searchsorted(cuts, x, side="right")
    assert walk(term_tree([(0, cuts)], values), np.array([x])) == place


@pytest.mark.parametrize("base", ["logistic", "lightgbm"])
@pytest.mark.parametrize("name", ["one_vs_rest", "one_vs_one"])
def test_either_base_will_do(name, base):
    iris, y = load_iris(return_X_y=True)
    model = find(name, "classification").make(seed=0, n_jobs=1, base=base).fit(iris.astype(np.float32), y)
    assert np.mean(model.predict_proba(iris.astype(np.float32)).argmax(axis=1) == y) > 0.9
