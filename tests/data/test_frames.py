import datetime as dt

import numpy as np
import polars as pl
import pytest

from holdfast.data.columns import Kind
from holdfast.data.frames import from_memory, take
from holdfast.data.kinds import understand
from holdfast.errors import DataError

ROWS = [{"n": 1.5, "w": "a", "b": True}, {"n": None, "w": None, "b": False}]
EXPECTED = [(1.5, "a", True), (None, None, False)]


def test_polars_and_dictionaries():
    assert from_memory(pl.DataFrame(ROWS)).frame.rows() == EXPECTED
    assert from_memory(pl.DataFrame(ROWS).lazy()).frame.rows() == EXPECTED
    assert from_memory(ROWS).frame.rows() == EXPECTED
    assert from_memory({"n": [1.5, None], "w": ["a", None], "b": [True, False]}).frame.rows() == EXPECTED
    assert from_memory(ROWS[0]).frame.rows() == EXPECTED[:1]


def test_pandas_needs_no_arrow():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({**{k: [row[k] for row in ROWS] for k in ("n", "w")}, "b": [True, False]})
    frame["t"] = pandas.to_datetime(["2024-01-31", None])
    assert from_memory(frame).frame.rows() == [(1.5, "a", True, dt.datetime(2024, 1, 31)), (None, None, False, None)]


def test_arrow():
    pyarrow = pytest.importorskip("pyarrow")
    assert from_memory(pyarrow.Table.from_pylist(ROWS)).frame.rows() == EXPECTED


def test_arrays():
    assert from_memory(np.array([[1.0, 2.0]])).frame.rows(named=True) == [{"column_1": 1.0, "column_2": 2.0}]
    assert from_memory(np.array([["a", 1]], dtype=object)).frame.rows() == [("a", 1)]


def test_columns_of_other_libraries():
    pandas, pyarrow = pytest.importorskip("pandas"), pytest.importorskip("pyarrow")
    columns = {
        "whole": pandas.Series([1, None], dtype="Int64", index=[7, 9]),
        "word": pandas.Categorical(["a", None]),
        "arrow": pyarrow.array([1.5, None]),
        "day": pandas.Series(pandas.to_datetime(["2024-01-31", None])),
        "array": np.array([1.0, 2.0]),
        "own": pl.Series([True, False]),
    }
    assert from_memory(columns).frame.rows() == [
        (1, "a", 1.5, dt.datetime(2024, 1, 31), 1.0, True),
        (None, None, None, None, 2.0, False),
    ]
    assert from_memory({"a": np.float64(1.5), "b": "x"}).frame.rows() == [(1.5, "x")]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (np.zeros(3), "1 dimensions"),
        (7, "type int"),
        ([], "type list"),
        ([{"a": [1]}, {"a": [2]}], "holds list"),
        (pl.DataFrame({"a": []}), "0 rows"),
        ({"a": [1, 2], "b": 3}, "column 'b' is the int 3; expected a list or an array, as column 'a' is"),
        ({"a": [1, 2], "b": "xy"}, "column 'b' is the str 'xy'"),
        ({"a": [1, 2], "b": np.float64(3.0)}, "column 'b' is the float64"),
        ({"a": [1, 2], "b": [1, 2, 3]}, "column 'b' has 3 values; expected 2, as column 'a' has"),
    ],
)
def test_what_is_no_table_says_so(data, says):
    with pytest.raises(DataError, match=says):
        from_memory(data)


def test_blank_rows_of_a_file_are_left_out(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("id,x,y\n" + "".join(f"{k},{k % 7},{k % 3}\n" for k in range(50)) + ",,\n,,\n")
    found = understand(take(path), target="y")
    assert found.n_rows == 50
    assert found.kinds["id"] is Kind.IDENTIFIER
    assert any("2 blank rows were left out" in note for note in found.notes)
    # Rows in memory may belong to others elsewhere, such as a target.
    assert take({"a": [1, None], "b": [2, None]}).frame.height == 2


def test_pandas_na_is_missing_in_records():
    pd = pytest.importorskip("pandas")
    frame = from_memory([{"a": 1, "b": pd.NA}, {"a": pd.NA, "b": "x"}]).frame
    assert frame.to_dict(as_series=False) == {"a": [1, None], "b": [None, "x"]}
