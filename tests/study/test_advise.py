import json

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_breast_cancer
from typer.testing import CliRunner

import holdfast as hf
from holdfast.cli.main import app
from holdfast.errors import DataError, RequestError


@pytest.fixture(scope="module")
def curved(tmp_path_factory):
    """A target that no straight line finds: the sign of a product."""
    rng = np.random.default_rng(0)
    a, b, c = rng.normal(size=(3, 1_500))
    word = rng.choice(["p", "q"], 1_500)
    y = np.where(a * b + 0.3 * rng.normal(size=1_500) > 0, "yes", "no")
    path = tmp_path_factory.mktemp("advise") / "curved.csv"
    pl.DataFrame({"a": a, "b": b, "c": c, "word": word, "y": y}).write_csv(path)
    return str(path)


@pytest.mark.slow
def test_where_lines_do_not_do_trees_are_advised(curved):
    advice = hf.advise(curved, "y", seconds=60)
    suits = {each.learner: each.suits for each in advice.learners}
    first = advice.learners[0]
    assert first.suits == "first"
    assert not first.readable
    assert suits["lightgbm"] in ("first", "good", "weaker")
    assert suits["logistic"] == "no"
    assert next(each for each in advice.learners if each.learner == "logistic").why.startswith("not measurably better")
    assert [each.suits for each in advice.learners].count("first") == 1
    assert any("more than straight lines" in fact for fact in advice.facts)
    tried = [each for each in advice.learners if each.score is not None]
    assert all(each.low <= each.score <= each.high and each.seconds > 0 and each.one_row > 0 for each in tried)


def test_where_lines_do_the_simplest_is_first():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    frame = pl.DataFrame({name: X[name].to_numpy() for name in X}).with_columns(pl.Series("y", y.to_numpy()))
    advice = hf.advise(frame, "y", readable=True, max_latency=1e-3)
    first = advice.learners[0]
    assert (first.suits, first.readable) == ("first", True)
    assert first.learner.startswith("logistic")
    assert {each.why for each in advice.learners if each.learner == "lightgbm"} == {"can't be read by a person"}
    assert any("nearly all there is" in fact for fact in advice.facts)


def test_the_command_and_its_errors(curved):
    done = CliRunner().invoke(app, ["advise", curved, "--target", "y", "--max-latency", "1us", "--json"])
    found = json.loads(done.stdout)
    assert {each["suits"] for each in found["learners"]} == {"no"}
    assert any("too slow for one record" in each["why"] for each in found["learners"])
    with pytest.raises(RequestError, match="max latency 0"):
        hf.advise(curved, "y", max_latency=0)
    rows = pl.DataFrame({"a": [0, 1] * 60, "y": np.arange(120.0)})
    with pytest.raises(DataError, match="can't be cut in folds"):
        hf.advise(rows, "y", seed=3, seconds=20)
