import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.learners.space import Choice, Float, Int
from holdfast.search.gaussian import Gaussian
from holdfast.search.tuners import Asked, Grid, Halving, Known, Sampled, placed, unit_of

SPACES = {
    "a": {"x": Float(0.001, 10.0, default=1.0, log=True), "n": Int(1, 9, default=5)},
    "b": {"kind": Choice(("p", "q", "r"), "p")},
}


def gain(asked):
    """Best at x = 0.1, n = 8; b is never better than 0.5 below."""
    if asked.learner == "b":
        return -0.5 - (asked.params["kind"] != "q")
    return -abs(np.log10(asked.params["x"]) + 1) - abs(asked.params["n"] - 8) / 8


def known():
    return [Known("a", {"x": 1.0, "n": 5}, -1.375), Known("b", {"kind": "p"}, -1.5)]


def make(kind, seed=0):
    if kind == "grid":
        return Grid(SPACES)
    if kind == "halving":
        return Halving(SPACES, seed=seed)
    if kind == "gp":
        return Gaussian(SPACES, known(), seed=seed)
    return Sampled(SPACES, known(), seed=seed, parzen=kind == "bayes")


def run(tuner, n):
    asked = []
    for _ in range(n):
        each = tuner.ask()
        if each is None:
            break
        asked.append(each)
        tuner.tell(each, gain(each))
    return asked


@pytest.mark.parametrize("kind", ["bayes", "gp", "random", "grid", "halving"])
def test_proposals_are_inside_the_space_and_repeat_with_the_seed(kind):
    first, second = run(make(kind), 40), run(make(kind), 40)
    assert [each[:3] for each in first] == [each[:3] for each in second]
    for each in first:
        assert set(each.params) == set(SPACES[each.learner])
        if each.learner == "a":
            assert 0.001 <= each.params["x"] <= 10
            assert each.params["n"] in range(1, 10)
        else:
            assert each.params["kind"] in "pqr"


@pytest.mark.parametrize("kind", ["bayes", pytest.param("gp", marks=pytest.mark.slow)])
def test_tuners_that_learn_beat_chance(kind):
    def best(kind):
        return [max(map(gain, run(make(kind, seed), 40))) for seed in range(8)]

    assert np.mean(best(kind)) > np.mean(best("random"))


def test_the_process_closes_in_on_the_best():
    asked = run(make("gp"), 60)
    assert max(map(gain, asked)) > -0.1
    assert sum(each.learner == "a" for each in asked[20:]) > 30


def test_a_failed_trial_is_no_hindrance():
    for kind in ("bayes", "gp", "halving"):
        tuner = make(kind)
        for _ in range(12):
            tuner.tell(tuner.ask(), None)


def test_a_grid_is_whole_and_begins_near_the_default():
    asked = run(Grid(SPACES), 1_000)
    of_a = [(each.params["x"], each.params["n"]) for each in asked if each.learner == "a"]
    assert len(of_a) == len(set(of_a)) == 3 * 3 - 1  # every combination but the defaults, which were tried first
    assert [each.params["kind"] for each in asked if each.learner == "b"] == ["q", "r"]
    changes = [(x != 1.0) + (n != 5) for x, n in of_a]
    assert changes == sorted(changes)


def test_halving_gives_a_third_of_each_rung_three_times_the_rows():
    asked = run(Halving({"a": SPACES["a"]}, seed=0), 13)
    assert [round(each.share, 3) for each in asked] == [0.111] * 9 + [0.333] * 3 + [1.0]
    few, some, (last,) = asked[:9], asked[9:12], asked[12:]
    assert sorted(map(gain, some), reverse=True) == sorted(map(gain, few), reverse=True)[:3]
    assert gain(last) == max(map(gain, few))


@given(st.floats(0, 1), st.booleans())
def test_places_and_values_are_each_others_inverse(unit, log):
    dimension = Float(0.01, 100.0, default=1.0, log=log)
    assert unit_of(dimension, placed(dimension, unit)) == pytest.approx(unit, abs=1e-9)


def test_what_could_not_be_scored_does_not_stop_the_process():
    tuner = Gaussian(SPACES, [*known(), Known("a", {"x": 0.1, "n": 8}, float("-inf"))], seed=0)
    tuner.tell(Asked("b", {"kind": "q"}), float("nan"))
    assert len(run(tuner, 12)) == 12
