import time

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_diabetes
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.inspection import partial_dependence

from holdfast.data.columns import Kind
from holdfast.explain.dependence import MOST_WORDS, dependence

X, Y = load_diabetes(return_X_y=True)
X = X[:180].copy()
X[:, 0] = np.digitize(X[:, 0], [-0.05, 0.0, 0.05])
MODEL = HistGradientBoostingRegressor(max_iter=20, random_state=0).fit(X, Y[: len(X)])
NAMES = [f"x{k}" for k in range(X.shape[1])]
FRAME = pl.DataFrame(X, schema=NAMES)


def predict(frame):
    return MODEL.predict(frame.select(NAMES).to_numpy())[:, None]


def test_it_is_scikit_learns():
    theirs = partial_dependence(MODEL, X, [0], kind="both", method="brute")
    ours = dependence(predict, FRAME, "x0", Kind.NUMBER)
    assert list(ours.values) == theirs["grid_values"][0].tolist()
    np.testing.assert_allclose(np.array(ours.mean)[:, 0], theirs["average"][0], rtol=1e-5)
    lines = theirs["individual"][0]
    np.testing.assert_allclose(ours.lines[0], lines[0], rtol=1e-5)
    np.testing.assert_allclose(ours.low, np.quantile(lines, 0.1, axis=0), rtol=1e-5)
    np.testing.assert_allclose(ours.high, np.quantile(lines, 0.9, axis=0), rtol=1e-5)


def test_the_values_of_a_number_are_where_rows_are():
    skewed = pl.DataFrame({"x": np.exp(np.linspace(0, 8, 500))})
    values = dependence(lambda rows: rows["x"].to_numpy()[:, None], skewed, "x", Kind.NUMBER).values
    assert values[len(values) // 2] < 100
    assert values[-1] < np.exp(8)


def test_words_dates_and_gaps():
    words = [*(f"w{k % 12}" for k in range(108)), *[None] * 60]
    frame = pl.DataFrame({"w": words, "d": pl.Series(range(168)).cast(pl.Datetime("us"))})

    def length(rows):
        return rows["w"].str.len_chars().fill_null(7).to_numpy().astype(float)[:, None]

    found = dependence(length, frame, "w", Kind.CATEGORY)
    assert len(found.values) == MOST_WORDS
    assert found.values[0] is None
    assert found.mean[0] == (7.0,)
    assert found.mean[1] == (2.0,)
    dates = dependence(length, frame, "d", Kind.DATETIME)
    assert len(set(dates.mean)) == 1


@pytest.mark.parametrize(("values", "kind"), [(["a b", "c d"], Kind.TEXT), ([1.0, 1.0], Kind.NUMBER)])
def test_some_columns_have_no_effect_to_draw(values, kind):
    assert dependence(predict, pl.DataFrame({"x": values}), "x", kind) is None


def test_it_keeps_its_deadline():
    def slow(rows):
        time.sleep(0.05)
        return predict(rows)

    began = time.monotonic()
    assert dependence(slow, FRAME, "x2", Kind.NUMBER, deadline=began + 0.2) is None
    assert time.monotonic() - began < 0.2
    assert dependence(slow, FRAME, "x2", Kind.NUMBER, deadline=began + 100) is not None
