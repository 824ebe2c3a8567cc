"""Calls the application in this process, as an ASGI server would."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    def __init__(self, app):
        self.app = app

    def get(self, path, **headers):
        return self.many([("GET", path, b"", headers)])[0]

    def post(self, path, body, *, media="application/json", **headers):
        return self.many([("POST", path, body, {"content-type": media, **headers})])[0]

    def many(self, calls):
        """Make all calls at once."""

        async def together():
            return await asyncio.gather(*(self.call(*each) for each in calls))

        return asyncio.run(together())

    async def call(self, method, path, body, headers, chunks=None):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        parts = [data] if chunks is None else [data[at : at + chunks] for at in range(0, len(data), chunks)]
        waiting = [
            {"type": "http.request", "body": part, "more_body": place < len(parts) - 1}
            for place, part in enumerate(parts)
        ]
        sent = []

        async def receive():
            return waiting.pop(0)

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": b"",
            "client": ("127.0.0.1", 5),
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }
        await self.app(scope, receive, send)
        start = sent[0]
        found = {name.decode(): value.decode() for name, value in start["headers"]}
        return Reply(start["status"], found, b"".join(message.get("body", b"") for message in sent[1:]))
