"""Watching other rows: what they say is their loss after each round, and a fit is cut back to where it was asked to be."""

import time

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.metrics import log_loss, mean_squared_error

from holdfast.learners.catboost import CatBoost
from holdfast.learners.hist_boosting import STRIDE, HistBoosting
from holdfast.learners.lightgbm import LightGBM
from holdfast.learners.mlp import Perceptron
from holdfast.learners.realmlp import RealMLP
from holdfast.learners.watching import Watched, best_round, watched_losses
from holdfast.learners.xgboost import XGBoost

X, Y = load_diabetes(return_X_y=True)
X, Y = X.astype(np.float32), (Y - Y.mean()) / Y.std()
FITTED, HELD = np.arange(len(X)) % 4 > 0, np.arange(len(X)) % 4 == 0
BOOSTERS = [LightGBM, XGBoost, CatBoost, HistBoosting]


def target(n_classes):
    return Y if n_classes is None else np.digitize(Y, np.quantile(Y, np.linspace(0, 1, n_classes + 1)[1:-1]))


def watching(kind, n_classes=None, rows=HELD, fitted=FITTED, **settings):
    y = target(n_classes)
    made = kind(classifier=n_classes is not None, seed=0, n_jobs=1, **settings)
    made.watched = Watched(X[rows], y[rows], np.ones(int(rows.sum())))
    return made.fit(X[fitted], y[fitted])


def network(n_classes=None, **settings):
    return watching(RealMLP, n_classes, width=64, learning_rate=0.02, steps=50, waves=False, **settings)


def perceptron(n_classes=None, **settings):
    return watching(Perceptron, n_classes, hidden="16", learning_rate_init=0.01, **settings)


def loss(fitted, n_classes=None):
    y = target(n_classes)[HELD]
    if n_classes is None:
        return mean_squared_error(y, fitted.predict(X[HELD]))
    return log_loss(y, fitted.predict_proba(X[HELD]), labels=np.arange(n_classes))


@pytest.mark.parametrize("n_classes", [None, 2, 3])
@pytest.mark.parametrize("kind", BOOSTERS)
def test_a_booster_says_how_it_does_on_the_rows_it_watches(kind, n_classes):
    fitted = watching(kind, n_classes, learning_rate=0.2)
    stride = STRIDE if kind is HistBoosting else 1
    assert fitted.n_trees_ == best_round([fitted.losses_])
    for rounds in (4 * stride, 2 * stride):
        fitted.keep(rounds)
        assert len(fitted.trees()[0]) == rounds * (1 if kind is CatBoost else fitted.n_outputs_)
        said = fitted.losses_[rounds - 1]
        squared = said**2 if n_classes is None and kind in (XGBoost, CatBoost) else said
        np.testing.assert_allclose(loss(fitted, n_classes), squared, rtol=1e-4)
    fitted.keep(10**6)
    assert fitted.n_trees_ == len(fitted.losses_)
    assert fitted.done_ == 1.0


@pytest.mark.parametrize("kind", [LightGBM, XGBoost, CatBoost])
@pytest.mark.parametrize("rows", [HELD, None])
def test_a_booster_that_is_late_from_the_start_has_a_loss_for_what_it_grew(kind, rows):
    late = kind(classifier=False, seed=0, n_jobs=1, learning_rate=0.2)
    late.deadline = time.monotonic() - 1
    if rows is not None:
        late.watched = Watched(X[rows], Y[rows], np.ones(int(rows.sum())))
    late.fit(X[FITTED], Y[FITTED])
    assert 1 <= late.n_trees_ == len(late.losses_ if rows is not None else late.trees()[0])
    assert late.done_ < 1.0


@pytest.mark.parametrize("n_classes", [None, 2, 3])
@pytest.mark.parametrize("kind", [network, perceptron])
def test_a_network_says_how_it_does_on_the_rows_it_watches(kind, n_classes):
    fitted = kind(n_classes)
    assert len(fitted.losses_) >= 4
    for rounds in (4, 2, 1):
        fitted.keep(rounds)
        assert fitted.n_rounds_ == rounds
        if n_classes is not None:  # a value is held to the range of training, which the loss does not know
            np.testing.assert_allclose(loss(fitted, n_classes), fitted.losses_[rounds - 1], rtol=1e-4)


@pytest.mark.parametrize("kind", BOOSTERS)
def test_no_row_learned_from_is_kept_back(kind):
    fitted = watching(kind, learning_rate=0.2)
    planned = kind(classifier=False, seed=0, n_jobs=1, n_trees=fitted.n_trees_, learning_rate=0.2)
    planned.fit(X[FITTED], target(None)[FITTED])
    np.testing.assert_allclose(fitted.predict(X[HELD]), planned.predict(X[HELD]), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "fit",
    [
        lambda **more: watching(LightGBM, 3, learning_rate=0.2, **more),
        lambda **more: network(3, **more),
        lambda **more: perceptron(3, **more),
    ],
)
def test_rows_of_classes_that_training_lacked_are_not_watched(fit):
    rare = target(3) == 2
    whole = fit(rows=HELD & ~rare)
    assert watched_losses(whole) is not None
    some, none = (fit(rows=rows, fitted=FITTED & ~rare) for rows in (HELD, HELD & rare))
    assert list(some.classes_) == [0, 1]
    assert watched_losses(some) is not None
    assert watched_losses(none) is None


def test_fits_that_ended_early_count_as_they_ended():
    assert best_round([np.array([2.0, 1.0, 3.0])]) == 2
    assert best_round([np.array([2.0, 1.0]), np.array([5.0, 4.0, 3.0, 3.5])]) == 3
