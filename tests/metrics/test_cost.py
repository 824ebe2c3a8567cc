import pickle

import numpy as np
import pytest

from holdfast.arrays import decided, likeliest, threshold_costs
from holdfast.metrics.cost import mean_cost
from holdfast.metrics.metric import Metric

RNG = np.random.default_rng(0)
COSTS = np.array([[0.0, 1.0, 2.0], [5.0, 0.0, 1.0], [9.0, 4.0, -1.0]])


def test_the_answer_costs_least_of_all_that_could_be_given():
    p = RNG.dirichlet(np.ones(3), 500)
    expected = [[sum(row[k] * COSTS[k, answer] for k in range(3)) for answer in range(3)] for row in p]
    assert decided(p, COSTS).tolist() == np.argmin(expected, axis=1).tolist()


def test_equal_costs_name_the_likeliest_class():
    p = RNG.dirichlet(np.ones(4), 500)
    assert (decided(p, 1 - np.eye(4)) == likeliest(p)).all()
    assert (decided(p, None) == likeliest(p)).all()


@pytest.mark.parametrize("threshold", [0.01, 0.3, 0.5, 0.99])
def test_a_threshold_is_a_table_of_costs(threshold):
    share = RNG.random(500)
    p = np.column_stack([1 - share, share])
    assert (decided(p, threshold_costs(threshold)) == (share > threshold)).all()


def test_mean_cost_is_the_mean_of_what_answers_cost():
    metric, p, y = mean_cost(COSTS), RNG.dirichlet(np.ones(3), 50), RNG.integers(0, 3, 50)
    answers = decided(p, COSTS)
    assert metric.score(y, p) == pytest.approx(sum(COSTS[a, b] for a, b in zip(y, answers, strict=True)) / 50)
    assert metric.losses(y, p).mean() == pytest.approx(metric.score(y, p))
    assert metric.best == -1


def test_it_travels_to_another_process():
    y, p = np.array([0, 1, 2]), np.eye(3)
    assert pickle.loads(pickle.dumps(mean_cost(COSTS))).score(y, p) == pytest.approx(-1 / 3)


def test_a_label_score_follows_the_costs():
    found = Metric(
        name="found", function=lambda y, labels, weights: labels.mean(), takes="labels", greater_is_better=True
    )
    p = np.array([[0.6, 0.4], [0.9, 0.1]])
    assert found.score(None, p) == 0
    assert found.deciding(threshold_costs(0.3)).score(None, p) == 0.5
