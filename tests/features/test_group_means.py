"""Numbers beside the rows of their category: pandas is the oracle, and the graph makes the same to the last bit."""

import numpy as np
import pandas as pd
import pytest
from encoders import coded, matrix_of
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.data.columns import Columns, Kind
from holdfast.features import group_means
from holdfast.features.crosses import Cross
from holdfast.features.encoder import Encoder
from holdfast.features.group_means import SMOOTHING
from holdfast.features.made import Made
from holdfast.features.matrix import Matrix
from holdfast.features.preparation import Preparation

PRICE, AREA, RATIO = Cross("price", "by", "city"), Cross("area", "by", "city"), Cross("price", "/", "city")


def columns_of(price, city, area=None) -> Columns:
    price = np.asarray(price, dtype=np.float64)
    area = price if area is None else np.asarray(area, dtype=np.float64)
    kinds = {"price": Kind.NUMBER, "area": Kind.NUMBER, "city": Kind.CATEGORY}
    return Columns({"price": price, "area": area}, {"city": coded(city)}, kinds)


def deviations(train: Columns, rows: Columns, cross: Cross = PRICE) -> np.ndarray:
    return Made([PRICE, AREA, RATIO]).fit(train).add(rows).numbers[cross.name]


def drawn(n_rows: int = 300) -> Columns:
    rng = np.random.default_rng(0)
    city = rng.choice(["Oslo", "Paris", "Rome", ""], n_rows, p=[0.5, 0.3, 0.1, 0.1])
    city[0] = "Bergen"
    price = np.where(rng.random(n_rows) < 0.1, np.nan, rng.lognormal(5, 1, n_rows))
    return columns_of(price, city, rng.normal(size=n_rows))


@pytest.mark.parametrize("cross", [PRICE, AREA, RATIO])
def test_means_are_those_of_pandas_drawn_towards_the_overall_mean(cross):
    columns = drawn()
    frame = pd.DataFrame({"number": columns.numbers[cross.first], "city": columns.strings["city"].strings()})
    overall = frame["number"].mean()
    groups = frame[frame["city"] != ""].groupby("city")["number"]
    means = (groups.sum() + SMOOTHING * overall) / (groups.count() + SMOOTHING)
    means = frame["city"].map(means).fillna(overall)
    expected = frame["number"] / means if cross is RATIO else frame["number"] - means
    np.testing.assert_allclose(deviations(columns, columns, cross), expected, rtol=1e-9, atol=1e-9)


def test_unseen_and_missing_categories_have_the_overall_mean_and_a_missing_number_stays_missing():
    train = columns_of([10.0, 20.0, 60.0, np.nan], ["Oslo", "Oslo", "Rome", "Nice"])
    rows = columns_of([30.0, 31.0, 32.0, np.nan, np.inf], ["Berlin", "", "Nice", "Oslo", "Oslo"])
    found = deviations(train, rows)
    assert found[:3].tolist() == [0.0, 1.0, 2.0]
    assert not np.isfinite(found[3:]).any()


def test_a_group_of_one_row_is_drawn_to_nearly_the_overall_mean():
    train = columns_of([110.0] + [0.0] * 9, ["Rome"] + ["Oslo"] * 9)
    mean = (110.0 + SMOOTHING * 11.0) / (1 + SMOOTHING)
    assert deviations(train, columns_of([110.0], ["Rome"])) == pytest.approx([110.0 - mean])


def test_a_mean_of_zero_divides_to_a_gap():
    train = columns_of([-1.0, 1.0], ["Oslo", "Oslo"])
    assert not np.isfinite(deviations(train, columns_of([0.0, 3.0], ["Oslo", "Rome"]), RATIO)).any()


def test_infinite_numbers_have_no_part_in_a_mean():
    train = columns_of([1.0, np.inf, 3.0, -np.inf], ["Oslo"] * 4)
    assert deviations(train, columns_of([2.0], ["Oslo"])).tolist() == [0.0]


@pytest.mark.parametrize(
    ("price", "city"),
    [
        ([np.nan] * 4, ["Oslo", "Oslo", "Rome", ""]),
        ([1.0, 2.0, 3.0, np.nan], ["", "", "", ""]),
        ([1e300, -1e300, 5e-324, 1.0], ["Oslo", "Oslo", "Rome", "Rome"]),
    ],
    ids=["no numbers", "no categories", "huge numbers"],
)
def test_what_has_no_groups_is_learned_and_compiled(price, city):
    train = columns_of(price, city, [1.0, 2.0, 3.0, 4.0])
    encoder = Encoder(Matrix(asked=Preparation(crosses=(PRICE, AREA, RATIO))))
    encoder.fit_transform(train, np.zeros((4, 1)))
    rows = columns_of([5.0, np.nan, 7.0], ["Oslo", "Rome", "Berlin"])
    for each in (train, rows):
        matrix = encoder.transform(each)
        assert np.isfinite(matrix).all()
        assert np.array_equal(matrix_of(encoder, each), matrix)


odd = st.one_of(st.floats(width=64), st.sampled_from([np.nan, np.inf, -np.inf, 1e300, 5e-324, -0.0]))
words = st.one_of(st.sampled_from(["Oslo", "Paris", "Rome", "Bergen", ""]), st.text(max_size=4))


@given(rows=st.lists(st.tuples(odd, odd, words), min_size=1, max_size=8), missing=st.sampled_from(["keep", "impute"]))
@settings(max_examples=60, deadline=None)
def test_the_graph_makes_the_same_to_the_last_bit(rows, missing):
    encoder = Encoder(Matrix(missing=missing, asked=Preparation(crosses=(PRICE, AREA, RATIO))))
    encoder.fit_transform(drawn(60), np.zeros((60, 1)))
    city = [row[2].replace("\0", "") for row in rows]
    columns = columns_of([row[0] for row in rows], city, [row[1] for row in rows])
    np.testing.assert_array_equal(matrix_of(encoder, columns), encoder.transform(columns))


def test_of_very_many_values_the_commonest_have_a_mean(monkeypatch):
    monkeypatch.setattr(group_means, "MOST_VALUES", 1)
    train = columns_of([0.0] * 9 + [10.0], ["Oslo"] * 9 + ["Rome"])
    found = deviations(train, columns_of([0.0, 0.0], ["Rome", "Oslo"]))
    assert found == pytest.approx([-1.0, -SMOOTHING / (9 + SMOOTHING)])


def test_the_report_says_what_it_is():
    encoder = Encoder(Matrix(asked=Preparation(crosses=(PRICE, RATIO))))
    encoder.fit_transform(drawn(), np.zeros((300, 1)))
    words = encoder.words()
    assert words["price / city"].startswith("divided by the mean price of the city; gaps become")
    assert words["price by city"].startswith("deviation from the mean price of the city; gaps become")
    assert encoder.question(encoder.names().index("price by city"), 3.0) == ("price by city ≤ 3", True)
