"""Connections: uvicorn's own protocol, with what it leaves out.

That is a limit on time and bytes of headers, and on connections; and a short way for small predictions: they are answered
where they are parsed, in one write, without a task, which halves what a request costs.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from holdfast.errors import RequestError
from holdfast.serve.app import INLINE, App
from holdfast.serve.settings import Limits, Settings
from holdfast.serve.wire import Answer

if TYPE_CHECKING:
    import uvicorn

# Seconds an idle connection is kept for the next request.
KEEP_ALIVE = 30


def server_of(app: App, settings: Settings) -> "uvicorn.Server":
    """Make a uvicorn server that leaves signals to us; RequestError when the certificate can't be read."""
    import uvicorn

    class Server(uvicorn.Server):  # type: ignore[misc]
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    config = uvicorn.Config(
        app,
        http=shortened(guarded(settings.limits), app),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=settings.drain,  # typed as whole seconds, but waited for by asyncio
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


def idling() -> Any:
    """Make uvicorn's protocol end idle connections by one timer each, not one a request."""
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class Idling(HttpToolsProtocol):  # type: ignore[misc]
        _idle_since: float | None = None  # None while a request is in progress
        _idle_timer: asyncio.TimerHandle | None = None

        def connection_lost(self, exc: Exception | None) -> None:
            if self._idle_timer is not None:
                self._idle_timer.cancel()
            super().connection_lost(exc)

        def on_response_complete(self) -> None:
            self.server_state.total_requests += 1
            if self.transport.is_closing():
                return
            self.flow.resume_reading()
            if self.pipeline:
                self._start_asgi_task(*self.pipeline.pop())
                return
            self._idle_since = self.loop.time()
            if self._idle_timer is None:
                self._idle_timer = self.loop.call_later(self.timeout_keep_alive, self._still_idle)

        def _unset_keepalive_if_required(self) -> None:
            self._idle_since = None

        def _still_idle(self) -> None:
            self._idle_timer = None
            if self._idle_since is None:
                return  # the end of the request in progress sets another timer
            left = self._idle_since + self.timeout_keep_alive - self.loop.time()
            if left > 0:
                self._idle_timer = self.loop.call_later(left, self._still_idle)
            else:
                self.timeout_keep_alive_handler()

    return Idling


def guarded(limits: Limits) -> Any:
    """Make uvicorn's protocol end connections that bring their headers too slowly, too many of them, or are too many."""

    class Guarded(idling()):  # type: ignore[misc]
        _size = 0  # of the headers that are coming in
        _in_headers = _unfinished = True
        _deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            if len(self.connections) > limits.connections:
                transport.close()
            else:
                self._deadline = self.loop.call_later(limits.seconds, self._too_slow)

        def connection_lost(self, exc: Exception | None) -> None:
            self._in_time()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self._in_headers:
                end = data.find(b"\r\n\r\n")
                self._size += len(data) if end < 0 else end
                if self._size > limits.headers:
                    self._end(b"431 Request Header Fields Too Large")
                    return
            super().data_received(data)
            if self._unfinished and self._deadline is None and not self.transport.is_closing():
                # Most requests come whole, and need no timer.
                self._deadline = self.loop.call_later(limits.seconds, self._too_slow)

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self._unfinished = True

        def on_headers_complete(self) -> None:
            self._in_headers = False
            super().on_headers_complete()

        def on_message_complete(self) -> None:
            self._unfinished, self._in_headers, self._size = False, True, 0
            self._in_time()
            super().on_message_complete()

        def _too_slow(self) -> None:
            self._end(b"408 Request Timeout")

        def _end(self, status: bytes) -> None:
            if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
                self.transport.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            self.transport.close()

        def _in_time(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

    return Guarded


def shortened(base: Any, app: App) -> type[asyncio.Protocol]:
    """Make a protocol answer small predictions where they are parsed."""
    from uvicorn.protocols.http.httptools_impl import STATUS_LINE

    class Shortened(base):  # type: ignore[misc]
        _quick: Any = None  # the request that will be answered the short way when it is whole

        def on_body(self, body: bytes) -> None:
            super().on_body(body)
            if self._quick is self.cycle and len(self.cycle.body) > INLINE:
                self._quick = None
                super()._start_asgi_task(self.cycle, self.app)

        def on_message_complete(self) -> None:
            super().on_message_complete()
            if self._quick is self.cycle and self.cycle is not None:
                self._answer(self.cycle)

        def _start_asgi_task(self, cycle: Any, app_: Any) -> None:
            """Begin with a request: the short way, once it is whole, where that is possible."""
            short = not (cycle.waiting_for_100_continue or self.flow.write_paused or len(cycle.body) > INLINE)
            if short and app.quick(cycle.scope) is not None:
                self._quick = cycle
                if not cycle.more_body:
                    self._answer(cycle)
            else:
                super()._start_asgi_task(cycle, app_)

        def _answer(self, cycle: Any) -> None:
            self._quick = None
            route = app.quick(cycle.scope)  # looked up again: the models may have been changed since the headers came
            if route is None:
                super()._start_asgi_task(cycle, self.app)
                return

            def reply(answer: Answer, headers: list[tuple[bytes, bytes]]) -> None:
                if cycle.disconnected:
                    return
                lines = [name + b": " + value + b"\r\n" for name, value in (*cycle.default_headers, *headers)]
                if not cycle.keep_alive:
                    lines.append(b"connection: close\r\n")
                cycle.response_started = cycle.response_complete = True
                self.transport.write(b"".join((STATUS_LINE[answer.status], *lines, b"\r\n", answer.body)))
                if not cycle.keep_alive:
                    self.transport.close()
                cycle.on_response()

            app.answer_quickly(route, cycle.scope, bytes(cycle.body), reply)

    return Shortened
