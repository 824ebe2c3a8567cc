"""What a search leaves for the end: by a rule of thumb, then by what would ship now."""

from types import SimpleNamespace

import pytest

from holdfast.metrics.regression import RMSE
from holdfast.search.plan import plan
from holdfast.study import ending
from holdfast.study.ending import Ending, finishing
from holdfast.study.times import compiling, writing

BUDGET, N_ROWS = 60.0, 8_000


def question_of(**asked):
    request = {"budget": BUDGET, "distill": None, "validation_curve": None, "repeats": None, "folds": None, **asked}
    split = SimpleNamespace(development=range(N_ROWS), sealed=[])
    return SimpleNamespace(request=SimpleNamespace(**request), split=split, metric=RMSE, time=None)


def clock_of(budget=BUDGET, left=50.0):
    return SimpleNamespace(budget=budget, left=left, writing=writing(budget))


def outcome(learner, score, seconds):
    spec = SimpleNamespace(learner=learner)
    return SimpleNamespace(spec=spec, score=score, fit_seconds=seconds, fit_rows=N_ROWS, seconds=seconds)


def outcomes(seconds):
    return [outcome("mean", 9.0, 0.0), *(outcome(name, 1.0 + k, seconds) for k, name in enumerate("abcd"))]


def ending_of(shipping, left, *, budget=BUDGET, n_rows=N_ROWS, **asked):
    decided = plan(n_rows, 5, 1, budget=budget)
    return Ending(
        question_of(**asked), decided, n_rows=n_rows, n_learners=4, clock=clock_of(budget, left), shipping=shipping
    )


def never(tried):
    raise AssertionError("there is time: nothing has to be looked at")


def quick(tried):
    return SimpleNamespace(seconds=lambda rows, lanes: 0.1)


def slow(tried):
    return SimpleNamespace(seconds=lambda rows, lanes: 30.0)


def test_while_there_is_time_a_rule_of_thumb_will_do():
    tried = outcomes(1.0)
    assert ending_of(never, 50.0)(tried) == finishing(tried, question_of(), clock_of())
    assert finishing(tried, question_of(), clock_of()) > finishing(outcomes(0.1), question_of(), clock_of())


def test_towards_the_end_what_would_ship_says_how_much_is_kept():
    tried = outcomes(1.0)
    kept = finishing(tried, question_of(), clock_of())
    assert writing(BUDGET) + 2 * compiling(BUDGET) < ending_of(quick, kept + 1.0)(tried) < kept - 3
    assert ending_of(slow, kept + 1.0)(tried) == ending.ending(30.0, question_of(), clock_of()) > kept


def test_what_would_ship_is_not_looked_at_all_the_time(monkeypatch):
    looks, now = [], [0.0]
    monkeypatch.setattr(ending.time, "monotonic", lambda: now[0])

    def look(tried):
        looks.append(now[0])
        now[0] += 1.0
        return quick(tried)

    asked = ending_of(look, 10.0)
    for _ in range(20):
        asked(outcomes(1.0))
        now[0] += 0.5
    assert looks == pytest.approx([0.0, 6.5])


def test_few_rows_are_kept_time_for_when_every_learner_had_its_turn():
    once, judged = outcomes(0.2), ending_of(never, 10.0, n_rows=500)
    assert judged(once) > finishing(once, question_of(), clock_of())
    assert judged(once[:-1]) == finishing(once[:-1], question_of(), clock_of())


def test_without_a_budget_only_writing_is_kept_for():
    assert ending_of(never, float("inf"), budget=None)(outcomes(1.0)) == writing(None)


def test_a_curve_that_was_asked_for_has_its_share():
    tried = outcomes(1.0)
    without, asked = (finishing(tried, question_of(validation_curve=each), clock_of()) for each in (None, "a.depth"))
    assert asked - without == pytest.approx(ending.CURVE_SHARE * BUDGET)


def test_a_short_budget_keeps_less_so_that_something_can_be_fitted():
    tried = outcomes(0.1)
    kept = [finishing(tried, question_of(), clock_of(budget)) for budget in (5.0, 10.0, 60.0)]
    assert kept[0] < 3.0 < kept[1] < 6.0 < kept[2]
