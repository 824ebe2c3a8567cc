"""What a package is made of, as a software bill of materials in CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/)."""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

# What is needed to predict; the rest was there at training only.
RUNTIME = ("holdfast", "numpy", "onnxruntime")


def bill_of_materials(manifest: dict[str, Any]) -> dict[str, Any]:
    """List the model, its files with their hashes, and the libraries it was trained and runs with."""
    files, versions = manifest["files"], manifest.get("versions")
    graph = files["model.onnx"]["sha256"]
    model = {
        "type": "machine-learning-model",
        "bom-ref": f"model:{graph}",
        "name": f"{manifest['target']} ({manifest['task']})",
        "version": graph[:12],
        "hashes": [{"alg": "SHA-256", "content": graph}],
        "modelCard": {
            "modelParameters": {
                "task": manifest["task"],
                "inputs": [{"format": field["type"]} for field in manifest["schema"]],
                "outputs": [{"format": "probabilities" if manifest.get("classes") else "number"}],
            }
        },
        "properties": [{"name": "holdfast:data-fingerprint", "value": str(manifest.get("fingerprint", "unknown"))}],
    }
    parts = [
        {
            "type": "file",
            "bom-ref": f"file:{name}",
            "name": name,
            "hashes": [{"alg": "SHA-256", "content": facts["sha256"]}],
        }
        for name, facts in sorted(files.items())
    ]
    libraries = [
        {
            "type": "library",
            "bom-ref": f"library:{name}@{version}",
            "name": name,
            "version": str(version),
            # On PyPI the name holdfast is another project's.
            **({} if name == "holdfast" else {"purl": f"pkg:pypi/{name}@{version}"}),
            "scope": "required" if name in RUNTIME else "excluded",
        }
        for name, version in sorted((versions if isinstance(versions, dict) else {}).items())
    ]
    needed = [each["bom-ref"] for each in libraries if each["scope"] == "required"]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, graph)}",
        "version": 1,
        "metadata": {"component": model},
        "components": [*parts, *libraries],
        "dependencies": [{"ref": model["bom-ref"], "dependsOn": [*(each["bom-ref"] for each in parts), *needed]}],
    }
