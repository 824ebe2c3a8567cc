"""The application: every request passes the same gates, then meets its route. An ASGI 3 callable, for any such server."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from holdfast.arrays import Floats
from holdfast.errors import HoldfastError
from holdfast.serve.batch import Batch
from holdfast.serve.keys import Keys, Rate
from holdfast.serve.meters import Meters, Snapshot
from holdfast.serve.problems import Problem
from holdfast.serve.routes import Predict, Route, routes_of
from holdfast.serve.settings import Limits, Settings
from holdfast.serve.shelf import Place, Shelf
from holdfast.serve.wire import PROBLEM, Answer, Asked, Call, dumps

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Reply = Callable[[Answer, list[tuple[bytes, bytes]]], None]

Work = TypeVar("Work")

LOG = logging.getLogger("holdfast.serve")

# Up to here a body is answered at once: to hand it to a thread would take longer than the work.
INLINE = 32 << 10

NOT_SNIFFED = (b"x-content-type-options", b"nosniff")


class App:
    """Predictions of open models over HTTP."""

    def __init__(
        self,
        places: tuple[Place, ...],
        settings: Settings,
        keys: Keys,
        *,
        meters: Meters | None = None,
        others: Callable[[], Iterable[Snapshot]] = tuple,
        announce: Callable[[], None] | None = None,
    ) -> None:
        """Open every model. others: what other workers counted. announce: tells them that there are new models to load."""
        self.settings, self.keys = settings, keys
        self.meters = meters if meters is not None else Meters()
        self.in_progress = 0
        self.draining = False
        self._places, self._others, self._announce = places, others, announce
        self._rate = None if settings.limits.rate is None else Rate(settings.limits.rate / settings.workers)
        self._pool = ThreadPoolExecutor(thread_name_prefix="holdfast")
        self._loading = asyncio.Lock()
        self._origins = frozenset(origin.encode() for origin in settings.cors)
        self._put(Shelf.open(places, settings))

    def _put(self, shelf: Shelf) -> None:
        """Change the models in one assignment: a request sees either the old ones or the new ones."""
        self.shelf, self._routes = shelf, routes_of(shelf, self.settings)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await _lifespan(receive, send)
            return
        started = time.perf_counter()
        headers = dict(scope["headers"])
        route = self._routes.get(scope["path"])
        try:
            answer = await self._answer(route, scope, headers, receive)
        except Exception as error:
            answer = _refusal(error, route)
        self.meters.request("other" if route is None else route.name, answer.status, time.perf_counter() - started)
        listed = self.headers(answer, headers)
        await send({"type": "http.response.start", "status": answer.status, "headers": listed})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})

    def quick(self, scope: Mapping[str, Any]) -> Route | None:
        """Give the route of a request that `answer_quickly` takes: no model in a child, whose answer is waited for."""
        route = None if self.settings.sandbox else self._routes.get(scope["path"])
        return route if route is not None and route.batch is not None and scope["method"] == "POST" else None

    def answer_quickly(self, route: Route, scope: Mapping[str, Any], body: bytes, reply: Reply) -> None:
        """Answer a small prediction that is here whole, as a call would, but without a task of its own."""
        started = time.perf_counter()
        headers = dict(scope["headers"])

        def give(answer: Answer) -> None:
            self.meters.request(route.name, answer.status, time.perf_counter() - started)
            reply(answer, self.headers(answer, headers))

        def scored(answers: Floats | Exception) -> None:
            self.in_progress -= 1
            if isinstance(answers, Exception):
                give(_refusal(answers, route))
                return
            try:
                answer = asked.write(answers)
                self.meters.rows(call.model.name, call.model.version, asked.rows)
            except Exception as error:
                answer = _refusal(error, route)
            give(answer)

        try:
            self._let_in(route, scope, headers)
            call = Call(body, headers, route.served)
            _check_body(route, call, self.settings.limits)
            assert route.predict is not None
            assert route.batch is not None
            asked = route.predict(call, self.settings.limits)
        except Exception as error:
            give(_refusal(error, route))
        else:
            self.in_progress += 1
            route.batch.add(asked.rows, scored)

    def headers(self, answer: Answer, asked: Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]]:
        """Give the headers of an answer to a request with the headers `asked`."""
        listed = [
            (b"content-type", answer.media_type.encode()),
            (b"content-length", b"%d" % len(answer.body)),
            NOT_SNIFFED,
        ]
        if answer.headers:
            listed += [(name.encode(), value.encode()) for name, value in answer.headers.items()]
        if self._origins:
            listed += self._cors(asked)
        return listed

    async def _answer(
        self, route: Route | None, scope: dict[str, Any], headers: Mapping[bytes, bytes], receive: Receive
    ) -> Answer:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        if route is None:
            raise Problem(404, "there is nothing at this path; expected one of those in /openapi.json")
        if method == "OPTIONS" and headers.get(b"origin") in self._origins:
            return Answer(
                b"", status=204, headers={"access-control-allow-methods": route.method, "access-control-max-age": "600"}
            )
        if method != route.method:
            raise Problem(
                405, f"this path takes no {method[:20]}; expected {route.method}", headers={"allow": route.method}
            )
        self._let_in(route, scope, headers)
        if route.probe:
            return await self._run(route, Call(b"", headers, route.served))
        self.in_progress += 1
        try:
            body = await _body(headers, receive, self.settings.limits.body) if route.method == "POST" else b""
            return await self._run(route, Call(body, headers, route.served))
        finally:
            self.in_progress -= 1

    def _let_in(self, route: Route, scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> None:
        """Raise Problem for a client that may not, or not now."""
        if route.scope is not None:
            client = self.keys.client(headers, route.scope)
            if self._rate is not None:
                self._rate.take(client or (scope.get("client") or ("",))[0])
        concurrent = self.settings.limits.concurrent
        if self.in_progress >= concurrent and not route.probe:
            raise Problem(503, f"{concurrent} requests are in progress; expected fewer", headers={"retry-after": "1"})

    async def _run(self, route: Route, call: Call) -> Answer:
        _check_body(route, call, self.settings.limits)
        if route.predict is not None and route.batch is not None:
            return await self._predict(route.predict, route.batch, call)
        if route.slow is not None:
            return await self._in_thread(route.slow, call, self.settings.limits)
        if route.name == "reload":
            return Answer(dumps({"models": await self.reload(announce=True)}))
        assert route.tell is not None
        return route.tell(call, self)

    async def _predict(self, read: Predict, batch: Batch, call: Call) -> Answer:
        """Small requests are read here and scored together; others go to a thread, where they hold no one up.

        Others are large ones, and all to a model in a child: a stranger's may take as long as it likes.
        """
        if len(call.body) <= INLINE and not self.settings.sandbox:
            asked = read(call, self.settings.limits)
            answers = await batch.answers(asked.rows)
            answer = asked.write(answers)
        else:
            asked, answer = await self._in_thread(_whole, read, call, self.settings.limits)
        self.meters.rows(call.model.name, call.model.version, asked.rows)
        return answer

    async def _in_thread(self, work: Callable[..., Work], *given: Any) -> Work:
        """Do what takes long where it holds no one up; Problem (503) when it takes too long."""
        seconds = self.settings.limits.seconds
        try:
            return await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(self._pool, work, *given), seconds)
        except TimeoutError:
            raise Problem(
                503, f"no answer within {seconds:g} seconds; send fewer rows", headers={"retry-after": "1"}
            ) from None

    async def reload(self, *, announce: bool = False) -> list[dict[str, str]]:
        """Load every model again and change over when all of them open; else the old ones stay, and Problem (422)."""
        async with self._loading:
            loop = asyncio.get_running_loop()
            try:
                shelf = await loop.run_in_executor(self._pool, Shelf.open, self._places, self.settings)
            except HoldfastError as error:
                self.meters.add("holdfast_reloads_total", ("kept",))
                LOG.error("the old models go on, because the new don't open: %s", error)  # noqa: TRY400 - no traceback
                raise Problem(
                    422, "a new model does not open, so the old ones go on; expected whole model folders"
                ) from None
            self._put(shelf)
            self.meters.add("holdfast_reloads_total", ("changed",))
        if announce and self._announce is not None:
            self._announce()
        return shelf.to_json()

    def page_of_meters(self) -> bytes:
        """Give what all workers counted, for Prometheus."""
        whole = Meters(self.meters.snapshot()).merge(self._others())
        return whole.render(self.shelf.to_json(), self.in_progress)

    def _cors(self, headers: Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]]:
        origin = headers.get(b"origin", b"")
        if origin not in self._origins:
            return [(b"vary", b"Origin")]
        return [
            (b"vary", b"Origin"),
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-headers", b"authorization, content-type, x-api-key"),
        ]


def _whole(read: Predict, call: Call, limits: Limits) -> tuple[Asked, Answer]:
    asked = read(call, limits)
    return asked, asked.write(call.model.answers(asked.rows))


def _check_body(route: Route, call: Call, limits: Limits) -> None:
    if len(call.body) > limits.body:
        raise _too_large(limits.body)
    if route.media and call.media_type not in route.media:
        raise Problem(415, f"the body is {call.media_type[:60]!r}; expected {' or '.join(sorted(route.media - {''}))}")


def _refusal(error: Exception, route: Route | None) -> Answer:
    """A problem in the words of the protocol that was spoken: its own members stand beside those of RFC 9457."""
    if isinstance(error, Problem):
        problem = error
    else:
        LOG.error("a request failed", exc_info=error)
        problem = Problem(500, "the server failed; expected an answer: try again, or ask who runs it")
    body = problem.to_json()
    if route is not None and route.protocol == "v2":
        body["error"] = problem.detail
    if route is not None and route.protocol == "mlflow":
        body |= {"error_code": "INTERNAL_ERROR" if problem.status == 500 else "BAD_REQUEST", "message": problem.detail}
    return Answer(dumps(body), PROBLEM, problem.status, problem.headers)


def _too_large(most: int) -> Problem:
    return Problem(413, f"the body has more than {most:,} bytes; expected at most that: send several requests")


async def _body(headers: Mapping[bytes, bytes], receive: Receive, most: int) -> bytes:
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length) > most:
        raise _too_large(most)
    message = await receive()
    if not message.get("more_body"):
        body: bytes = message.get("body", b"")
        if len(body) > most:
            raise _too_large(most)
        return body
    parts, size = [message.get("body", b"")], len(message.get("body", b""))
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem(400, "the client left before the body was whole")
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            raise _too_large(most)
    return b"".join(parts)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return
