import json
import os
import signal
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_models import expected

from holdfast.serve.settings import Limits, Settings

RECORD = {"age": 31, "city": "Paris", "member": True}
ROWS = [RECORD, {"age": None, "city": "Rome", "member": False}, {"age": 7.5, "city": "", "member": None}]
COLUMNS = {name: [row[name] for row in ROWS] for name in RECORD}


def test_a_record_gets_the_columns_of_score(client, model):
    reply = client().post("/predict", RECORD)
    scored = {name: column[0] for name, column in model.score(RECORD).items()}
    assert reply.status == 200
    assert reply.json == scored
    assert [reply.json[f"probability_{name}"] for name in ("basic", "gold", "none")] == pytest.approx(
        expected(31, "Paris", 1)
    )


def test_records_and_columns_answer_in_their_own_form(client, model):
    one = client()
    scored = {name: column.tolist() for name, column in model.score(ROWS).items()}
    assert one.post("/predict", COLUMNS).json == scored
    assert one.post("/predict", ROWS).json == [
        dict(zip(scored, row, strict=True)) for row in zip(*scored.values(), strict=True)
    ]
    assert one.post("/predict", []).json == []


def test_every_model_and_version_has_its_path(client):
    one = client()
    for path in ("/models/sums/predict", "/models/sums/versions/a/predict", "/models/sums/versions/b/predict"):
        assert one.post(path, {"a": 1, "b": 2.5}).json == {"prediction": 3.5}
    assert one.post("/models/plan/predict", RECORD).status == 200
    for path in ("/models/other/predict", "/models/sums/versions/c/predict", "/models/plan/versions/a/predict"):
        assert one.post(path, RECORD).status == 404


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "age": st.none() | st.integers(-(2**60), 2**60) | st.floats(-1e6, 1e6),
                "city": st.none() | st.sampled_from(["Paris", "Rome", "?", " Paris "]),
                "member": st.none() | st.booleans() | st.sampled_from(["true", "0", 1]),
            }
        ),
        min_size=1,
        max_size=20,
    )
)
def test_served_is_scored(client, model, rows):
    """Alone, together in one request and at once in many: always what the model itself says."""
    one = client()
    alone = [
        reply.json
        for reply in one.many([("POST", "/predict", row, {"content-type": "application/json"}) for row in rows])
    ]
    together = one.post("/predict", rows).json
    scored = model.score(rows)
    for k, (row, other) in enumerate(zip(alone, together, strict=True)):
        for name, column in scored.items():
            if name == "prediction":
                assert row[name] == other[name] == column[k]
            else:
                np.testing.assert_allclose([row[name], other[name]], column[k], rtol=1e-12, atol=1e-300)


def test_large_bodies_go_another_way_and_answer_the_same(client, model):
    rows = [ROWS[k % 3] for k in range(5_000)]
    reply = client().post("/predict", {name: [row[name] for row in rows] for name in RECORD})
    scored = model.score(rows)
    assert reply.json["prediction"] == scored["prediction"].tolist()
    np.testing.assert_allclose(reply.json["probability_gold"], scored["probability_gold"], rtol=1e-12)


def test_a_request_that_fails_does_not_touch_its_neighbours(client, monkeypatch):
    one = client()
    served = one.app.shelf.models[0]
    answers = served.model.answers

    def fails(numbers, strings):
        if (numbers[:, 0] == 13).any():
            raise RuntimeError("secret path /srv/models")
        return answers(numbers, strings)

    monkeypatch.setattr(served.model, "answers", fails)
    calls = [("POST", "/predict", RECORD | {"age": age}, {"content-type": "application/json"}) for age in (1, 13, 2)]
    replies = one.many(calls)
    assert [reply.status for reply in replies] == [200, 500, 200]
    assert b"secret" not in replies[1].body
    assert replies[1].headers["content-type"] == "application/problem+json"


@pytest.mark.skipif(os.name != "posix", reason="children with limits are for Linux and macOS")
def test_a_strangers_model_that_hangs_holds_no_one_else_up(client):
    one = client(Settings(sandbox=True, limits=Limits(seconds=0.5)))
    assert one.app.quick({"path": "/predict", "method": "POST"}) is None
    child = one.app.shelf.models[0].model._session._process.pid
    os.kill(child, signal.SIGSTOP)
    began = time.monotonic()
    try:
        hangs = ("POST", "/predict", RECORD, {"content-type": "application/json"})
        other = ("POST", "/models/sums/predict", {"a": 1, "b": 2}, {"content-type": "application/json"})
        assert [reply.status for reply in one.many([hangs, other, ("GET", "/healthz", b"", {})])] == [503, 200, 200]
        assert time.monotonic() - began < 20
    finally:
        os.kill(child, signal.SIGCONT)


BAD = {"age": "old", "city": ["Paris"], "member": "perhaps"}


def test_every_bad_field_is_listed_at_once(client):
    reply = client().post("/predict", [RECORD, BAD, {"age": 1, "city": "Rome"}])
    assert reply.status == 422
    assert reply.headers["content-type"] == "application/problem+json"
    body = reply.json
    assert set(body) == {"type", "title", "status", "detail", "errors"}
    found = {(error["row"], error["field"]): (error["got"], error["expected"]) for error in body["errors"]}
    assert found == {
        (2, "age"): ("'old'", "a number"),
        (2, "city"): ("an array", "text"),
        (2, "member"): ("'perhaps'", "true or false"),
        (3, "member"): ("nothing", "true or false"),
    }


def test_strict_takes_only_the_types_of_json(client):
    one = client(Settings(mode="strict"))
    assert one.post("/predict", RECORD).status == 200
    reply = one.post("/predict", {"age": "31", "city": 5, "member": 1, "extra": 1})
    assert {error["field"] for error in reply.json["errors"]} == {"age", "city", "member", "extra"}
    assert one.post("/predict", RECORD | {"age": True}).status == 422
    columns = one.post("/predict", {"age": [1, "2"], "city": ["Rome", None], "member": [True, None]})
    assert [(error["row"], error["field"]) for error in columns.json["errors"]] == [(2, "age")]


def test_permissive_takes_bad_cells_as_missing_and_counts_them(client, model):
    one = client(Settings(mode="permissive"))
    nothing = {"age": None, "city": None, "member": None}
    assert one.post("/predict", BAD).json == one.post("/predict", {}).json == one.post("/predict", nothing).json
    page = one.get("/metrics").body.decode()
    assert 'holdfast_unreadable_total{model="plan",version="1",field="age"} 1' in page


def test_the_unseen_is_scored_and_counted_or_refused(client):
    row = {"age": 100, "city": "Oslo", "member": True}
    one = client()
    for body in (row, [row, row]):
        assert one.post("/predict", body).status == 200
    page = one.get("/metrics").body.decode()
    assert 'holdfast_unseen_total{model="plan",version="1",field="city"} 3' in page
    assert 'holdfast_out_of_range_total{model="plan",version="1",field="age"} 3' in page
    assert 'holdfast_rows_total{model="plan",version="1"} 3' in page
    refusing = client(Settings(unseen="refuse")).post("/predict", row)
    assert [error["field"] for error in refusing.json["errors"]] == ["city"]
    assert "'Paris', 'Rome'" in refusing.json["errors"][0]["expected"]
    refusing = client(Settings(out_of_range="refuse")).post("/predict", row)
    assert [error["field"] for error in refusing.json["errors"]] == ["age"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"", 400),
        (b"3", 400),
        (b"[3]", 400),
        (b'{"age": [1, 2], "city": ["Rome"], "member": [true, true]}', 400),
        (b'{"age": [1], "city": "Rome", "member": true}', 422),
        (b"[" * 100_000, 400),
        (b'{"age":' * 30 + b"1" + b"}" * 30, 400),
        (b'{"age": NaN}', 400),
        (b"\xff\xfe", 400),
        (b'{"age": 1, "city": "\\ud800", "member": true}', 400),
        (json.dumps({"age": 1, "city": "x" * 10_001, "member": True}).encode(), 422),
        (b"{}", 422),
    ],
)
def test_what_cannot_be_read_is_refused(client, body, status):
    reply = client().post("/predict", body)
    assert reply.status == status
    assert reply.json["status"] == status
    assert "Traceback" not in reply.body.decode()


def test_brackets_in_text_are_not_nesting(client):
    assert client().post("/predict", RECORD | {"city": "[" * 100 + '\\"{'}).status == 200


def test_limits_of_rows_and_bytes(client):
    one = client(Settings(limits=Limits(rows=2, body=500)))
    assert one.post("/predict", ROWS[:2]).status == 200
    assert one.post("/predict", ROWS).status == 413
    assert one.post("/predict", b" " * 501).status == 413
    assert one.post("/predict", b"{}", content_length="501").status == 413
