"""The folder a model ships in: written whole or not at all, checked before anything in it is used."""

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from holdfast.errors import ModelError
from holdfast.model.inspect import inspect
from holdfast.model.model import Model

FORMAT = 1
MANIFEST, GRAPH = "manifest.json", "model.onnx"
FILES = (GRAPH, "reference.arrow", "card.md")

# Nothing larger is read: a manifest is text, a graph holds trees.
LARGEST_MANIFEST, LARGEST_FILE = 32 << 20, 2 << 30

TASKS = ("binary", "multiclass", "regression")


def write(folder: Path, facts: Mapping[str, Any], onnx: bytes, *, reference: bytes, card: str) -> dict[str, Any]:
    """Write a model under a temporary name, force it to disk, and rename it; returns the manifest.

    facts: task, target, metric, classes (or None), schema (as JSON), proof, versions, fingerprint: whatever describes it.
    """
    contents = {GRAPH: onnx, "reference.arrow": reference, "card.md": card.encode()}
    files = {name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in contents.items()}
    manifest = {"format": FORMAT, **facts, "files": files}
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        for name, data in (*contents.items(), (MANIFEST, json.dumps(manifest, indent=2).encode())):
            with (partial / name).open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(partial, folder)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise ModelError(
            f"the model can't be written to {folder} ({error.strerror}); choose a place with room to write"
        ) from None
    return manifest


def load(path: str | Path) -> Model:
    """Load a model folder. No code of the folder is run and nothing outside it is read.

    Raises ModelError when a file is missing, was changed since it was written, or holds what no Holdfast model holds.
    """
    folder = Path(path)
    if not folder.is_dir():
        hint = f": did you mean {folder / 'model'}?" if (folder / "model").is_dir() else ""
        raise ModelError(f"{folder} is not a model folder{hint}; expected a folder with {MANIFEST} and {GRAPH}")
    if not (folder / MANIFEST).exists() and (folder / "model" / MANIFEST).exists():
        folder = folder / "model"
    manifest = _manifest(_bytes(folder / MANIFEST, LARGEST_MANIFEST), folder)
    onnx = b""
    for name in FILES:
        facts = manifest["files"][name]
        data = _bytes(folder / name, min(LARGEST_FILE, facts["bytes"]))
        if len(data) != facts["bytes"] or hashlib.sha256(data).hexdigest() != facts["sha256"]:
            raise ModelError(
                f"{folder / name} is not the file the manifest names; expected it unchanged: copy the model again"
            )
        onnx = data if name == GRAPH else onnx
    inspect(onnx)
    return Model(manifest, onnx)


def _bytes(path: Path, limit: int) -> bytes:
    if path.is_symlink() or not path.is_file():
        raise ModelError(f"{path} is missing or a link; expected a plain file: copy the whole model folder again")
    if path.stat().st_size > limit:
        raise ModelError(
            f"{path} has {path.stat().st_size:,} bytes; expected at most {limit:,}: it is no file of this model"
        )
    return path.read_bytes()


def _manifest(data: bytes, folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(data)
    except (ValueError, RecursionError):
        raise ModelError(f"{folder / MANIFEST} is not JSON; expected the manifest: copy the model again") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else None
        raise ModelError(
            f"{folder} has format {found!r}; expected {FORMAT}: load it with the Holdfast version that wrote it"
        )
    files = manifest.get("files")
    if (
        not isinstance(files, dict)
        or set(files) != set(FILES)
        or not all(
            isinstance(each, dict) and isinstance(each.get("bytes"), int) and isinstance(each.get("sha256"), str)
            for each in files.values()
        )
    ):
        raise ModelError(f"{folder / MANIFEST} names other files than a model has; expected {', '.join(FILES)}")
    classes, task = manifest.get("classes"), manifest.get("task")
    if task not in TASKS or not isinstance(manifest.get("target"), str) or (task == "regression") != (classes is None):
        raise ModelError(
            f"{folder / MANIFEST} lacks a task, target or classes that go together; expected a whole manifest"
        )
    if classes is not None and not all(isinstance(label, str | int | float | bool) for label in classes):
        raise ModelError(f"{folder / MANIFEST} has classes that are no plain values; expected text or numbers")
    return manifest
