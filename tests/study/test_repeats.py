"""Few rows are judged on further cuts, as far as there is time."""

from types import SimpleNamespace

import polars as pl
from sklearn.datasets import load_breast_cancer

import holdfast as hf
from holdfast.study.repeats import first_in


def test_as_many_of_the_first_as_there_is_time_for():
    taken = [SimpleNamespace(seconds=seconds) for seconds in (0.0, 2.0, 3.0, 1.0)]
    assert first_in(taken, 5.5) == taken[:3]
    assert first_in(taken, 100.0) == taken
    assert first_in(taken, -1.0) == []


def test_the_best_trials_are_judged_on_more_cuts_of_few_rows(tmp_path):
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    rows = pl.from_pandas(X.iloc[:200, :5]).with_columns(y=pl.Series(y[:200].to_numpy()))
    learners = "logistic,decision_tree,gaussian_naive_bayes"
    result = hf.train(rows, "y", out=tmp_path / "s", budget="30s", learners=learners).result
    assert result["split"]["folds"] > 5
