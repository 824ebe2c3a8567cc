import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import polars as pl
import pytest
from small_models import expected, facts, logistic_graph, sum_graph

from holdfast.errors import ModelError, SchemaError
from holdfast.model.model import CHUNK, Model
from holdfast.model.package import load
from holdfast.model.schema import Field, Schema

ROWS = [
    {"age": 31, "city": "Paris", "member": True},
    {"age": None, "city": "?", "member": False},
    {"age": 90.5, "city": "Oslo", "member": None},
]
TRUTH = np.array([expected(31.0, "Paris", 1.0), expected(np.nan, "", 0.0), expected(90.5, "Oslo", 0.0)])


@pytest.fixture
def model(folder):
    return load(folder)


@pytest.fixture
def regressor():
    schema = Schema((Field("a", "number"), Field("b", "number"))).to_json()
    return Model(facts(task="regression", classes=None, schema=schema), sum_graph())


def test_probabilities_are_those_of_the_formula(model):
    rows = [{**row, "member": bool(row["member"])} for row in ROWS]
    np.testing.assert_allclose(model.predict_proba(rows), TRUTH, rtol=1e-12)


def test_labels_are_the_likeliest_classes_as_in_the_data(model):
    rows = [{**row, "member": bool(row["member"])} for row in ROWS]
    assert model.predict(rows).tolist() == [model.classes[k] for k in TRUTH.argmax(axis=1)]


def test_labels_are_decided_by_the_manifests_costs():
    costs = np.array([[0, 1, 1], [1, 0, 1], [40, 40, 0]])
    model = Model(facts(decision={"costs": costs.tolist()}), logistic_graph())
    rows = [{**row, "member": bool(row["member"])} for row in ROWS]
    expected_labels = [model.classes[k] for k in (TRUTH @ costs).argmin(axis=1)]
    assert model.predict(rows).tolist() == model.score(rows)["prediction"].tolist() == expected_labels
    assert pickle.loads(pickle.dumps(model)).predict(rows).tolist() == expected_labels
    assert expected_labels != [model.classes[k] for k in TRUTH.argmax(axis=1)]


@pytest.mark.parametrize(
    "decision",
    [
        "costs",
        {"costs": [[0, 1], [1, 0]]},
        {"costs": "x"},
        {"costs": [[0, 1, 1], [1, 0, None], [1, 1, 0]]},
        {"costs": [[0] * 3] * 3},
    ],
)
def test_costs_that_are_no_table_are_refused(decision):
    with pytest.raises(ModelError, match="no table of 3 by 3 numbers"):
        Model(facts(decision=decision), logistic_graph())


@pytest.mark.parametrize(("classes", "kind"), [([0, 1, 2], "i"), ([0.5, 1.5, 2.5], "f"), (["a", "b", "c"], "U")])
def test_labels_keep_their_type(classes, kind):
    assert Model(facts(classes=classes), logistic_graph()).predict(ROWS[0]).dtype.kind == kind


def test_one_record_equals_that_record_in_a_batch(model):
    rng = np.random.default_rng(0)
    cities = ["Paris", "Rome", "Oslo", None]
    rows = [
        {"age": float(age), "city": cities[k], "member": bool(k % 2)}
        for age, k in zip(rng.normal(40, 20, 3 * CHUNK + 7), rng.integers(0, 4, 3 * CHUNK + 7), strict=True)
    ]
    batch = model.predict_proba(rows)
    assert batch.shape == (len(rows), 3)
    for place in (0, CHUNK - 1, CHUNK, 2 * CHUNK + 1, len(rows) - 1):
        np.testing.assert_array_equal(model.predict_proba(rows[place])[0], batch[place])


@pytest.mark.parametrize("n_rows", [3, 4, 5, 11])
def test_few_rows_are_dealt_out_and_come_back_in_order(regressor, monkeypatch, n_rows):
    monkeypatch.setattr("holdfast.model.model.FEWEST", 2)
    rows = np.arange(2.0 * n_rows).reshape(n_rows, 2)
    np.testing.assert_array_equal(regressor.predict(rows), rows.sum(axis=1))


def test_chunks_come_back_in_order(regressor, monkeypatch):
    monkeypatch.setattr("holdfast.model.model.CHUNK", 3)
    rows = np.arange(2000.0).reshape(1000, 2)
    np.testing.assert_array_equal(regressor.predict(rows), rows.sum(axis=1))


def test_score_gives_the_columns_of_a_scored_file(model):
    columns = model.score(pl.DataFrame(ROWS))
    assert list(columns) == ["prediction", "probability_basic", "probability_gold", "probability_none"]
    assert columns["prediction"].tolist() == model.predict(ROWS).tolist()
    boolean = Model(facts(task="multiclass", classes=[False, True, "x"]), logistic_graph())
    assert "probability_false" in boolean.score(ROWS[0])


def test_a_regression_gives_values(regressor):
    assert regressor.predict({"a": 1, "b": 2.5}).tolist() == [3.5]
    assert list(regressor.score([{"a": 1, "b": 2}])) == ["prediction"]
    with pytest.raises(ModelError, match="expected a classifier"):
        regressor.predict_proba({"a": 1, "b": 2})


@pytest.mark.parametrize(
    "empty", [[], pl.DataFrame(ROWS).head(0), pd.DataFrame(ROWS).head(0), {"age": [], "city": [], "member": []}]
)
def test_no_rows_give_no_answers(model, empty):
    assert model.predict(empty).shape == (0,)
    assert model.predict_proba(empty).shape == (0, 3)


def test_a_wrong_cell_behind_the_first_chunk_is_found_and_numbered(model):
    frame = pl.DataFrame({"age": ["1"] * (CHUNK + 5), "city": "Rome", "member": True})
    frame = frame.with_columns(age=pl.when(pl.int_range(pl.len()) == CHUNK + 2).then(pl.lit("old")).otherwise("age"))
    with pytest.raises(SchemaError, match=f"row {CHUNK + 3} holds 'old'"):
        model.predict(frame)


def test_text_no_file_can_hold_is_the_rows_fault(model):
    with pytest.raises(SchemaError, match="surrogate"):
        model.predict({"age": 1, "city": "\ud800", "member": True})


def test_a_pickled_model_answers_alike(model):
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(ROWS), model.predict_proba(ROWS))
    assert again.fingerprint == model.fingerprint


def test_threads_may_share_a_model(model):
    alone = model.predict_proba(ROWS)
    with ThreadPoolExecutor(8) as pool:
        for answer in pool.map(lambda _: model.predict_proba(ROWS), range(200)):
            np.testing.assert_array_equal(answer, alone)


def test_a_model_introduces_itself(model):
    model.target = "<plan>"
    assert "multiclass" in repr(model)
    assert "&lt;plan&gt;" in model._repr_html_()


@pytest.mark.parametrize(
    "changes",
    [
        {"classes": ["a", "b"]},
        {"classes": None, "task": "regression"},
        {"schema": Schema((Field("age", "number"),)).to_json()},
        {"schema": Schema((Field("age", "text"), Field("b", "text"), Field("c", "number"))).to_json()},
    ],
)
def test_a_graph_must_fit_its_manifest(changes):
    with pytest.raises(ModelError, match="expected"):
        Model(facts(**changes), logistic_graph())
