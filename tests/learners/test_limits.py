import numpy as np
import polars as pl
import pytest

import holdfast as hf
from holdfast.errors import RequestError
from holdfast.learners.catalogue import catalogue, find, portfolio
from holdfast.learners.limits import Given, objection, require_fit

LEARNERS = [pytest.param(each, id=f"{each.name}-{each.task}") for each in catalogue()]


@pytest.mark.parametrize("learner", LEARNERS)
def test_what_to_use_instead_is_another_learner_of_the_same_task(learner):
    assert find(learner.instead, learner.task).task == learner.task
    limited = (learner.max_rows, learner.max_columns, learner.max_classes) != (None, None, None)
    assert learner.name != learner.instead or not limited


@pytest.mark.parametrize("family", ["classification", "regression"])
def test_lightgbm_the_last_resort_takes_anything(family):
    given = Given(np.arange(-1, 2_000_000), 50_000, 1_000 if family == "classification" else None, weighted=True)
    assert objection(find("lightgbm", family), given) is None


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        ("gaussian_process", Given(np.ones(2_001), 3, None), "2,001 rows, it takes 2,000; use 'svm'"),
        ("gaussian_process", Given(np.ones(20_000), 3, None), "use 'linear_svm'"),
        ("gaussian_process", Given(np.ones(300_000), 3, None), "use 'ridge'"),
        ("lars", Given(np.ones(10), 2_001, None), "2,001 columns, it takes 2,000; use 'lasso'"),
        ("lars", Given(np.ones(10), 3, None, weighted=True), "has weights|have weights, it takes none; use 'lasso'"),
        ("gamma", Given(np.array([1.0, 0.0, 2.0]), 3, None), "1 value of 0 or less.*above 0; use 'tweedie'"),
        ("gamma", Given(np.array([1.0, -1.0, 0.0]), 3, None), "2 values of 0 or less.*use 'ridge'"),
        (
            "poisson",
            Given(np.array([1.0, -1.0]), 3, None),
            "1 value below 0, it takes values of 0 or more; use 'ridge'",
        ),
    ],
)
def test_a_learner_that_cannot_be_used_says_why_and_what_can(name, given, says):
    with pytest.raises(RequestError, match=says):
        require_fit(find(name, "regression"), given)


def test_too_many_classes():
    with pytest.raises(RequestError, match="31 classes, it takes 30; use 'one_vs_rest'"):
        require_fit(find("one_vs_one", "classification"), Given(np.arange(31), 3, 31))


@pytest.mark.parametrize("name", ["poisson", "tweedie"])
def test_zero_is_an_amount(name):
    require_fit(find(name, "regression"), Given(np.array([0.0, 3.0]), 3, None))


def test_a_sample_is_taken_of_too_many_rows_when_nobody_asked_by_name():
    given = Given(np.ones(200_001), 3, 2)
    assert objection(find("logistic", "classification"), given) is not None
    assert objection(find("logistic", "classification"), given, sampled=True) is None


def test_who_is_tried_unasked():
    assert not {"svm", "ebm", "stacking"} & {each.name for each in portfolio("classification")}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("gamma", "above 0; use 'ridge'"),
        ("lda", "is for classification; expected one for regression: use ridge or lightgbm"),
        ("polynomal", "Did you mean 'polynomial'"),
    ],
)
def test_nothing_is_trained_with_a_learner_that_cannot(tmp_path, name, says):
    frame = pl.DataFrame({"x": np.arange(60.0) % 7, "y": np.arange(60) % 11 - 3.5})
    with pytest.raises(RequestError, match=says):
        hf.train(frame, "y", learners=name, trials=1, out=tmp_path / "study")
    assert not (tmp_path / "study").exists()
    with pytest.raises(RequestError, match=says):
        hf.Regressor(learners=(name,), trials=1).fit(frame.select("x").to_numpy(), frame["y"].to_numpy())
