"""From a source to a question: what is cut apart from what."""

import numpy as np
import polars as pl
import pytest

from holdfast.study.folds import cut_folds, plan_of
from holdfast.study.prepare import ONE_BY_ONE, ask, audited
from holdfast.study.request import Request


def repeated() -> pl.DataFrame:
    """Thirty different rows, each twenty times; their answers differ."""
    rng = np.random.default_rng(0)
    each = pl.DataFrame({"a": rng.normal(size=30), "b": rng.choice(["x", "y"], 30)})
    return pl.concat([each] * 20).with_columns(y=pl.Series(rng.choice(["no", "yes"], 600)))


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
