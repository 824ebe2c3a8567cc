import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from small_models import facts, logistic_graph

import holdfast
from holdfast.errors import ModelError
from holdfast.model import package
from holdfast.model.package import load, write

REPOSITORY = Path(__file__).parents[2]


def test_what_is_written_loads(folder):
    model = load(folder)
    assert model.classes == ["basic", "gold", "none"]
    assert model.manifest["files"]["card.md"]["bytes"] == len("# A card")
    assert sorted(os.listdir(folder)) == ["card.md", "manifest.json", "model.onnx", "reference.arrow"]


def test_a_study_folder_stands_for_its_model(folder):
    assert load(folder.parent).target == "plan"


def test_writing_again_replaces_and_leaves_nothing_beside(folder):
    write(folder, facts(target="other"), logistic_graph(), reference=b"", card="")
    assert load(folder).target == "other"
    assert os.listdir(folder.parent) == ["model"]


def test_a_failed_write_leaves_the_former_model(folder, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(package.os, "fsync", full)
    with pytest.raises(ModelError, match="No space left"):
        write(folder, facts(target="other"), logistic_graph(), reference=b"", card="")
    monkeypatch.undo()
    assert load(folder).target == "plan"
    assert os.listdir(folder.parent) == ["model"]


def test_a_failed_rename_brings_the_former_model_back(folder, monkeypatch):
    rename = os.replace

    def broken(source, target):
        if source.name.endswith(".partial"):
            raise OSError(5, "Input/output error")
        rename(source, target)

    monkeypatch.setattr(package.os, "replace", broken)
    with pytest.raises(ModelError, match="Input/output"):
        write(folder, facts(target="other"), logistic_graph(), reference=b"", card="")
    assert load(folder).target == "plan"
    assert os.listdir(folder.parent) == ["model"]


@pytest.mark.parametrize("name", ["model.onnx", "reference.arrow", "card.md"])
def test_a_changed_file_is_refused(folder, name):
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(ModelError, match="expected it unchanged"):
        load(folder)


@pytest.mark.parametrize("name", ["manifest.json", "model.onnx", "reference.arrow", "card.md"])
@pytest.mark.parametrize("harm", ["missing", "truncated", "longer", "link", "folder"])
def test_a_damaged_file_is_refused(folder, tmp_path, name, harm):
    path = folder / name
    data = path.read_bytes()
    path.unlink()
    if harm == "truncated":
        path.write_bytes(data[: len(data) // 2])
    elif harm == "longer":
        path.write_bytes(data + b"x")
    elif harm == "link":
        (tmp_path / "elsewhere").write_bytes(data)
        path.symlink_to(tmp_path / "elsewhere")
    elif harm == "folder":
        path.mkdir()
    with pytest.raises(ModelError):
        load(folder)


def test_swapped_files_are_refused(folder):
    card, reference = folder / "card.md", folder / "reference.arrow"
    one, other = card.read_bytes(), reference.read_bytes()
    card.write_bytes(other)
    reference.write_bytes(one)
    with pytest.raises(ModelError):
        load(folder)


def test_a_huge_manifest_is_not_read(folder, monkeypatch):
    monkeypatch.setattr(package, "LARGEST_MANIFEST", 100)
    with pytest.raises(ModelError, match="at most"):
        load(folder)


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{", "{}", '{"format": 1}', '{"format": 2}', "[" * 100_000, "\udcff"]
)
def test_a_manifest_must_be_one(folder, text):
    (folder / "manifest.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ModelError):
        load(folder)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("files", "../../etc/passwd"), {"sha256": "", "bytes": 1}),
        (("files", "model.onnx"), {"sha256": "", "bytes": -1}),
        (("files", "model.onnx"), {"sha256": "", "bytes": 1 << 60}),
        (("files", "model.onnx"), {"sha256": "", "bytes": True}),
        (("files", "model.onnx"), "x"),
        (("files",), []),
        (("format",), 2),
        (("task",), "telepathy"),
        (("task",), ["binary"]),
        (("target",), None),
        (("classes",), None),
        (("classes",), []),
        (("classes",), 5),
        (("classes",), ["basic", "gold", {}]),
        (("schema",), {}),
        (("schema",), None),
        (("schema", 0, "type"), "image"),
        (("schema", 0, "type"), ["number"]),
        (("schema", 0, "missing"), 5),
        (("schema", 0, "missing"), "abc"),
        (("schema", 0, "missing"), [1]),
        (("schema", 0, "decimal"), ""),
        (("schema", 0, "decimal"), None),
        (("schema", 0, "low"), "x"),
        (("schema", 0, "name"), 3),
        (("schema", 0, "name"), "city"),
        (("schema", 0, "code"), "import os"),
        (("schema", 0), "age"),
    ],
)
def test_a_manifest_is_checked_in_every_place(rewrite, place, value):
    def edit(manifest):
        inner = manifest
        for step in place[:-1]:
            inner = inner[step]
        inner[place[-1]] = value

    with pytest.raises(ModelError):
        load(rewrite(edit))


@pytest.mark.parametrize("place", ["task", "target", "classes", "schema", "files", "format"])
def test_a_manifest_lacks_nothing(rewrite, place):
    with pytest.raises(ModelError):
        load(rewrite(lambda manifest: manifest.pop(place)))


def test_a_graph_is_inspected_even_when_its_hash_is_right(rewrite, folder):
    (folder / "model.onnx").write_bytes(b"no graph at all")

    def edit(manifest):
        manifest["files"]["model.onnx"] = {
            "sha256": hashlib.sha256(b"no graph at all").hexdigest(),
            "bytes": len(b"no graph at all"),
        }

    with pytest.raises(ModelError, match="graph"):
        load(rewrite(edit))


def test_no_folder_is_told(tmp_path):
    with pytest.raises(ModelError, match="not a model folder"):
        load(tmp_path / "nowhere")


def test_loading_and_predicting_imports_numpy_and_onnxruntime_only(folder):
    code = f"""
import sys
import holdfast
answer = holdfast.load({str(folder)!r}).predict({{"age": 31, "city": "Paris", "member": True}})
rooms = sorted(name for name in sys.modules if name.startswith("holdfast"))
heavy = sorted({{"polars", "pandas", "sklearn", "lightgbm", "onnx", "scipy", "pydantic"}} & set(sys.modules))
light = ("", "model", "errors", "arrays", "files")
print(answer.tolist(), heavy, [name for name in rooms if [*name.split("."), ""][1] not in light])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['basic'] [] []"


@pytest.mark.slow
def test_a_bare_environment_suffices(folder, tmp_path):
    """Only NumPy, ONNX Runtime and Holdfast itself are installed."""
    python = tmp_path / "bare" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "bare"], check=True)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "numpy", "onnxruntime"], check=True)
    source = tmp_path / "source"  # building leaves files behind
    shutil.copytree(REPOSITORY / "src", source / "src", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    for path in (REPOSITORY / "pyproject.toml", *REPOSITORY.glob("README.md"), REPOSITORY / "LICENSE"):
        shutil.copy(path, source)
    subprocess.run([*install, "--no-deps", source], check=True)
    code = (
        "import sys, json, holdfast; model = holdfast.load(sys.argv[1]);"
        "print(json.dumps([holdfast.__file__, model.predict([{'age': 31, 'city': 'Paris', 'member': True}]).tolist()]))"
    )
    run = subprocess.run([python, "-c", code, folder], capture_output=True, text=True, check=True, cwd=tmp_path)
    where, answer = json.loads(run.stdout)
    assert where != holdfast.__file__
    assert answer == ["basic"]
