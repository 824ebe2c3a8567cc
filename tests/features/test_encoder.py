"""Encoders: what they make of columns, and that the graph makes exactly the same."""

import datetime as dt

import numpy as np
import pytest
from encoders import coded, matrix_of
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import TargetEncoder

from holdfast.data.columns import Columns, Kind
from holdfast.features.dates import PARTS, calendar
from holdfast.features.encoder import Encoder
from holdfast.features.matrix import Matrix
from holdfast.features.target_means import target_means
from holdfast.testing.data import table, unseen

WANTS = [
    Matrix(scaled=scaled, missing=missing, categories=categories)
    for scaled in (False, True)
    for missing in ("impute", "keep")
    for categories in ("one_hot", "ordinal")
]


@pytest.mark.parametrize("wants", WANTS, ids=str)
def test_the_graph_makes_the_same_matrix_to_the_last_bit(wants):
    columns, y = table("classification")
    encoder = Encoder(wants)
    encoder.fit_transform(columns, (y == 1).astype(float)[:, None])
    for rows in (columns, unseen(columns), columns.take(np.array([3]))):
        assert np.array_equal(matrix_of(encoder, rows), encoder.transform(rows), equal_nan=True)


@pytest.mark.parametrize("wants", WANTS, ids=str)
def test_names_fit_the_matrix(wants):
    columns, y = table("regression")
    encoder = Encoder(wants)
    matrix = encoder.fit_transform(columns, y[:, None])
    assert matrix.shape == (columns.n_rows, len(encoder.names()))
    assert matrix.dtype == np.float32
    assert len(encoder.sources()) == len(encoder.names())
    assert set(encoder.sources()) <= set(columns.kinds)
    if wants.missing == "impute":
        assert np.isfinite(matrix).all()


odd_numbers = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True, width=64),
    st.sampled_from([0.0, -0.0, 1e300, 5e-324, 2**24 + 1.0, 253402300800.0, -62135596801.0]),
)


@given(
    st.lists(st.tuples(odd_numbers, odd_numbers, st.text(max_size=6)), min_size=1, max_size=12), st.sampled_from(WANTS)
)
@settings(max_examples=60, deadline=None)
def test_adversarial_rows_come_out_equal(rows, wants):
    train, _ = table("classification")
    train = train.select(["x0", "when", "level"])
    encoder = Encoder(wants)
    encoder.fit_transform(train, np.zeros((train.n_rows, 1)))
    words = [row[2].replace("\0", "") for row in rows]
    columns = Columns(
        {"x0": np.array([row[0] for row in rows]), "when": np.array([row[1] for row in rows])},
        {"level": coded(words)},
        train.kinds,
    )
    assert np.array_equal(matrix_of(encoder, columns), encoder.transform(columns), equal_nan=True)


@given(st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31)))
@settings(max_examples=300, deadline=None)
def test_the_calendar_is_right(when):
    seconds = np.array([[(when - dt.datetime(1970, 1, 1)).total_seconds()]])
    parts = dict(zip(PARTS, calendar(seconds, np.zeros(1)), strict=True))
    found = [int(parts[name][0, 0]) for name in ("year", "month", "day", "weekday")]
    assert found == [when.year, when.month, when.day, when.weekday()]
    # Seconds with a fraction near midnight may round to the next hour in double precision.
    if when.microsecond == 0:
        assert int(parts["hour"][0, 0]) == when.hour


def test_gaps_are_filled_with_the_median_of_the_training_rows():
    columns = Columns({"x": np.array([1.0, 2.0, np.nan, 9.0])}, {}, {"x": Kind.NUMBER})
    encoder = Encoder(Matrix())
    assert encoder.fit_transform(columns, np.zeros((4, 1))).tolist() == [[1, 0], [2, 0], [2, 1], [9, 0]]


def test_large_numbers_keep_their_differences():
    values = 1.6e9 + np.arange(100.0)
    columns = Columns({"id": values}, {}, {"id": Kind.NUMBER})
    assert len(np.unique(Encoder(Matrix()).fit_transform(columns, np.zeros((100, 1))))) == 100


def test_rare_and_unseen_values_share_a_column():
    train = Columns({}, {"c": coded(["a"] * 5 + ["b"] * 5 + ["once"])}, {"c": Kind.CATEGORY})
    encoder = Encoder(Matrix())
    encoder.fit_transform(train, np.zeros((11, 1)))
    assert encoder.names() == ["c = a", "c = b", "c = rare"]
    other = Columns({}, {"c": coded(["new", "once", "a"])}, {"c": Kind.CATEGORY})
    assert encoder.transform(other).tolist() == [[0, 0, 1], [0, 0, 1], [1, 0, 0]]


def test_target_means_tell_rare_values_apart_and_codes_do_not():
    """A value of one row has a mean drawn to that of all, but no code, for a code that no other row has says nothing."""
    words = [f"v{k}" for k in range(10) for _ in range(5)] + [f"once{k}" for k in range(10)]
    target = np.array([0.0] * 50 + [1.0] * 10)
    columns = Columns({}, {"c": coded(words)}, {"c": Kind.CATEGORY})
    encoder = Encoder(Matrix(categories="ordinal"))
    train = encoder.fit_transform(columns, target[:, None])
    matrix = encoder.transform(Columns({}, {"c": coded(["v0", "once3", "new"])}, {"c": Kind.CATEGORY}))
    assert encoder.names() == ["c (code)", "c (target mean)"]
    assert matrix[:, 0].tolist() == [0, -1, -1]
    prior = 10 / 60
    assert matrix[:, 1].tolist() == pytest.approx([10 * prior / 15, (1 + 10 * prior) / 11, prior])
    # Out of fold, a value of one row knows only the mean of the other folds.
    assert train[50:, 1].max() < 0.25
    assert np.array_equal(matrix_of(encoder, columns), encoder.transform(columns))
    assert encoder.words()["c"] == "numbered by frequency, rare ones together, and target means, out of fold: 20 values"
    assert encoder.question(0, 0.5) == ("c is one of v0, rare", True)


def test_target_averages_leave_their_own_row_out():
    """With one row a value the average must not contain that row's target."""
    rng = np.random.default_rng(0)
    values, target = rng.integers(0, 500, 1000), rng.normal(size=1000)
    fold = rng.permutation(1000) % 5
    _, out_of_fold = target_means(values, target[:, None], fold, 500)
    assert abs(np.corrcoef(out_of_fold[:, 0], target)[0, 1]) < 0.1


def test_target_averages_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    values, target = rng.integers(0, 8, 2000), rng.normal(size=2000)
    target += values
    means, _ = target_means(values, target[:, None], np.zeros(2000, dtype=int), 8)
    oracle = TargetEncoder(smooth=10.0, target_type="continuous").fit(values[:, None], target)
    np.testing.assert_allclose(means[:, 0], oracle.encodings_[0])


def test_ten_thousand_columns_stay_one_small_graph():
    rng = np.random.default_rng(0)
    names = [f"x{k}" for k in range(10_000)]
    columns = Columns({name: rng.normal(size=20) for name in names}, {}, dict.fromkeys(names, Kind.NUMBER))
    encoder = Encoder(Matrix(scaled=True))
    matrix = encoder.fit_transform(columns, np.zeros((20, 1)))
    assert np.array_equal(matrix_of(encoder, columns), matrix)
