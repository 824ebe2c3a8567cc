"""Where work runs: in a child process that can be stopped on time, or right here."""

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, Protocol, TypeVar

from holdfast.errors import HoldfastError, OverrunError, WorkerEndedError, WorkFailedError

CELLS_A_THREAD = 500_000

Found = TypeVar("Found")


class Executor(Protocol):
    """Runs functions of the form f(state, *args), where `state` was loaded before and is kept between calls."""

    def load(self, state: Any) -> None:
        """Hand over what every later call works on."""

    def call(self, function: Callable[..., Any], *args: Any, deadline: float = float("inf")) -> Any:
        """Run function(state, *args); OverrunError past the deadline (time.monotonic), WorkFailedError if it raises."""

    def aside(self, work: Callable[[], Found]) -> Callable[[], Found]:
        """Start something that makes calls, and go on meanwhile if possible, without calls; what returns waits for its end."""

    def close(self) -> None:
        """Let go of processes and memory."""


class Inline:
    """Runs work in this process; a deadline is not enforced."""

    def __init__(self) -> None:
        self._state: Any = None

    def load(self, state: Any) -> None:
        """Keep the state."""
        self._state = state

    def call(self, function: Callable[..., Any], *args: Any, deadline: float = float("inf")) -> Any:
        """Run the function here."""
        try:
            return function(self._state, *args)
        except HoldfastError:
            raise
        except Exception as error:
            raise WorkFailedError(describe(error)) from error

    def aside(self, work: Callable[[], Found]) -> Callable[[], Found]:
        """Do it first: fits in two threads would share this process's warning filters."""
        found = work()
        return lambda: found

    def close(self) -> None:
        """Forget the state."""
        self._state = None


class Local:
    """Runs work in one child process, which is killed when a deadline passes and started again when needed.

    The child starts to import its libraries at once, while the parent reads the data. It is a fresh interpreter, so
    scripts need no `if __name__ == "__main__"` guard, and it ends by itself when the parent is gone.
    """

    def __init__(self) -> None:
        self._state: Any = None
        self._closed = False
        # What is done aside may find its child dead while this process ends it: only one of them starts or kills.
        self._lock = threading.RLock()
        self._start()

    def _start(self) -> None:
        command = [sys.executable, "-m", "holdfast.search.worker"]
        # Threads that wait should soon sleep: when they spin for long and share processors with others, fits take many times as
        # long. When they sleep at once, waking them takes longer than the work between (measured: LightGBM, 13 times).
        # What was importable here, a metric of one's own for one, must be importable there.
        paths = os.pathsep.join(path for path in sys.path if path)
        environment = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "1000", **os.environ, "PYTHONPATH": paths}
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=environment,
        )
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=_listen, args=(self._process.stdout, self._answers), daemon=True).start()
        self._loaded = False

    def load(self, state: Any) -> None:
        """Keep the state; it is sent before the next call."""
        self._state, self._loaded = state, False

    def call(self, function: Callable[..., Any], *args: Any, deadline: float = float("inf")) -> Any:
        """Run the function in the child."""
        if self._process.poll() is not None:
            self._restart()
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # a child that can't take it says why, or is found dead below
            if not self._loaded:
                # What is there is let go of before what comes is read: both at once may be more than fits.
                send(self._process.stdin, ("load", None))
                send(self._process.stdin, ("load", self._state))
                self._loaded = True
            send(self._process.stdin, ("call", function, args))
        try:
            timeout = None if deadline == float("inf") else max(0.0, deadline - time.monotonic())
            kind, answer = self._answers.get(timeout=timeout)
        except queue.Empty:
            self._restart()
            raise OverrunError("stopped at its deadline") from None
        except BaseException:
            self._kill()
            raise
        if kind == "result":
            return answer
        if kind == "died":
            return self._died()
        if kind == "broken":
            self._restart()
        raise answer

    def aside(self, work: Callable[[], Found]) -> Callable[[], Found]:
        """Let the child work while this process goes on."""
        pool = ThreadPoolExecutor(1)
        doing = pool.submit(work)
        pool.shutdown(wait=False)
        return doing.result

    def _died(self) -> Any:
        code = self._process.wait()
        self._restart()
        hint = "; it probably ran out of memory" if code == -9 else ""
        raise WorkerEndedError(f"the worker process ended with code {code}{hint}")

    def _restart(self) -> None:
        with self._lock:
            if self._closed:
                raise WorkerEndedError("the worker was closed")
            self._kill()
            self._start()

    def _kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._close_pipes()

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def close(self) -> None:
        """End the child, for good."""
        with self._lock:
            self._closed = True
            self._kill()


def describe(error: BaseException) -> str:
    """Name an error of another library in one line."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__


def send(pipe: IO[bytes], message: Any) -> None:
    """Write one message (only ever between our own two processes): its pickle, how many arrays it leaves out, and those.

    Arrays go from where they are into the pipe, so that large data is in this process only once. Eight bytes of length come
    before the pickle and each array.
    """
    arrays: list[pickle.PickleBuffer] = []
    data = pickle.dumps(message, protocol=5, buffer_callback=arrays.append)
    _write(pipe, data)
    pipe.write(len(arrays).to_bytes(8, "little"))
    for each in arrays:
        _write(pipe, each.raw())
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Read one message; EOFError when the other side is gone."""
    data = _read(pipe)
    arrays = [_read(pipe) for _ in range(_read_size(pipe))]
    return pickle.loads(data, buffers=arrays)


def _write(pipe: IO[bytes], data: bytes | memoryview) -> None:
    pipe.write(len(data).to_bytes(8, "little"))
    pipe.write(data)


def _read(pipe: IO[bytes]) -> bytearray:
    data = bytearray(_read_size(pipe))
    view, done = memoryview(data), 0
    while done < len(data):
        got = pipe.readinto(view[done:])  # type: ignore[attr-defined]
        if not got:
            raise EOFError
        done += got
    return data


def _read_size(pipe: IO[bytes]) -> int:
    header = pipe.read(8)
    if len(header) < 8:
        raise EOFError
    return int.from_bytes(header, "little")


def _listen(pipe: IO[bytes], answers: "queue.SimpleQueue[Any]") -> None:
    try:
        while True:
            answers.put(receive(pipe))
    except (EOFError, OSError):
        answers.put(("died", None))
    except Exception as error:
        answers.put(("broken", WorkFailedError(f"what the worker answered can't be read: {describe(error)}")))


def threads_for(cells: int) -> int:
    """Threads a fit on a matrix of this many cells should use: on a small one they wait for each other more than they work."""
    return 1 if cells < CELLS_A_THREAD else processors()


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
