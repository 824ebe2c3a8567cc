"""Throw malformed requests at a real server: no 5xx, no hang, no crash, nothing echoed, and the OpenAPI document holds.

Run: python benchmarks/fuzz_server.py [--requests 100000] [--seed 0] [--schemathesis COMMAND]. Everything stays on loopback.

A grammar mutates good requests of every protocol: their JSON, CSV and binary tensors, their headers, lengths and framing. With
--schemathesis COMMAND (pip install schemathesis) the server's own OpenAPI document is tested, too.
"""

import argparse
import asyncio
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models import packaged, table

LANES, PATIENCE = 64, 5.0
SECRET = "d4b0f1-secret-payload"
LEAKS = re.compile(
    rb"Traceback|File \"|site-packages|uvicorn|onnxruntime|polars|/src/|holdfast/serve|0x[0-9a-f]{8}", re.IGNORECASE
)

NASTY: list[Any] = [
    None,
    True,
    False,
    0,
    -0.0,
    1e308,
    -1e308,
    1e-320,
    2**53 + 1,
    2**63,
    -(2**63),
    2**64,
    10**40,
    "",
    " ",
    "NaN",
    "Infinity",
    "-inf",
    "null",
    "\u0000",
    "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    "\u202e",
    "é" * 500,
    "x" * 20_000,
    SECRET,
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "${jndi:ldap://x}",
    "../../etc/passwd",
    "=cmd()",
    "1e999",
    [],
    {},
    [[]],
    [None],
    {"a": {}},
    [1, 2, 3],
    "1,5",
    "2026-13-45",
    "12:00",
]
RAW = [
    b"",
    b"{",
    b"}",
    b"[",
    b"null",
    b"0",
    b'"x"',
    b"{}",
    b"[]",
    b"[[]]",
    b"[{}]",
    b"\xff\xfe",
    b"\x00" * 50,
    b"\xed\xa0\x80",
    b"NaN",
    b"[NaN]",
    b'{"a":Infinity}',
    b'{"a":1,"a":2}',
    b"[" * 5_000,
    b'{"a":' * 5_000,
    b"[" * 5_000 + b"]" * 5_000,
    b"\xef\xbb\xbf{}",
    b'{"inputs":[]}',
    b'{"instances":null}',
    b'{"dataframe_split":{}}',
    b"1" * 5_000,
    b"-",
    b"1.e5",
    b'"\\ud800"',
    b"\r\n\r\n",
    b'{"dataframe_records":[{}]}',
    b'{"inputs":{}}',
    b"a,b\n1,2\n",
    b'"',
    b"a\n" * 3_000,
    b'{"id":' + b"9" * 400 + b"}",
]


class Grammar:
    """Makes requests: (bytes, what they are)."""

    def __init__(self, record: dict[str, Any], model: str, seed: int) -> None:
        self.random = random.Random(seed)
        self.record, self.model = record, model

    def request(self) -> bytes:
        path, media, body = self.random.choice(
            [self.predict, self.invocations, self.v2, self.v2_binary, self.csv, self.other]
        )()
        if self.random.random() < 0.25:
            body = self.bytes_of(body)
        return self.framed(path, media, body)

    def bytes_of(self, body: bytes) -> bytes:
        """Flip, cut, double or replace bytes."""
        r = self.random
        if r.random() < 0.3 or not body:
            return r.choice(RAW)
        data = bytearray(body)
        for _ in range(r.randint(1, 4)):
            at = r.randrange(len(data))
            kind = r.randrange(4)
            if kind == 0:
                data[at] ^= 1 << r.randrange(8)
            elif kind == 1:
                del data[at : at + r.randint(1, 20)]
            elif kind == 2:
                data[at:at] = data[at : at + r.randint(1, 20)]
            else:
                data[at:at] = r.choice(RAW)[:50]
            if not data:
                break
        return bytes(data)

    def nasty(self, record: dict[str, Any]) -> dict[str, Any]:
        """A record with some cells, or names, changed."""
        made = dict(record)
        for _ in range(self.random.randint(0, 4)):
            name = self.random.choice(list(record))
            kind = self.random.random()
            if kind < 0.7:
                made[name] = self.random.choice(NASTY)
            elif kind < 0.85:
                made.pop(name, None)
            else:
                made[self.random.choice([SECRET, "", "a" * 3_000, name.upper(), "\u0000"])] = self.random.choice(NASTY)
        return made

    def predict(self) -> tuple[str, str, bytes]:
        forms: list[Callable[[], Any]] = [
            lambda: self.nasty(self.record),
            lambda: [self.nasty(self.record) for _ in range(self.random.randint(0, 5))],
            lambda: {
                name: [cell] * self.random.choice([1, 1, 1, 2, 0]) for name, cell in self.nasty(self.record).items()
            },
            lambda: self.random.choice(NASTY),
            lambda: [self.random.choice(NASTY), self.record],
        ]
        return (
            self.random.choice(["/predict", f"/models/{self.model}/predict"]),
            "application/json",
            _json(self.random.choice(forms)()),
        )

    def invocations(self) -> tuple[str, str, bytes]:
        record = self.nasty(self.record)
        split = {
            "columns": list(record),
            "data": [list(record.values()), self.random.choice([[], None, list(record.values())])],
        }
        form = self.random.choice(["dataframe_split", "dataframe_records", "instances", "inputs", "other"])
        data: Any = (
            split if form == "dataframe_split" else self.random.choice([[record], record, list(record.values()), None])
        )
        body: Any = {form: data}
        if self.random.random() < 0.1:
            body["inputs"] = self.random.choice(NASTY)
        return "/invocations", "application/json", _json(body)

    def csv(self) -> tuple[str, str, bytes]:
        record = self.nasty(self.record)
        lines = [",".join(record), ",".join(str(cell) for cell in record.values())]
        if self.random.random() < 0.3:
            lines.append(self.random.choice(['"', "a,b", ",,,", '"x""', "\r"]))
        return "/invocations", "text/csv", "\n".join(lines).encode("utf-8", "replace")

    def v2(self) -> tuple[str, str, bytes]:
        tensors = []
        for name, cell in self.nasty(self.record).items():
            size = self.random.choice([1, 1, 1, 1, 0, 2, -1, 10**9, "1", None])
            kind = (
                self.random.choice(["FP64", "BYTES", "INT32", "FP32", "BOOL", "XX", None])
                if self.random.random() < 0.3
                else ("BYTES" if isinstance(cell, str) else "FP64")
            )
            tensors.append(
                {
                    "name": name,
                    "shape": self.random.choice([[size], [size, 1], [1, 1, 1], []]),
                    "datatype": kind,
                    "data": self.random.choice([[cell], [[cell]], cell, None]),
                }
            )
        body: dict[str, Any] = {"inputs": tensors, "id": self.random.choice(["1", 5, None, SECRET])}
        if self.random.random() < 0.2:
            body["outputs"] = self.random.choice(
                [
                    [{"name": "prediction"}],
                    [{}],
                    [{"name": SECRET}],
                    5,
                    [{"name": "prediction", "parameters": {"binary_data": True}}],
                ]
            )
        return f"/v2/models/{self.model}/infer", "application/json", _json(body)

    def v2_binary(self) -> tuple[str, str, bytes]:
        tensors, tail = [], b""
        for name, cell in self.record.items():
            word = str(cell).encode()
            data = len(word).to_bytes(4, "little") + word if isinstance(cell, str) else b"\x00" * 8
            if self.random.random() < 0.1:
                data = self.bytes_of(data)
            size = len(data) if self.random.random() < 0.9 else self.random.choice([0, -1, 10**12, "5", None])
            tensors.append(
                {
                    "name": name,
                    "shape": [1],
                    "datatype": "BYTES" if isinstance(cell, str) else "FP64",
                    "parameters": {"binary_data_size": size},
                }
            )
            tail += data
        head = _json({"inputs": tensors})
        length = len(head) if self.random.random() < 0.8 else self.random.choice([0, 5, len(head) + 10**6, -3])
        return (
            f"/v2/models/{self.model}/infer",
            f"application/octet-stream\r\ninference-header-content-length: {length}",
            head + tail,
        )

    def other(self) -> tuple[str, str, bytes]:
        path = self.random.choice(
            [
                "/",
                "/predict/",
                "/v2",
                "/v2/health/live",
                "/schema",
                "/metrics",
                "/openapi.json",
                "/docs",
                "/admin/reload",
                "/models/%00/predict",
                "/v2/models/../x/infer",
                "/%ff",
                "//predict",
                "/predict?x=" + "y" * 500,
                "/models",
                "/readyz",
            ]
        )
        return (
            path,
            self.random.choice(["text/plain", "", "application/json; charset=utf-16", "multipart/form-data"]),
            self.random.choice(RAW),
        )

    def framed(self, path: str, media: str, body: bytes) -> bytes:
        r = self.random
        method = r.choices(["POST", "GET", "PUT", "HEAD", "OPTIONS", "BREW", "DELETE"], [30, 2, 1, 1, 1, 1, 1])[0]
        headers = [b"host: x", b"content-type: " + media.encode()]
        roll = r.random()
        if roll < 0.90:
            headers.append(b"content-length: %d" % len(body))
        elif roll < 0.94:
            headers.append(b"transfer-encoding: chunked")
            size = len(body) if r.random() < 0.7 else r.choice([0, 5, 10**9])
            body = b"%x\r\n" % size + body + b"\r\n0\r\n\r\n"
        else:
            headers.append(
                r.choice(
                    [
                        b"content-length: -5",
                        b"content-length: 5, 5",
                        b"content-length: 99999999999999999999",
                        b"content-length: x",
                        b"content-length: 0",
                        b"transfer-encoding: gzip",
                    ]
                )
            )
        if r.random() < 0.05:
            headers.append(
                r.choice(
                    [
                        b"authorization: Bearer \xff\xfe",
                        b"x-api-key: " + b"k" * 3_000,
                        b"expect: 100-continue",
                        b"content-encoding: gzip",
                        b"upgrade: websocket\r\nconnection: upgrade",
                        b"cookie: " + SECRET.encode(),
                        b":",
                        b"origin: https://evil",
                    ]
                )
            )
        if r.random() < 0.5:
            headers.append(b"connection: close")
        version = r.choices(["HTTP/1.1", "HTTP/1.0", "HTTP/9.9"], [40, 2, 1])[0]
        return f"{method} {path} {version}\r\n".encode() + b"\r\n".join(headers) + b"\r\n\r\n" + body


def _json(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "replace")


@contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    command = [sys.executable, "-m", "holdfast.cli.main", "serve", str(folder / "study" / "model"), "--port", "0"]
    log = folder / "server.log"
    with log.open("wb") as file:
        process = subprocess.Popen([*command, "--seconds", "0.5", "--mode", "strict"], stderr=file)
    try:
        while (found := re.search(r":(\d+),", log.read_text())) is None:
            time.sleep(0.05)
        yield process, int(found.group(1))
    finally:
        process.kill()
        process.wait()


async def ask(port: int, data: bytes) -> bytes:
    """Send, half-close, and read all that comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        if writer.can_write_eof():
            writer.write_eof()
        return await asyncio.wait_for(reader.read(1 << 22), PATIENCE)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def fuzz(port: int, grammar: Grammar, n: int) -> tuple[Counter[str], list[tuple[str, bytes, bytes]]]:
    seen: Counter[str] = Counter()
    faults: list[tuple[str, bytes, bytes]] = []

    async def lane(count: int) -> None:
        for _ in range(count):
            data = grammar.request()
            try:
                said = await ask(port, data)
            except TimeoutError:
                faults.append(("hang", data, b""))
                continue
            statuses = re.findall(rb"(?:^|\r\n\r\n|[}\]])HTTP/1\.\d (\d{3})", said) or [b"none"]
            seen.update(status.decode() for status in statuses[:1])
            if any(status.startswith(b"5") for status in statuses):
                faults.append(("5xx", data, said))
            body = said.partition(b"\r\n\r\n")[2]
            if statuses[0][:1] == b"4" and (LEAKS.search(body) or body.count(SECRET.encode()) > 20):
                faults.append(("leak", data, said))
            if statuses[0][:1] == b"4" and len(body) > 200_000:
                faults.append(("long", data, said))

    await asyncio.gather(*(lane(n // LANES) for _ in range(LANES)))
    return seen, faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--schemathesis", default="", help="Path of the schemathesis command.")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, frame = Path(name), table(2_000)
        packaged(frame, "y", folder, 50)
        record = frame.drop("y").row(7, named=True)
        with serving(folder) as (process, port):
            began = time.monotonic()
            seen, faults = asyncio.run(fuzz(port, Grammar(record, "study", asked.seed), asked.requests))
            print(f"{sum(seen.values()):,} requests in {time.monotonic() - began:.0f} s: {dict(sorted(seen.items()))}")
            for kind, data, said in faults[:10]:
                print(kind, data[:300], said[:500], sep="\n  ")
            body = _json(record)
            head = b"POST /predict HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n"
            again = asyncio.run(ask(port, head + b"content-length: %d\r\n\r\n" % len(body) + body))
            print(
                f"{len(faults)} faults; the server {'lives' if process.poll() is None and b' 200 ' in again else 'IS DEAD'}"
            )
            if asked.schemathesis:
                # That columns are of one length is beyond a JSON schema, so rows that fit it may be refused.
                url = f"http://127.0.0.1:{port}/openapi.json"
                options = ["--max-examples", "1000", "--seed", "1", "--exclude-checks", "positive_data_acceptance"]
                subprocess.run([asked.schemathesis, "run", url, *options], check=False)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
