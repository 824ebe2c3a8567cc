import numpy as np
import polars as pl
import pytest

import holdfast as hf
from holdfast.metrics.regression import REGRESSION, RMSE
from holdfast.study.learning import Point, words_of

R2 = next(metric for metric in REGRESSION if metric.greater_is_better)


@pytest.mark.parametrize(
    ("points", "metric", "says"),
    [
        (
            [Point(50, 0.1, 3.0), Point(100, 0.1, 2.5)],
            RMSE,
            ["probably help: from 50 to 100 rows the score went from 3 to 2.5", "variance"],
        ),
        ([Point(50, 1.9, 2.0), Point(100, 1.95, 2.0)], RMSE, ["help little", "bias"]),
        ([Point(50, 0.95, 0.5), Point(100, 0.95, 0.8)], R2, ["probably help", "bias"]),
        ([Point(50, 1.0, 0.5), Point(100, 1.0, 0.5)], R2, ["help little", "variance"]),
    ],
)
def test_what_a_curve_says(points, metric, says):
    baseline = 10.0 if metric is RMSE else 0.0
    found = words_of(points, metric, baseline)
    assert len(found) == 2
    for words, expected in zip(found, says, strict=True):
        assert expected in words
    assert words_of(points[:1], metric, baseline) == []


def test_a_study_draws_its_curve(tmp_path):
    rng = np.random.default_rng(0)
    frame = pl.DataFrame(rng.normal(size=(600, 6)), schema=[f"x{k}" for k in range(6)])
    y = sum(frame[f"x{k}"] for k in range(6)) + 0.1 * rng.normal(size=600)
    study = hf.train(
        frame.with_columns(y=y), "y", learners="ridge,nearest_neighbours", trials=2, out=tmp_path / "study"
    )
    curve = study.result["learning_curve"]
    assert [each["rows"] for each in curve] == sorted(each["rows"] for each in curve)
    assert len(curve) == 4
    assert curve[-1]["unseen"] <= curve[0]["unseen"]
    page = study.report().read_text(encoding="utf-8")
    assert "Would more rows help?" in page
    assert "Learning curve" in page
