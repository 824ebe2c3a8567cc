"""Rows to be scored must be read exactly as the rows trained on were."""

from datetime import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.data.kinds import understand
from holdfast.data.read import Raw
from holdfast.model.schema import Schema
from holdfast.study.ship import fields_of

gaps = st.sampled_from(["", "NA", "?", " null ", None])


def many(cells):
    return st.lists(cells | gaps, min_size=25, max_size=25)


whole = st.integers(-(10**6), 10**6)
moments = st.datetimes(datetime(1950, 1, 1), datetime(2060, 1, 1)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)
COLUMNS = {
    "plain numbers": many(st.floats(-1e6, 1e6, allow_nan=False).map(repr)),
    "whole numbers": many(whole.map(str)),
    "decimal commas": many(st.tuples(whole, st.integers(0, 99)).map(lambda n: f"{n[0]},{n[1]:02}")),
    "thousands": many(whole.map("{:,}".format)),
    "thousands by points": many(whole.map(lambda n: f"{n:,}".replace(",", ".") + ",5")),
    "thousands by spaces": many(
        st.tuples(whole, st.sampled_from(" \u00a0\u202f")).map(lambda n: f"{n[0]:,}".replace(",", n[1]) + ",5")
    ),
    "booleans": many(st.sampled_from(["true", "False", "TRUE", " false"])),
    "categories": many(st.sampled_from(["a", "b ", "C", "ä", "1", "007", "1.0"])),
    "days": many(moments.map(lambda moment: moment.strftime("%Y-%m-%d"))),
    "days by points": many(moments.map(lambda moment: moment.strftime("%d.%m.%Y"))),
    "moments": many(moments.map(lambda moment: moment.strftime("%m/%d/%Y %H:%M"))),
    "typed numbers": st.lists(st.none() | st.floats(), min_size=25, max_size=25),
    "typed booleans": st.lists(st.none() | st.booleans(), min_size=25, max_size=25),
    "typed dates": st.lists(st.none() | moments, min_size=25, max_size=25),
}


@pytest.mark.parametrize("name", COLUMNS)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_scoring_reads_as_training_did(name, data):
    cells = data.draw(COLUMNS[name])
    frame = pl.DataFrame({"x": cells}, strict=False)
    if frame["x"].dtype == pl.Null:
        return
    dataset = understand(Raw(frame, "memory"))
    columns = dataset.columns()
    if not columns.kinds:  # a constant, or an identifier
        return
    schema = Schema.from_json(fields_of(dataset))
    for rows in (frame, [{"x": cell} for cell in cells]):
        numbers, strings = schema.arrays(rows)
        if columns.numbers:
            np.testing.assert_array_equal(numbers[:, 0], columns.numbers["x"])
        else:
            assert strings[:, 0].tolist() == columns.strings["x"].strings().tolist()
