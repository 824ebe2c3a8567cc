import json
import struct

import numpy as np
import pytest

from holdfast.errors import RequestError
from holdfast.serve import openapi
from holdfast.serve.settings import Settings, read_modes
from holdfast.serve.shelf import Shelf, places

ROWS = {"age": [31.0, 7.5], "city": ["Paris", "Rome"], "member": [True, False]}
LENGTH = "inference-header-content-length"


def tensors(**changes):
    kinds = {"age": "FP64", "city": "BYTES", "member": "BOOL"}
    return [
        {"name": name, "shape": [2], "datatype": kinds[name], "data": changes.get(name, cells)}
        for name, cells in ROWS.items()
    ]


def test_v2_health_and_metadata(client):
    one = client()
    for path in ("/v2/health/live", "/v2/health/ready", "/v2/models/plan/ready", "/v2/models/sums/versions/a/ready"):
        assert one.get(path).status == 200
    assert one.get("/v2").json["extensions"] == ["binary_tensor_data"]
    facts = one.get("/v2/models/plan").json
    assert [(each["name"], each["datatype"], each["shape"]) for each in facts["inputs"]] == [
        ("age", "FP64", [-1]),
        ("city", "BYTES", [-1]),
        ("member", "BOOL", [-1]),
    ]
    assert facts["outputs"][0] == {"name": "prediction", "datatype": "BYTES", "shape": [-1]}
    assert one.get("/v2/models/sums").json["versions"] == ["a", "b"]
    assert one.get("/v2/models/none").status == 404


def test_v2_infer(client, model):
    scored = model.score(ROWS)
    reply = client().post("/v2/models/plan/infer", {"id": "7", "inputs": tensors()}).json
    assert (reply["id"], reply["model_name"], reply["model_version"]) == ("7", "plan", "1")
    found = {output["name"]: output for output in reply["outputs"]}
    assert found["prediction"]["data"] == scored["prediction"].tolist()
    np.testing.assert_allclose(found["probability_gold"]["data"], scored["probability_gold"], rtol=1e-12)
    wanted = client().post("/v2/models/plan/infer", {"inputs": tensors(), "outputs": [{"name": "prediction"}]}).json
    assert [output["name"] for output in wanted["outputs"]] == ["prediction"]


def test_v2_takes_columns_of_one(client):
    inputs = [{"name": name, "shape": [2, 1], "datatype": "FP32", "data": [[1.5], [2]]} for name in ("a", "b")]
    assert client().post("/v2/models/sums/versions/a/infer", {"inputs": inputs}).json["outputs"][0]["data"] == [
        3.0,
        4.0,
    ]


def test_v2_binary_tensors(client, model):
    words = b"".join(struct.pack("<I", len(word)) + word.encode() for word in ROWS["city"])
    binary = [np.array(ROWS["age"], "<f8").tobytes(), words, np.array(ROWS["member"]).tobytes()]
    inputs = [
        {
            "name": each["name"],
            "shape": [2],
            "datatype": each["datatype"],
            "parameters": {"binary_data_size": len(data)},
        }
        for each, data in zip(tensors(), binary, strict=True)
    ]
    head = json.dumps({"inputs": inputs, "parameters": {"binary_data_output": True}}).encode()
    one = client()
    media = "application/octet-stream"
    reply = one.post("/v2/models/plan/infer", head + b"".join(binary), media=media, **{LENGTH: str(len(head))})
    size = int(reply.headers[LENGTH])
    place = size
    outputs = {}
    for output in json.loads(reply.body[:size])["outputs"]:
        outputs[output["name"]] = reply.body[place : place + output["parameters"]["binary_data_size"]]
        place += output["parameters"]["binary_data_size"]
    assert place == len(reply.body)
    np.testing.assert_allclose(
        np.frombuffer(outputs["probability_gold"]), model.score(ROWS)["probability_gold"], rtol=1e-12
    )
    assert outputs["prediction"][4:].startswith(str(model.predict(ROWS)[0]).encode())
    cut = one.post("/v2/models/plan/infer", head + b"".join(binary)[:-1], media=media, **{LENGTH: str(len(head))})
    assert cut.status == 400
    for length in ("-1", str(10**9), "9" * 5_000):
        assert one.post("/v2/models/plan/infer", head, media=media, **{LENGTH: length}).status == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"inputs": [3]},
        {"inputs": [*tensors(), tensors()[0]]},
        {"inputs": tensors(age=[1.0])},
        {"inputs": tensors(age="x")},
        {"inputs": [{**tensors()[0], "shape": [1, 2]}]},
        {"inputs": [{**tensors()[0], "datatype": "FP128"}]},
        {"inputs": [{**tensors()[0], "datatype": []}]},
        {"inputs": tensors()[:2]},
        {"inputs": tensors(), "outputs": [{"name": "other"}]},
        {"inputs": tensors(), "outputs": [{"name": ["prediction"]}]},
        {"inputs": tensors(), "outputs": [{"name": "prediction"}] * 2},
        {"inputs": tensors(), "outputs": ["prediction"]},
        {"inputs": tensors(), "outputs": {}},
        {"inputs": tensors(), "outputs": 5},
    ],
)
def test_v2_says_what_is_wrong_in_its_own_words(client, body):
    reply = client().post("/v2/models/plan/infer", body)
    assert reply.status in (400, 422)
    assert isinstance(reply.json["error"], str)


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": {"columns": list(ROWS), "data": [list(row) for row in zip(*ROWS.values(), strict=True)]}},
        {"dataframe_records": [dict(zip(ROWS, row, strict=True)) for row in zip(*ROWS.values(), strict=True)]},
        {"instances": [dict(zip(ROWS, row, strict=True)) for row in zip(*ROWS.values(), strict=True)]},
        {"instances": [list(row) for row in zip(*ROWS.values(), strict=True)]},
        {"inputs": ROWS},
    ],
)
def test_mlflow_forms_agree(client, model, body):
    reply = client().post("/invocations", body)
    assert reply.json == {"predictions": model.predict(ROWS).tolist()}


def test_mlflow_csv_and_probes(client, model):
    one = client()
    text = b"age,city,member\n31,Paris,true\n7.5,Rome,false\n"
    assert one.post("/invocations", text, media="text/csv; charset=utf-8").json == {
        "predictions": model.predict(ROWS).tolist()
    }
    assert one.get("/ping").status == 200
    assert one.get("/version").body == b"1"


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"inputs": 3},
        {"instances": {"a": 1}},
        {"dataframe_split": {"columns": ["age"], "data": [[1, 2]]}},
        {"inputs": {}},
    ],
)
def test_mlflow_errors_have_its_members(client, body):
    reply = client().post("/invocations", body)
    assert reply.status in (400, 422)
    assert reply.json["error_code"] == "BAD_REQUEST"
    assert reply.json["message"]


def test_the_document_describes_each_model_and_its_examples_work(client):
    one = client()
    document = one.get("/openapi.json").json
    assert document["openapi"].startswith("3.1")
    for path, verbs in document["paths"].items():
        if "post" in verbs:
            example = verbs["post"]["requestBody"]["content"]["application/json"]["example"]
            assert one.post(path, example).status == 200
    record = document["components"]["schemas"]["plan-1.Record"]
    assert set(record["properties"]) == {"age", "city", "member"}
    assert all(each["examples"] for each in record["properties"].values())

    def references(node):
        if isinstance(node, dict):
            yield from [node["$ref"]] if "$ref" in node else []
            node = list(node.values())
        for each in node if isinstance(node, list) else []:
            yield from references(each)

    for reference in references(document):
        assert reference.split("/")[-1] in document["components"]["schemas"]


def test_the_document_describes_the_version_that_answers(sums):
    shelf = Shelf.open(places([f"sums@{version}={sums}" for version in "ab"]), Settings())
    document = openapi.document(shelf, Settings(), keyed=False)
    assert document["info"]["version"] == "b"
    assert "sums-b.Record" in json.dumps(document["paths"]["/predict"])


def test_the_page_needs_nothing_from_elsewhere(client):
    reply = client().get("/docs")
    assert reply.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert b"http://" not in reply.body
    assert b"https://" not in reply.body


def test_the_schema_is_told(client):
    facts = client().get("/schema").json
    assert [field["name"] for field in facts["fields"]] == ["age", "city", "member"]
    assert facts["classes"] == ["basic", "gold", "none"]


def test_endpoints_have_modes_of_their_own(client):
    one = client(Settings(mode="coerce", v2="strict", mlflow="permissive"))
    row = {"age": "31", "city": "Paris", "member": True}
    assert one.post("/predict", row).status == 200
    kinds = {"age": "BYTES", "city": "BYTES", "member": "BOOL"}
    tensors = [{"name": name, "shape": [1], "datatype": kinds[name], "data": [cell]} for name, cell in row.items()]
    assert one.post("/v2/models/plan/infer", {"inputs": tensors}).status == 422
    tensors[0] |= {"datatype": "FP64", "data": [31.0]}
    assert one.post("/v2/models/plan/infer", {"inputs": tensors}).status == 200
    assert one.post("/invocations", {"instances": [{**row, "age": "old"}]}).status == 200
    assert one.post("/predict", {**row, "age": "old"}).status == 422
    with pytest.raises(RequestError, match=r"v3=strict.*expected one of strict, coerce, permissive"):
        read_modes(["v3=strict"])
