"""The multilayer perceptron: its arithmetic against scikit-learn's, and where it stops."""

import time

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier, MLPRegressor

from holdfast.learners.catalogue import find
from holdfast.learners.mlp import BATCH, TURNS, Perceptron
from holdfast.learners.watching import Watched

X, Y = load_diabetes(return_X_y=True)
X, Y = (X / X.std(axis=0)).astype(np.float32), (Y - Y.mean()) / Y.std()


def perceptron(*, classifier=False, **settings):
    family = "classification" if classifier else "regression"
    return Perceptron(classifier=classifier, seed=0, n_jobs=1, **{**find("mlp", family).defaults, **settings})


@pytest.mark.parametrize("n_classes", [None, 2, 3])
def test_it_answers_as_scikit_learns_after_as_many_turns(n_classes):
    classifier = n_classes is not None
    rows, y = (load_iris(return_X_y=True)) if classifier else (X, Y)
    rows, y = (rows[: 50 * n_classes].astype(np.float32), y[: 50 * n_classes]) if classifier else (rows, y)
    ours = perceptron(classifier=classifier, hidden="16x8", n_rounds=4).fit(rows, y)
    theirs = (MLPClassifier if classifier else MLPRegressor)(
        hidden_layer_sizes=(16, 8),
        random_state=np.random.RandomState(0),
        batch_size=min(BATCH, len(y)),
        learning_rate_init=ours.params["learning_rate_init"],
    )
    for _ in range(TURNS[3]):
        theirs.partial_fit(rows.astype(np.float64), y, **({"classes": np.unique(y)} if classifier else {}))
    if classifier:
        np.testing.assert_allclose(ours.predict_proba(rows), theirs.predict_proba(rows.astype(np.float64)), rtol=1e-9)
    else:
        np.testing.assert_allclose(
            ours.predict(rows), np.clip(theirs.predict(rows.astype(np.float64)), Y.min(), Y.max())
        )


@pytest.mark.parametrize("n_rows", [300, 600, 1_200])
def test_a_rare_class_is_learned_whatever_the_number_of_rows(n_rows):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(n_rows + 4_000, 6)).astype(np.float32)
    y = (rng.random(len(rows)) < 1 / (1 + np.exp(3 - 2 * rows[:, 0]))).astype(int)
    assert y.mean() < 0.15
    fitted = perceptron(classifier=True).fit(rows[:n_rows], y[:n_rows])
    linear = LogisticRegression().fit(rows[:n_rows], y[:n_rows])
    area, wanted = (roc_auc_score(y[n_rows:], each.predict_proba(rows[n_rows:])[:, 1]) for each in (fitted, linear))
    assert area > wanted - 0.04


def test_a_fit_cut_back_is_a_fit_of_fewer_rounds():
    watching = perceptron()
    watching.watched = Watched(X[300:], Y[300:], np.ones(len(X) - 300))
    watching.fit(X[:300], Y[:300])
    assert 2 < len(watching.losses_) <= len(TURNS)
    watching.keep(2)
    assert np.array_equal(watching.predict(X), perceptron(n_rounds=2).fit(X[:300], Y[:300]).predict(X))


def test_no_answer_is_beyond_those_of_training():
    fitted = perceptron().fit(X, Y)
    answers = fitted.predict(np.vstack([X, 100 * X]))
    assert (answers.min(), answers.max()) == (Y.min(), Y.max())


def test_a_deadline_ends_it_with_what_was_learned():
    late = perceptron(n_rounds=4)
    late.deadline = time.monotonic() - 1
    late.fit(X, Y)
    assert (late.n_rounds_, late.done_) == (1, 0.25)
    assert np.isfinite(late.predict(X)).all()
    assert perceptron().fit(X, Y).done_ == 1.0
