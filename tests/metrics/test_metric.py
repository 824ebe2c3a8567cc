import numpy as np
import pytest

from holdfast.metrics.classification import CLASSIFICATION
from holdfast.metrics.regression import REGRESSION

Y = np.array([0, 0, 1, 1, 1])
PERFECT = np.eye(2)[Y] * 0.98 + 0.01
OPPOSITE = PERFECT[:, ::-1]


@pytest.mark.parametrize("metric", CLASSIFICATION, ids=lambda metric: metric.name)
def test_better_answers_gain_more(metric):
    good, bad = metric.score(Y, PERFECT), metric.score(Y, OPPOSITE)
    assert metric.gain(good) > metric.gain(bad)
    assert good == pytest.approx(metric.best, abs=0.02)


@pytest.mark.parametrize("metric", REGRESSION, ids=lambda metric: metric.name)
def test_closer_values_gain_more(metric):
    y = np.array([1.0, 2.0, 3.0])
    assert metric.gain(metric.score(y, y * 1.1)) > metric.gain(metric.score(y, y * 2))
    assert metric.score(y, y) == metric.best


def test_an_undefined_score_is_worst():
    assert CLASSIFICATION[0].gain(float("nan")) == -np.inf


def test_every_metric_says_what_it_is():
    for metric in (*CLASSIFICATION, *REGRESSION):
        assert metric.summary.endswith((".", ")"))
        assert metric.title
