"""The learned order of first trials."""

import json
from dataclasses import replace

import pytest

from holdfast.learners import portfolio as module
from holdfast.learners.catalogue import find, portfolio
from holdfast.learners.portfolio import LEARNED, first_configurations, learned_seconds
from holdfast.learners.space import Choice, Float


@pytest.mark.parametrize("family", ["classification", "regression"])
def test_every_learned_configuration_lies_in_its_learners_space(family):
    for learned in json.loads(LEARNED.read_text(encoding="utf-8"))[family]:
        assert len(learned["order"]) >= 5
        for each in learned["order"]:
            learner = find(each["learner"], family)
            assert set(each["params"]) == set(learner.space)
            assert (each["learner"], each["params"]) in first_configurations([learner], learned["rows"])


@pytest.mark.parametrize("family", ["classification", "regression"])
def test_every_learner_has_its_turn(family):
    learners = portfolio(family)
    names = [learner.name for learner in learners]
    assert {name for name, _ in first_configurations(learners, rows=1_000)} == set(names)
    assert first_configurations(learners) == [(learner.name, learner.defaults) for learner in learners]


def _learned(monkeypatch, *order):
    made = [{"learner": name, "params": {"alpha": alpha}, "seconds": alpha} for name, alpha in order]
    monkeypatch.setattr(module, "_orders", lambda family: [{"rows": 3_000, "order": made, "seconds": {"lasso": 9.0}}])


def test_a_narrowed_space_leaves_out_what_is_outside(monkeypatch):
    _learned(monkeypatch, ("ridge", 3.0), ("ridge", 300.0))
    ridge = replace(find("ridge", "regression"), space={"alpha": Float(1.0, 10.0, default=2.0)})
    assert first_configurations([ridge], rows=1_000) == [("ridge", {"alpha": 3.0})]
    narrow = replace(ridge, space={"alpha": Float(5.0, 6.0, default=5.0)})
    assert first_configurations([narrow], rows=1_000) == [("ridge", {"alpha": 5.0})]


def test_choices_are_tried_by_each_learner_or_scouted_by_the_first(monkeypatch):
    _learned(monkeypatch, ("ridge", 1.0), ("lasso", 1.0), ("ridge", 2.0))
    more = {
        "bend": Choice(("none", "log"), "none", each_first=True),
        "cross": Choice((False, True), default=False, scouted=True),
    }
    learners = [
        replace(find(name, "regression"), space={"alpha": Float(0.1, 10.0, default=1.0), **more})
        for name in ("ridge", "lasso")
    ]
    assert first_configurations(learners, rows=1_000) == [
        ("ridge", {"alpha": 1.0, "bend": "none", "cross": False}),
        ("ridge", {"alpha": 1.0, "bend": "log", "cross": False}),
        ("ridge", {"alpha": 1.0, "bend": "none", "cross": True}),
        ("lasso", {"alpha": 1.0, "bend": "none"}),
        ("lasso", {"alpha": 1.0, "bend": "log"}),
        ("ridge", {"alpha": 2.0}),
    ]


def test_the_order_is_the_one_learned_on_about_so_many_rows(monkeypatch):
    few, many = ({"rows": rows, "order": [], "seconds": {"ridge": rows}} for rows in (3_000, 12_000))
    monkeypatch.setattr(module, "_orders", lambda family: [few, many])
    ridge = find("ridge", "regression")
    assert [learned_seconds(ridge, {}, rows) for rows in (0, 5_000, 7_000, 10**6)] == [3_000, 3_000, 12_000, 12_000]


def test_seconds_are_known_of_what_was_learned_whatever_else_is_chosen(monkeypatch):
    _learned(monkeypatch, ("ridge", 3.0))
    ridge = find("ridge", "regression")
    assert learned_seconds(ridge, {"alpha": 3.0, "scaling": "power"}, 1_000) == 3.0
    assert learned_seconds(ridge, {"alpha": 4.0}, 1_000) is None
    assert learned_seconds(find("lasso", "regression"), {"alpha": 4.0}, 1_000) == 9.0
