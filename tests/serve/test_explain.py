import json

import pytest
from client import Client
from small_models import facts, logistic_graph

from holdfast.model.package import load, write
from holdfast.serve.app import App
from holdfast.serve.keys import Keys
from holdfast.serve.settings import Settings
from holdfast.serve.shelf import places

ROW = {"age": 31.0, "city": "Paris", "member": True}
BACKGROUND = {"age": [20.0, 40.0, None, 60.0], "city": ["Paris", "Rome", "Rome", ""], "member": [0.0, 1.0, 1.0, 0.0]}


@pytest.fixture
def explaining(tmp_path):
    write(tmp_path / "plan", facts(background=BACKGROUND), logistic_graph(), reference=b"ARROW1", card="# A card")
    return Client(App(places([str(tmp_path / "plan")]), Settings(), Keys())), load(tmp_path / "plan")


def test_a_record_and_records(explaining):
    client, model = explaining
    one = client.post("/explain", ROW).json
    assert one["prediction"] == model.predict(ROW)[0]
    assert one["probability"] == pytest.approx(model.predict_proba(ROW).max(), abs=1e-12)
    assert one["base"] + sum(each["adds"] for each in one["fields"]) == pytest.approx(one["probability"], abs=1e-12)
    sizes = [abs(each["adds"]) for each in one["fields"]]
    assert sizes == sorted(sizes, reverse=True)
    assert {each["field"] for each in one["fields"]} == {"age", "city", "member"}
    many = client.post("/models/plan/explain", [ROW, {**ROW, "age": None}]).json
    assert many[0] == one
    assert len(many) == 2


def test_what_is_refused(explaining, client):
    explains, _ = explaining
    assert explains.post("/explain", [ROW] * 101).status == 413
    assert explains.post("/explain", 5).status == 400
    bad = explains.post("/explain", {"age": "old", "city": "Paris", "member": True})
    assert (bad.status, bad.json["errors"][0]["field"]) == (422, "age")
    assert explains.get("/explain").status == 405
    without = client().post("/explain", ROW)
    assert without.status == 404
    assert "background" in json.dumps(without.json)


def test_what_is_predicted_and_explained_is_the_cheapest_answer(tmp_path):
    costs = [[0, 1, 1], [1, 0, 1], [40, 40, 0]]
    changes = facts(background=BACKGROUND, decision={"costs": costs})
    write(tmp_path / "plan", changes, logistic_graph(), reference=b"ARROW1", card="# A card")
    client, model = Client(App(places([str(tmp_path / "plan")]), Settings(), Keys())), load(tmp_path / "plan")
    row = {**ROW, "age": None, "member": False, "city": "Rome"}
    assert model.predict(row)[0] == "none"
    assert model.predict_proba(row).argmax() == 0
    assert client.post("/predict", row).json["prediction"] == "none"
    explained = client.post("/explain", row).json
    assert explained["prediction"] == "none"
    assert explained["probability"] == pytest.approx(model.predict_proba(row)[0, 2])
