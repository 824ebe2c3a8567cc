import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_iris

from holdfast.learners.bins import FEW, Bins, description_length_cuts


def test_iris_is_cut_where_the_published_implementation_cuts_it():
    """R's discretization::mdlp(iris): two cuts a column."""
    X, y = load_iris(return_X_y=True)
    bins = Bins().fit(X.astype(np.float32), y, np.ones(len(y)))
    np.testing.assert_allclose(bins.cuts_, [[5.55, 6.15], [2.95, 3.35], [2.45, 4.75], [0.80, 1.75]], rtol=1e-5)


def test_noise_is_not_cut():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(500, 3)).astype(np.float32), rng.integers(0, 2, 500)
    bins = Bins().fit(X, y, np.ones(500))
    assert bins.counts_.tolist() == [2, 2, 2]


def test_few_values_have_a_bin_each_and_gaps_the_last():
    X = np.array([[5.0], [1.0], [np.nan], [3.0]], dtype=np.float32)
    bins = Bins().fit(X, np.array([0, 1, 0, 1]), np.ones(4))
    assert bins.transform(np.append(X, [[np.inf], [-np.inf], [2.5]]).astype(np.float32)[:, None]).ravel().tolist() == [
        2, 0, 3, 1, 2, 0, 1,
    ]  # fmt: skip


def test_a_column_of_gaps_only():
    X = np.full((4, 1), np.nan, dtype=np.float32)
    bins = Bins().fit(X, np.array([0, 1, 0, 1]), np.ones(4))
    assert bins.transform(X).ravel().tolist() == [1] * 4


@pytest.mark.parametrize("n_values", [FEW, 400])
def test_neighbours_that_floats_can_hardly_tell_apart_get_different_bins(n_values):
    values = np.full(n_values, np.float32(1.0))
    for k in range(1, n_values):
        values[k] = np.nextafter(values[k - 1], np.float32(2.0))
    y = np.arange(n_values) % 2 if n_values == FEW else (np.arange(n_values) > 200).astype(int)
    found = Bins().fit(values[:, None], y, np.ones(n_values)).transform(values[:, None]).ravel()
    assert len(set(found)) == (n_values if n_values == FEW else 2)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=30))
def test_cuts_lie_between_values_whose_classes_differ(counts):
    """Fayyad's theorem: a best cut is never inside a run of values of one class."""
    counts = np.array(counts, dtype=float)
    counts = counts[counts.sum(axis=1) > 0]
    cuts = description_length_cuts(counts)
    assert cuts == sorted(set(cuts))
    for cut in cuts:
        both = (counts[cut : cut + 2] > 0).any(axis=0)
        assert both.all(), "the cut parts values that hold one and the same class"
