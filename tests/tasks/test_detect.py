import polars as pl
import pytest

from holdfast.errors import DataError, RequestError
from holdfast.tasks.detect import detect


@pytest.mark.parametrize(
    ("values", "name", "classes"),
    [
        ([0.0, 1.0] * 5, "binary", (0, 1)),
        (["yes", "no", "no"] * 5, "binary", ("no", "yes")),
        ([False, True] * 5, "binary", (False, True)),
        (["b", "a", "c"] * 5, "multiclass", ("a", "b", "c")),
        ([1.0, 2.0, 7.0] * 30, "multiclass", (1, 2, 7)),
        ([1.0, 2.0, 7.0] * 3, "regression", None),
        ([0.5, 1.5, 7.0] * 30, "regression", None),
        (list(range(100)), "regression", None),
    ],
)
def test_task_follows_from_the_values(values, name, classes):
    task = detect(pl.Series("y", values))
    assert (task.name, task.classes) == (name, classes)
    assert task.reason


def test_the_rarer_word_is_the_positive_class():
    assert detect(pl.Series("y", ["stay"] * 9 + ["churn"] * 3)).classes == ("stay", "churn")


def test_whole_numbers_are_numbers_to_a_score_of_numbers():
    codes = pl.Series("quality", [3, 4, 5, 6] * 50)
    assert detect(codes).family == detect(codes, metric="log_loss").family == "classification"
    assert detect(codes, metric="rmse").family == "regression"
    assert detect(codes, "classification", metric="rmse").family == "classification"


def test_a_request_overrides():
    target = pl.Series("quality", [3.0, 4.0, 5.0] * 40)
    assert detect(target, "regression").name == "regression"
    assert detect(target, "classification").classes == (3, 4, 5)


@pytest.mark.parametrize(
    ("values", "requested", "error", "says"),
    [
        (["a"] * 5, None, DataError, "one value 'a'"),
        ([2.0] * 5, "regression", DataError, "every row"),
        (["a"] * 5 + ["b"], None, DataError, "in one row only"),
        (["a", "b"] * 5, "regression", DataError, "expects numbers"),
        (["a", "b", "c"] * 5, "binary", DataError, "3 classes"),
        (["a", "b"] * 5, "regresion", RequestError, "Did you mean 'regression'"),
    ],
)
def test_what_cannot_be_answered_says_why(values, requested, error, says):
    with pytest.raises(error, match=says):
        detect(pl.Series("y", values), requested)


def test_an_unknown_task_is_answered_with_all_that_there_are():
    with pytest.raises(RequestError, match=r"multilabel.*Did you mean 'multilabel'"):
        detect(pl.Series("y", ["a", "b"] * 5), "multilable")


def test_dates_are_no_target():
    with pytest.raises(DataError, match="is a date"):
        detect(pl.Series("y", [0, 1], dtype=pl.Datetime("us")))


def test_codes_round_trip():
    target = pl.Series("y", ["b", "a", "b", "c", "a", "c"])
    task = detect(target)
    assert [task.classes[code] for code in task.encode(target)] == target.to_list()


def test_an_unknown_label_is_named():
    task = detect(pl.Series("y", ["a", "b"] * 2))
    with pytest.raises(DataError, match="'z'"):
        task.encode(pl.Series("y", ["a", "z"]))


def test_metric_names_are_checked():
    task = detect(pl.Series("y", ["a", "b"] * 2))
    assert task.metric(None).name == "roc_auc"
    with pytest.raises(RequestError, match="Did you mean 'accuracy'"):
        task.metric("acuracy")
