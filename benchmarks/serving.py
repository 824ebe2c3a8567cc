"""One record over HTTP: Holdfast beside MLflow, BentoML, a hand-written FastAPI, and servers that do nothing.

Run: python benchmarks/serving.py [--peers DIR] [--seconds 10] [--json FILE]. Needs wrk, and takes about 15 minutes.
With --soak MINUTES only Holdfast is measured: at 80 % of its capacity for so long, then overloaded, then left in peace.

Twenty columns (strings, numbers, gaps) and 500 LightGBM trees on every side. Each peer has an environment of its own under
--peers, made with pip where it is absent. wrk sends the same record on loopback at 1, 16 and 256 connections.
"""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from models import packaged, table

TREES, CONNECTIONS, WORKERS = 500, (1, 16, 256), (1, 2)
PACKAGES = {
    "mlflow": "mlflow scikit-learn lightgbm pandas",
    "bentoml": "bentoml scikit-learn lightgbm pandas",
    "fastapi": "fastapi uvicorn[standard] granian scikit-learn lightgbm pandas",
}

PIPELINE = """
import sys, joblib, pandas as pd
from lightgbm import LGBMClassifier
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
frame = pd.read_csv("rows.csv")
X, y = frame.drop(columns="y"), frame["y"]
numbers, words = [c for c in X if c.startswith("n")], [c for c in X if c.startswith("c")]
encode = ColumnTransformer([("n", SimpleImputer(), numbers), ("c", OneHotEncoder(handle_unknown="ignore"), words)])
model = make_pipeline(encode, LGBMClassifier(n_estimators=500, learning_rate=0.08, num_leaves=31, verbosity=-1, n_jobs=1))
model.fit(X, y)
joblib.dump(model, "pipeline.joblib")
"""
MLFLOW = """
import joblib, mlflow
mlflow.sklearn.save_model(joblib.load("pipeline.joblib"), "mlflow_model", serialization_format="cloudpickle")
"""
BENTOML = """
import bentoml, joblib, pandas as pd
@bentoml.service(workers=WORKERS, traffic={"timeout": 60})
class Scorer:
    def __init__(self):
        self.model = joblib.load("pipeline.joblib")
    @bentoml.api
    def predict(self, record: dict) -> dict:
        return {"probability": float(self.model.predict_proba(pd.DataFrame([record]))[0, 1])}
"""
FASTAPI = """
import joblib, pandas as pd
from fastapi import FastAPI
app = FastAPI()
model = joblib.load("pipeline.joblib")
@app.post("/predict")
def predict(record: dict) -> dict:
    return {"probability": float(model.predict_proba(pd.DataFrame([record]))[0, 1])}
"""
NOTHING = """
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    await receive()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"64")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"prediction":"no","probability_no":0.94031,"probability_yes":0.0}'[:64]})
"""
LUA = """
wrk.method, wrk.headers["Content-Type"] = "POST", "application/json"
local file = io.open("BODY", "rb"); wrk.body = file:read("*a"); file:close()
PAUSE
function done(summary, latency, requests)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout
  local p50, p99 = latency:percentile(50), latency:percentile(99)
  io.write(string.format("RESULT %d %d %f %f %d", summary.requests, summary.duration, p50, p99, bad))
end
"""


@dataclass(frozen=True)
class Server:
    """How a server is started on a port with some workers, and where it answers."""

    name: str
    command: list[str]
    path: str
    body: str = "record.json"


@dataclass(frozen=True)
class Measured:
    server: str
    workers: int
    connections: int
    requests_per_second: float
    p50_ms: float
    p99_ms: float
    errors: int
    start_seconds: float
    memory_mib: float


def python(peers: Path, name: str) -> str:
    """The interpreter of a peer's environment, made where it is absent."""
    place = peers / name / "bin" / "python"
    if not place.exists():
        print(f"installing {name}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", peers / name], check=True)
        subprocess.run([place, "-m", "pip", "install", "-q", *PACKAGES[name].split()], check=True)
    return str(place)


def prepared(folder: Path, peers: Path) -> list[Server]:
    """Train everything, and say how each server is started; PORT and WORKERS are filled in later."""
    frame = table()
    packaged(frame, "y", folder, TREES)
    frame.write_csv(folder / "rows.csv")
    record = frame.drop("y").row(7, named=True)
    (folder / "record.json").write_text(json.dumps(record))
    (folder / "wrapped.json").write_text(json.dumps({"record": record}))
    (folder / "split.json").write_text(json.dumps({"dataframe_records": [record]}))
    for name, text in (("bento.py", BENTOML), ("fast.py", FASTAPI), ("nothing.py", NOTHING)):
        (folder / name).write_text(text)
    mlflow, bentoml, fastapi = (python(peers, name) for name in PACKAGES)
    for each in (mlflow, bentoml, fastapi):  # scikit-learn's versions may differ between them
        subprocess.run(
            [each, "-W", "ignore", "-c", PIPELINE.replace("pipeline.joblib", f"{Path(each).parts[-3]}.joblib")],
            cwd=folder,
            check=True,
        )
    for name, file in (("bentoml", "bento.py"), ("fastapi", "fast.py")):
        (folder / file).write_text((folder / file).read_text().replace("pipeline.joblib", f"{name}.joblib"))
    subprocess.run(
        [mlflow, "-W", "ignore", "-c", MLFLOW.replace("pipeline.joblib", "mlflow.joblib")], cwd=folder, check=True
    )
    uvicorn = ["-m", "uvicorn", "--port", "PORT", "--workers", "WORKERS", "--log-level", "error", "--no-access-log"]
    return [
        Server("nothing (uvicorn)", [sys.executable, *uvicorn, "nothing:app"], "/predict"),
        Server(
            "nothing (granian)",
            [
                str(Path(fastapi).with_name("granian")),
                "--interface",
                "asgi",
                "--port",
                "PORT",
                "--workers",
                "WORKERS",
                "--no-ws",
                "--log-level",
                "error",
                "nothing:app",
            ],
            "/predict",
        ),
        Server(
            "holdfast",
            [
                sys.executable,
                "-m",
                "holdfast.cli.main",
                "serve",
                "study/model",
                "--port",
                "PORT",
                "--workers",
                "WORKERS",
            ],
            "/predict",
        ),
        Server("fastapi", [fastapi, *uvicorn, "fast:app"], "/predict"),
        Server(
            "bentoml",
            [str(Path(bentoml).with_name("bentoml")), "serve", "bento:Scorer", "--port", "PORT"],
            "/predict",
            "wrapped.json",
        ),
        Server(
            "mlflow",
            [
                str(Path(mlflow).with_name("mlflow")),
                "models",
                "serve",
                "-m",
                "mlflow_model",
                "--env-manager",
                "local",
                "-p",
                "PORT",
                "-w",
                "WORKERS",
            ],
            "/invocations",
            "split.json",
        ),
    ]


@contextmanager
def running(server: Server, workers: int, folder: Path) -> Iterator[tuple[str, float, subprocess.Popen[bytes]]]:
    """Start a server; gives its URL, the seconds to its first answer, and the process."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [part.replace("PORT", str(port)).replace("WORKERS", str(workers)) for part in server.command]
    if server.name == "bentoml":
        (folder / "bento.py").write_text(
            re.sub(r"workers=\w+", f"workers={workers}", (folder / "bento.py").read_text())
        )
    path = f"{Path(command[0]).parent}:{os.environ['PATH']}"
    began = time.monotonic()
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, start_new_session=True, env={**os.environ, "PATH": path}
        )
    url = f"http://127.0.0.1:{port}{server.path}"
    try:
        body = (folder / server.body).read_bytes()
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        while True:
            try:
                with urllib.request.urlopen(request, timeout=5) as answer:
                    answer.read()
                break
            except OSError as error:
                if process.poll() is not None or time.monotonic() - began > 120:
                    raise RuntimeError((folder / "server.log").read_text()[-2000:]) from error
                time.sleep(0.01)
        yield url, time.monotonic() - began, process
    finally:
        for pid in family(process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def family(pid: int) -> list[int]:
    """A process and all that descend from it: servers start workers in sessions of their own."""
    parents: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents.setdefault(int(status.read_text().rpartition(")")[2].split()[1]), []).append(
                int(status.parent.name)
            )
    found = [pid]
    for each in found:
        found += parents.get(each, [])
    return found


def memory(process: subprocess.Popen[bytes]) -> float:
    """MiB of all a server's processes, shared pages counted once."""
    total = 0
    for pid in family(process.pid):
        with suppress(OSError):
            lines = (Path("/proc") / str(pid) / "smaps_rollup").read_text().splitlines()
            total += int(next(line for line in lines if line.startswith("Pss:")).split()[1])
    return total / 1024


def wrk(url: str, script: Path, connections: int, seconds: float) -> tuple[float, float, float, int]:
    """Requests a second, p50 and p99 in ms, and errors."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", script, url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    requests, duration, p50, p99, bad = re.search(r"RESULT (\d+) (\d+) ([\d.]+) ([\d.]+) (\d+)", said).groups()
    return int(requests) / (int(duration) / 1e6), float(p50) / 1e3, float(p99) / 1e3, int(bad)


def measure(server: Server, workers: int, folder: Path, seconds: int) -> list[Measured]:
    script = folder / "post.lua"
    script.write_text(LUA.replace("BODY", str(folder / server.body)).replace("PAUSE", ""))
    rows = []
    with running(server, workers, folder) as (url, start, process):
        wrk(url, script, 4, 2)
        for connections in CONNECTIONS:
            speed, p50, p99, bad = wrk(url, script, connections, seconds)
            row = Measured(server.name, workers, connections, speed, p50, p99, bad, start, memory(process))
            print(
                f"| {row.server} | {workers} | {connections} | {speed:,.0f} | {p50:.2f} | {p99:.2f} | {bad} | {start:.1f} "
                f"| {row.memory_mib:.0f} |",
                flush=True,
            )
            rows.append(row)
    return rows


def soak(server: Server, folder: Path, minutes: int) -> None:
    """Steady load at 80 % of capacity, a minute at a time; then far more than it can take, and its first answers after that."""
    script = folder / "post.lua"
    lua = LUA.replace("BODY", str(folder / server.body))
    lanes = 128
    with running(server, 1, folder) as (url, _, process):
        script.write_text(lua.replace("PAUSE", ""))
        wrk(url, script, 16, 3)
        capacity, p50, _, _ = wrk(url, script, lanes, 10)
        pause = max(1, round(1000 * lanes / (0.8 * capacity) - 0.5 * p50))
        script.write_text(lua.replace("PAUSE", f"function delay() return {pause} end"))
        print(
            f"capacity {capacity:,.0f} requests/s\n"
            "| minute | requests/s | p50 ms | p99 ms | errors | MiB |\n|--:|--:|--:|--:|--:|--:|"
        )
        for minute in range(1, minutes + 1):
            speed, p50, p99, bad = wrk(url, script, lanes, 60)
            print(f"| {minute} | {speed:,.0f} | {p50:.2f} | {p99:.2f} | {bad} | {memory(process):.0f} |", flush=True)
        script.write_text(lua.replace("PAUSE", ""))
        speed, p50, p99, bad = wrk(url, script, 1_500, 10)
        print(
            f"overload, 1,500 connections: {speed:,.0f} answers/s, p50 {p50:.0f} ms, p99 {p99:.0f} ms, {bad} refused or timed out"
        )
        with urllib.request.urlopen(url.replace("/predict", "/metrics"), timeout=5) as answer:
            print(
                *[line for line in answer.read().decode().splitlines() if line.startswith("holdfast_requests_total")],
                sep="\n",
            )
        began = time.monotonic()
        request = urllib.request.Request(url, (folder / server.body).read_bytes(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10):
            print(f"recovered: an answer after {1000 * (time.monotonic() - began):.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, default=Path(tempfile.gettempdir()) / "holdfast-peers")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--only", default="", help="Servers to measure: a,b.")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--soak", type=int, metavar="MINUTES")
    asked = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed; expected it on the PATH: apt-get install wrk")
    if asked.soak:
        with tempfile.TemporaryDirectory() as name:
            packaged(table(), "y", Path(name), TREES)
            (Path(name) / "record.json").write_text(json.dumps(table().drop("y").row(7, named=True)))
            command = [sys.executable, "-m", "holdfast.cli.main", "serve", "study/model", "--port", "PORT"]
            soak(Server("holdfast", command, "/predict"), Path(name), asked.soak)
        return
    asked.peers.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        servers = [
            each
            for each in prepared(folder, asked.peers)
            if not asked.only or each.name.split()[0] in asked.only.split(",")
        ]
        print(
            "| server | workers | connections | requests/s | p50 ms | p99 ms | errors | start s | MiB |\n"
            "|---|--:|--:|--:|--:|--:|--:|--:|--:|"
        )
        rows = [
            row for workers in WORKERS for server in servers for row in measure(server, workers, folder, asked.seconds)
        ]
    if asked.json:
        asked.json.write_text(json.dumps([asdict(row) for row in rows], indent=2))


if __name__ == "__main__":
    main()
