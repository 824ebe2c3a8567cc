"""Connections: uvicorn's own protocol, with what it leaves out: a limit on time and bytes of headers, and on connections."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from holdfast.errors import RequestError
from holdfast.serve.settings import Limits, Settings

if TYPE_CHECKING:
    import uvicorn

# Seconds an idle connection is kept for the next request.
KEEP_ALIVE = 30


def server_of(app: Any, settings: Settings) -> "uvicorn.Server":
    """Make a uvicorn server that leaves signals to us; RequestError when the certificate can't be read."""
    import uvicorn

    class Server(uvicorn.Server):  # type: ignore[misc]
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    config = uvicorn.Config(
        app,
        http=guarded(settings.limits),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=int(settings.drain),
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.key,
    )
    try:
        config.load()
    except OSError:
        raise RequestError(
            "the certificate or its key can't be read; expected --certificate and --key as PEM files"
        ) from None
    return Server(config)


def guarded(limits: Limits) -> type[asyncio.Protocol]:
    """Make uvicorn's protocol end connections that bring their headers too slowly, too many of them, or are too many."""
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class Guarded(HttpToolsProtocol):  # type: ignore[misc]
        _headers_size = 0
        _waiting = True
        _late: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            if len(self.connections) > limits.connections:
                transport.close()
                return
            self._late = self.loop.call_later(limits.seconds, transport.close)

        def connection_lost(self, exc: Exception | None) -> None:
            self._in_time()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self._waiting:
                self._headers_size += len(data)
            super().data_received(data)
            if self._waiting and self._headers_size > limits.headers and not self.transport.is_closing():
                self.send_400_response("The headers are too large.")

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self._waiting = True
            if self._late is None:
                self._late = self.loop.call_later(limits.seconds, self.transport.close)

        def on_headers_complete(self) -> None:
            self._waiting, self._headers_size = False, 0
            self._in_time()
            super().on_headers_complete()

        def _in_time(self) -> None:
            if self._late is not None:
                self._late.cancel()
                self._late = None

    return Guarded
