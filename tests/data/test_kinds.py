import datetime as dt

import numpy as np
import polars as pl
import pytest

from holdfast.data.columns import Kind
from holdfast.data.kinds import set_aside, understand
from holdfast.data.read import Raw
from holdfast.errors import DataError

N = 100
RNG = np.random.default_rng(0)


def kind(values, name="column", **options) -> Kind:
    return understand(Raw(pl.DataFrame({name: values}), "memory"), **options).kinds[name]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (RNG.normal(size=N), Kind.NUMBER),
        ([0, 1] * 50, Kind.NUMBER),
        (list(range(N)), Kind.IDENTIFIER),
        (list(range(1000, 1000 + N)), Kind.IDENTIFIER),
        ([k * k for k in range(N)], Kind.NUMBER),
        (list(range(10)), Kind.NUMBER),
        ([f"C-{k:04}" for k in range(N)], Kind.IDENTIFIER),
        (["a", "b"] * 50, Kind.CATEGORY),
        (["yes", "no"] * 50, Kind.CATEGORY),
        (["true", "False"] * 50, Kind.BOOLEAN),
        ([True, False] * 50, Kind.BOOLEAN),
        ([7] * N, Kind.CONSTANT),
        ([None] * N, Kind.CONSTANT),
        ([7, None] * 50, Kind.NUMBER),
        (["one", None] * 50, Kind.CATEGORY),
        ([f"the {k} quick brown foxes jump" for k in range(N)], Kind.TEXT),
        (["2024-01-31", "2023-12-24"] * 50, Kind.DATETIME),
        (["31/01/2024", "24/12/2023"] * 50, Kind.DATETIME),
        (["01/31/2024", "12/24/2023 "] * 50, Kind.DATETIME),
        (["1/31/24", "12/24/99"] * 50, Kind.DATETIME),
        (["31.01.24", "24.12.99"] * 50, Kind.DATETIME),
        (["24-01-31", "99-12-24"] * 50, Kind.CATEGORY),
        ([dt.date(2024, 1, 31)] * 99 + [dt.date(2023, 1, 1)], Kind.DATETIME),
    ],
    ids=str,
)
def test_kinds(values, expected):
    assert kind(values) is expected


def words(values):
    return understand(Raw(pl.DataFrame({"x": values}), "memory")).frame["x"].to_list()


def test_two_digit_years_are_of_these_centuries():
    found = words(["1/2/24", "12/31/99", "1/5/01"])
    assert found == [dt.datetime(2024, 1, 2), dt.datetime(1999, 12, 31), dt.datetime(2001, 1, 5)]


@pytest.mark.parametrize(
    ("values", "last"),
    [
        ([f"{k}.50" for k in range(300)] + ["1,204.00", "2,350.00", "1,100.00"], 1100.0),
        ([f"{k},5" for k in range(300)] + ["1.204,5"], 1204.5),
        (["0,500", "1,250", "0,125", "12,000"] * 10, 12.0),
        (["0.500", "1.250", "12.000"] * 10, 12.0),
        (["1,250", "12,000"] * 10, 12_000.0),
        ([str(k) for k in range(300)] + ["n.k."], None),
    ],
)
def test_a_form_that_reads_every_cell_comes_before_stray_words(values, last):
    found = words(values)
    assert found[-1] == last
    assert None not in found[:-1]


def test_an_id_by_name():
    values = (np.random.default_rng(0).permutation(N * 3)[:N]).tolist()
    for name in ("customer_id", "customerId", "CustomerID", "ID", "Row Number", "userid", "the patientid"):
        assert kind(values, name) is Kind.IDENTIFIER, name
    for name in ("amount", "paid", "bid", "Acid", "HUMID", "covid"):
        assert kind(values, name) is Kind.NUMBER, name


def test_the_target_is_never_set_aside_as_useless():
    assert kind(list(range(N)), "y", target="y") is Kind.NUMBER
    assert kind([7] * N, "y", target="y") is Kind.NUMBER


def understood(values) -> list:
    return understand(Raw(pl.DataFrame({"x": values}), "memory")).frame["x"].to_list()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1,5", "2,25", "?"], [1.5, 2.25, None]),
        (["1,234.5", "2,000", "7"], [1234.5, 2000, 7]),
        (["1.234,5", "2.000,25", "7"], [1234.5, 2000.25, 7]),
        (["1 234,5", "2\u00a0000", "1\u202f000\u202f000", "7"], [1234.5, 2000, 1_000_000, 7]),
        ([" 1 ", "2.5", " "], [1, 2.5, None]),
        (["1e3", "-2", "+3"], [1000, -2, 3]),
        (["NA", "x", "null"], [None, "x", None]),
        (["007", "012", "1"], ["007", "012", "1"]),
        (["1.5", "abc", "2", "x", "y"], ["1.5", "abc", "2", "x", "y"]),
    ],
)
def test_text_is_unmasked(values, expected):
    assert understood(values) == expected


def test_a_stray_word_among_numbers_counts_as_missing_and_is_said():
    dataset = understand(Raw(pl.DataFrame({"x": [*map(str, range(200)), "unknown"]}), "memory"))
    assert dataset.frame["x"].to_list()[-1] is None
    assert "unknown" in dataset.parsing["x"].missing
    assert any("'unknown'" in note for note in dataset.notes)


def test_infinite_features_are_counted_and_infinite_targets_refused():
    raw = Raw(pl.DataFrame({"x": [1.0, float("inf"), -float("inf")]}), "memory")
    dataset = understand(raw)
    assert dataset.frame["x"].to_list() == [1.0, None, None]
    assert any("2 infinite" in note for note in dataset.notes)
    with pytest.raises(DataError, match="infinite"):
        understand(raw, target="x")


def test_nested_columns_are_refused():
    with pytest.raises(DataError, match="'x' holds List"):
        understand(Raw(pl.DataFrame({"x": [[1], [2]]}), "memory"))


def test_rows_without_a_target_are_set_aside_and_counted():
    dataset = understand(Raw(pl.DataFrame({"y": ["a", None, "b", "?"]}), "memory"), target="y")
    kept, unanswered = set_aside(dataset, "y")
    assert (kept.n_rows, unanswered.n_rows) == (2, 2)
    with pytest.raises(DataError, match="missing in every row"):
        set_aside(understand(Raw(pl.DataFrame({"y": [None, None]}), "memory")), "y")
