from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors import ModelError, SchemaError
from holdfast.model.schema import Field, Schema

FIELDS = (
    Field("age", "number", missing=("?", "NA")),
    Field("seen", "datetime", missing=("?", "NA"), date_format="%d/%m/%Y"),
    Field("city", "category", missing=("?", "NA"), values=("Paris", "007", "1.50", "True")),
    Field("paid", "boolean", missing=("?", "NA")),
    Field("note", "text"),
)
SCHEMA = Schema(FIELDS)
NAN = float("nan")


def one(kind, cell, **facts):
    """What one cell becomes, alone and in a column."""
    schema = Schema((Field("x", kind, missing=("?",), **facts),))
    alone = np.concatenate(schema.arrays({"x": cell}), axis=1)[0, 0]
    column = np.concatenate(schema.arrays([{"x": cell}, {"x": cell}]), axis=1)[1, 0]
    assert alone == column or (alone != alone and column != column)
    return alone


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        (1, 1.0), (1.5, 1.5), ("1.5", 1.5), (" 2 ", 2.0), ("-1e3", -1000.0), (".5", 0.5), (True, 1.0), (np.float32(0.5), 0.5),
        (np.int64(3), 3.0), (Decimal("1.25"), 1.25), (timedelta(minutes=2), 120.0), (None, NAN), ("", NAN), ("?", NAN),
        (NAN, NAN), (float("inf"), NAN), (float("-inf"), NAN), ("1e999", NAN), (pd.NA, NAN), (pd.NaT, NAN),
        ("inf", NAN), ("-Infinity", NAN),
    ],
)  # fmt: skip
def test_numbers(cell, answer):
    assert one("number", cell) == pytest.approx(answer, nan_ok=True)


@pytest.mark.parametrize("cell", ["x", "1_000", "1,5", "info", "0x10", "1 2", "١", [1], {}, b"1", date(2026, 1, 1), 1j])
def test_what_is_no_number(cell):
    with pytest.raises(SchemaError, match=r"column 'x' row 1 holds .*; expected a number"):
        Schema((Field("x", "number"),)).arrays([{"x": cell}])


@pytest.mark.parametrize(
    ("decimal", "thousands", "cell", "answer"),
    [(",", "", "1,5", 1.5), (",", ".", "1.234,5", 1234.5), (".", ",", "-1,234,567.5", -1234567.5), (",", " ", "12 345", 12345.0),
     (",", " ", "12\u00a0345", 12345.0), (",", " ", "1\u202f012\u202f345,5", 1012345.5),
     (",", ".", 1.5, 1.5), (".", ",", "1234", 1234.0)],
)  # fmt: skip
def test_numbers_as_their_country_writes_them(decimal, thousands, cell, answer):
    assert one("number", cell, decimal=decimal, thousands=thousands) == answer


@pytest.mark.parametrize(
    ("decimal", "thousands", "cell"),
    [(",", ".", "1.5"), (".", ",", "1,5"), (",", "", "1.5"), (".", ",", "0,500"), (",", ".", "0.500")],
)
def test_the_wrong_mark_is_an_error_not_another_number(decimal, thousands, cell):
    with pytest.raises(SchemaError, match="written as 1"):
        one("number", cell, decimal=decimal, thousands=thousands)


@pytest.mark.parametrize(
    ("cell", "answer"),
    [(True, 1.0), (False, 0.0), (1, 1.0), (0.0, 0.0), ("true", 1.0), ("FALSE", 0.0), ("yes", 1.0), (np.bool_(True), 1.0),
     (None, NAN), ("?", NAN), (NAN, NAN), (pd.NA, NAN)],
)  # fmt: skip
def test_booleans(cell, answer):
    assert one("boolean", cell, true=("yes",), false=("no",)) == pytest.approx(answer, nan_ok=True)


@pytest.mark.parametrize("cell", [2, "maybe", 0.5, [True], date(2026, 1, 1)])
def test_what_is_no_boolean(cell):
    with pytest.raises(SchemaError, match="expected true or false"):
        one("boolean", cell)


EVENING = datetime(2026, 1, 31, 20, 30, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("cell", "answer"),
    [
        ("31/01/2026 20:30", EVENING), ("2026-01-31 20:30", EVENING), ("2026-01-31T21:30:00+01:00", EVENING),
        ("2026-01-31T20:30:00Z", EVENING), (datetime(2026, 1, 31, 20, 30), EVENING),
        (datetime(2026, 1, 31, 21, 30, tzinfo=timezone(timedelta(hours=1))), EVENING),
        (np.datetime64("2026-01-31T20:30"), EVENING),
        (pd.Timestamp("2026-01-31 20:30"), EVENING), (date(1970, 1, 2), 86400.0), (None, NAN), ("?", NAN), (pd.NaT, NAN),
        (np.datetime64("NaT", "us"), NAN), (datetime(1969, 12, 31, 23, 59, 59, 500_000), -0.5),
    ],
)  # fmt: skip
def test_dates(cell, answer):
    assert one("datetime", cell, date_format="%d/%m/%Y %H:%M") == pytest.approx(answer, nan_ok=True)


@pytest.mark.parametrize(
    ("form", "words", "day"),
    [
        ("%m/%d/%y", "1/2/69", date(2069, 1, 2)),
        ("%m/%d/%y", "1/2/70", date(1970, 1, 2)),
        ("%d %B %Y", "6 Mar 2020", date(2020, 3, 6)),
        ("%d %B %Y", "5 March 2020", date(2020, 3, 5)),
    ],
)
def test_dates_are_read_as_polars_reads_them(form, words, day):
    told = pl.Series([words]).str.to_datetime(form)[0]
    assert told.date() == day
    assert one("datetime", words, date_format=form) == told.replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize("cell", ["31.01.2026", 5, 1.5, True, "soon", "32/01/2026 00:00"])
def test_what_is_no_date(cell):
    with pytest.raises(SchemaError, match="expected a date written as %d"):
        one("datetime", cell, date_format="%d/%m/%Y %H:%M")


@pytest.mark.parametrize(
    ("cell", "answer"),
    [("Paris", "Paris"), (" Paris\t", "Paris"), ("?", ""), (None, ""), (NAN, ""), ("", ""), (1, "1"), (1.0, "1"), (1.25, "1.25"),
     (10**17, "1" + "0" * 17), (np.int64(5), "5"), (np.float32(0.1), "0.1"), (Decimal("2.0"), "2"), (False, "false"),
     (date(2026, 1, 31), "2026-01-31"), (pd.NA, ""), (pd.Interval(0, 10), "(0, 10]"), (pd.Period("2026-01"), "2026-01")],
)  # fmt: skip
def test_categories(cell, answer):
    assert one("category", cell) == answer


@pytest.mark.parametrize(
    ("cell", "answer"), [(7, "007"), (7.0, "007"), (1.5, "1.50"), (2, "2"), (True, "True"), ("7", "7")]
)
def test_a_number_is_the_known_category_that_equals_it(cell, answer):
    assert one("category", cell, values=("2", "007", "1.50", "02", "True")) == answer


def test_of_two_spellings_of_a_number_the_more_frequent_is_meant():
    assert one("category", 7, values=("07", "007")) == "07"


@pytest.mark.parametrize("cell", [[1], {}, b"x", 1j])
def test_what_is_no_category(cell):
    with pytest.raises(SchemaError, match="expected text"):
        Schema((Field("x", "category"),)).arrays([{"x": cell}])


def test_every_bad_field_is_listed_at_once():
    rows = [
        {"age": 1, "Seen": None, "city": "Rome", "paid": True, "note": ""},
        {"age": "old", "Seen": None, "city": [], "paid": 3, "note": "x" * 500},
    ]
    with pytest.raises(SchemaError) as caught:
        SCHEMA.arrays(rows)
    message = str(caught.value)
    assert "column 'age' row 2 holds 'old'; expected a number" in message
    assert "column 'seen' is missing (Did you mean 'Seen'?)" in message
    assert "column 'city' row 2 holds []" in message
    assert "column 'paid' row 2 holds 3" in message
    assert "note" not in message


def test_long_cells_are_cut():
    with pytest.raises(SchemaError) as caught:
        SCHEMA.arrays({"age": "9" * 5_000 + "x", "seen": None, "city": "", "paid": None, "note": ""})
    assert len(str(caught.value)) < 300


def test_order_and_other_columns_do_not_matter():
    row = {"zip": [1, 2], "note": "n", "paid": True, "city": "Rome", "seen": "31/01/2026", "age": 5}
    numbers, strings = SCHEMA.arrays(row)
    assert numbers[0].tolist() == [5.0, datetime(2026, 1, 31, tzinfo=UTC).timestamp(), 1.0]
    assert strings[0].tolist() == ["Rome", "n"]


def test_a_record_without_a_field_others_have_is_named():
    rows = [{"age": 1, "seen": None, "city": "a", "paid": None, "note": "b"} for _ in range(3)]
    del rows[1]["city"]
    with pytest.raises(SchemaError, match="column 'city' row 2 lacks it"):
        SCHEMA.arrays(rows)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (5, "type int"), ("age", "type str"), ([1, 2], "type list"), (None, "NoneType"), (np.zeros(3), "shape"),
        (np.zeros((2, 3)), r"\(rows, 5\)"),
        ({"age": [1, 2], "seen": [None], "city": ["a"], "paid": [None], "note": ["b"]}, "differ in length"),
        ({"age": [1, 2], "seen": None, "city": "a", "paid": None, "note": "b"}, "'seen' has one value"),
        (pd.DataFrame([[1, 2]], columns=["age", "age"]), "two columns are named 'age'"), ({}, "'age' is missing"),
    ],
)  # fmt: skip
def test_rows_of_no_known_form(rows, words):
    with pytest.raises(SchemaError, match=words):
        SCHEMA.arrays(rows)


@pytest.mark.parametrize("wrong", [{"type": "datetime", "date_format": "%d%d"}, {"type": "category", "n_values": None}])
def test_a_strangers_facts_that_would_fail_later_are_refused(wrong):
    with pytest.raises(ModelError, match="expected a field"):
        Schema.from_json([{"name": "x", **wrong}])


def test_truth_with_gaps_is_the_same_from_a_frame_and_from_records():
    schema = Schema((Field("x", "category", values=("true", "false", "unknown")),))
    frame = pl.DataFrame({"x": [True, None, False]})
    assert schema.arrays(frame)[1][:, 0].tolist() == ["true", "", "false"]
    assert schema.arrays(frame.to_dicts())[1][:, 0].tolist() == ["true", "", "false"]


def test_a_schema_survives_json():
    assert Schema.from_json(SCHEMA.to_json()) == SCHEMA


def test_parts_put_together_are_the_whole():
    frame = pl.DataFrame({"age": range(10), "seen": None, "city": "a", "paid": True, "note": "b"})
    parts = list(SCHEMA.parts(frame, 4))
    assert [len(numbers) for numbers, _ in parts] == [4, 4, 2]
    whole = SCHEMA.arrays(frame)
    for k in range(2):
        np.testing.assert_array_equal(np.concatenate([part[k] for part in parts]), whole[k])


words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
moments = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(lambda moment: moment.replace(microsecond=0))
records = st.fixed_dictionaries(
    {
        "age": st.none() | st.floats(-1e9, 1e9),
        "seen": st.none() | moments,
        "city": st.none() | words,
        "paid": st.none() | st.booleans(),
        "note": st.none() | words,
    }
)
TYPES = {"age": pl.Float64, "seen": pl.Datetime("us"), "city": pl.String, "paid": pl.Boolean, "note": pl.String}


def forms(rows):
    """The same rows in every form that is understood."""
    frame = pl.DataFrame(rows, schema=TYPES, orient="row")
    columns = {name: [row[name] for row in rows] for name in TYPES}
    arrow = frame.to_arrow()
    yield "polars", frame
    yield "lazy polars", frame.lazy()
    yield (
        "polars, other types",
        frame.with_columns(
            pl.col("age").cast(pl.Float64),
            pl.col("city").cast(pl.Categorical),
            pl.col("seen").dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Tokyo"),
        ),
    )
    yield "columns", columns
    yield "columns of series", {name: frame[name] for name in TYPES}
    yield "columns of arrays", {name: np.array(column, dtype=object) for name, column in columns.items()}
    yield "array", np.array([[row[name] for name in TYPES] for row in rows], dtype=object).reshape(len(rows), 5)
    yield "pandas", pd.DataFrame(columns)
    yield "pandas, nullable", pd.DataFrame(columns).convert_dtypes()
    yield "arrow", arrow
    yield "arrow, dictionaries", arrow.set_column(2, "city", arrow["city"].cast(pa.string()).dictionary_encode())
    yield "batch", arrow.combine_chunks().to_batches()[0] if rows else arrow


@settings(deadline=None, max_examples=60)
@given(st.lists(records, max_size=6))
def test_every_form_of_rows_gives_the_same_arrays(rows):
    whole = SCHEMA.arrays(rows)
    for name, form in forms(rows):
        for given_, wanted in zip(SCHEMA.arrays(form), whole, strict=True):
            np.testing.assert_array_equal(given_, wanted, err_msg=name)
    for place, row in enumerate(rows):
        for given_, wanted in zip(SCHEMA.arrays(row), whole, strict=True):
            np.testing.assert_array_equal(given_[0], wanted[place])
    assert whole[0].dtype == np.float64
    assert whole[1].dtype == object
