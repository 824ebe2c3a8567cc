"""A further look asks only about models that the sealed rows can judge."""

import numpy as np
import polars as pl
import pytest

import holdfast as hf
from holdfast.errors import RequestError


def rows(n, flipped):
    """Two classes, about as many of each: which is the commoner one differs."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=n)
    first = x + rng.normal(size=n) > (-0.3 if flipped else 0.3)
    return pl.DataFrame({"x": x, "y": np.where(first, "a", "b")})


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reopen")
    found = []
    for name, flipped in (("one", False), ("other", True)):
        rows(200, flipped).write_csv(folder / f"{name}.csv")
        settings = {"learners": "logistic", "trials": 1, "out": folder / name}
        found.append(hf.train(folder / f"{name}.csv", "y", **settings))
    return found


def test_a_model_that_learned_the_sealed_rows_is_refused_and_nothing_is_opened(studies):
    one, _ = studies
    with pytest.raises(RequestError, match=r"learned from 200 rows of this data, the sealed ones among them"):
        one.look_again(one.path / "model")
    assert one.openings == 1


def test_a_model_of_classes_in_another_order_is_refused_and_nothing_is_opened(studies):
    one, other = studies
    with pytest.raises(RequestError, match=r"classes are \['a', 'b'\]; expected .* \('b', 'a'\)"):
        one.look_again(other.path / "judged")
    assert one.openings == 1


def test_the_judged_model_is_answered(studies):
    one, _ = studies
    assert one.look_again(one.path / "judged")["openings"] == 2
