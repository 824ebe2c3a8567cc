import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import urllib.request
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from environments import environment
from small_models import facts, logistic_graph
from typer.testing import CliRunner

from holdfast.cli.main import app
from holdfast.data.words import DATE_FORMATS
from holdfast.errors import RequestError
from holdfast.export.browser import _facts, _from_archive, _from_npm
from holdfast.export.docker import write_docker
from holdfast.export.folder import write_folder
from holdfast.model.cells import UNREADABLE
from holdfast.model.package import load, write
from holdfast.model.schema import Field

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
ROWS = [
    {"age": 31.5, "city": "Paris", "member": True},
    {"age": None, "city": "Oslo", "member": False},
    {"age": "?", "city": " Rome ", "member": "true"},
    {"age": "1e1", "city": "", "member": None},
]


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "model", facts(), logistic_graph(), reference=b"ARROW1", card="# A card")
    return tmp_path / "model"


def package(*arguments):
    done = CliRunner().invoke(app, ["package", *map(str, arguments)])
    assert done.exit_code == 0, done.output


@pytest.mark.slow
def test_the_container_needs_only_what_its_requirements_name(folder, tmp_path):
    package(folder, "--docker", tmp_path / "image")
    image = tmp_path / "image"
    assert (image / "Dockerfile").read_text().splitlines()[1].startswith("FROM python:")
    python = environment(tmp_path, "-r", image / "requirements.txt")
    start = "import sys, runpy; sys.path.insert(0, '.'); runpy.run_path('main.py', run_name='__main__')"
    settings = {**os.environ, "PORT": "0", "HOST": "127.0.0.1"}
    with subprocess.Popen(
        [python, "-I", "-c", start], cwd=image, env=settings, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            address = process.stdout.readline().split()[-1]
            body = json.dumps(ROWS[:2]).encode()
            asked = urllib.request.Request(f"{address}/predict", body, {"content-type": "application/json"})
            with urllib.request.urlopen(asked, timeout=10) as answer:
                found = json.loads(answer.read())
        finally:
            process.kill()
    assert [each["prediction"] for each in found] == load(folder).predict(ROWS[:2]).tolist()


@pytest.mark.slow
def test_the_container_is_built_and_runs(folder, tmp_path):
    if shutil.which("docker") is None or subprocess.run(["docker", "info"], capture_output=True).returncode:
        pytest.skip("no container engine answers here")
    write_docker(folder, tmp_path / "image", "plan")
    subprocess.run(["docker", "build", "-t", "holdfast-test", tmp_path / "image"], check=True)


def test_the_container_s_health_is_asked_for_at_its_port(folder, tmp_path, monkeypatch):
    write_docker(folder, tmp_path / "image", "plan")
    text = (tmp_path / "image" / "Dockerfile").read_text().replace("\\\n", "")
    asked = []
    monkeypatch.setenv("PORT", "9000")
    monkeypatch.setattr(urllib.request, "urlopen", lambda url, timeout: asked.append(url))
    exec(json.loads(re.search(r"^HEALTHCHECK .*CMD (\[.*\])$", text, re.MULTILINE)[1])[2])
    assert asked == ["http://127.0.0.1:9000/healthz"]


def test_the_lambda_handler_answers_events_and_direct_calls(folder, tmp_path):
    package(folder, "--lambda", tmp_path / "function")
    event = {
        "requestContext": {"http": {"method": "POST"}},
        "rawPath": "/predict",
        "headers": {"Content-Type": "application/json"},
    }
    code = (
        "import json, sys, handler\n"
        "events = json.load(sys.stdin)\n"
        "print(json.dumps([handler.handler(event, None) for event in events]))"
    )
    events = [ROWS[0], ROWS[:2], {**event, "body": json.dumps(ROWS[0])}, {**event, "body": "{}"}]
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path / "function",
        input=json.dumps(events),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    one, two, served, refused = json.loads(done.stdout)
    label = load(folder).predict(ROWS[0])[0]
    assert one["prediction"] == label
    assert len(two) == 2
    assert (served["statusCode"], json.loads(served["body"])["prediction"]) == (200, label)
    assert refused["statusCode"] == 422
    assert {each["field"] for each in json.loads(refused["body"])["errors"]} == {"age", "city", "member"}


def snippet(folder, language):
    return re.search(rf"```{language}\n(.*?)```", (folder / "USAGE.md").read_text(), re.DOTALL)[1]


def test_the_usage_note_runs_in_python(folder, tmp_path):
    package(folder, "--onnx", tmp_path / "bare")
    done = subprocess.run(
        [sys.executable, "-c", snippet(tmp_path / "bare", "python")],
        cwd=tmp_path / "bare",
        capture_output=True,
        text=True,
    )
    found = np.array(json.loads(re.sub(r"\s+", ",", done.stdout.strip().replace("[ ", "["))))
    example = {"age": 49.5, "city": "Paris", "member": True}
    np.testing.assert_allclose(found[0], load(folder).predict_proba(example)[0], atol=1e-7)


@pytest.mark.slow
def test_the_usage_note_runs_in_node(folder, tmp_path):
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    package(folder, "--onnx", tmp_path / "bare")
    # The install script fetches GPU libraries; what runs on processors is inside.
    done = subprocess.run(
        ["npm", "install", "--ignore-scripts", "onnxruntime-node"], cwd=tmp_path / "bare", capture_output=True
    )
    if done.returncode:
        pytest.skip("onnxruntime-node can't be fetched")
    (tmp_path / "bare" / "use.js").write_text(snippet(tmp_path / "bare", "javascript"))
    said = subprocess.run(["node", "use.js"], cwd=tmp_path / "bare", capture_output=True, text=True, check=True).stdout
    example = {"age": 49.5, "city": "Paris", "member": True}
    np.testing.assert_allclose(json.loads(said), load(folder).predict_proba(example)[0], atol=1e-9)


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium here: install the package chromium")
def test_the_page_predicts_and_decides_as_python_does(tmp_path):
    folder, costs = tmp_path / "model", [[0, 1, 1], [1, 0, 1], [40, 40, 0]]
    write(folder, facts(decision={"costs": costs}), logistic_graph(), reference=b"ARROW1", card="# A card")
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    done = CliRunner().invoke(app, ["package", str(folder), "--browser", str(tmp_path / "web")])
    if done.exit_code and "npm can't fetch" in str(done.exception):
        pytest.skip("onnxruntime-web can't be fetched")
    web = tmp_path / "web"
    check = (
        f"<script>predict({json.dumps(ROWS)})"
        ".then((found) => { document.title = JSON.stringify([found, found.map(cheapest)]); });</script>"
    )
    (web / "check.html").write_text((web / "index.html").read_text().replace("</body>", f"{check}</body>"))
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(quiet, directory=str(web)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            f"--user-data-dir={tmp_path / 'profile'}",
        ]
        url = f"http://127.0.0.1:{server.server_port}/check.html"
        said = subprocess.run(
            [BROWSER, *options, "--virtual-time-budget=20000", "--dump-dom", url],
            capture_output=True,
            text=True,
            timeout=120,
        ).stdout
    finally:
        server.shutdown()
        server.server_close()
    found, codes = json.loads(re.search(r"<title>(.*?)</title>", said)[1])
    model = load(folder)
    np.testing.assert_allclose(found, model.predict_proba(ROWS), atol=1e-9)
    assert [model.classes[code] for code in codes] == model.predict(ROWS).tolist()
    assert codes != np.argmax(found, axis=1).tolist()
    assert "Answer: " in said


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_page_reads_cells_as_python_does():
    euros = Field("euro", "number", decimal=",", thousands=".", low=0.0, high=81.0)
    german = Field("day", "datetime", date_format="%d.%m.%Y")
    asked = [(euros, word) for word in (_facts(euros)["example"], "1.234,5", "40.5", "-,5")]
    asked += [(german, word) for word in (_facts(german)["example"], "1.2.2026", "31.06.2026", "2026.06.31", "soon")]
    asked += [
        (german, word) for word in ("2026-02-28", "2026-02-30", "2026-02-30 12:00:00", "2028-02-29T12:00:00+02:00")
    ]
    for form in DATE_FORMATS:
        word = datetime(2026, 1, 31, 14, 5, 9).strftime(form.replace("%.f", ".500").replace("%#z", "Z"))
        asked += [(Field(form, "datetime", date_format=form), word)]
    expected = []
    for field, word in asked:
        try:
            expected.append(field.reader.number(word))
        except UNREADABLE:
            expected.append(None)
    page = files("holdfast.export").joinpath("page.html").read_text()
    numeric = re.search(r"^const NUMERIC.*$", page, re.MULTILINE)[0]
    reading = page[page.index("// Cells are read") : page.index("ort.env")]
    cells = json.dumps([[_facts(field), word] for field, word in asked])
    code = (
        f"{numeric}\n{reading}\nconst found = {cells}.map(([field, word]) => "
        "{ try { return read(field, word); } catch { return null; } });\nconsole.log(JSON.stringify(found));"
    )
    said = subprocess.run(["node", "-e", code], capture_output=True, text=True, check=True).stdout
    assert expected[:4] == [40.5, 1234.5, None, -0.5]
    assert json.loads(said) == expected


def test_npm_that_does_not_answer_is_not_waited_for(monkeypatch):
    def hang(command, *, timeout, **_):
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(shutil, "which", lambda name: name)
    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(RequestError, match=r"within 300 s.*--ort"):
        _from_npm()


def test_a_runtime_that_lacks_a_script_is_refused(tmp_path):
    with tarfile.open(tmp_path / "ort.tgz", "w:gz"):
        pass
    with pytest.raises(RequestError, match=r"ort.wasm.min.js.*--ort"):
        _from_archive(tmp_path / "ort.tgz")


def test_a_study_of_any_name_is_packaged(tmp_path):
    study = tmp_path / "Übung 1"
    study.mkdir()
    write(study / "model", facts(), logistic_graph(), reference=b"ARROW1", card="# A card")
    package(study, "--docker", tmp_path / "image", "--onnx", tmp_path / "bare")
    assert '"ubung-1=model"' in (tmp_path / "image" / "main.py").read_text()


@pytest.mark.parametrize(
    ("asked", "says"),
    [(["--onnx", "x", "--pmml", "./x"], "a folder for each"), (["--onnx", "x", "--ort", "dist"], "expected --browser")],
)
def test_what_would_be_lost_or_ignored_is_refused(folder, tmp_path, asked, says, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["package", str(folder), *asked])
    assert isinstance(done.exception, RequestError)
    assert says in str(done.exception)
    assert not (tmp_path / "x").exists()


def test_a_folder_that_is_not_ours_is_left_alone(folder, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(RequestError, match="holds no package of ours"):
        write_docker(folder, tmp_path / "mine", "plan")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"
    write_folder(tmp_path / "ours", {"a": b"1"})
    write_folder(tmp_path / "ours", {"b": b"2"})
    assert sorted(path.name for path in (tmp_path / "ours").iterdir()) == [".holdfast-package", "b"]
    done = CliRunner().invoke(app, ["package", str(folder)])
    assert isinstance(done.exception, RequestError)


def test_only_what_serves_goes_along():
    from holdfast.export.folder import program_files

    text = b"\n".join(program_files().values()).decode()
    imported = set(re.findall(r"^\s*(?:from|import) holdfast\.(\w+)", text, re.MULTILINE))
    needed = {"model", "serve", "errors", "arrays", "files"}
    assert imported - {"study", "data", "learners", "metrics", "batch"} <= needed
    assert Path("holdfast/serve/page.html").as_posix() in program_files()
