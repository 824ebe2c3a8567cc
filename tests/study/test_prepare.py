"""From a source to a question: what is cut apart from what."""

import numpy as np
import polars as pl
import pytest

from holdfast.errors import DataError, HoldfastError, RequestError
from holdfast.study.folds import cut_folds, plan_of
from holdfast.study.prepare import ONE_BY_ONE, ask, audited
from holdfast.study.request import Request


def repeated() -> pl.DataFrame:
    """Thirty different rows, each twenty times; their answers differ."""
    rng = np.random.default_rng(0)
    each = pl.DataFrame({"a": rng.normal(size=30), "b": rng.choice(["x", "y"], 30)})
    return pl.concat([each] * 20).with_columns(y=pl.Series(rng.choice(["no", "yes"], 600)))


def test_an_id_or_a_weight_does_not_part_equal_rows():
    rng = np.random.default_rng(0)
    a = rng.normal(size=250)
    rows = pl.DataFrame({"a": [*a, *a], "id": np.arange(500), "w": rng.uniform(size=500), "y": rng.normal(size=500)})
    question = ask(rows, Request.of(target="y", weight="w"))
    values = question.dataset.frame["a"].to_numpy()
    assert not np.isin(values[question.split.sealed], values[question.split.development]).any()
    few = pl.DataFrame({"a": np.arange(500) % 3, "id": np.arange(500), "y": rng.normal(size=500)})
    assert len(ask(few, Request.of(target="y")).split.sealed) == pytest.approx(100, abs=30)


@pytest.mark.parametrize(("split", "apart"), [("auto", False), ("random", False), ("rows", True)])
def test_equal_rows_are_cut_one_by_one_only_when_that_was_asked_for(split, apart):
    question, findings = audited(ask(repeated(), Request.of(target="y", split=split)))
    values = question.dataset.frame["a"].to_numpy()
    fold = cut_folds(question, question.split.development, plan_of(question, question.split.development, 2))[0]
    known = values[question.split.development]
    for one, other in ((known, values[question.split.sealed]), (known[fold.train], known[fold.valid])):
        assert bool(np.isin(other, one).any()) is apart
    [found] = [each for each in findings if each.code == "duplicate-rows"]
    assert (found.action == ONE_BY_ONE) is apart
    assert ("one by one" in question.split.reason) is apart


def visits() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    ward = np.repeat(["north", "south", "east", "west"], 25)
    return pl.DataFrame(
        {
            "ward": ward,
            "day": np.arange(100),
            "age": rng.normal(size=100),
            "years": rng.integers(1, 9, 100),
            "ill": np.where(np.arange(100) < 70, rng.choice(["no", "yes"], 100), "no"),
        }
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"drop": "ill"}, "'ill' is to be dropped, and is the target"),
        ({"drop": "years", "weight": "years"}, "'years' is to be dropped, and is the weight"),
        ({"drop": "age,ward", "group": "ward, day"}, "'ward' is to be dropped, and is group"),
        ({"drop": "age", "keep": "age"}, "'age' is to be dropped, and is to be kept"),
        ({"drop": "ward", "conformal_group": "ward"}, "'ward' is to be dropped, and is the conformal group"),
        ({"group": "ward", "conformal_group": "ward"}, "'ward' is not learned from"),
        ({"weight": "age"}, "holds .* missing or negative weights .first: -"),
        ({"weight": "ward"}, "holds String values"),
    ],
)
def test_settings_that_contradict_each_other_are_told(settings, message):
    with pytest.raises(HoldfastError, match=message):
        ask(visits(), Request.of(target="ill", **settings))


def test_a_group_for_intervals_must_outlast_the_audit():
    frame = visits().with_columns(outcome=pl.col("ill").replace_strict({"yes": "sick", "no": "well"}))
    question = ask(frame, Request.of(target="ill", conformal_group="outcome"))
    with pytest.raises(RequestError, match=r"'outcome' is not learned from.*the audit left out .*'outcome'"):
        audited(question)


def test_sealed_rows_that_cant_be_scored_are_told_before_they_are_opened():
    with pytest.raises(DataError, match="roc_auc can't be computed on the 20 sealed rows"):
        ask(visits(), Request.of(target="ill", time="day"))
