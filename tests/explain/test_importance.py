import time

import numpy as np
import pytest

from holdfast.data.columns import Coded, Columns, Kind
from holdfast.explain.importance import permutation_importance
from holdfast.metrics.regression import RMSE

RNG = np.random.default_rng(0)
N = 1500
A, B, NOISE = RNG.normal(size=N), RNG.normal(size=N), RNG.normal(size=N)
WORDS = Coded(RNG.integers(0, 2, N).astype(np.int32), np.array(["no", "yes"], dtype=object))
COLUMNS = Columns(
    {"a": A, "b": B, "noise": NOISE},
    {"w": WORDS},
    {**dict.fromkeys(["a", "b", "noise"], Kind.NUMBER), "w": Kind.CATEGORY},
)


def predict(columns):
    return 3 * columns.numbers["a"] + columns.numbers["b"] + 2.0 * columns.strings["w"].codes


def gain(y, predictions):
    return -float(np.mean((y - predictions) ** 2))


def test_the_closed_form():
    """For an exact linear model the squared error grows by 2 w² var(x) when x is shuffled."""
    found = {
        each.feature: each.value
        for each in permutation_importance(predict, COLUMNS, predict(COLUMNS), gain, repeats=10)
    }
    assert found["a"] == pytest.approx(2 * 9 * A.var(), rel=0.1)
    assert found["b"] == pytest.approx(2 * B.var(), rel=0.1)
    assert found["w"] == pytest.approx(2 * 4 * 0.25, rel=0.1)
    assert found["noise"] == 0
    assert list(found) == ["a", *sorted(("b", "w"), key=found.__getitem__, reverse=True), "noise"]


def test_the_same_seed_gives_the_same_and_the_input_stays():
    y = predict(COLUMNS)

    def score(truth, given):
        return RMSE.gain(RMSE.score(truth, given))

    before = A.copy()
    assert permutation_importance(predict, COLUMNS, y, score) == permutation_importance(predict, COLUMNS, y, score)
    assert np.array_equal(A, before)


def test_it_stops_at_the_deadline():
    assert permutation_importance(predict, COLUMNS, predict(COLUMNS), gain, deadline=time.monotonic() - 1) == []
