"""Clients of others work unchanged: Triton's for the Open Inference Protocol, and MLflow's own."""

import json
import re
import subprocess
import sys

import pytest
from environments import environment
from small_models import facts, logistic_graph

from holdfast.model.package import load, write

ROWS = [{"age": 31.5, "city": "Paris", "member": True}, {"age": 60.0, "city": "Oslo", "member": False}]

TRITON = """
import json, sys
import numpy as np
import tritonclient.http as triton
rows = json.loads(sys.argv[2])
client = triton.InferenceServerClient(sys.argv[1])
assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("plan")
kinds = {each["name"]: each["datatype"] for each in client.get_model_metadata("plan")["inputs"]}
answers = []
for binary in (True, False):
    inputs = []
    for name, kind in kinds.items():
        column = np.array([row[name] for row in rows], dtype={"FP64": float, "BOOL": bool}.get(kind, object))
        inputs.append(triton.InferInput(name, [len(rows)], kind))
        inputs[-1].set_data_from_numpy(column, binary_data=binary)
    names = ("prediction", "probability_gold")
    outputs = [triton.InferRequestedOutput(name, binary_data=binary) for name in names]
    found = client.infer("plan", inputs, outputs=outputs)
    labels = [each.decode() if isinstance(each, bytes) else each for each in found.as_numpy("prediction")]
    answers.append([labels, found.as_numpy("probability_gold").tolist()])
print(json.dumps(answers))
"""

MLFLOW = """
import json, sys
import pandas as pd
from mlflow.pyfunc.scoring_server.client import ScoringServerClient
host, port = sys.argv[1].split(":")
client = ScoringServerClient(host, int(port))
client.ping()
print(json.dumps(client.invoke(pd.DataFrame(json.loads(sys.argv[2]))).get_predictions()[0].tolist()))
"""


@pytest.fixture
def address(tmp_path):
    write(tmp_path / "plan", facts(), logistic_graph(), reference=b"ARROW1", card="# A card")
    command = [sys.executable, "-m", "holdfast.cli.main", "serve", tmp_path / "plan", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        yield re.search(r"http://(\S+),", process.stderr.readline())[1]
        process.kill()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("client", "packages"),
    [(TRITON, ["tritonclient[http]"]), (MLFLOW, ["mlflow-skinny", "pandas", "scipy"])],
    ids=["triton", "mlflow"],
)
def test_real_clients(address, tmp_path, client, packages):
    python = environment(tmp_path, *packages)
    done = subprocess.run(
        [python, "-W", "ignore", "-c", client, address, json.dumps(ROWS)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    model = load(tmp_path / "plan")
    labels = model.predict(ROWS).tolist()
    if client is MLFLOW:
        assert found == labels
    else:
        for given, shares in found:
            assert given == labels
            assert shares == pytest.approx(model.predict_proba(ROWS)[:, 1].tolist(), abs=1e-12)
