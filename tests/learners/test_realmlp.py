"""The network for tables: its arithmetic against PyTorch and scikit-learn, and how it learns."""

import sys
import time

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.preprocessing import RobustScaler

from holdfast.learners.catalogue import find
from holdfast.learners.descending import Network, n_steps, schedule
from holdfast.learners.network import settle_rounds
from holdfast.learners.realmlp import RealMLP, mish, pulled_in, robust, selu

torch = pytest.importorskip("torch")

X, Y = load_diabetes(return_X_y=True)
X, Y = X.astype(np.float32), (Y - Y.mean()) / Y.std()
VALUES = np.linspace(-30.0, 30.0, 601)


def network(*, classifier=False, **settings):
    family = "classification" if classifier else "regression"
    return RealMLP(classifier=classifier, seed=0, n_jobs=1, **{**find("realmlp", family).defaults, **settings})


@pytest.mark.parametrize("activation", [selu, mish])
def test_the_activations_are_torchs(activation):
    theirs = getattr(torch.nn.functional, activation.__name__)(torch.from_numpy(VALUES)).numpy()
    np.testing.assert_allclose(activation(VALUES), theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("waving", [[], [0, 2]])
@pytest.mark.parametrize("classifier", [True, False])
def test_what_was_learned_answers_as_torchs_network(classifier, waving):
    start = np.array([0.5, -0.5])
    generator = torch.Generator().manual_seed(0)
    columns = np.array(waving, dtype=np.int64)
    theirs = Network(3, start=start, classifier=classifier, width=4, waving=columns, generator=generator)
    with torch.no_grad():
        for each, _ in theirs.parameters:
            each.normal_(generator=generator)
    ours = network(classifier=classifier)
    ours.learned_, ours.centre_, ours.spread_ = theirs.learned(), np.zeros(3), np.ones(3)
    rows = np.random.default_rng(0).normal(size=(20, 3))
    with torch.no_grad():
        wanted = theirs.scores(torch.from_numpy(pulled_in(rows).astype(np.float32))).numpy()
    np.testing.assert_allclose(ours.scores(rows), wanted, rtol=1e-4, atol=1e-4)


def test_the_scaling_is_scikit_learns_robust_one():
    centre, spread = robust(X.astype(np.float64)[:, :1])
    theirs = RobustScaler().fit(X.astype(np.float64)[:, :1])
    np.testing.assert_allclose(centre, theirs.center_)
    np.testing.assert_allclose(spread, theirs.scale_)


def test_values_are_pulled_in_smoothly_and_keep_their_order():
    bent = pulled_in(VALUES)
    assert np.abs(bent).max() < 3
    assert (np.diff(bent) > 0).all()
    np.testing.assert_allclose(np.gradient(bent, VALUES)[300], 1.0, atol=1e-3)


def test_the_schedule_has_four_cycles():
    sizes = np.array([schedule(share) for share in np.linspace(0, 1, 3_001)])
    peaks = np.flatnonzero((sizes[1:-1] > sizes[:-2]) & (sizes[1:-1] > sizes[2:])) + 1
    assert len(peaks) == 4
    np.testing.assert_allclose(sizes[peaks], 1.0, atol=1e-4)
    np.testing.assert_allclose(peaks / 3_000, (2.0 ** np.array([0.5, 1.5, 2.5, 3.5]) - 1) / 15, atol=1e-3)


def test_ten_times_the_rows_take_fewer_than_ten_times_the_steps():
    assert n_steps(1_000, 300) < n_steps(10_000, 300) < 10 * n_steps(1_000, 300)


def test_rows_without_weight_teach_nothing():
    wrong = np.where(np.arange(len(Y)) % 2, Y, 5.0)
    weights = np.arange(len(Y)) % 2
    fitted = network().fit(X, wrong, sample_weight=weights.astype(float))
    assert np.mean(fitted.predict(X)[::2]) < 0.5


def test_a_later_fit_stops_where_the_folds_did_and_keeps_no_rows_back():
    folds = [network(n_rounds=cycles).fit(X[:60], Y[:60]) for cycles in (1, 4, 2)]
    assert settle_rounds(folds) == {"n_rounds": 2}
    again = network(n_rounds=2).fit(X, Y)
    found = network().fit(X, Y)
    assert again.n_rounds_ == 2
    assert found.n_rounds_ in (1, 2, 3, 4)


def test_no_answer_is_beyond_those_of_training():
    fitted = network().fit(X, Y)
    answers = fitted.predict(np.vstack([X, 10 * X]))
    assert answers.min() >= Y.min()
    assert answers.max() <= Y.max()


def test_torchs_threads_are_left_as_they_were():
    before = torch.get_num_threads()
    fitted = network()
    fitted.n_jobs = before + 1
    fitted.fit(X[:50], Y[:50])
    assert torch.get_num_threads() == before


def test_a_fitted_network_answers_without_torch(monkeypatch):
    iris, kinds = load_iris(return_X_y=True)
    fitted = network(classifier=True).fit(iris.astype(np.float32), kinds)
    monkeypatch.setitem(sys.modules, "torch", None)
    shares = fitted.predict_proba(iris.astype(np.float32))
    assert (shares.argmax(axis=1) == kinds).mean() > 0.95


def test_a_deadline_ends_the_schedule_and_what_was_learned_by_then_is_kept(monkeypatch):
    late = network()
    late.deadline = time.monotonic() - 1
    late.fit(X, Y)
    assert (late.n_rounds_, late.done_) == (1, 0.0)
    assert np.isfinite(late.predict(X)).all()
    clock(monkeypatch)
    # Too little time for all four cycles in longer strides: it ends between the first and the second.
    partly = network(n_rounds=4)
    partly.deadline = time.monotonic() + 2 * 22
    partly.fit(X, Y)
    assert (partly.n_rounds_, partly.done_) == (1, 0.25)
    assert network().fit(X, Y).done_ == 1.0


def clock(monkeypatch):
    """Time goes on by 1 whenever it is asked for, which is twice a step."""
    moments = iter(range(10**6))
    monkeypatch.setattr(time, "monotonic", lambda: next(moments))


def test_a_schedule_that_would_not_be_finished_in_time_is_shortened(monkeypatch):
    steps = n_steps(len(Y), find("realmlp", "regression").defaults["steps"])
    unhurried = network(n_rounds=4).fit(X, Y)
    for share in (0.4, 0.8, 1.2):
        clock(monkeypatch)
        hurried = network(n_rounds=4)
        hurried.deadline = round(2 * share * steps)
        hurried.fit(X, Y)
        assert (hurried.n_rounds_, hurried.done_) == (4, 1.0)
        assert 0.9 * min(share, 1.0) <= time.monotonic() / (2 * steps) <= min(share, 1.01)
        assert np.array_equal(hurried.predict(X), unhurried.predict(X)) == (share > 1)
