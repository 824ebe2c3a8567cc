import sys

import numpy as np
import pytest

from holdfast.errors import RequestError
from holdfast.metrics import custom as custom_module
from holdfast.metrics.classification import LOG_LOSS, accuracy
from holdfast.metrics.custom import custom, load_plug_ins, place_of, require_score
from holdfast.metrics.metric import Metric
from holdfast.metrics.regression import REGRESSION
from holdfast.tasks import task as task_module
from holdfast.tasks.classification import Binary

MODULE = """
from holdfast.metrics.metric import Metric

def profit(y, labels):
    "What a call earns."
    return float((labels * (40 * y - 5)).mean())

def weighted(y, values, weights):
    return 0.0

METRIC = Metric(name="mine", function=weighted, takes="values", greater_is_better=False)
number = 3

def wrong(y, shares):
    return 0.0

def fails(y, labels):
    raise KeyError("no")

def infinite(y, labels):
    return float("inf")

def both(y, labels):
    if len(set(y)) < 2:
        raise ValueError("one class")
    return 1.0

STRICT = Metric(name="strict", function=lambda y, labels, weights: both(y, labels), takes="labels", greater_is_better=True)
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "made_metrics.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield "made_metrics"
    sys.modules.pop("made_metrics", None)


def test_a_function_says_by_its_parameter_what_it_takes(module):
    found = custom(f"{module}:profit")
    assert (found.name, found.takes, found.greater_is_better) == ("profit", "labels", True)
    assert found.summary == "What a call earns."
    y, p = np.array([0, 1, 1]), np.array([[0.2, 0.8], [0.3, 0.7], [0.9, 0.1]])
    assert found.score(y, p) == pytest.approx((-5 + 35) / 3)


def test_without_weights_of_its_own_rows_are_repeated(module):
    y, p = np.array([0, 1]), np.array([[0.2, 0.8], [0.3, 0.7]])
    assert custom(f"{module}:profit").score(y, p, np.array([1.0, 3.0])) == pytest.approx((-5 + 3 * 35) / 4)


def test_a_metric_is_taken_as_it_is(module):
    assert custom(f"{module}:METRIC").greater_is_better is False
    assert custom("holdfast.metrics.classification:LOG_LOSS") is LOG_LOSS


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("made_metrics:nothing", "can't be imported"),
        ("no_such_module:f", "can't be imported"),
        ("made_metrics:number", "is int"),
        ("made_metrics:wrong", "name its second parameter"),
    ],
)
@pytest.mark.usefixtures("module")
def test_what_is_no_metric_is_said(name, said):
    with pytest.raises(RequestError, match=said):
        custom(name)


def test_a_place_is_told_only_where_there_is_one(module):
    assert custom(place_of(accuracy)).name == "accuracy"
    with pytest.raises(RequestError, match="expected a function that stands in a module"):
        place_of(LOG_LOSS)
    with pytest.raises(RequestError, match="move it to a file"):
        place_of(lambda y, labels: 0.0)


def test_plug_ins_are_metrics_of_the_task_they_fit(monkeypatch):
    fit, other = (
        Metric(name=takes, function=accuracy, takes=takes, greater_is_better=True) for takes in ("labels", "values")
    )
    monkeypatch.setattr(task_module, "plug_ins", lambda: (fit, other))
    task = Binary("asked for", ("a", "b"))
    assert task.metric("labels") is fit
    assert other not in task.all_metrics


@pytest.mark.parametrize("name", ["both", "STRICT"])
def test_rows_that_a_strangers_metric_fails_on_have_no_score(module, name):
    metric, p = custom(f"{module}:{name}"), np.full((3, 2), 0.5)
    require_score(metric, np.array([0, 1, 1]), p)
    assert metric.score(np.array([0, 1, 1]), p) == 1.0
    assert np.isnan(metric.score(np.array([1, 1, 1]), p))


@pytest.mark.parametrize(("name", "said"), [("fails", "KeyError"), ("infinite", "expected a finite number")])
def test_a_metric_is_tried_before_anything_is_trained(module, name, said):
    with pytest.raises(RequestError, match=said):
        require_score(custom(f"{module}:{name}"), np.array([0, 1]), np.full((2, 2), 0.5))


@pytest.mark.parametrize(
    ("name", "y"),
    [
        ("mape", [0.0, 1.0, 2.0]),
        ("gamma_deviance", [0.0, 1.0]),
        ("rmsle", [-2.0, 1.0]),
        ("poisson_deviance", [-1.0, 4.0]),
    ],
)
def test_a_metric_that_is_undefined_on_the_target_is_refused(name, y):
    metric = next(each for each in REGRESSION if each.name == name)
    with pytest.raises(RequestError, match=f"'{name}' is undefined on this target.*wape or smape"):
        require_score(metric, np.array(y), np.full(len(y), np.mean(y)))


def correlation(y, values):
    return np.corrcoef(y, values)[0, 1] if np.std(values) else np.nan


def test_a_metric_that_scores_the_baseline_or_the_truth_is_taken():
    y = np.array([0.0, 1.0, 2.0])
    counts = next(each for each in REGRESSION if each.name == "poisson_deviance")
    for metric in (counts, custom(f"{__name__}:correlation")):
        require_score(metric, y, np.full(3, 1.0))


class Entry:
    """An entry point that holds what it is given."""

    name, value = "mine", "package:THING"

    def __init__(self, held):
        self.held = held

    def load(self):
        if isinstance(self.held, Exception):
            raise self.held
        return self.held


MINE = Metric(name="mine", function=accuracy, takes="labels", greater_is_better=True)


@pytest.mark.parametrize(
    ("offered", "said"),
    [
        ([KeyError("gone")], r"can't be loaded \(KeyError: 'gone'\); expected a Metric: .* uninstall"),
        ([3], "is int; expected a Metric"),
        ([LOG_LOSS], "is named 'log_loss', which is taken"),
        ([MINE, MINE], "is named 'mine', which is taken"),
    ],
)
def test_a_plug_in_that_is_no_good_is_named(monkeypatch, offered, said):
    monkeypatch.setattr(custom_module, "entry_points", lambda group: [Entry(each) for each in offered])
    with pytest.raises(RequestError, match=rf"plug-in 'mine' of holdfast.metrics \(package:THING\) {said}"):
        load_plug_ins("holdfast.metrics", Metric, [LOG_LOSS], lambda each: each.name)
