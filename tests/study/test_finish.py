from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

import holdfast as hf
from holdfast.errors import OverrunError
from holdfast.study import finish


def test_a_candidate_that_overran_is_tried_once_more_then_the_next(monkeypatch, tmp_path):
    rows = load_breast_cancer(as_frame=True).frame
    fit, asked = finish._fit, []

    def slow(candidate, *given, **more):
        asked.append((candidate.name, given[3]))
        if len(asked) <= stopped:
            raise OverrunError("stopped: it took too long")
        return fit(candidate, *given, **more)

    monkeypatch.setattr(finish, "_fit", slow)
    for stopped, shipped in ((1, "best"), (2, "next")):
        asked.clear()
        study = hf.train(
            rows, "target", out=tmp_path / shipped, trials=2, tuner="none", learners="logistic,decision_tree"
        )
        names = [name for name, _ in asked]
        best = names[0]
        assert names[1] == best
        assert (study.result["chosen"]["name"] == best) == (shipped == "best")
        assert [each["learner"] for each in study.result["not_tried"]] == [best] * stopped


@pytest.mark.parametrize("fails", [1, 2])
def test_a_quick_model_ships_late_rather_than_the_baseline(monkeypatch, tmp_path, fails):
    """The best fails and no time is left: the quickest of the others is fitted all the same, once."""
    fit, allowed, asked = finish._fit, finish._allowed, []

    def failing(candidate, *given, **more):
        asked.append(candidate.name)
        if len(asked) <= fails:
            raise OverrunError("stopped: it took too long")
        return fit(candidate, *given, **more)

    monkeypatch.setattr(finish, "_fit", failing)
    monkeypatch.setattr(finish, "_allowed", lambda *given, again: 0.0 if again else allowed(*given, again=again))
    rows = load_breast_cancer(as_frame=True).frame
    names = "logistic,decision_tree,gaussian_naive_bayes"
    study = hf.train(rows, "target", out=tmp_path / "study", trials=3, tuner="none", learners=names)
    shipped = study.result["chosen"]["name"]
    left_out = [(each["learner"], each["reason"]) for each in study.result["not_tried"]]
    assert len(asked) == 2 + (fails == 2)
    assert (shipped == "prior") == (fails == 2)
    assert (asked[1], finish.NO_TIME) not in left_out
    assert (asked[0], finish.NO_TIME) in left_out


def test_after_a_failure_a_quick_model_takes_time_kept_for_writing():
    question = SimpleNamespace(
        split=SimpleNamespace(sealed=[], development=range(100)),
        request=SimpleNamespace(budget=60.0),
        n_jobs=1,
    )
    quick, clock = SimpleNamespace(seconds=lambda rows, lanes: 0.1), SimpleNamespace(left=6.5, writing=4.0)
    first, after = (finish._allowed(quick, question, clock, again=again) for again in (False, True))
    assert first < finish.RESTART < after < clock.left


@pytest.mark.parametrize(
    ("seconds", "done", "ships"), [(2.0, 1.0, True), (2.0, 0.8, True), (2.0, 0.5, False), (50.0, 1.0, False)]
)
def test_a_refit_ships_if_most_of_it_was_learned(monkeypatch, seconds, done, ships):
    refitted = SimpleNamespace(done=done, proof=SimpleNamespace(agrees=True))
    monkeypatch.setattr(finish, "training", lambda question, rows: None)
    monkeypatch.setattr(finish, "_fit_once", lambda *given, **more: refitted)
    question = SimpleNamespace(
        dataset=SimpleNamespace(n_rows=100),
        split=SimpleNamespace(development=np.arange(80)),
        request=SimpleNamespace(prefer="best", limits={}),
    )
    judged = SimpleNamespace(rows=np.arange(80), seconds=seconds, compiling=1.0, done=1.0)
    finished = SimpleNamespace(
        candidate=SimpleNamespace(name="lightgbm"), compiled=judged, calibration=None, decision=None
    )
    clock = SimpleNamespace(left=20.0, before_writing=16.0, end=20.0, writing=4.0)
    executor = SimpleNamespace(load=lambda state: None)
    found = finish.refit_on_all(finished, question, executor=executor, clock=clock, say=lambda message: None)
    assert (found is refitted) == ships
    assert ships or "time" in found
