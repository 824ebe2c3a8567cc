import numpy as np
import pytest

from holdfast.metrics.classification import LOG_LOSS, ROC_AUC
from holdfast.metrics.regression import RMSE
from holdfast.search.ensemble import greedy_weights

RNG = np.random.default_rng(0)
Y = RNG.normal(size=2000)
GOOD = [Y + RNG.normal(size=2000) for _ in range(3)]
BAD = Y + 30 * RNG.normal(size=2000)


def test_independent_errors_are_averaged_out():
    weights = greedy_weights(RMSE, Y, [*GOOD, BAD], [[1]] * 4)
    assert weights.sum() == pytest.approx(1)
    assert weights[:3] == pytest.approx(1 / 3, abs=0.08)
    assert weights[3] == 0
    mixed = sum(w * each for w, each in zip(weights, [*GOOD, BAD], strict=True))
    assert RMSE.score(Y, mixed) < 0.62


def test_the_cost_is_kept():
    assert np.count_nonzero(greedy_weights(RMSE, Y, GOOD, [[1]] * 3, max_costs=[2])) == 2
    assert np.count_nonzero(greedy_weights(RMSE, Y, GOOD, [[5], [4], [3]], max_costs=[2])) == 1
    assert greedy_weights(RMSE, Y, GOOD, [[5], [4], [3]], max_costs=[2])[2] == 1


def test_every_cost_is_kept():
    weights = greedy_weights(RMSE, Y, GOOD, [[1, 5], [1, 2], [1, 2]], max_costs=[3, 4])
    assert weights[0] == 0
    assert np.count_nonzero(weights) == 2


def test_the_number_of_members_is_kept():
    assert np.count_nonzero(greedy_weights(RMSE, Y, GOOD, [[1]] * 3, max_members=2)) == 2


@pytest.mark.parametrize("metric", [ROC_AUC, LOG_LOSS])
def test_noise_gains_nothing_worth_having(metric):
    y = RNG.integers(0, 2, 1000)
    noise = [np.column_stack([1 - p, p]) for p in RNG.uniform(0.4, 0.6, (6, 1000))]
    weights = greedy_weights(metric, y, noise, np.ones((6, 1)))
    mixed = sum(w * each for w, each in zip(weights, noise, strict=True))
    assert ROC_AUC.score(y, mixed) < 0.58
