"""The corrected test against its formula, against chance, and its Bayesian twin."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from holdfast.evaluate.compare import compare, fold_interval


def test_without_correction_it_is_the_paired_t_test():
    gains = [0.3, -0.1, 0.2, 0.4, 0.1]
    assert compare(gains, test_share=0.0, rope=0.0).p == pytest.approx(stats.ttest_1samp(gains, 0).pvalue)


def test_the_published_formula():
    gains = np.array([0.02, 0.05, -0.01, 0.03, 0.04, 0.01, 0.02, 0.03, 0.0, 0.05])
    t = gains.mean() / np.sqrt((1 / 10 + 1 / 9) * gains.var(ddof=1))
    assert compare(gains, test_share=1 / 9, rope=0.0).p == pytest.approx(2 * stats.t.sf(abs(t), 9))


@given(st.lists(st.floats(-1, 1), min_size=2, max_size=20), st.floats(0, 0.5), st.floats(0, 0.3))
def test_probabilities_are_whole_and_turn_with_the_sign(gains, test_share, rope):
    found, turned = (
        compare(gains, test_share=test_share, rope=rope),
        compare([-g for g in gains], test_share=test_share, rope=rope),
    )
    assert found.better + found.equal + found.worse == pytest.approx(1.0)
    assert 0 <= found.equal <= 1
    assert found.better == pytest.approx(turned.worse, abs=1e-9)


def test_models_that_are_alike_are_rarely_told_apart():
    """Cross-validated scores of two equally good models: the plain t-test is wrong too often, the corrected one is not."""
    rng, corrected, plain = np.random.default_rng(0), 0, 0
    for _ in range(400):
        x, y = rng.normal(size=(100, 2)), rng.normal(size=100)
        fold = np.arange(100) % 10
        gains = []
        for k in range(10):
            train, valid = fold != k, fold == k
            losses = [
                np.mean((y[valid] - x[valid, j] * (x[train, j] @ y[train] / (x[train, j] @ x[train, j]))) ** 2)
                for j in (0, 1)
            ]
            gains.append(losses[1] - losses[0])
        corrected += compare(gains, test_share=1 / 9, rope=0.0).p < 0.05
        plain += stats.ttest_1samp(gains, 0).pvalue < 0.05
    assert corrected / 400 <= 0.06
    assert plain > corrected


def test_no_spread_leaves_no_doubt():
    assert compare([0.1, 0.1, 0.1], test_share=0.2, rope=0.01).better == 1.0
    assert compare([0.0, 0.0], test_share=0.2, rope=0.01).equal == 1.0
    assert np.isnan(compare([0.1], test_share=0.2, rope=0.0).p)


def test_repeats_of_the_folds_are_no_new_rows():
    """Two equally good models on 5 folds cut 4 times: the plain t-test takes the repeats for new evidence."""
    rng, corrected, plain = np.random.default_rng(1), 0, 0
    for _ in range(300):
        x, y = rng.normal(size=(60, 2)), rng.normal(size=60)
        gains = []
        for _ in range(4):
            fold = rng.permutation(60) % 5
            gains += [np.subtract(*_losses(x, y, fold == k)) for k in range(5)]
        corrected += compare(gains, test_share=1 / 4, rope=0.0).p < 0.05
        plain += stats.ttest_1samp(gains, 0).pvalue < 0.05
    assert corrected / 300 <= 0.06
    assert plain / 300 > 0.1


def test_the_interval_of_a_mean_over_folds_covers_the_truth():
    """A mean model, judged by squared error: its true error is known. Without the correction the interval is too narrow."""
    rng, covered, naive = np.random.default_rng(2), 0, 0
    for _ in range(400):
        y, fold = rng.normal(size=50), np.arange(50) % 5
        losses = [float(np.mean((y[fold == k] - y[fold != k].mean()) ** 2)) for k in range(5)]
        truth = 1 + 1 / 40
        found = fold_interval(losses, 1 / 4)
        plain = fold_interval(losses, 0.0)
        covered += found.low <= truth <= found.high
        naive += plain.low <= truth <= plain.high
    assert covered / 400 >= 0.94
    assert covered > naive


def test_the_mean_of_one_fold_has_no_interval():
    assert np.isnan(fold_interval([0.5], 0.25).low)
    assert np.isnan(fold_interval([], 0.25).score)


def _losses(x, y, valid):
    train = ~valid
    slopes = [x[train, j] @ y[train] / (x[train, j] @ x[train, j]) for j in (0, 1)]
    return [float(np.mean((y[valid] - x[valid, j] * slopes[j]) ** 2)) for j in (0, 1)]
