"""A real server process, met over real sockets."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from small_models import facts, logistic_graph

from holdfast.model.package import load, write
from holdfast.serve.settings import Settings
from holdfast.serve.shelf import Served, places

KEY = "a-secret-of-32-letters-for-tests"


class Server:
    def __init__(self, process, address):
        self.process, self.port = process, int(address.rpartition(":")[2])

    def raw(self, data, *, parts=1, read=True, pause=0.02):
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            step = -(-len(data) // parts)
            for at in range(0, len(data), step):
                connection.sendall(data[at : at + step])
                if parts > 1:
                    time.sleep(pause)
            if not read:
                return b""
            said = b""
            while chunk := connection.recv(1 << 16):
                said += chunk
            return said

    def ask(self, method, path, body=b"", **headers):
        found = self.raw(request(method, path, body, connection="close", **headers))
        head, _, rest = found.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        named = dict(line.lower().split(": ", 1) for line in lines[1:])
        return int(lines[0].split()[1]), named, rest

    def predict(self, record, **headers):
        status, _, body = self.ask("POST", "/predict", json.dumps(record).encode(), **headers)
        return status, json.loads(body)


def request(method, path, body=b"", version="1.1", **headers):
    named = {"host": "x", "content_type": "application/json", "content_length": len(body), **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in named.items() if value is not None]
    return f"{method} {path} HTTP/{version}\r\n".encode() + "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@contextmanager
def serving(*arguments, environment=None):
    command = [sys.executable, "-m", "holdfast.cli.main", "serve", *map(str, arguments), "--port", "0"]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})}, start_new_session=True
    )
    try:
        said = ""
        while "serving at" not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        yield Server(process, re.search(r"serving at (\S+),", said).group(1))
    finally:
        process.kill()
        process.stderr.close()
        process.wait()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("serve") / "plan"
    write(folder, facts(), logistic_graph(), reference=b"ARROW1", card="# A card")
    return folder


@pytest.fixture(scope="module")
def one(model):
    return Served(places([str(model)])[0], Settings()).example


@pytest.fixture(scope="module")
def expected(model, one):
    return load(model).predict_proba(one)[0].tolist()


@pytest.fixture(scope="module")
def server(model):
    with serving(model) as running:
        yield running


def shares(answer):
    return [value for name, value in answer.items() if name.startswith("probability_")]


def test_one_record_in_any_packets(server, one, expected):
    body = json.dumps(one).encode()
    whole = request("POST", "/predict", body, connection="close")
    for parts in (1, 2, 7, len(whole) // 3):
        said = server.raw(whole, parts=parts, pause=0.003)
        assert said.startswith(b"HTTP/1.1 200 OK\r\n")
        assert shares(json.loads(said.partition(b"\r\n\r\n")[2])) == pytest.approx(expected, abs=1e-12)


def test_keep_alive_and_pipelining_answer_in_order(server, one):
    body = json.dumps(one).encode()
    calls = [
        request("POST", "/predict", body),
        request("GET", "/healthz"),
        request("POST", "/predict", b"{"),
        request("POST", "/predict", json.dumps([one] * 500).encode()),  # too large for the short way
        request("POST", "/predict", body),
        request("GET", "/nowhere", connection="close"),
    ]
    said = server.raw(b"".join(calls)).decode()
    assert [int(each) for each in re.findall(r"HTTP/1.1 (\d+)", said)] == [200, 200, 400, 200, 200, 404]


def test_http_1_0_chunks_and_100_continue(server, one):
    body = json.dumps(one).encode()
    said = server.raw(request("POST", "/predict", body, version="1.0"))
    assert b"200 OK" in said
    assert b"connection: close" in said.lower()
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    head = request("POST", "/predict", b"", content_length=None, transfer_encoding="chunked", connection="close")
    assert b"200 OK" in server.raw(head + chunked, parts=4)
    said = server.raw(request("POST", "/predict", body, expect="100-continue", connection="close"))
    assert said.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_every_bad_field_in_one_answer_and_nothing_of_ours(server, one):
    bad = {**one, **{name: {"deep": 1} for name in list(one)[:2]}}
    status, headers, body = server.ask("POST", "/predict", json.dumps(bad).encode())
    problem = json.loads(body)
    assert (status, headers["content-type"]) == (422, "application/problem+json")
    assert [each["field"] for each in problem["errors"]] == list(one)[:2]
    assert "server" not in headers
    for path in ("/predict", "/v2/models/none/infer", "/%2e%2e/etc/passwd", "/predict/", "//", "/docs/../x"):
        for method in ("GET", "DELETE", "PATCH"):
            said = server.raw(request(method, path, connection="close")).lower()
            assert b"traceback" not in said
            assert b"holdfast/" not in said
            assert b"uvicorn" not in said


def test_headers_too_many_and_too_slow(model, one):
    with serving(model, "--seconds", "0.5") as server:
        said = server.raw(request("GET", "/healthz", **{f"x{k}": "y" * 1_000 for k in range(60)}))
        assert said.startswith(b"HTTP/1.1 431")
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(b"POST /predict HTTP/1.1\r\nhost: x\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 408")
        assert time.monotonic() - began < 5
        assert server.predict(one)[0] == 200


def test_limits_of_bodies_rows_and_concurrency(model, one):
    with serving(model, "--max-body", "5000", "--max-rows", "3", "--max-text", "20", "--rate", "3") as server:
        assert server.ask("POST", "/predict", b" " * 6_000)[0] == 413
        assert server.ask("POST", "/predict", json.dumps([one] * 4).encode())[0] == 413
        seen = [server.ask("POST", "/predict", json.dumps(one).encode()) for _ in range(8)]
        refused = [headers for status, headers, _ in seen if status == 429]
        assert refused
        assert all(int(headers["retry-after"]) >= 1 for headers in refused)


def test_keys_and_scopes(model, one, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text(f"app predict {KEY}\nroot predict,metrics,admin root-{KEY}\n")
    with serving(model, "--keys", keys) as server:
        assert server.predict(one)[0] == 401
        assert server.predict(one, authorization="Bearer wrong")[0] == 401
        assert server.predict(one, authorization=f"Bearer {KEY}")[0] == 200
        assert server.predict(one, x_api_key=KEY)[0] == 200
        assert server.ask("GET", "/metrics", x_api_key=KEY)[0] == 403
        assert server.ask("POST", "/admin/reload", x_api_key=KEY)[0] == 403
        assert server.ask("POST", "/admin/reload", x_api_key=f"root-{KEY}")[0] == 200
        assert server.ask("GET", "/healthz")[0] == 200


def test_a_new_model_is_taken_and_a_broken_one_is_not(model, one, tmp_path):
    folder = tmp_path / "live"
    shutil.copytree(model, folder)
    with serving(folder) as server:
        assert server.predict(one)[0] == 200
        (folder / "model.onnx").write_bytes(b"broken")
        server.process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        assert server.predict(one)[0] == 200
        metrics = server.ask("GET", "/metrics")[2].decode()
        assert 'holdfast_reloads_total{outcome="kept"} 1' in metrics
        shutil.copy(model / "model.onnx", folder / "model.onnx")
        server.process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        assert 'outcome="changed"} 1' in server.ask("GET", "/metrics")[2].decode()


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_requests_in_progress_are_finished_when_it_stops(model, one, workers, number):
    with serving(model, "--workers", workers) as server:
        assert server.predict(one)[0] == 200
        body = json.dumps(one).encode()
        whole = request("POST", "/predict", body)
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(whole[:-5])
            time.sleep(1.0)  # a busy machine must have read it: what isn't in progress is ended
            if number == signal.SIGINT:  # from a terminal it reaches every process
                os.killpg(server.process.pid, number)
            else:
                server.process.send_signal(number)
            time.sleep(0.3)
            connection.sendall(whole[-5:])
            assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")
        assert server.process.wait(10) == 0


@pytest.mark.skipif(not Path("/proc").exists(), reason="worker processes are found in /proc")
def test_a_killed_worker_gives_no_wrong_answer_and_comes_back(model, one, expected):
    with serving(model, "--workers", "2") as server:
        body = json.dumps(one).encode()
        right = broken = 0
        killed = False
        began = time.monotonic()
        while time.monotonic() - began < 9:
            try:
                said = server.raw(request("POST", "/predict", body, connection="close"))
                assert said.startswith(b"HTTP/1.1 200") or not said
                if said:
                    assert shares(json.loads(said.partition(b"\r\n\r\n")[2])) == pytest.approx(expected, abs=1e-12)
                    right += 1
                else:
                    broken += 1
            except ConnectionError:
                broken += 1
            if not killed and time.monotonic() - began > 6:  # a worker that dies young is not started again
                os.kill(_children(server.process.pid)[-1], signal.SIGKILL)
                killed = True
        assert right > 100
        assert broken <= 3
        assert len(_children(server.process.pid)) >= 2


@pytest.mark.skipif(not Path("/proc").exists(), reason="worker processes are found in /proc")
def test_signals_wait_for_workers_that_are_starting(model, one):
    with serving(model, "--workers", "2") as server:
        while len(_children(server.process.pid)) < 2:
            time.sleep(0.01)
        time.sleep(0.1)  # until the first process knows of both
        server.process.send_signal(signal.SIGHUP)
        assert server.predict(one)[0] == 200
        assert server.process.poll() is None
    with serving(model, "--workers", "3") as server:
        while not _children(server.process.pid):
            time.sleep(0.001)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0


def _children(pid):
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            command = (status.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == pid and b"spawn_main" in command:
            found.append(int(status.parent.name))
    return sorted(found)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_tls(model, one, tmp_path):
    import ssl
    import urllib.request

    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "key.pem", "-out",
         tmp_path / "cert.pem", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    with serving(model, "--certificate", tmp_path / "cert.pem", "--key", tmp_path / "key.pem") as server:
        trusted = ssl.create_default_context(cafile=tmp_path / "cert.pem")
        asked = urllib.request.Request(
            f"https://127.0.0.1:{server.port}/predict", json.dumps(one).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(asked, context=trusted, timeout=10) as answer:
            assert answer.status == 200
