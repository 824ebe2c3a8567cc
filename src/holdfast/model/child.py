"""A stranger's graph in a process of its own, which may use so much memory and time, and write nothing.

Parent and child speak over pipes: a line of JSON, then the bytes it announces. Nothing that is sent is executed or unpickled.
Run as `python -m holdfast.model.child`, it is the child.
"""

import ctypes
import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO, Any

import numpy as np

from holdfast.arrays import Floats
from holdfast.errors import ModelError

# What the child may use: bytes of address space, and seconds for one answer.
MEMORY, SECONDS = 4 << 30, 60.0

PR_SET_NO_NEW_PRIVS = 38  # prctl(2)

# No message is larger than this many bytes, whatever its line says.
LARGEST = 4 << 30


class Described:
    """An input or output of a graph: its name, type and shape."""

    def __init__(self, name: str, kind: str, shape: list[Any]) -> None:
        self.name, self.type, self.shape = name, kind, shape


class ChildSession:
    """What ONNX Runtime's InferenceSession does for a model, done in a child."""

    def __init__(self, onnx: bytes) -> None:
        """Start the child and let it open the graph; ModelError when it doesn't."""
        if os.name != "posix":
            raise ModelError(
                "a model can be opened in a child with limits on Linux and macOS only; expected one of them"
            )
        self._lock, self._onnx = threading.RLock(), onnx
        self._process: Any = None
        try:
            head = self._start()
            self._inputs = [Described(*each) for each in head["inputs"]]
            self._outputs = [Described(*each) for each in head["outputs"]]
        except (KeyError, TypeError):
            self.close()
            raise ModelError(
                "the model's child process did not describe its graph; expected inputs and outputs"
            ) from None

    def _start(self) -> dict[str, Any]:
        # Without the environment, and without what Python would import from the folder it stands in.
        code = f"import sys; sys.path[:] = {sys.path!r}; from holdfast.model.child import main; main()"
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"PATH": ""},
        )
        return self._ask({"bytes": len(self._onnx)}, self._onnx)[0]

    def get_inputs(self) -> list[Described]:
        """Give the graph's inputs."""
        return self._inputs

    def get_outputs(self) -> list[Described]:
        """Give the graph's outputs."""
        return self._outputs

    def run(self, names: list[str], given: dict[str, Any]) -> list[Floats]:
        """Run the graph in the child; only double outputs."""
        parts, sizes = [], {}
        for name, array in given.items():
            words = array.dtype == object
            # Text that is no Unicode raises UnicodeEncodeError here, as it does in the same process.
            data = (
                json.dumps(array.tolist(), ensure_ascii=False).encode()
                if words
                else np.ascontiguousarray(array, dtype=np.float64).tobytes()
            )
            sizes[name] = [len(data), list(array.shape), words]
            parts.append(data)
        data = b"".join(parts)
        with self._lock:  # or two threads that find the child ended would start one each
            if self._process.returncode is not None:  # it ended at an earlier question; this one may be better
                self._start()
            head, answer = self._ask({"bytes": len(data), "inputs": sizes, "outputs": names}, data)
        return [np.frombuffer(answer, dtype=np.float64).reshape(head["shape"])]

    def _ask(self, head: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
        with self._lock:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            patience = threading.Timer(SECONDS, self._process.kill)
            patience.start()
            try:
                _send(self._process.stdin, head, data)
                answer, rest = _receive(self._process.stdout)
            except (OSError, ValueError, EOFError) as error:
                self.close()
                raise ModelError(
                    f"the model's child process ended or did not answer in {SECONDS:.0f} s ({error}); expected a graph that "
                    f"answers within its limits: don't use it"
                ) from None
            finally:
                patience.cancel()
        if "error" in answer:
            raise ModelError(f"the model's child process refused: {str(answer['error'])[:300]}")
        return answer, rest

    def close(self) -> None:
        """End the child."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # it held something the child won't read
                    pipe.close()
        self._process.wait()

    def __del__(self) -> None:
        if getattr(self, "_process", None) is not None and self._process.returncode is None:
            self.close()


def _send(pipe: IO[bytes], head: dict[str, Any], data: bytes) -> None:
    pipe.write(json.dumps(head).encode() + b"\n" + data)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    line = pipe.readline(1 << 20)
    if not line.endswith(b"\n"):
        raise EOFError("the pipe was closed")
    head = json.loads(line)
    size = head.get("bytes", 0) if isinstance(head, dict) else -1
    if type(size) is not int or not 0 <= size <= LARGEST:
        raise ValueError("a wrong size")
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError("the pipe was closed")
    return head, data


def main() -> None:
    """Answer until the parent is gone."""
    import onnxruntime

    _, onnx = _receive(sys.stdin.buffer)
    confine()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"], enable_fallback=0)
        ends = [
            [[each.name, each.type, list(each.shape)] for each in some()]
            for some in (session.get_inputs, session.get_outputs)
        ]
    except Exception as error:
        _send(sys.stdout.buffer, {"error": str(error)[:300]}, b"")
        return
    _send(sys.stdout.buffer, {"inputs": ends[0], "outputs": ends[1]}, b"")
    while True:
        try:
            head, data = _receive(sys.stdin.buffer)
        except EOFError:
            return
        try:
            given, start = {}, 0
            for name, (size, shape, words) in head["inputs"].items():
                part = data[start : start + size]
                start += size
                given[name] = (
                    np.array(json.loads(part), dtype=object).reshape(shape)
                    if words
                    else np.frombuffer(part).reshape(shape)
                )
            answer = np.ascontiguousarray(session.run(head["outputs"], given)[0], dtype=np.float64)
            _send(sys.stdout.buffer, {"bytes": answer.nbytes, "shape": list(answer.shape)}, answer.tobytes())
        except Exception as error:
            _send(sys.stdout.buffer, {"error": str(error)[:300]}, b"")


def confine() -> None:
    """Give up what a graph never needs: more memory, writing files, starting processes, opening anything."""
    import resource

    # On Linux: what is started from here can't gain rights, not even by a setuid file.
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    for kind, limit in (("AS", MEMORY), ("FSIZE", 0), ("CORE", 0), ("NPROC", 0), ("NOFILE", 16)):
        number = getattr(resource, f"RLIMIT_{kind}")
        hard = resource.getrlimit(number)[1]
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        try:
            resource.setrlimit(number, (limit, limit))
        except (OSError, ValueError):  # macOS knows no limit of address space
            continue


if __name__ == "__main__":
    main()
