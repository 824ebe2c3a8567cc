"""The Open Inference Protocol, version 2, over HTTP, with Triton's binary tensors.

Sources: https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md and
https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
A model's inputs are its fields, one tensor each, of shape [rows] or [rows, 1]; its outputs are the columns of a scored file.
"""

import struct
from typing import Any

import numpy as np

from holdfast.model.schema import Field
from holdfast.serve.problems import Problem
from holdfast.serve.settings import Limits
from holdfast.serve.shelf import Served, Shelf
from holdfast.serve.wire import Answer, Asked, Call, dumps, loads

LENGTH = b"inference-header-content-length"

# Python refuses to read numbers of thousands of digits.
MOST_DIGITS = 20

NUMERIC_TYPES = {
    "BOOL": "?", "UINT8": "<u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8", "INT8": "<i1", "INT16": "<i2",
    "INT32": "<i4", "INT64": "<i8", "FP16": "<f2", "FP32": "<f4", "FP64": "<f8",
}  # fmt: skip
FIELD_TYPES = {"number": "FP64", "boolean": "BOOL"}


def server() -> Answer:
    """Answer `GET /v2`; the version is the protocol's."""
    return Answer(dumps({"name": "holdfast", "version": "2", "extensions": ["binary_tensor_data"]}))


def metadata(call: Call, shelf: Shelf) -> Answer:
    """Answer `GET /v2/models/NAME[/versions/VERSION]`."""
    served = call.model
    inputs = [{"name": field.name, "datatype": _datatype(field), "shape": [-1]} for field in served.model.schema.fields]
    outputs = [{"name": name, "datatype": _output_type(served, name), "shape": [-1]} for name in served.columns]
    versions = [each.version for each in shelf.versions(served.name)]
    return Answer(
        dumps(
            {
                "name": served.name,
                "versions": versions,
                "platform": "onnxruntime_onnx",
                "inputs": inputs,
                "outputs": outputs,
            }
        )
    )


def infer(call: Call, limits: Limits) -> Asked:
    """Read `POST .../infer`."""
    size = _header_length(call)
    request = loads(call.body[:size], limits.depth)
    if not isinstance(request, dict) or not isinstance(request.get("inputs"), list):
        raise Problem(400, "the body has no 'inputs'; expected an array of tensors, one for each field")
    binary = memoryview(call.body)[size:]
    columns: dict[str, Any] = {}
    for tensor in request["inputs"]:
        name, column, binary = _tensor(tensor, binary)
        if name in columns:
            raise Problem(400, f"two inputs are named {name!r}; expected one for each field")
        columns[name] = column
    if len(binary):
        raise Problem(400, f"{len(binary):,} bytes follow the tensors; expected none")
    served = call.model
    wanted = _wanted(request.get("outputs"), served.columns)
    return Asked(served.door.columns(columns), lambda answers: _answer(served, request, wanted, served.many(answers)))


def _header_length(call: Call) -> int:
    given = call.headers.get(LENGTH)
    if given is None:
        return len(call.body)
    if not (given.isdigit() and len(given) < MOST_DIGITS and int(given) <= len(call.body)):
        raise Problem(
            400, "Inference-Header-Content-Length is no number of bytes of the body; expected the JSON's length"
        )
    return int(given)


def _tensor(tensor: Any, binary: memoryview) -> tuple[str, Any, memoryview]:
    """Read one tensor, and what binary data is left after it."""
    facts = tensor if isinstance(tensor, dict) else {}
    name, kind, shape = facts.get("name"), facts.get("datatype"), facts.get("shape")
    typed = isinstance(kind, str) and (kind in NUMERIC_TYPES or kind == "BYTES")
    if not isinstance(name, str) or not isinstance(shape, list) or not typed:
        raise Problem(400, "an input lacks a name, shape or datatype; expected those of GET /v2/models/NAME")
    if not all(type(size) is int and size >= 0 for size in shape) or not shape or any(size != 1 for size in shape[1:]):
        raise Problem(400, f"the input {name!r} has shape {str(shape)[:60]}; expected [rows] or [rows, 1]")
    parameters = facts.get("parameters")
    size = parameters.get("binary_data_size") if isinstance(parameters, dict) else None
    if size is not None:
        if type(size) is not int or not 0 <= size <= len(binary):
            raise Problem(400, f"the input {name!r} has a wrong binary_data_size; expected its number of bytes")
        column: Any = _from_bytes(name, str(kind), binary[:size])
        binary = binary[size:]
    else:
        column = _flat(facts.get("data"))
    if len(column) != shape[0]:
        raise Problem(400, f"the input {name!r} holds {len(column):,} values and has shape {shape}; expected as many")
    return name, column, binary


def _flat(data: Any) -> list[Any]:
    if not isinstance(data, list):
        raise Problem(400, "an input has neither 'data' as an array nor binary data; expected one of them")
    flat: list[Any] = []
    for cell in data:
        flat += cell if isinstance(cell, list) else [cell]
    return flat


def _from_bytes(name: str, kind: str, data: memoryview) -> Any:
    if kind != "BYTES":
        form = np.dtype(NUMERIC_TYPES[kind])
        if len(data) % form.itemsize:
            raise Problem(400, f"the input {name!r} ends within a value; expected whole values of {kind}")
        return np.frombuffer(data, form)
    cells, place = [], 0
    while place < len(data):
        end = place + 4
        size = int.from_bytes(data[place:end], "little")
        place = end + size
        if place > len(data):
            raise Problem(400, f"the input {name!r} ends within a value; expected a length and as many bytes for each")
        try:
            cells.append(str(data[end:place], "utf-8"))
        except UnicodeDecodeError:
            raise Problem(400, f"the input {name!r} holds bytes that are no text; expected UTF-8") from None
    return cells


def _wanted(given: Any, columns: list[str]) -> list[dict[str, Any]]:
    """Check which outputs are asked for; each once, or an answer would be larger than any limit on what is asked."""
    if given is None or given == []:
        return [{"name": name} for name in columns]
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        names: list[Any] = [None]
    else:
        names = [each.get("name") for each in given]
    if not all(isinstance(name, str) for name in names):
        raise Problem(400, "'outputs' is no array of tensors with names; expected those of GET /v2/models/NAME")
    if unknown := set(names).difference(columns):
        raise Problem(400, f"there is no output {min(unknown)[:60]!r}; expected some of {', '.join(columns)[:200]}")
    if len(set(names)) < len(names):
        raise Problem(400, "'outputs' names an output twice; expected each once")
    return list(given)


def _answer(
    served: Served, request: dict[str, Any], wanted: list[dict[str, Any]], columns: dict[str, list[Any]]
) -> Answer:
    everything = _flag(request, "binary_data_output")
    outputs: list[dict[str, Any]] = []
    tail: list[bytes] = []
    for each in wanted:
        name = each["name"]
        kind = _output_type(served, name)
        output: dict[str, Any] = {"name": name, "datatype": kind, "shape": [len(columns[name])]}
        if _flag(each, "binary_data", default=everything):
            data = _to_bytes(kind, columns[name])
            tail.append(data)
            output["parameters"] = {"binary_data_size": len(data)}
        else:
            output["data"] = [str(cell) for cell in columns[name]] if kind == "BYTES" else columns[name]
        outputs.append(output)
    body: dict[str, Any] = {"model_name": served.name, "model_version": served.version, "outputs": outputs}
    if isinstance(request.get("id"), str):
        body["id"] = request["id"]
    head = dumps(body)
    if not tail:
        return Answer(head)
    length = {LENGTH.decode(): str(len(head))}
    return Answer(b"".join((head, *tail)), media_type="application/octet-stream", headers=length)


def _flag(holder: dict[str, Any], name: str, *, default: bool = False) -> bool:
    parameters = holder.get("parameters")
    return bool(parameters.get(name, default)) if isinstance(parameters, dict) else default


def _to_bytes(kind: str, column: list[Any]) -> bytes:
    if kind != "BYTES":
        return np.array(column, dtype=NUMERIC_TYPES[kind]).tobytes()
    words = [str(cell).encode() for cell in column]
    return b"".join(struct.pack("<I", len(word)) + word for word in words)


def _datatype(field: Field) -> str:
    return FIELD_TYPES.get(field.type, "BYTES")


def _output_type(served: Served, name: str) -> str:
    """Classes go out as what they are; probabilities and values as FP64."""
    classes = served.labels.get(name)
    if not classes:
        return "FP64"
    for kind, datatype in ((bool, "BOOL"), (int, "INT64"), (float, "FP64")):
        if all(type(label) is kind for label in classes):
            return datatype
    return "BYTES"
