import polars as pl
import pytest

from holdfast.data.labels import by_label
from holdfast.errors import DataError


def test_each_label_gets_a_column_of_truths():
    cells = ["red|round", "round", None, " red | heavy ", ""] * 30
    frame, names, rare = by_label(pl.DataFrame({"size": range(150), "tags": cells}), "tags")
    assert (names, rare) == (["tags: heavy", "tags: red", "tags: round"], [])
    assert frame.columns == ["size", *names]
    assert frame["tags: red"].to_list() == [True, False, False, True, False] * 30


def test_labels_of_too_few_rows_or_nearly_all_are_left_out():
    cells = ["a;b;c" if row < 10 else "a;b" if row < 50 else "a" for row in range(100)]
    assert by_label(pl.DataFrame({"tags": cells}), "tags")[1:] == (["tags: b"], ["a", "c"])


def test_a_column_of_single_labels_is_refused():
    with pytest.raises(DataError, match="no sets of labels"):
        by_label(pl.DataFrame({"tags": ["a", "b"]}), "tags")
