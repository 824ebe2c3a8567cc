"""The child process of `executor.Local`: python -m holdfast.search.worker, spoken to over its standard streams."""

import os
import queue
import signal
import sys
import threading
from importlib import import_module
from typing import IO, Any

from holdfast.errors import HoldfastError, WorkFailedError
from holdfast.search.executor import describe, receive, send


def _listen(pipe: IO[bytes], inbox: "queue.SimpleQueue[Any]") -> None:
    """Pass messages on, until one can't be read; when the parent is gone, end at once, even in the middle of a fit."""
    try:
        while True:
            inbox.put(receive(pipe))
    except EOFError:
        os._exit(0)
    except Exception as error:
        inbox.put(("broken", WorkFailedError(f"the worker can't read what it was given: {describe(error)}")))


def main() -> None:
    """Answer one message after another until the parent goes away."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not mix with our answers
    inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, inbox), daemon=True).start()
    for library in ("sklearn.linear_model", "sklearn.ensemble", "lightgbm", "onnx", "onnxruntime"):
        import_module(library)
    state: Any = None
    while True:
        kind, *rest = inbox.get()
        if kind == "broken":
            send(answers, (kind, rest[0]))
            return
        if kind == "load":
            state = rest[0]
            continue
        function, args = rest
        try:
            send(answers, ("result", function(state, *args)))
        except HoldfastError as error:
            send(answers, ("error", error))
        except Exception as error:
            send(answers, ("error", WorkFailedError(describe(error))))


if __name__ == "__main__":
    main()
