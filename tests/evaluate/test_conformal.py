"""Ranges hold the truth as often as promised, whatever the noise; the tables survive the manifest and nothing else does."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.errors import ModelError, RequestError
from holdfast.evaluate.conformal import LEVELS, tables
from holdfast.model.intervals import Intervals


def shipped(table: dict, *, classes: bool) -> Intervals:
    return Intervals.from_json(json.loads(json.dumps(table)), classes=classes)


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
@pytest.mark.parametrize("noise", ["even", "growing", "skewed"])
def test_intervals_of_numbers_cover(level, noise):
    held, n = [], 1500
    for seed in range(40):
        rng = np.random.default_rng(seed)
        x = rng.uniform(1, 5, 2 * n)
        error = {
            "even": rng.normal(size=2 * n),
            "growing": x * rng.normal(size=2 * n),
            "skewed": rng.exponential(size=2 * n),
        }
        y = 3 * x + error[noise]
        intervals = shipped(tables(y[:n], 3 * x[:n]), classes=False)
        low, high = intervals.bounds(3 * x[n:], level)
        held.append(np.mean((low <= y[n:]) & (y[n:] <= high)))
    assert np.mean(held) == pytest.approx(level, abs=0.01)


def test_intervals_widen_where_errors_do():
    rng = np.random.default_rng(0)
    x = rng.uniform(1, 5, 5000)
    low, high = shipped(tables(x * rng.normal(size=5000), x), classes=False).bounds(np.array([1.2, 4.8]), 0.9)
    assert (high - low)[1] > 2 * (high - low)[0]


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
def test_sets_of_classes_cover(level):
    held = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        p = rng.dirichlet(np.ones(4), 3000)
        y = (p.cumsum(axis=1) > rng.random(3000)[:, None]).argmax(axis=1)
        inside = shipped(tables(y[:1500], p[:1500]), classes=True).members(p[1500:], level)
        held.append(inside[np.arange(1500), y[1500:]].mean())
    assert np.mean(held) == pytest.approx(level, abs=0.01)


def test_groups_get_ranges_of_their_own():
    rng = np.random.default_rng(0)
    group = rng.choice(["calm", "wild", "rare"], 4000, p=[0.5, 0.49, 0.01])
    y = np.where(group == "wild", 5.0, 1.0) * rng.normal(size=4000)
    members = {name: np.flatnonzero(group == name) for name in ("calm", "wild", "rare")}
    intervals = shipped(tables(y, np.zeros(4000), ("temper", members)), classes=False)
    low, high = intervals.bounds(np.zeros(3), 0.9, ["calm", "wild", "new"])
    assert (high - low)[0] < (high - low)[2] < (high - low)[1]
    assert "rare" not in intervals.groups


def test_too_few_rows_promise_nothing():
    low, high = shipped(tables(np.arange(10.0), np.zeros(10)), classes=False).bounds(np.zeros(1), 0.99)
    assert (low[0], high[0]) == (-np.inf, np.inf)


def test_a_level_the_model_does_not_know():
    intervals = shipped(tables(np.arange(100.0), np.zeros(100)), classes=False)
    with pytest.raises(RequestError, match=r"expected one from 0\.5 to 0\.99"):
        intervals.bounds(np.zeros(1), 0.999)
    assert intervals.bounds(np.zeros(1), 0.87) == intervals.bounds(np.zeros(1), LEVELS[6])


@given(st.recursive(st.none() | st.floats() | st.text(max_size=3), lambda t: st.lists(t, max_size=3)), st.booleans())
def test_other_tables_are_refused(junk, classes):
    good = tables(
        np.arange(100) % 2 if classes else np.arange(100.0), np.full((100, 2), 0.5) if classes else np.zeros(100)
    )
    for name in ("levels", "all"):
        with pytest.raises(ModelError):
            shipped(
                {**good, name: {"edges": junk, "low": junk, "high": junk, "least": junk} if name == "all" else junk},
                classes=classes,
            )
