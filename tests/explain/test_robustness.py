"""Spoilt rows are what they say, and leave the rows that were given alone."""

import numpy as np
import polars as pl

from holdfast.data.columns import Kind
from holdfast.explain.robustness import UNSEEN, stress

N = 2000
RNG = np.random.default_rng(0)
FRAME = pl.DataFrame({"x": RNG.normal(5, 2, N), "z": RNG.normal(size=N), "city": RNG.choice(["Rome", "Oslo"], N)})
KINDS = {"x": Kind.NUMBER, "z": Kind.NUMBER, "city": Kind.CATEGORY}


def test_each_way_does_what_it_says():
    seen = []

    def score(frame: pl.DataFrame) -> float:
        seen.append(frame)
        return float(len(seen))

    before = FRAME.clone()
    found = stress(FRAME, KINDS, score, ["x", "city"])
    assert FRAME.equals(before)
    assert [each.after for each in found] == list(range(2, 9))
    _, small, middle, large, shifted, unseen, no_x, no_city = seen
    for frame, scale in ((small, 0.1), (middle, 0.3), (large, 1.0)):
        assert abs(float((frame["x"] - FRAME["x"]).std()) / (2 * scale) - 1) < 0.1
    np.testing.assert_allclose((shifted["x"] - FRAME["x"]).to_numpy(), FRAME["x"].to_numpy().std())
    assert unseen["city"].unique().to_list() == [UNSEEN]
    assert no_x["x"].null_count() == no_city["city"].null_count() == N


def test_it_stops_when_time_is_up():
    assert stress(FRAME, KINDS, lambda frame: 0.0, ["x"], time_left=lambda: False) == []
