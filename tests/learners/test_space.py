import pytest

from holdfast.errors import RequestError
from holdfast.learners.catalogue import find
from holdfast.learners.limits import require_space
from holdfast.learners.space import Choice, Float, Int, read_space

OWN = {"alpha": Float(0.1, 10.0, default=1.0, log=True), "depth": Int(1, 9, default=5), "kind": Choice(("p", "q"), "p")}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"alpha": {"high": 5}}, Float(0.1, 5.0, 1.0, log=True)),
        ({"alpha": {"low": 2, "high": 3, "log": False}}, Float(2.0, 3.0, 2.5)),
        ({"alpha": 3}, Choice((3.0,), 3.0)),
        ({"alpha": [1, 2]}, Choice((1.0, 2.0), 1.0)),
        ({"depth": {"low": 2, "high": 4, "default": 3}}, Int(2, 4, 3)),
        ({"kind": ["q"]}, Choice(("q",), "q")),
    ],
)
def test_a_users_ranges_lie_over_the_learners_own(given, expected):
    (name,) = given
    space = read_space("made", OWN, given)
    assert space[name] == expected
    assert {key: each for key, each in space.items() if key != name} == {k: v for k, v in OWN.items() if k != name}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"alhpa": 1}, "no parameter 'alhpa'.*Did you mean 'alpha'"),
        ({"alpha": {"low": 5, "high": 1}}, "goes from 5.0 to 1.0.*expected low below high"),
        ({"alpha": {"low": 0}}, "logarithmic scale; expected low below high, above 0"),
        ({"alpha": {"lo": 1}}, "expected low, high, log and default"),
        ({"alpha": {"low": "x"}}, "expected a number"),
        ({"alpha": float("nan")}, "expected a number"),
        ({"depth": {"low": 1.5}}, "expected a whole number"),
        ({"depth": {"high": float("inf")}}, "got inf; expected a whole number"),
        ({"depth": {"default": 12}}, "starts at 12; expected a default from 1 to 9"),
        ({"depth": []}, "empty list"),
        ({"kind": {"low": 1}}, "expected a list out of"),
    ],
)
def test_what_is_no_range_is_said(given, says):
    with pytest.raises(RequestError, match=says):
        read_space("made", OWN, given)


def test_values_a_learner_does_not_take_are_told_before_training():
    learner = find("nearest_neighbours", "classification")
    name = next(name for name, each in learner.space.items() if isinstance(each, Int))
    require_space(learner.within({name: [1, 3]}), [name], 2)
    with pytest.raises(RequestError, match=r"holds 0, which it doesn't take.*\[space\.nearest_neighbours\]"):
        require_space(learner.within({name: [0]}), [name], 2)
