import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from holdfast.compile.assemble import assemble
from holdfast.compile.prove import prove
from holdfast.learners.catalogue import find
from holdfast.learners.neighbours import MOST_ASKED, NearestNeighbours
from holdfast.testing.checks import fit
from holdfast.testing.data import table

RNG = np.random.default_rng(0)


def rows_of(classifier, n=150):
    """Whole numbers would be as far from several rows: a little noise settles who is nearer."""
    X, y = load_iris(return_X_y=True) if classifier else load_diabetes(return_X_y=True)
    X = X[:n] + np.random.default_rng(1).normal(scale=0.01, size=X[:n].shape)
    return X.astype(np.float32), y[:n]


def neighbours(classifier, k, weights, X, y, **more):
    return NearestNeighbours(classifier=classifier, n_neighbors=k, weights=weights).fit(X, y, **more)


@pytest.mark.parametrize("weights", ["uniform", "distance"])
@pytest.mark.parametrize("classifier", [True, False])
def test_a_row_that_weighs_three_is_three_rows(classifier, weights):
    X, y = rows_of(classifier)
    times = RNG.integers(0, 4, len(y))
    ours = neighbours(classifier, 7, weights, X, y, sample_weight=times.astype(float))
    kind = KNeighborsClassifier if classifier else KNeighborsRegressor
    # The seventh neighbour's copies are equally far, so that it does not matter which of them is taken.
    theirs = kind(7, weights=weights, algorithm="brute").fit(np.repeat(X, times, axis=0), np.repeat(y, times))
    asked = X + np.float32(0.003)
    found = ours.predict_proba(asked) if classifier else ours.predict(asked)
    expected = theirs.predict_proba(asked) if classifier else theirs.predict(asked)
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def test_even_weights_change_nothing():
    X, y = rows_of(classifier=False)
    plain, even = (neighbours(False, 15, "distance", X, y, **more) for more in ({}, {"sample_weight": np.ones(len(y))}))
    assert np.array_equal(plain.predict(X), even.predict(X))
    assert plain.k_ == even.k_ == 15


def test_the_nearest_row_may_count_in_part():
    X, y = np.array([[0.0], [1.0], [2.0]], dtype=np.float32), np.array([0.0, 10.0, 20.0])
    model = neighbours(False, 1, "uniform", X, y, sample_weight=np.array([0.25, 0.5, 2.25]))
    assert model.predict(X[:1])[0] == pytest.approx(0.25 * 0 + 0.5 * 10 + 0.25 * 20)


@pytest.mark.parametrize("family", ["classification", "regression"])
def test_weighted_votes_are_compiled(family):
    learner, (columns, y) = find("nearest_neighbours", family), table(family)
    weights = RNG.exponential(size=len(y))
    pipeline = fit(learner, columns, y, weights=weights / weights.mean())
    assert pipeline.estimator.k_ > learner.defaults["n_neighbors"]
    proof = prove(assemble([(pipeline, 1.0)], columns.kinds, pipeline.n_classes), [(pipeline, 1.0)], columns)
    assert proof.agrees, str(proof)


def test_rows_that_weigh_next_to_nothing_are_not_all_asked():
    X, y = RNG.normal(size=(2_000, 2)).astype(np.float32), RNG.normal(size=2_000)
    weights = np.where(np.arange(2_000) < 10, 200.0, 1e-6)
    assert neighbours(False, 15, "uniform", X, y, sample_weight=weights).k_ == MOST_ASKED
