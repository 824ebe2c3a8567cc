import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.batch.lines import Lines
from holdfast.errors import DataError

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text("ab é", max_size=4),
)


@settings(deadline=None)
@given(
    st.lists(st.fixed_dictionaries({"a": VALUES}, optional={"b": VALUES}), min_size=1, max_size=25), st.integers(1, 100)
)
def test_parts_of_any_size_hold_what_json_reads(tmp_path_factory, rows, size):
    path = tmp_path_factory.mktemp("lines") / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = Lines(path, size=size)
    parts = list(source.parts(["a", "b"], 0, 1))
    found = [row for part in parts for row in part.frame.rows()]
    assert len(found) == len(rows)
    for (a, b), row in zip(found, rows, strict=True):
        for got, expected in ((a, row.get("a")), (b, row.get("b"))):
            # Where a part holds text and numbers in one column, polars may give numbers as text.
            assert got == expected or str(got).lower() == str(expected).lower() or float(got) == float(expected)
    assert parts[-1].end == path.stat().st_size


def test_lines_that_are_no_records_are_bad(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"x": 1}\n\n{"x": \n[1]\n{"x": {"y": 1}}\n{"x": "two"}\n')
    (part,) = Lines(path).parts(["x"], 0, 1)
    assert part.frame["x"].to_list() == [1, "two"]
    assert list(part.rows) == [1, 5]
    assert [each.row for each in part.bad] == [2, 3, 4]
    assert "not JSON" in part.bad[0].reason
    assert "list instead of an object" in part.bad[1].reason
    assert "in 'x'" in part.bad[2].reason


def test_a_number_beside_words_stays_a_number(tmp_path):
    """As a word, 1.234 would be a thousand where a point parts thousands."""
    path = tmp_path / "rows.jsonl"
    path.write_text('{"p": 1.234}\n{"p": "n/a"}\n')
    (part,) = Lines(path).parts(["p"], 0, 1)
    assert part.frame["p"].to_list() == [1.234, "n/a"]


def test_a_file_without_objects_is_refused(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("[]\n")
    with pytest.raises(DataError, match="no JSON objects"):
        Lines(path)
