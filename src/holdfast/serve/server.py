"""A server process, or several on one socket: signals, worker processes, and what they tell each other."""

import asyncio
import gc
import logging
import multiprocessing
import os
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from holdfast.errors import ModelError, RequestError
from holdfast.files import replacing
from holdfast.serve.app import App
from holdfast.serve.connection import server_of
from holdfast.serve.keys import Keys
from holdfast.serve.meters import Meters, Snapshot
from holdfast.serve.problems import Problem
from holdfast.serve.settings import Settings
from holdfast.serve.shelf import Place, Shelf, places
from holdfast.serve.wire import dumps, loads, need

LOG = logging.getLogger("holdfast.serve")

# How often a worker leaves its counters for the others to read.
EVERY_SECONDS = 1.0

# What is there when serving begins stays, so that garbage is not looked for in it; and requests leave little garbage that counts
# of references don't find, so that it is looked for less often than by default (700, 10, 10).
GARBAGE = (10_000, 20, 20)

# A worker that lives shorter than this has a fault that starting again won't mend.
SHORTEST_LIFE = 5.0

# Signals that mean something to a server, where there are such signals.
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP) if os.name == "posix" else ()


@dataclass(frozen=True)
class Work:
    """What one worker needs to know. folder: where the workers leave their counters; None when there is one only."""

    places: tuple[Place, ...]
    settings: Settings
    keys: Keys
    number: int = 0
    folder: Path | None = None


def serve(
    targets: list[str], settings: Settings, keys: Keys, started: Callable[[str], None] = lambda address: None
) -> None:
    """Serve models until SIGTERM or SIGINT; requests in progress are finished. SIGHUP loads the models again.

    targets: as in `places`. started: told the address as soon as it is taken. Raises MissingExtraError without the `serve`
    extra, ModelError for a model that doesn't open, RequestError when the address can't be taken.
    """
    need("uvicorn", "httptools", "orjson")
    _log()
    found = places(targets)
    listener = _listen(settings)
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    address = f"{'https' if settings.certificate else 'http'}://{shown}:{port}"
    if settings.workers == 1:
        _work(Work(found, settings, keys), listener, lambda: started(address))
        return
    Shelf.open(found, settings)  # a model that doesn't open is told of here, once
    with tempfile.TemporaryDirectory(prefix="holdfast-serve-") as folder:
        work = [Work(found, settings, keys, number, Path(folder)) for number in range(settings.workers)]
        started(address)
        _supervise(work, listener)


def _log() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # A line for every request that is no HTTP would let anyone fill the disk; the meters count them.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)


def _listen(settings: Settings) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise RequestError(
            f"{settings.host}:{settings.port} can't be listened at ({error.strerror}); choose another --host or --port"
        ) from None


def _work(work: Work, listener: socket.socket, started: Callable[[], None] = lambda: None) -> None:
    """Serve in this process."""
    _log()
    app = App(
        work.places,
        work.settings,
        work.keys,
        meters=Meters(_read(_file(work.folder, work.number)) if work.folder else None),
        others=lambda: _others(work),
        announce=(lambda: os.kill(os.getppid(), signal.SIGHUP)) if work.folder else None,
    )
    server = server_of(app, work.settings)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    started()

    async def main() -> None:
        reloads: set[asyncio.Task[None]] = set()

        def reload() -> None:
            task = asyncio.get_running_loop().create_task(_reload(app))
            reloads.add(task)
            task.add_done_callback(reloads.discard)

        def stop() -> None:
            server.force_exit = app.draining  # asked twice: at once
            app.draining = server.should_exit = True

        if os.name == "posix":
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGTERM, stop)
            # Ctrl-C reaches every process of a terminal; one of several is told by the one that started it, and only once.
            loop.add_signal_handler(signal.SIGINT, stop if work.folder is None else lambda: None)
            loop.add_signal_handler(signal.SIGHUP, reload)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)  # a worker begins with them blocked
        telling = asyncio.create_task(_tell(app, work, stop))
        await server.serve(sockets=[listener])
        telling.cancel()

    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(main())
    _write(app, work)


async def _reload(app: App) -> None:
    with suppress(Problem):  # it was logged, and the old models go on
        await app.reload()


async def _tell(app: App, work: Work, stop: Callable[[], None]) -> None:
    """Leave the counters for the other workers, and end when the first process is gone."""
    parent = os.getppid()
    while work.folder is not None:
        await asyncio.sleep(EVERY_SECONDS)
        _write(app, work)
        if os.getppid() != parent and not app.draining:
            stop()


def _file(folder: Path, number: int) -> Path:
    return folder / f"worker-{number}.json"


def _write(app: App, work: Work) -> None:
    if work.folder is not None:
        file = _file(work.folder, work.number)
        # The first process may be gone, and have taken the folder along.
        with suppress(OSError), replacing(file) as partial:
            partial.write_bytes(dumps(app.meters.snapshot()))


def _read(file: Path) -> Snapshot | None:
    try:
        snapshot: Snapshot = loads(file.read_bytes(), 10)
    except OSError:
        return None
    return snapshot


def _others(work: Work) -> list[Snapshot]:
    if work.folder is None:
        return []
    files = [_file(work.folder, number) for number in range(work.settings.workers) if number != work.number]
    return [snapshot for snapshot in map(_read, files) if snapshot is not None]


def _supervise(work: list[Work], listener: socket.socket) -> None:
    """Keep the workers running, and pass signals on to them."""
    spawn = multiprocessing.get_context("spawn")
    stopping = False
    running: dict[int, tuple[SpawnProcess, float]] = {}

    def start(place: int) -> None:
        # Signals wait: here until the worker is among those that are told of them, there until it has handlers, for before
        # that they would end it. It begins with what is blocked here.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            process = spawn.Process(target=_work, args=(work[place], listener), name=f"holdfast-{place}")
            process.start()
            running[place] = process, time.monotonic()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        if stopping:  # another thread may have taken the signal, before this worker was on the list
            tell(signal.SIGTERM, place)

    def tell(number: int, *places: int) -> None:
        for place in places or list(running):
            process, _ = running[place]
            if process.pid is not None and process.is_alive():
                os.kill(process.pid, number)

    def stop(number: int, frame: object) -> None:
        nonlocal stopping
        stopping = True
        tell(signal.SIGTERM)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    signal.signal(signal.SIGHUP, lambda number, frame: tell(signal.SIGHUP))
    resource_tracker.ensure_running()  # started with the first worker, it would let signals through again
    for place in range(len(work)):
        if not stopping:
            start(place)
    while not stopping:
        wait([process.sentinel for process, _ in running.values()], timeout=1.0)
        for place, (process, since) in list(running.items()):
            if stopping or process.is_alive():
                continue
            if time.monotonic() - since < SHORTEST_LIFE:
                tell(signal.SIGTERM)
                raise ModelError(f"a worker ended at once with code {process.exitcode}; its message stands above")
            LOG.error("worker %d ended with code %s and is started again", place, process.exitcode)
            start(place)
    end = time.monotonic() + work[0].settings.drain + 5
    for process, _ in running.values():
        process.join(max(0.0, end - time.monotonic()))
        process.kill()
