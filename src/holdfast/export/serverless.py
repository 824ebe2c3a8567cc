"""A handler for AWS Lambda: the same door, the same answers."""

from pathlib import Path

from holdfast.export.folder import model_files, program_files, requirements, write_folder

HANDLER = '''\
"""Answer API Gateway (HTTP API, payload 2.0), function URLs, and direct calls with a record or a list of records.

Package: pip install -r requirements.txt -t . && zip -r function.zip .    Handler: handler.handler
"""

import asyncio
import base64
import json
from pathlib import Path

from holdfast.serve.app import App
from holdfast.serve.keys import Keys
from holdfast.serve.settings import Settings
from holdfast.serve.shelf import places

# Opened once, when the function starts; every call after that takes milliseconds.
APP = App(places([f"{name}={{Path(__file__).with_name('model')}}"]), Settings(), Keys.read())
LOOP = asyncio.new_event_loop()


def handler(event, context):
    """Answer one event."""
    if isinstance(event, dict) and "requestContext" in event:
        about = event["requestContext"].get("http", {{}})
        body = event.get("body") or ""
        data = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
        status, headers, answer = LOOP.run_until_complete(
            call(about.get("method", "POST"), event.get("rawPath", "/predict"), event.get("headers") or {{}}, data)
        )
        if headers.get("content-type") == "application/octet-stream":
            coded = base64.b64encode(answer).decode()
            return {{"statusCode": status, "headers": headers, "body": coded, "isBase64Encoded": True}}
        text = answer.decode("utf-8", "replace")
        return {{"statusCode": status, "headers": headers, "body": text, "isBase64Encoded": False}}
    headers = {{"content-type": "application/json"}}
    _, _, answer = LOOP.run_until_complete(call("POST", "/predict", headers, json.dumps(event).encode()))
    return json.loads(answer)


async def call(method, path, headers, body):
    """Ask the application as a server would."""
    sent = []

    async def receive():
        return {{"type": "http.request", "body": body, "more_body": False}}

    async def send(message):
        sent.append(message)

    named = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    scope = {{"type": "http", "method": method, "path": path, "query_string": b"", "headers": named, "client": None}}
    await APP(scope, receive, send)
    found = {{name.decode(): value.decode() for name, value in sent[0]["headers"]}}
    return sent[0]["status"], found, sent[1]["body"]
'''

LIBRARIES = ("numpy", "onnxruntime", "orjson")


def write_lambda(model: Path, out: Path, name: str) -> None:
    """Write a handler and all it needs, but the libraries, to the folder `out`."""
    write_folder(
        out,
        {
            "handler.py": HANDLER.format(name=name).encode(),
            "requirements.txt": requirements(*LIBRARIES),
            **model_files(model),
            **program_files(),
        },
    )
