import numpy as np
import pytest
from sklearn import metrics as sk

from holdfast.metrics.regression import (
    explained_variance,
    gamma_deviance,
    mae,
    mape,
    max_error,
    median_error,
    pinball,
    poisson_deviance,
    r2,
    rmse,
    rmsle,
    smape,
    wape,
)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("weighted", [False, True])
def test_scores_equal_scikit_learn(seed, weighted):
    rng = np.random.default_rng(seed)
    y, values = rng.gamma(2, 3, 100), rng.gamma(2, 3, 100)
    w = rng.random(100) if weighted else None
    assert rmse(y, values, w) == pytest.approx(sk.root_mean_squared_error(y, values, sample_weight=w))
    assert mae(y, values, w) == pytest.approx(sk.mean_absolute_error(y, values, sample_weight=w))
    assert r2(y, values, w) == pytest.approx(sk.r2_score(y, values, sample_weight=w))
    assert mape(y, values, w) == pytest.approx(sk.mean_absolute_percentage_error(y, values, sample_weight=w))
    assert rmsle(y, values, w) == pytest.approx(sk.root_mean_squared_log_error(y, values, sample_weight=w))
    assert pinball(y, values, w) == pytest.approx(sk.mean_pinball_loss(y, values, sample_weight=w))
    assert explained_variance(y, values, w) == pytest.approx(sk.explained_variance_score(y, values, sample_weight=w))
    assert poisson_deviance(y, values, w) == pytest.approx(sk.mean_poisson_deviance(y, values, sample_weight=w))
    assert gamma_deviance(y, values, w) == pytest.approx(sk.mean_gamma_deviance(y, values, sample_weight=w))
    assert max_error(y, values, w) == pytest.approx(sk.max_error(y, values))
    if w is None:
        assert median_error(y, values) == pytest.approx(sk.median_absolute_error(y, values))


def test_weighted_median_error_counts_rows():
    y, values = np.zeros(3), np.array([1.0, 2.0, 9.0])
    assert median_error(y, values, np.array([1.0, 1.0, 5.0])) == 9.0


def test_undefined_scores_are_nan():
    y, values = np.array([0.0, 1.0]), np.array([1.0, 1.0])
    assert np.isnan(mape(y, values))
    assert np.isnan(r2(np.ones(2), values))
    assert np.isnan(rmsle(np.array([-2.0, 1.0]), values))


def test_relative_errors_by_hand():
    y, values = np.array([0.0, 2.0, 0.0]), np.array([0.0, 1.0, 4.0])
    assert smape(y, values) == pytest.approx((0 + 1 / 1.5 + 2) / 3)
    assert wape(y, values) == pytest.approx(5 / 2)


def test_counts_of_zero_have_a_deviance():
    y, values = np.array([0.0, 3.0]), np.array([0.5, 2.0])
    assert poisson_deviance(y, values) == pytest.approx(sk.mean_poisson_deviance(y, values))
    assert np.isnan(poisson_deviance(y, np.array([0.0, 2.0])))
    assert np.isnan(gamma_deviance(y, values))
