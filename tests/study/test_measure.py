import numpy as np
import polars as pl
import pytest

from holdfast.errors import RequestError
from holdfast.study.measure import decision_of, metrics_of, wish_of
from holdfast.study.prepare import ask
from holdfast.study.request import Request
from holdfast.tasks.classification import Binary, Multiclass

BINARY, THREE = Binary("asked for", ("no", "yes")), Multiclass("asked for", ("a", "b", "c"))
COSTS = {"no": {"yes": 1}, "yes": {"no": 3}}


def request(**settings):
    return Request.of(target="y", **settings)


def test_costs_are_judged_by_what_they_are_unless_another_metric_is_asked_for():
    assert [each.name for each in metrics_of(request(costs=COSTS), BINARY)][:2] == ["mean_cost", "roc_auc"]
    assert [each.name for each in metrics_of(request(costs=COSTS, metric="f1"), BINARY)][:2] == ["f1", "mean_cost"]
    assert metrics_of(request(costs=COSTS, metric="mean_cost"), BINARY)[0].name == "mean_cost"
    assert "mean_cost" not in [each.name for each in metrics_of(request(), BINARY)]


def test_a_metric_of_ones_own_comes_first_and_all_others_once():
    names = [each.name for each in metrics_of(request(metric="recall"), BINARY)]
    assert names[0] == "recall"
    assert len(names) == len(set(names)) == len(BINARY.metrics)


def test_a_metric_of_ones_own_may_not_take_a_known_name():
    with pytest.raises(RequestError, match="is named 'accuracy'"):
        metrics_of(request(metric="holdfast.metrics.classification:accuracy"), BINARY)


def test_how_answers_are_decided():
    assert decision_of(request(), THREE).rule == "likeliest"
    assert decision_of(request(threshold="0.3"), BINARY).threshold == 0.3
    assert decision_of(request(threshold="best"), BINARY).rule == "likeliest"
    assert decision_of(request(costs=COSTS), BINARY).threshold == pytest.approx(1 / 4)
    assert wish_of(request(threshold="best", metric="recall"), BINARY).metric.name == "recall"
    assert wish_of(request(threshold=0.3), BINARY) is None
    with pytest.raises(RequestError, match="expected two classes"):
        decision_of(request(threshold="best"), THREE)


def test_costs_may_name_classes_as_they_stand_in_the_data():
    task = Binary("asked for", (0, 1))
    assert decision_of(request(costs={0: {1: 1}, 1: {0: 3}}), task).costs.tolist() == [[0, 1], [3, 0]]


def test_a_questions_metrics_decide_as_it_does_and_the_first_is_its_metric():
    frame = pl.DataFrame({"x": np.arange(60.0), "y": ["no", "no", "yes"] * 20})
    question = ask(frame, request(threshold=0.2, metric="recall"))
    assert question.metrics[0] is question.metric
    assert question.metric.score(np.array([1]), np.array([[0.7, 0.3]])) == 1
