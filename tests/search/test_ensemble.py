import numpy as np
import pytest
from sklearn.linear_model import Ridge

from holdfast.evaluate.pool import Pool
from holdfast.metrics.classification import LOG_LOSS, ROC_AUC
from holdfast.metrics.regression import RMSE
from holdfast.search.ensemble import MAX_MEMBERS, MOST_STEADY_ROWS, PULL, STEADY_ROWS, greedy_weights, stack, steadied

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


def steady(weights, leads, learners, *, costs=None, max_costs=(), n_rows=STEADY_ROWS):
    costs = [[1]] * len(leads) if costs is None else costs
    return steadied(np.array(weights, dtype=float), leads, learners, costs, max_costs=max_costs, n_rows=n_rows)


def test_as_many_rows_as_the_plain_average_stands_for_count_as_much():
    found = steady([1, 0, 0, 0, 0], [1.0, 0.99, 0.98, 0.97, 0.96], ["a", "a", "b", "c", "d"])
    assert found == pytest.approx([1 / 2 + 1 / 6, 0, 1 / 6, 1 / 6, 0])


def test_more_rows_leave_more_to_the_greedy_weights_and_many_leave_all():
    weights = [steady([1, 0], [1.0, 0.9], ["a", "b"], n_rows=n)[0] for n in (100, 1_000, MOST_STEADY_ROWS, 10**5)]
    assert weights == sorted(weights)
    assert weights[-1] == 1.0


def test_what_hardly_leads_the_baseline_is_no_part_of_the_plain_average():
    assert steady([0, 1, 0], [1.0, 0.9, 0.4], ["a", "b", "c"])[2] == 0
    assert steady([0, 1, 0], [1.0, 0.9, 0.6], ["a", "b", "c"])[2] > 0


def test_the_plain_average_keeps_the_limits():
    learners, leads = ["a", "b", "c"], [1.0, 0.9, 0.8]
    assert steady([0, 1, 0], leads, learners, max_costs=[2]) == pytest.approx([1 / 4, 3 / 4, 0])
    assert steady([0, 1, 0], leads, learners, costs=[[9], [1], [1]], max_costs=[2])[0] == 0
    many = [1 / MAX_MEMBERS] * MAX_MEMBERS + [0.0]
    found = steady(many, np.linspace(0.9, 1.0, MAX_MEMBERS + 1), [*"abcdefgh"[:MAX_MEMBERS], "z"])
    assert np.count_nonzero(found) == MAX_MEMBERS


@pytest.mark.parametrize("metric", [ROC_AUC, LOG_LOSS])
def test_noise_gains_nothing_worth_having(metric):
    y = RNG.integers(0, 2, 1000)
    noise = [np.column_stack([1 - p, p]) for p in RNG.uniform(0.4, 0.6, (6, 1000))]
    weights = greedy_weights(metric, y, noise, np.ones((6, 1)))
    mixed = sum(w * each for w, each in zip(weights, noise, strict=True))
    assert ROC_AUC.score(y, mixed) < 0.58


def test_weights_on_another_scale_are_judged_on_it():
    y = RNG.integers(0, 2, 2000)
    odds = [2 * (2 * y - 1) + RNG.normal(scale=3, size=2000) for _ in range(3)]
    given = [np.column_stack([1 - p, p]) for p in 1 / (1 + np.exp(-np.array(odds)))]
    logs = Pool(logs=True)
    weights = greedy_weights(LOG_LOSS, y, given, np.ones((3, 1)), pool=logs)
    plain = greedy_weights(LOG_LOSS, y, given, np.ones((3, 1)))
    assert LOG_LOSS.score(y, logs.join(given, weights)) < LOG_LOSS.score(y, logs.join(given, plain)) + 1e-9
    assert weights == pytest.approx(1 / 3, abs=0.1)


def test_a_ridge_stack_is_scikit_learns_around_the_weights_given():
    towards = np.array([0.5, 0.3, 0.2])
    members = [0.6 * Y + 3 + RNG.normal(size=2000) for _ in range(3)]
    weights, pool = stack(Y, members, towards)
    X, alpha = np.column_stack(members), 0.5 * PULL * len(Y) * Y.var()
    away = Ridge(alpha=alpha).fit(X, Y - X @ towards)
    assert weights == pytest.approx(away.coef_ + towards)
    assert pool.shift == pytest.approx((away.intercept_,))


def test_a_stack_of_classes_finds_the_weights_that_made_them():
    rng = np.random.default_rng(1)
    given = [rng.dirichlet(np.ones(3), 200_000) for _ in range(3)]
    true = Pool(logs=True, shift=(0.4, -0.4, 0.0))
    y = (true.join(given, [1.2, 0.3, 0.0]).cumsum(axis=1) < rng.uniform(size=(200_000, 1))).sum(axis=1)
    weights, pool = stack(y, given, np.full(3, 1 / 3))
    assert weights == pytest.approx([1.2, 0.3, 0.0], abs=0.06)
    assert pool.shift == pytest.approx(true.shift, abs=0.06)


@pytest.mark.parametrize("y", [Y, (Y > 0).astype(np.int64)])
def test_a_duplicate_changes_nothing_but_who_is_named(y):
    members = GOOD[:2] if y is Y else [np.column_stack([1 - p, p]) for p in 1 / (1 + np.exp(-np.array(GOOD[:2])))]
    twice, alone = [members[0], members[0], members[1]], members
    halved, pool = stack(y, twice, np.array([0.25, 0.25, 0.5]))
    whole, other = stack(y, alone, np.array([0.5, 0.5]))
    assert halved[0] == pytest.approx(halved[1], abs=1e-3)
    assert pool.join(twice, halved) == pytest.approx(other.join(alone, whole), abs=0.03)
    metric = RMSE if y is Y else LOG_LOSS
    greedy = greedy_weights(metric, y, twice, np.ones((3, 1)))
    assert greedy[:2].sum() == pytest.approx(greedy_weights(metric, y, alone, np.ones((2, 1)))[0])


def test_what_the_greedy_choice_left_out_stays_out_of_the_stack():
    weights, _ = stack(Y, [*GOOD, BAD], np.array([0.5, 0.5, 0.0, 0.0]))
    assert weights[2:].tolist() == [0.0, 0.0]
