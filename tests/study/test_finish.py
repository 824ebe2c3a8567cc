from types import SimpleNamespace

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


def test_after_a_failure_a_quick_model_takes_time_kept_for_writing():
    question = SimpleNamespace(
        split=SimpleNamespace(sealed=[], development=range(100)),
        request=SimpleNamespace(budget=60.0),
        n_jobs=1,
    )
    quick, clock = SimpleNamespace(seconds=lambda rows, lanes: 0.1), SimpleNamespace(left=finish.WRITING + 2.0)
    first, after = (finish._allowed(quick, question, clock, again=again) for again in (False, True))
    assert first < finish.RESTART < after < clock.left
