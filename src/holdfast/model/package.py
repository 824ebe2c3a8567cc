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
from holdfast.model.signature import verify

FORMAT = 1
MANIFEST, GRAPH = "manifest.json", "model.onnx"
FILES = (GRAPH, "reference.arrow", "card.md")

# Nothing larger is read: a manifest is text, a graph holds trees.
LARGEST_MANIFEST, LARGEST_FILE = 32 << 20, 2 << 30


def write(folder: Path, facts: Mapping[str, Any], onnx: bytes, *, reference: bytes, card: str) -> dict[str, Any]:
    """Write a model under a temporary name, force it to disk, and rename it; returns the manifest.

    facts: task, target, metric, classes (or None), schema (as JSON), proof, versions, fingerprint: whatever describes it.
    """
    contents = {GRAPH: onnx, "reference.arrow": reference, "card.md": card.encode()}
    files = {name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in contents.items()}
    manifest = {"format": FORMAT, **facts, "files": files}
    partial, former = folder.with_name(f".{folder.name}.partial"), folder.with_name(f".{folder.name}.former")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for name, data in (*contents.items(), (MANIFEST, json.dumps(manifest, indent=2).encode())):
            with (partial / name).open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        shutil.rmtree(former, ignore_errors=True)
        if folder.exists():
            os.replace(folder, former)
        os.replace(partial, folder)
        _sync(folder)
        _sync(folder.parent)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        if former.exists() and not folder.exists():
            os.replace(former, folder)
        raise ModelError(
            f"the model can't be written to {folder} ({error.strerror}); choose a place with room to write"
        ) from None
    shutil.rmtree(former, ignore_errors=True)
    return manifest


def _sync(folder: Path) -> None:
    """Force a folder's names to disk; Windows has no such call, and needs none."""
    if os.name == "posix":
        place = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(place)
        finally:
            os.close(place)


def folder_of(path: str | Path) -> Path:
    """The model folder that is meant: the one named, or the one in the study's folder that is named."""
    folder = Path(path)
    inside = folder / "model"
    return inside if (inside / MANIFEST).exists() and not (folder / MANIFEST).exists() else folder


def load(path: str | Path, *, sandbox: bool = False, require_signature: str | Path | None = None) -> Model:
    """Load a model folder. No code of the folder is run and nothing outside it is read.

    sandbox: run the graph in a child process with limits, as a stranger's should be. require_signature: a public key (Ed25519,
    PEM) whose owner must have signed the model. Raises ModelError when a file is missing, was changed since it was written, or
    holds what no Holdfast model holds.
    """
    folder = folder_of(path)
    if not folder.is_dir():
        raise ModelError(f"{folder} is not a model folder; expected a folder with {MANIFEST} and {GRAPH}")
    data = _bytes(folder / MANIFEST, LARGEST_MANIFEST)
    if require_signature is not None:
        verify(folder, data, Path(require_signature))
    manifest = _manifest(data, folder)
    onnx = b""
    for name in FILES:
        facts = manifest["files"][name]
        data = _bytes(folder / name, facts["bytes"])
        if len(data) != facts["bytes"] or hashlib.sha256(data).hexdigest() != facts["sha256"]:
            raise ModelError(
                f"{folder / name} is not the file the manifest names; expected it unchanged: copy the model again"
            )
        onnx = data if name == GRAPH else onnx
    inspect(onnx)
    return Model(manifest, onnx, sandbox=sandbox)


def _bytes(path: Path, limit: int) -> bytes:
    if path.is_symlink() or not path.is_file():
        raise ModelError(f"{path} is missing or a link; expected a plain file: copy the whole model folder again")
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise ModelError(f"{path} can't be read ({error.strerror}); expected a readable file") from None
    if len(data) > limit:
        raise ModelError(f"{path} has more than {limit:,} bytes; expected at most that: it is no file of this model")
    return data


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
            isinstance(each, dict)
            and type(each.get("bytes")) is int
            and 0 <= each["bytes"] <= LARGEST_FILE
            and isinstance(each.get("sha256"), str)
            for each in files.values()
        )
    ):
        raise ModelError(f"{folder / MANIFEST} names other files than a model has; expected {', '.join(FILES)}")
    return manifest
