"""What a study shows of its model and of its search."""

import time

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_diabetes, load_wine

import holdfast as hf
from holdfast.search.history import FEWEST
from holdfast.study import inside, journey

N = 500


def rows() -> pl.DataFrame:
    """A target that rises with x, is larger for one city, and has nothing to do with z."""
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=(2, N))
    city = rng.choice(["Rome", "Oslo", "Bonn"], N)
    return pl.DataFrame({"x": x, "z": z, "city": city, "y": 3 * x + 4 * (city == "Oslo") + 0.1 * rng.normal(size=N)})


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return hf.train(rows(), "y", out=tmp_path_factory.mktemp("inside") / "study", learners="ridge", trials=25)


def test_effects_follow_the_truth(study):
    found = study.result["dependence"]
    assert found["outputs"] == ["y"]
    columns = {each["feature"]: each for each in found["columns"]}
    assert next(iter(columns)) == "x"
    slope = np.polyfit(columns["x"]["values"], [mean[0] for mean in columns["x"]["mean"]], 1)[0]
    assert slope == pytest.approx(3, rel=0.1)
    city = dict(zip(columns["city"]["values"], (mean[0] for mean in columns["city"]["mean"]), strict=True))
    assert city["Oslo"] - city["Rome"] == pytest.approx(4, rel=0.1)
    page = study.report().read_text(encoding="utf-8")
    assert "How the answer moves with a column" in page


def test_a_model_that_is_no_tree_has_a_surrogate(study):
    tree = study.result["tree"]
    assert tree["what"] == "surrogate"
    assert 0.7 < tree["explained"] < 1
    assert tree["agreement"] is None
    assert "not the model itself" in study.report().read_text(encoding="utf-8")


def test_the_search_is_told(study):
    found = study.result["search"]
    numbers = [each["trial"] for each in found["trials"]]
    # Some trials are given up after their first folds; the others are all there, in order.
    assert numbers == sorted(set(numbers))
    assert FEWEST <= len(numbers) <= 25
    assert found["slices"]["learner"] == "ridge"
    assert [each["name"] for each in found["slices"]["parameters"]] == ["alpha"]
    assert found["slices"]["parameters"][0]["importance"] == pytest.approx(1)
    assert found["slices"]["scores"] == [each["score"] for each in found["trials"]]


def test_a_model_that_is_a_tree_is_drawn(tmp_path):
    X, y = load_wine(return_X_y=True, as_frame=True)
    study = hf.train(X.assign(kind=y), "kind", out=tmp_path / "study", learners="decision_tree", trials=1)
    tree = study.result["tree"]
    assert tree["what"] == "model"
    assert len(tree["root"]["value"]) == 3
    column, _, _ = tree["root"]["question"].partition(" ≤ ")
    assert column in X.columns
    assert study.result["search"]["slices"] is None
    assert len(study.result["dependence"]["outputs"]) == 3
    page = study.report().read_text(encoding="utf-8")
    assert "The model that ships is this" in page
    assert "How the search went" not in page


def test_without_time_the_report_says_what_is_missing(tmp_path, monkeypatch):
    """Past its deadline the look inside does nothing, and the page says so."""
    look = inside.look_inside

    def late(*args, deadline):
        return look(*args, deadline=time.monotonic() - 1)

    monkeypatch.setattr(journey, "look_inside", late)
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    study = hf.train(X.assign(y=y), "y", out=tmp_path / "study", learners="ridge", trials=25)
    assert study.result["dependence"]["columns"] == []
    assert study.result["tree"] is None
    assert study.result["search"]["slices"] is None
    assert set(study.result["no_time_for"]) == {
        "the effects of columns",
        "a small tree that stands for the model",
        "which parameters mattered in the search",
    }
    assert "The budget left no time for: the effects of columns" in study.report().read_text(encoding="utf-8")


def test_without_importances_there_are_no_effects(tmp_path, monkeypatch):
    monkeypatch.setattr(journey, "explain", lambda *args, **kwargs: [])
    study = hf.train(rows(), "y", out=tmp_path / "study", learners="ridge", trials=1)
    assert study.result["dependence"]["columns"] == []
    assert "the effects of columns" in study.result["no_time_for"]


def test_folds_cut_more_than_once_change_nothing(tmp_path):
    X, y = load_wine(return_X_y=True, as_frame=True)
    settings = {"learners": "gaussian_naive_bayes", "trials": 1, "repeats": 2}
    study = hf.train(X.assign(kind=y), "kind", out=tmp_path / "study", **settings)
    assert [each["learner"] for each in study.result["search"]["trials"]] == ["gaussian_naive_bayes"]
    assert 0 < study.result["decision"]["score"] < 1
