"""Rows in every form become the same arrays, and the arrays are those that training would have made."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.data.columns import NUMERIC_KINDS
from holdfast.data.kinds import understand
from holdfast.data.read import Raw
from holdfast.errors import ModelError, SchemaError
from holdfast.model.schema import Field, Schema
from holdfast.study.ship import fields_of

SCHEMA = Schema(
    (
        Field("age", "number", missing=("?",)),
        Field("city", "category", missing=("?",)),
        Field("member", "boolean", true=("yes",), false=("no",)),
        Field("since", "datetime"),
        Field("note", "text"),
    )
)
ROW = {"age": 31, "city": "Paris", "member": True, "since": "2024-01-31", "note": "hello there"}
SECONDS = dt.datetime(2024, 1, 31, tzinfo=dt.UTC).timestamp()


def check(rows, n_rows=1):
    numbers, strings = SCHEMA.arrays(rows)
    assert numbers.tolist() == [[31.0, 1.0, SECONDS]] * n_rows
    assert strings.tolist() == [["Paris", "hello there"]] * n_rows


def test_every_form_of_rows():
    check(ROW)
    check({**dict(reversed(ROW.items())), "extra": 1})
    check([ROW, ROW], 2)
    check({name: [value] for name, value in ROW.items()})
    check(pl.DataFrame([ROW]))
    check(pl.DataFrame([ROW]).with_columns(pl.col("since").str.to_date()))
    check(np.array([list(ROW.values())], dtype=object))
    check({**ROW, "age": "31", "member": "yes", "since": dt.date(2024, 1, 31)})
    check({**ROW, "since": dt.datetime(2024, 1, 31, 1, tzinfo=dt.timezone(dt.timedelta(hours=1)))})


def test_pandas_and_arrow():
    pandas, pyarrow = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    check(pandas.DataFrame([ROW]))
    check(pandas.DataFrame([ROW]).astype({"since": "datetime64[ns]", "city": "category", "age": "Int64"}))
    check(pyarrow.Table.from_pylist([ROW]))


def test_missing_is_missing_in_every_guise():
    for gap in (None, "", " ? ", float("nan")):
        numbers, strings = SCHEMA.arrays({**ROW, "age": gap, "city": gap, "since": None if gap != "" else ""})
        assert np.isnan(numbers[0, 0])
        assert np.isnan(numbers[0, 2])
        assert strings[0, 0] == ""
    frame = pl.DataFrame([ROW, dict.fromkeys(ROW)])
    numbers, strings = SCHEMA.arrays(frame)
    assert np.isnan(numbers[1]).all()
    assert strings[1].tolist() == ["", ""]


def test_numbers_given_for_a_category_read_as_in_a_file():
    for given_, expected in ((1, "1"), (1.0, "1"), (1.5, "1.5"), (True, "true"), (np.int64(7), "7")):
        assert SCHEMA.arrays({**ROW, "city": given_})[1][0, 0] == expected


def test_every_bad_field_is_listed_at_once():
    bad = {"aeg": 31, "city": ["Paris"], "member": "perhaps", "since": "yesterday", "note": "x"}
    with pytest.raises(SchemaError) as caught:
        SCHEMA.arrays([bad])
    message = str(caught.value)
    for part in (
        "'age' is missing",
        "Did you mean 'aeg'",
        "'member'",
        "'perhaps'",
        "true or false",
        "'yesterday'",
        "a date",
    ):
        assert part in message


@pytest.mark.parametrize("rows", [7, "text", [1, 2], np.zeros((2, 3)), {"age": [1, 2], "city": ["a"]}])
def test_what_is_no_table_of_rows(rows):
    with pytest.raises(SchemaError):
        SCHEMA.arrays(rows)


def test_a_column_missing_from_a_frame():
    with pytest.raises(SchemaError, match="'city' is missing"):
        SCHEMA.arrays(pl.DataFrame([ROW]).drop("city"))


def test_json_round_trip():
    assert Schema.from_json(SCHEMA.to_json()) == SCHEMA


@pytest.mark.parametrize(
    "data",
    [7, [7], [{"name": "x", "type": "alien"}], [{"type": "number"}], [{"name": "x", "type": "number", "run": 1}]],
)
def test_a_strange_schema_is_refused(data):
    with pytest.raises(ModelError):
        Schema.from_json(data)


number_words = st.one_of(
    st.integers(-(10**9), 10**9).map(str),
    st.floats(-1e9, 1e9, allow_nan=False).map(repr),
    st.sampled_from(["?", "NA", "", " 7 ", "1e3", "-0.5", "+4"]),
)
comma_words = st.one_of(st.integers(0, 999).map(str), st.sampled_from(["1,5", "1.234,25", "12.000", "?", "0,001"]))
date_words = st.sampled_from(["31/01/2024", "24/12/1969", "01/02/2023", "", "NA"])
words = st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=8)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "n": number_words,
                "c": comma_words,
                "d": date_words,
                "w": words,
                "b": st.sampled_from(["true", "False", "?"]),
            }
        ),
        min_size=3,
        max_size=15,
    )
)
@settings(max_examples=150, deadline=None)
def test_rows_are_read_as_training_read_them(rows):
    """The typed frame of training, and the model reading the raw words again, agree cell by cell."""
    anchors = [{"n": "0.5", "c": "1.234,5", "d": "31/01/2024", "w": "a b", "b": "true"}] * 2
    frame = pl.DataFrame([*anchors, *rows])
    dataset = understand(Raw(frame, "memory"))
    fields = Schema.from_json(fields_of(dataset))
    columns = dataset.columns()
    numeric = [name for name, kind in columns.kinds.items() if kind in NUMERIC_KINDS]
    textual = [name for name in columns.kinds if name not in numeric]
    numbers, strings = fields.arrays(frame)
    one_by_one = [fields.arrays(row) for row in frame.rows(named=True)]
    for place, name in enumerate(numeric):
        np.testing.assert_array_equal(numbers[:, place], columns.numbers[name])
        np.testing.assert_array_equal([row[0][0, place] for row in one_by_one], columns.numbers[name])
    for place, name in enumerate(textual):
        assert strings[:, place].tolist() == columns.strings[name].strings().tolist()
        assert [row[1][0, place] for row in one_by_one] == strings[:, place].tolist()
