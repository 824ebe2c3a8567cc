import numpy as np
import pytest
from scipy.stats import beta, norm

from holdfast.evaluate.bootstrap import (
    MOST_LOTS,
    _acceleration,
    accurate_interval,
    in_lots,
    mean_interval,
    p_better,
    resample,
    score_by_parts,
)
from holdfast.metrics.classification import CLASSIFICATION, ROC_AUC
from holdfast.metrics.metric import Metric
from holdfast.metrics.regression import MAE, REGRESSION, RMSE


@pytest.mark.parametrize("n_rows", [400, 40_000])
def test_the_interval_of_a_mean_is_the_textbook_one(n_rows):
    """The mean absolute error is a mean: its standard error has a closed form, whether or not rows are sampled."""
    misses = np.random.default_rng(0).exponential(size=n_rows)
    found = resample(MAE, misses, np.zeros(n_rows), n_resamples=400).interval()
    half = 1.96 * misses.std() / np.sqrt(n_rows)
    assert found.score == pytest.approx(misses.mean())
    assert found.high - found.low == pytest.approx(2 * half, rel=0.15)


def test_intervals_cover():
    rng, covered = np.random.default_rng(1), 0
    for seed in range(200):
        misses = rng.exponential(size=150)
        interval = resample(MAE, misses, np.zeros(150), n_resamples=200, seed=seed).interval()
        covered += interval.low <= 1 <= interval.high
    assert 0.88 <= covered / 200 <= 0.99


def test_folds_are_scored_apart():
    """Two folds whose models speak on different scales: each ranks perfectly, together they would not."""
    y = np.array([0, 1, 0, 1])
    p = np.array([0.1, 0.2, 0.8, 0.9])
    predictions, parts = np.column_stack([1 - p, p]), [np.array([0, 1]), np.array([2, 3])]
    assert ROC_AUC.score(y, predictions) == 0.75
    assert score_by_parts(ROC_AUC, y, predictions, parts) == 1.0


def test_a_fold_without_a_score_is_left_out():
    y, p = np.array([0, 1, 0, 0]), np.array([0.1, 0.9, 0.5, 0.5])
    parts = [np.array([0, 1]), np.array([2, 3])]
    assert score_by_parts(ROC_AUC, y, np.column_stack([1 - p, p]), parts) == 1.0


def test_better_is_told_from_equal():
    rng = np.random.default_rng(0)
    y = rng.normal(size=500)
    close, far = resample(RMSE, y, y + rng.normal(size=500)), resample(RMSE, y, y + 2 * rng.normal(size=500))
    same = resample(RMSE, y, y + rng.normal(size=500))
    assert p_better(RMSE, close, far) < 0.01
    assert p_better(RMSE, far, close) > 0.99
    assert 0.01 < p_better(RMSE, close, same) < 0.99


@pytest.mark.parametrize(
    ("draw", "truth"), [("normal", 1.0), ("exponential", np.sqrt(2.0)), ("lognormal", np.exp(1.0))]
)
def test_accurate_intervals_of_skewed_errors_cover(draw, truth):
    """RMSE of errors whose squares are skewed: percentiles miss too often, the studentised interval hardly does."""
    covered = plain = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        errors = {
            "normal": rng.normal(size=200),
            "exponential": rng.exponential(size=200),
            "lognormal": rng.lognormal(size=200),
        }
        y, zeros = errors[draw], np.zeros(200)
        found = resample(RMSE, y, zeros, n_resamples=200, seed=seed)
        interval = accurate_interval(RMSE, y, zeros, found)
        covered += interval.low <= truth <= interval.high
        plain += found.interval().low <= truth <= found.interval().high
    # The square of a lognormal has such a tail that 200 rows can't show it all.
    assert covered / 150 >= (0.9 if draw != "lognormal" else 0.82)
    assert covered >= plain - 2


def test_shares_have_exact_intervals():
    y, labels = np.zeros(50, dtype=int), np.r_[np.zeros(45, dtype=int), np.ones(5, dtype=int)]
    predictions = np.eye(2)[labels]
    accuracy = next(metric for metric in CLASSIFICATION if metric.name == "accuracy")
    found = accurate_interval(accuracy, y, predictions, resample(accuracy, y, predictions))
    low, high = beta.ppf(0.025, 45, 6), beta.ppf(0.975, 46, 5)
    assert (found.low, found.high) == pytest.approx((low, high))


def test_groups_are_drawn_whole():
    """Ten groups of a hundred equal rows are ten observations, not a thousand."""
    rng, covered, naive = np.random.default_rng(0), 0, 0
    for seed in range(100):
        y, blocks = np.repeat(rng.normal(size=25), 20), np.repeat(np.arange(25), 20)
        zeros = np.zeros(500)
        for metric, truth in ((RMSE, 1.0),):
            found = resample(MAE, y, zeros, blocks=blocks, n_resamples=100, seed=seed)
            whole = accurate_interval(metric, y, zeros, found, blocks=blocks)
            rows = accurate_interval(metric, y, zeros, resample(MAE, y, zeros, n_resamples=100, seed=seed))
            covered += whole.low <= truth <= whole.high
            naive += rows.low <= truth <= rows.high
    assert covered / 100 >= 0.88
    assert naive / 100 < 0.6


@pytest.mark.parametrize("n_blocks", [1, 2])
@pytest.mark.parametrize("metric", [*CLASSIFICATION, *REGRESSION], ids=lambda metric: metric.name)
def test_one_or_two_groups_have_a_score_and_no_interval(metric, n_blocks):
    rng = np.random.default_rng(0)
    blocks = np.arange(60) % n_blocks
    y, given = rng.uniform(1, 2, 60), rng.uniform(1, 2, 60)
    if metric in CLASSIFICATION:
        y, given = rng.integers(0, 2, 60), rng.dirichlet([1, 1], 60)
    found = resample(metric, y, given, blocks=blocks)
    interval = accurate_interval(metric, y, given, found, blocks=blocks)
    assert interval.score == found.score == metric.score(y, given)
    assert np.isnan([interval.low, interval.high]).all()
    assert np.isnan(mean_interval(y, blocks=blocks).low)


@pytest.mark.parametrize("n_rows", [150, pytest.param(600, marks=pytest.mark.slow)])
def test_accurate_intervals_of_ranking_cover(n_rows):
    covered = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        y = rng.integers(0, 2, n_rows)
        share = norm.cdf(rng.normal(size=n_rows) + 1.5 * y)
        p = np.column_stack([1 - share, share])
        interval = accurate_interval(ROC_AUC, y, p, resample(ROC_AUC, y, p, n_resamples=300, seed=seed))
        covered += interval.low <= norm.cdf(1.5 / np.sqrt(2)) <= interval.high
    assert 0.91 <= covered / 200 <= 0.99


def test_repeats_of_the_folds_make_no_interval_narrower():
    """The same rows judged three times are not three times the rows."""
    rng = np.random.default_rng(5)
    y, noise = rng.normal(size=200), rng.normal(size=200)
    parts = [np.arange(200)]
    one = resample(MAE, y, y + noise, parts=parts, seed=1)
    thrice_y, thrice = np.tile(y, 3), np.tile(y + noise, 3)
    thirds = [np.arange(200) + 200 * k for k in range(3)]
    three = resample(MAE, thrice_y, thrice, parts=thirds, once=1, seed=1)
    wrong = resample(MAE, thrice_y, thrice, parts=thirds, seed=1)
    assert three.score == pytest.approx(one.score)
    assert three.draws.std() == pytest.approx(one.draws.std())
    assert wrong.draws.std() < 0.75 * one.draws.std()


def test_many_folds_are_drawn_whole():
    """Where each fold is a group with a level of its own, the error of the mean is that between groups."""
    rng = np.random.default_rng(6)
    group = np.repeat(np.arange(40), 25)
    misses = np.abs(2 + rng.normal(size=40)[group] + 0.1 * rng.normal(size=1000))
    means = np.array([misses[group == k].mean() for k in range(40)])
    parts = [np.flatnonzero(group == k) for k in range(40)]
    found = resample(MAE, misses, np.zeros(1000), parts=parts, n_resamples=2000)
    assert found.score == pytest.approx(misses.mean())
    assert found.draws.std() == pytest.approx(means.std() / np.sqrt(40), rel=0.1)


@pytest.mark.parametrize("n_blocks", [300, 20_000])
def test_blocks_are_what_differs_also_where_only_some_are_drawn(n_blocks):
    """Rows of a block are equal, so the mean's standard error is that of the blocks, however many rows each has."""
    misses = np.random.default_rng(0).exponential(size=n_blocks)
    blocks = np.repeat(np.arange(n_blocks), 3)
    found = resample(MAE, misses[blocks], np.zeros(len(blocks)), blocks=blocks, n_resamples=400).interval()
    assert found.score == pytest.approx(misses.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * misses.std() / np.sqrt(n_blocks), rel=0.15)


def test_lots_keep_the_spread_of_many_blocks():
    blocks = np.arange(6_000) // 2
    values = np.random.default_rng(0).normal(size=3_000)[blocks]
    lots = in_lots(blocks)
    assert lots.max() < MOST_LOTS
    assert (lots[::2] == lots[1::2]).all()
    interval = mean_interval(values, blocks=blocks)
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * values.std() / np.sqrt(3_000), rel=0.15)
    np.testing.assert_array_equal(in_lots(np.array([7, 5, 7])), [1, 0, 1])


def test_the_skewness_of_many_rows_is_told_by_some():
    """The acceleration of a mean is its skewness over six roots of n (Efron, 1987): 2 / (6 sqrt(n)) for an exponential."""
    n, rng = 20_000, np.random.default_rng(0)
    found = [_acceleration(MAE, rng.exponential(size=n), np.zeros(n), None) for _ in range(200)]
    assert np.mean(found) == pytest.approx(2 / (6 * np.sqrt(n)), rel=0.5)


@pytest.mark.parametrize(("greater", "best"), [(False, np.nan), (True, 1.0), (True, np.nan)])
def test_intervals_of_means_of_one_s_own(greater, best):
    def gains(y, values):
        return np.exp(-np.abs(y - values))

    def mean_gain(y, values, weights=None):
        return float(np.average(gains(y, values), weights=weights))

    metric = Metric(name="m", function=mean_gain, takes="values", greater_is_better=greater, best=best, losses=gains)
    y = np.random.default_rng(0).normal(size=200)
    found = accurate_interval(metric, y, np.zeros(200), resample(metric, y, np.zeros(200)))
    assert found.low < found.score < found.high < 1
