"""The OpenAPI document (https://spec.openapis.org/oas/v3.1.0), made from the models' own schemas, and the page to try them."""

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files
from typing import Any

from holdfast.model.schema import Field
from holdfast.serve.door import known_values
from holdfast.serve.forms import MOST_EXPLAINED
from holdfast.serve.settings import Settings
from holdfast.serve.shelf import Served, Shelf
from holdfast.serve.wire import Answer

SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
REFUSALS = {
    "400": "not readable",
    "413": "too large",
    "415": "no JSON",
    "422": "rows that don't fit",
    "429": "too many",
    "503": "busy",
}

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "row": {"type": ["integer", "null"], "description": "from 1; null: every row"},
                    "field": {"type": "string"},
                    "got": {"type": "string"},
                    "expected": {"type": "string"},
                },
            },
        },
    },
}


def document(shelf: Shelf, settings: Settings, *, keyed: bool) -> dict[str, Any]:
    """Describe every model's prediction. keyed: whether a key must be sent."""
    schemas: dict[str, Any] = {"Problem": PROBLEM}
    paths: dict[str, Any] = {"/predict": {"post": _operation(shelf.first, "predict")}}
    for served in shelf.models:
        name = _component(served)
        schemas[f"{name}.Record"] = record(served, settings)
        schemas[f"{name}.Answer"] = _answer(served)
        for kind in ("Record", "Answer"):
            schemas[f"{name}.{kind}Columns"] = _columns(schemas[f"{name}.{kind}"])
        paths[f"/models/{served.name}/versions/{served.version}/predict"] = {"post": _operation(served, name)}
    for name in shelf.names:
        paths[f"/models/{name}/predict"] = {"post": _operation(shelf.find(name), f"latest.{name}")}
    if shelf.first.model.manifest.get("background"):
        paths["/explain"] = {"post": _explanation(shelf.first)}
    for path, summary in (("/schema", "The fields of the model."), ("/readyz", "Whether the server takes requests.")):
        paths[path] = {"get": {"summary": summary, "responses": {"200": {"description": "OK"}}}}
    components: dict[str, Any] = {"schemas": schemas}
    whole: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Predictions of " + ", ".join(shelf.names), "version": shelf.first.version},
        "paths": paths,
        "components": components,
    }
    if keyed:
        components["securitySchemes"] = SECURITY
        whole["security"] = [{name: []} for name in SECURITY]
    return whole


def record(served: Served, settings: Settings) -> dict[str, Any]:
    """Describe one record as a JSON schema, with an example of every field."""
    fields = served.model.schema.fields
    return {
        "type": "object",
        "required": [] if settings.mode == "permissive" else [field.name for field in fields],
        "additionalProperties": settings.mode != "strict",
        "properties": {field.name: _property(field, served.example[field.name], settings) for field in fields},
        "example": served.example,
    }


def _columns(record: dict[str, Any]) -> dict[str, Any]:
    """The same as arrays; that they are of one length is beyond a JSON schema."""
    properties = {name: {"type": "array", "items": each} for name, each in record["properties"].items()}
    plain = {key: value for key, value in record.items() if key not in ("example", "properties")}
    return {**plain, "description": "columns as arrays of one length", "properties": properties}


def _property(field: Field, example: Any, settings: Settings) -> dict[str, Any]:
    kind = {"number": "number", "boolean": "boolean"}.get(field.type, "string")
    made: dict[str, Any] = {"type": [kind, "null"], "examples": [example]}
    words = [field.reader.expected]
    if settings.mode != "strict" and kind != "string":
        words.append("also as text")
    if field.values:
        words = [f"{'seen in training' if known_values(field) else 'such as'}: {', '.join(field.values[:6])}"]
    if field.low is not None and field.high is not None:
        words.append(f"seen in training: {field.low:g} to {field.high:g}")
        if settings.out_of_range == "refuse":
            made |= {"minimum": field.low, "maximum": field.high}
    if known_values(field) is not None:
        if settings.unseen == "refuse":
            made["enum"] = [*field.values, None]
        else:
            made["examples"] = list(field.values[:5])
    return {**made, "description": "; ".join(words)}


def _answer(served: Served) -> dict[str, Any]:
    made: dict[str, Any] = {name: {"type": "number"} for name in served.columns}
    made |= {name: {"enum": list(classes)} for name, classes in served.labels.items()}
    return {"type": "object", "required": served.columns, "properties": made}


def _operation(served: Served, operation: str) -> dict[str, Any]:
    def of(kind: str) -> dict[str, Any]:
        one = {"$ref": f"#/components/schemas/{_component(served)}.{kind}"}
        columns = {"$ref": f"#/components/schemas/{_component(served)}.{kind}Columns"}
        return {"anyOf": [one, {"type": "array", "items": one}, columns]}

    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        "operationId": f"{operation}.predict",
        "summary": f"Predict {served.model.target!r} for a record, an array of records, or columns; the answer has that form.",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": of("Record"), "example": served.example}},
        },
        "responses": {
            "200": {"description": "predictions", "content": {"application/json": {"schema": of("Answer")}}},
            **{status: {"description": words, "content": problem} for status, words in REFUSALS.items()},
        },
    }


def _explanation(served: Served) -> dict[str, Any]:
    operation = _operation(served, "explain")
    record = {"$ref": f"#/components/schemas/{_component(served)}.Record"}
    content = operation["requestBody"]["content"]["application/json"]
    content["schema"] = {"anyOf": [record, {"type": "array", "items": record, "maxItems": MOST_EXPLAINED}]}
    operation["responses"]["200"] = {
        "description": "for each record the base, what each field adds to it, and its standard error",
        "content": {"application/json": {"schema": {"type": ["object", "array"]}}},
    }
    operation["responses"]["404"] = {**operation["responses"]["400"], "description": "the model can't explain"}
    return {
        **operation,
        "operationId": "explain",
        "summary": "Say what each field adds to the answer (Shapley values).",
    }


def _component(served: Served) -> str:
    return f"{served.name}-{served.version}"


@cache
def page() -> Answer:
    """Give the page at /docs: our own, with nothing from elsewhere, and leave to run its own script only."""
    text = files("holdfast.serve").joinpath("page.html").read_text(encoding="utf-8")
    hashes = {}
    for tag in ("script", "style"):
        inside = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)[0]
        hashes[tag] = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; connect-src 'self'; script-src 'sha256-{hashes['script']}'; style-src 'sha256-{hashes['style']}'; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return Answer(text.encode(), "text/html; charset=utf-8", headers={"content-security-policy": policy})
