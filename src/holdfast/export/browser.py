"""A page where the model predicts in the browser, through ONNX Runtime Web; a static folder, which any server can give out."""

import json
import shutil
import subprocess
import tarfile
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

from holdfast.errors import RequestError
from holdfast.export.folder import write_folder
from holdfast.model.model import Model
from holdfast.model.package import GRAPH
from holdfast.model.schema import Field
from holdfast.serve.shelf import example_of

# What the page needs of onnxruntime-web, and the version the page was tested with.
SCRIPTS = ("ort.wasm.min.js", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
PACKAGE = "onnxruntime-web@1.30.0"

# Seconds for npm to fetch it: some tens of megabytes.
PATIENCE = 300

# A list of choices in the page has this many at most.
MOST_VALUES = 200


def write_browser(model: Model, folder: Path, out: Path, ort: Path | None = None) -> None:
    """Write the page, the graph and ONNX Runtime Web to the folder `out`.

    ort: a folder with the files of onnxruntime-web (its `dist`); without it npm fetches them. RequestError when there is none.
    """
    if model.several:
        raise RequestError(
            f"the model answers for {len(model.outputs)} targets; expected one with one for a page: name the model of a target"
        )
    scripts = _from_folder(ort) if ort is not None else _from_npm()
    facts = {
        "target": model.target,
        "classes": [str(label) for label in model.classes] or None,
        "costs": None if model.costs is None else model.costs.tolist(),
        "fields": [_facts(field) for field in model.schema.fields],
    }
    # Within a script, "</" would end it.
    text = json.dumps(facts).replace("</", "<\\/")
    page = files("holdfast.export").joinpath("page.html").read_bytes()
    graph = (folder / GRAPH).read_bytes()
    write_folder(
        out, {"index.html": page, "model.js": f"const MODEL = {text};\n".encode(), "model.onnx": graph, **scripts}
    )


def _facts(field: Field) -> dict[str, Any]:
    """What the page must know of a field to read it. example: a value as its training data would write it."""
    example = str(example_of(field))
    return {
        "name": field.name,
        "type": field.type,
        "missing": list(field.missing),
        "decimal": field.decimal,
        "thousands": field.thousands,
        "date_format": field.date_format,
        "true": list(field.true),
        "false": list(field.false),
        "values": list(field.values[:MOST_VALUES]),
        "example": example.replace(".", field.decimal) if field.type == "number" else example,
    }


def _from_folder(folder: Path) -> dict[str, bytes]:
    absent = [name for name in SCRIPTS if not (folder / name).is_file()]
    if absent:
        raise RequestError(f"{folder} lacks {absent[0]}; expected the dist folder of onnxruntime-web")
    return {name: (folder / name).read_bytes() for name in SCRIPTS}


def _from_npm() -> dict[str, bytes]:
    npm = shutil.which("npm")
    if npm is None:
        raise RequestError(
            "a page needs onnxruntime-web, and npm is not here to fetch it; expected npm, or --ort with its dist folder"
        )
    with tempfile.TemporaryDirectory() as name:
        command = [npm, "pack", PACKAGE, "--silent"]
        try:
            done = subprocess.run(command, cwd=name, capture_output=True, text=True, check=False, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise RequestError(
                f"npm did not fetch {PACKAGE} within {PATIENCE} s; expected a network, or --ort with its dist folder"
            ) from None
        packed = next(Path(name).glob("*.tgz"), None)
        if done.returncode or packed is None:
            raise RequestError(
                f"npm can't fetch {PACKAGE} ({done.stderr.strip()[:200]}); expected a network, or --ort with its dist folder"
            )
        return _from_archive(packed)


def _from_archive(packed: Path) -> dict[str, bytes]:
    with tarfile.open(packed) as archive:
        try:
            found = {name: archive.extractfile(f"package/dist/{name}") for name in SCRIPTS}
        except KeyError as error:
            raise RequestError(
                f"{PACKAGE} is not as expected ({error.args[0]}); expected {', '.join(SCRIPTS)} in its dist folder: name one "
                f"that has them by --ort"
            ) from None
        return {name: file.read() for name, file in found.items() if file is not None}
