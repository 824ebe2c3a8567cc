import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.schema import Field, Schema
from holdfast.serve.door import Door
from holdfast.serve.problems import Problem
from holdfast.serve.settings import Limits, Settings

SCHEMA = Schema(
    (
        Field("age", "number", low=18.0, high=65.0),
        Field("free", "number"),
        Field("member", "boolean"),
        Field("since", "datetime"),
        Field("city", "category", missing=("none",), values=("Rome", "7", " padded", "none"), n_values=4),
        Field("code", "category", values=("a",), n_values=9),
        Field("note", "text"),
    )
)
CELLS = {
    "age": [30.0, 30, 17.5, 70, "31", None, 1e308, float("inf"), True, "many", [1]],
    "free": [0.5, -1e300, float("-inf"), 2**53, "", "x", {}],
    "member": [True, False, None, 1.0, "true", 0.5, "maybe"],
    "since": ["2026-01-31", None, "soon", 12.0],
    "city": ["Rome", "Oslo", "", " Rome ", "none", " padded", 7, 7.0, None, ["Rome"]],
    "code": ["a", "b", 3, None],
    "note": ["short", "long " * 30, 1.5, None, {}],
}


def read(door, row, way):
    try:
        return getattr(door, way)(row if way == "record" else [row])
    except Problem as problem:
        return problem.to_json()


@pytest.mark.parametrize("mode", ["strict", "coerce", "permissive"])
@pytest.mark.parametrize("others", ["score", "refuse"])
@given(data=st.data())
def test_the_short_way_reads_a_record_as_the_long_way_does(mode, others, data):
    door = Door(SCHEMA, Settings(mode=mode, unseen=others, out_of_range=others, limits=Limits(text=100)))
    row = {name: data.draw(st.sampled_from(cells), label=name) for name, cells in CELLS.items()}
    for name in data.draw(st.sets(st.sampled_from(sorted(row)), max_size=1)):
        del row[name]
    row |= data.draw(st.sampled_from([{}, {"stranger": 1}]))
    short, long = read(door, row, "record"), read(door, row, "records")
    assert type(short) is type(long)
    if isinstance(short, dict):
        assert short == long
        return
    np.testing.assert_array_equal(short.numbers, long.numbers)
    assert short.strings.tolist() == long.strings.tolist()
    assert short[2:] == long[2:]
