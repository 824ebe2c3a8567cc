"""Ways to join models are judged by weights that had no part in what they are judged on."""

import numpy as np
import pytest
from scipy.special import expit, softmax

from holdfast.data.folds import make_folds
from holdfast.metrics.classification import LOG_LOSS, ROC_AUC
from holdfast.metrics.regression import RMSE
from holdfast.search.joining import FEWEST_ROWS, SINGLE, Models, join
from holdfast.search.trial import GROUPS, Problem
from holdfast.tasks.classification import Binary
from holdfast.testing.data import table

SEEDS = range(5)


def folds_of(n, k=5):
    return [np.arange(n)[each::k] for each in range(k)]


def joined(metric, y, predictions, base, parts=None, apart=None, judged=None):
    parts = folds_of(len(y)) if parts is None else parts
    costs, apart = np.ones((len(predictions), 1)), parts if apart is None else apart
    models = Models(predictions, ["lightgbm"] * len(predictions), costs, [100.0])
    return join(metric, y, models, base=base, parts=parts, apart=apart, judged=judged or len(y))


def scores(joint):
    return {way.name: way.score for way in joint.ways}


def two(p):
    return np.column_stack([1 - p, p])


def noise(kind, seed, n, k=8):
    """A target that has nothing to do with the models' answers: metric, y, answers, the baseline's score."""
    rng = np.random.default_rng(seed)
    if kind == "regression":
        y = rng.normal(size=n)
        return RMSE, y, list(0.2 * rng.normal(size=(k, n))), RMSE.score(y, np.full(n, y.mean()))
    n_classes = 2 if kind == "binary" else 4
    y = rng.integers(0, n_classes, n)
    given = list(softmax(0.3 * rng.normal(size=(k, n, n_classes)), axis=2))
    if kind == "binary":
        return ROC_AUC, y, given, 0.5
    prior = np.tile(np.bincount(y, minlength=n_classes) / n, (n, 1))
    return LOG_LOSS, y, given, LOG_LOSS.score(y, prior)


@pytest.mark.parametrize("n", [FEWEST_ROWS // 2, FEWEST_ROWS * 2])
@pytest.mark.parametrize("kind", ["binary", "multiclass", "regression"])
def test_pure_noise_gains_nothing(kind, n):
    gains = []
    for seed in SEEDS:
        metric, y, given, base = noise(kind, seed, n)
        joint = joined(metric, y, given, base)
        gains.append(metric.gain(joint.chosen.score) - metric.gain(base))
        assert set(scores(joint)) == (
            {SINGLE, "average"} if n < FEWEST_ROWS else {*scores(joint), SINGLE, "average", "stack"}
        )
    error = np.std(gains, ddof=1) / np.sqrt(len(gains))
    assert np.mean(gains) < 2.5 * error


def test_weights_that_saw_their_rows_would_gain_on_noise():
    """So the test above can fail."""
    gains = []
    for seed in SEEDS:
        metric, y, given, base = noise("binary", seed, FEWEST_ROWS)
        weights = joined(metric, y, given, base).weights
        gains.append(metric.score(y, np.tensordot(weights, given, 1)) - base)
    assert np.mean(gains) > 2.5 * np.std(gains, ddof=1) / np.sqrt(len(gains))


@pytest.mark.parametrize("n", [FEWEST_ROWS // 2, FEWEST_ROWS])
def test_few_rows_are_weighed_by_log_loss_where_only_their_order_counts(n):
    _, y, given, _ = noise("binary", 0, n)
    half = np.full((n, 2), 0.5)
    ranked, likely = (joined(metric, y, given, metric.score(y, half)).weights for metric in (ROC_AUC, LOG_LOSS))
    assert np.array_equal(ranked, likely) == (n < FEWEST_ROWS)


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_a_folds_answers_do_not_depend_on_its_targets(kind):
    metric, y, given, base = noise(kind, 0, FEWEST_ROWS // 2)
    before = joined(metric, y, given, base).predictions
    for held in folds_of(len(y)):
        other = y.copy()
        other[held] = other[held][::-1] if kind == "regression" else 1 - other[held]
        after = joined(metric, other, given, base).predictions
        assert np.array_equal(after[held], before[held])
        assert not np.array_equal(after, before)


def unsure(rng, n):
    """Models that each know a part of the odds and say no more than that: the truth is the sum of what they know."""
    odds = rng.normal(scale=2.0, size=(3, n))
    y = (rng.uniform(size=n) < expit(odds.sum(axis=0))).astype(np.int64)
    return y, [two(expit(each)) for each in odds]


def test_a_stack_on_logits_is_chosen_where_models_know_parts_of_the_odds():
    y, given = unsure(np.random.default_rng(0), 6000)
    joint = joined(LOG_LOSS, y, given, np.log(2))
    found = scores(joint)
    assert joint.pool.name == "stack"
    assert joint.weights == pytest.approx(1, abs=0.15)
    assert found["stack"] < found["log_average"] - 0.05 < found["average"]
    fresh, unseen = unsure(np.random.default_rng(1), 6000)
    assert LOG_LOSS.score(fresh, joint.pool.join(unseen, joint.weights)) == pytest.approx(found["stack"], abs=0.02)


def test_on_few_rows_there_is_only_the_average():
    y, given = unsure(np.random.default_rng(0), FEWEST_ROWS - 1)
    assert set(scores(joined(LOG_LOSS, y, given, np.log(2)))) == {SINGLE, "average"}


def test_the_simplest_stays_where_others_are_as_good():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=5000)
    y = truth + rng.normal(size=5000)
    joint = joined(RMSE, y, [truth + 0.1 * rng.normal(size=5000) for _ in range(3)], RMSE.score(y, np.zeros(5000)))
    assert joint.pool.name == "average"
    assert joint.weights.sum() == pytest.approx(1)


def test_a_ridge_stack_is_chosen_where_all_models_shrink():
    rng = np.random.default_rng(0)
    y = 10 + rng.normal(size=5000)
    joint = joined(RMSE, y, [10 + 0.4 * (y - 10) + 0.2 * rng.normal(size=5000) for _ in range(3)], 1.0)
    assert joint.pool.name == "stack"
    assert joint.weights.sum() > 1.5
    assert RMSE.score(y, joint.predictions) == pytest.approx(joint.chosen.score, rel=1e-3)


def test_models_that_say_the_opposite_are_given_no_weight_by_a_stack():
    rng = np.random.default_rng(0)
    y = rng.normal(size=FEWEST_ROWS)
    joint = joined(
        RMSE, y, [-y + 0.5 * rng.normal(size=FEWEST_ROWS) for _ in range(2)], RMSE.score(y, np.zeros(len(y)))
    )
    assert joint.pool.name == "stack"
    assert joint.weights.tolist() == [0.0, 0.0]
    assert joint.chosen.score == pytest.approx(y.std(), rel=0.01)


def test_duplicates_gain_nothing_over_one_of_them():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 500)
    found = scores(joined(ROC_AUC, y, [two(expit(y + rng.normal(size=500)))] * 4, 0.5))
    assert found["average"] == pytest.approx(found[SINGLE], abs=1e-12)


@pytest.mark.parametrize("repeats", [1, 3])
def test_no_row_is_in_two_groups_and_folds_stay_whole(repeats):
    columns, y = table("classification")
    hashes = np.arange(len(y)).astype(np.uint64)
    task = Binary("asked", (0, 1))
    problem = Problem(columns, y, make_folds(hashes, n_folds=7, repeats=repeats), task, task.default_metric)
    apart, judged = problem.apart, problem.judged
    assert len(apart) == GROUPS
    assert np.array_equal(np.sort(np.concatenate(apart)), np.arange(len(judged)))
    rows = [set(judged[places]) for places in apart]
    assert sum(map(len, rows)) == len(set(judged))
    for fold in problem.once.folds:
        assert sum(set(fold.valid) <= each for each in rows) == 1


def test_a_single_folds_rows_are_dealt_out():
    columns, y = table("classification")
    hashes = np.arange(len(y)).astype(np.uint64)
    task = Binary("asked", (0, 1))
    problem = Problem(columns, y, make_folds(hashes, n_folds=5, judged=1), task, task.default_metric)
    assert np.array_equal(np.sort(np.concatenate(problem.apart)), np.arange(len(problem.judged)))
    assert len(problem.apart) == GROUPS
