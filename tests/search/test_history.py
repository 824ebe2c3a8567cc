import numpy as np
import pytest

from holdfast.learners.space import Choice, Float, Int
from holdfast.metrics.regression import RMSE
from holdfast.search.history import FEWEST, slices
from holdfast.search.trial import Outcome, Spec
from holdfast.search.tuners import drawn

SPACE = {
    "rate": Float(1e-4, 1.0, log=True, default=0.1),
    "depth": Int(1, 20, default=5),
    "kind": Choice(("x", "y", None), default="x"),
}


def outcome(number, params, score, learner="forest"):
    return Outcome(Spec(number, learner, params), score, (), np.zeros(0), {}, 1.0, 1.0, 1.0, 1.0)


def trials(n, score):
    rng = np.random.default_rng(0)
    drawn_ones = [{name: drawn(each, rng) for name, each in SPACE.items()} for _ in range(n)]
    return [outcome(k + 1, params, score(params)) for k, params in enumerate(drawn_ones)]


def test_the_parameter_that_matters_comes_first():
    """On the scale of the search: half of a logarithmic range is where the score changes."""
    found = slices(trials(60, lambda p: 1.0 if p["rate"] < 1e-2 else 2.0), {"forest": SPACE}, RMSE)
    assert found.learner == "forest"
    first = found.parameters[0]
    assert first.name == "rate"
    assert first.log
    assert first.importance > 0.9
    assert sum(each.importance for each in found.parameters) == pytest.approx(1)
    assert len(first.values) == len(found.scores) == len(found.trials) == 60
    kind = next(each for each in found.parameters if each.name == "kind")
    assert kind.options == ("x", "y", "None")
    assert set(kind.values) <= set(kind.options)


def test_of_two_parameters_the_shares_are_those_of_variance():
    """The score is 2 u + v of places u, v in their ranges: four fifths of its variance are u's."""
    found = slices(
        trials(200, lambda p: 2 * (np.log10(p["rate"]) + 4) / 4 + (p["depth"] - 1) / 19), {"forest": SPACE}, RMSE
    )
    shares = {each.name: each.importance for each in found.parameters}
    assert shares["rate"] == pytest.approx(0.8, abs=0.1)
    assert shares["depth"] == pytest.approx(0.2, abs=0.1)


def test_too_few_trials_say_nothing():
    assert slices([], {}, RMSE) is None
    assert slices(trials(FEWEST - 1, lambda p: p["rate"]), {"forest": SPACE}, RMSE) is None
    assert slices(trials(FEWEST, lambda p: p["rate"]), {"forest": SPACE}, RMSE) is not None
    assert slices(trials(FEWEST, lambda p: 1.0), {"forest": SPACE}, RMSE) is None
    assert slices(trials(FEWEST, lambda p: p["rate"]), {"forest": {}}, RMSE) is None


def test_trials_without_a_score_are_left_out():
    failed = outcome(0, SPACE and {name: each.default for name, each in SPACE.items()}, float("nan"))
    found = slices([failed, *trials(12, lambda p: p["rate"])], {"forest": SPACE}, RMSE)
    assert 0 not in found.trials
