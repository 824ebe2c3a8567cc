"""Load mutated packages: no code run, nothing opened or written outside, no crash, no hang, memory within a limit.

Run: python benchmarks/hostile.py [--mutants 100000] [--seed 0].

Bytes of every file are flipped, cut, doubled and swapped, manifests edited, and hostile graphs put in (huge Tile and Expand,
function chains, external data, giant dimensions, unknown operators, Concat that doubles thirty times); hashes in the manifest
are mended, so that what is behind them is reached. What loads is asked for an answer. An audit hook of Python watches for
code, processes, sockets and files. Workers are killed and counted when they crash or hang.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from models import packaged, table
from onnx import TensorProto, helper, numpy_helper

from holdfast.errors import HoldfastError
from holdfast.model.package import load

BATCH, SECONDS, MEMORY = 1_000, 120, 3 << 30
FILES = ("model.onnx", "reference.arrow", "card.md", "manifest.json")
WATCHED = (
    "exec",
    "compile",
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "socket.connect",
    "socket.bind",
    "ctypes.dlopen",
    "shutil.rmtree",
    "os.remove",
    "os.rename",
    "os.symlink",
)


def bytes_of(data: bytes, r: random.Random) -> bytes:
    """Flip bits, cut, double, or overwrite."""
    made = bytearray(data)
    for _ in range(r.randint(1, 6)):
        if not made:
            break
        at = r.randrange(len(made))
        kind = r.randrange(5)
        if kind <= 1:
            made[at] ^= 1 << r.randrange(8)
        elif kind == 2:
            del made[at : at + r.randint(1, 1 << r.randrange(10))]
        elif kind == 3:
            made[at:at] = made[at : at + r.randint(1, 1 << r.randrange(10))]
        else:
            made[at : at + 8] = r.choice([b"\xff" * 8, b"\x00" * 8, b"\x7f" * 8, b"\x80" * 8])
    return bytes(made)


def manifest_of(data: bytes, r: random.Random) -> bytes:
    """Change values of the manifest."""
    manifest = json.loads(data)
    nasty: list[Any] = [
        None,
        -1,
        10**30,
        1e308,
        "",
        "../../etc/passwd",
        "/etc/passwd",
        [],
        {},
        [[]],
        True,
        "x" * 10_000,
        {"__class__": "os.system"},
        float("nan"),
    ]
    holder: Any = manifest
    for _ in range(r.randint(1, 4)):
        keys = (
            list(holder) if isinstance(holder, dict) else list(range(len(holder))) if isinstance(holder, list) else []
        )
        if not keys:
            break
        key = r.choice(keys)
        if isinstance(holder[key], dict | list) and holder[key] and r.random() < 0.7:
            holder = holder[key]
            continue
        holder[key] = r.choice(nasty)
        break
    return json.dumps(manifest).encode()


def graph_of(data: bytes, r: random.Random) -> bytes:
    """Put something hostile into the graph."""
    model = onnx.load_from_string(data)
    graph = model.graph
    node = r.choice(graph.node)

    def operator() -> None:
        node.op_type = r.choice(
            [
                "Tile",
                "Expand",
                "ConstantOfShape",
                "Loop",
                "If",
                "Scan",
                "Range",
                "Einsum",
                "Resize",
                "RandomNormal",
                "PyOp",
                "SequenceMap",
                "StringSplit",
                "RegexFullMatch",
                "ImageDecoder",
                "Optional",
            ]
        )

    def domain() -> None:
        node.domain = r.choice(["", "ai.onnx.ml", "com.microsoft", "ai.onnx.contrib", "os", "x" * 100, "../.."])

    def external() -> None:
        tensor = r.choice(graph.initializer) if graph.initializer else graph.initializer.add()
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", r.choice(["/etc/passwd", "../../secret", "card.md"])), ("length", "1000")):
            tensor.external_data.add(key=key, value=value)

    def dimensions() -> None:
        tensor = r.choice(graph.initializer)
        tensor.dims[:] = [r.choice([1 << 40, 1 << 62, -1, 0, 7]) for _ in range(r.randint(1, 4))]

    def functions() -> None:
        for k in range(20):
            body = [
                helper.make_node(f"F{k + 1}", ["x"], ["y"], domain="f"),
                helper.make_node(f"F{k + 1}", ["y"], ["z"], domain="f"),
            ]
            model.functions.append(
                helper.make_function("f", f"F{k}", ["x"], ["z"], body, [helper.make_opsetid("", 21)])
            )

    def doubled() -> None:
        name = node.input[0] if node.input else "numbers"
        for k in range(r.choice([5, 20, 34])):
            graph.node.append(helper.make_node("Concat", [name, name], [f"twice{k}"], axis=0))
            name = f"twice{k}"

    def wires() -> None:
        other = r.choice(graph.node)
        if node.input and other.output:
            node.input[r.randrange(len(node.input))] = r.choice([other.output[0], "", "nowhere"])

    def tiled() -> None:
        graph.initializer.append(numpy_helper.from_array(np.array([1 << 40, 1 << 20], dtype=np.int64), "many"))
        graph.node.append(
            helper.make_node(r.choice(["Tile", "Expand", "Reshape"]), [node.output[0], "many"], ["tiled"])
        )

    def attributes() -> None:
        for attribute in node.attribute:
            if attribute.ints and r.random() < 0.5:
                attribute.ints[r.randrange(len(attribute.ints))] = r.choice([-1, 1 << 40, 1 << 31, 255])
            elif attribute.HasField("i"):
                attribute.i = r.choice([-1, 1 << 40, 99])
            elif attribute.HasField("t"):
                attribute.t.CopyFrom(numpy_helper.from_array(np.full(3, r.choice([-1, 1 << 40, 255]))))

    choices: list[Callable[[], None]] = [
        operator,
        domain,
        external,
        dimensions,
        functions,
        doubled,
        wires,
        tiled,
        attributes,
    ]
    for _ in range(r.randint(1, 2)):
        r.choice(choices)()
    return model.SerializeToString()


def mutant(base: dict[str, bytes], seed: int) -> dict[str, bytes]:
    """Give the files of a changed package."""
    r = random.Random(seed)
    files = dict(base)
    kind = r.choices(["bytes", "graph", "manifest", "swap", "missing", "raw"], [35, 35, 18, 5, 3, 4])[0]
    if kind in ("bytes", "raw"):
        name = r.choices(FILES, [6, 1, 1, 2])[0]
        files[name] = bytes_of(files[name], r)
    elif kind == "graph":
        files["model.onnx"] = graph_of(files["model.onnx"], r)
    elif kind == "swap":
        one, other = r.sample(FILES[:3], 2)
        files[one], files[other] = files[other], files[one]
    elif kind == "missing":
        del files[r.choice(FILES)]
    if kind not in ("raw", "missing"):
        try:
            manifest = json.loads(files["manifest.json"])
            for name in FILES[:3]:
                manifest["files"][name] = {"sha256": hashlib.sha256(files[name]).hexdigest(), "bytes": len(files[name])}
            files["manifest.json"] = json.dumps(manifest).encode()
        except (ValueError, TypeError, KeyError):
            pass
    if kind == "manifest":
        files["manifest.json"] = manifest_of(files["manifest.json"], r)
    return files


def work(base_folder: Path, first: int, count: int, log: Path) -> None:
    """Load mutants in this process, and tell each one's number before and its fate after."""
    import resource

    base = {name: (base_folder / name).read_bytes() for name in FILES}
    model = load(base_folder)
    example: dict[str, Any] = {field.name: None for field in model.schema.fields}
    model.predict(example)
    place, said = Path(tempfile.mkdtemp()), log.open("w", buffering=1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    watching, seen = False, []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if not watching:
            return
        if event == "open":
            path, mode = str(arguments[0]), arguments[1] or "r"
            if not path.startswith(str(place)) or any(letter in str(mode) for letter in "wax+"):
                seen.append(f"open {path} {mode}")
        elif event in WATCHED or event.startswith(("socket", "os.spawn", "pickle", "marshal")):
            seen.append(f"{event} {str(arguments)[:100]}")

    sys.addaudithook(hook)
    for number in range(first, first + count):
        files = mutant(base, number)
        shutil.rmtree(place)
        place.mkdir()
        for name, data in files.items():
            (place / name).write_bytes(data)
        said.write(f"{number} ")
        watching = True
        try:
            loaded = load(place)
            try:
                loaded.predict({field.name: None for field in loaded.schema.fields})
                fate = "answered"
            except HoldfastError:
                fate = "failed-in-words"
        except HoldfastError:
            fate = "refused"
        except MemoryError:
            fate = "out-of-memory"
        except BaseException as error:
            fate = f"FAULT-{type(error).__name__}:{str(error)[:80]!r}".replace(" ", "_").replace("\n", "_")
        watching = False
        if seen:
            fate = f"FAULT-{seen[0]}".replace(" ", "_")
            seen.clear()
        said.write(f"{fate}\n")
    shutil.rmtree(place)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--worker", nargs=4, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.worker:
        work(Path(asked.worker[0]), int(asked.worker[1]), int(asked.worker[2]), Path(asked.worker[3]))
        return
    fates: Counter[str] = Counter()
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        base = packaged(table(1_000), "y", Path(name), 5)
        began = time.monotonic()
        todo = [
            (first, min(BATCH, asked.mutants - at))
            for at in range(0, asked.mutants, BATCH)
            for first in [asked.seed + at]
        ]
        running: list[tuple[subprocess.Popen[str], int, int, float, Path]] = []
        while todo or running:
            while todo and len(running) < (os.cpu_count() or 1):
                first, count = todo.pop(0)
                log = Path(name) / f"{first}.log"
                command = [sys.executable, __file__, "--worker", str(base), str(first), str(count), str(log)]
                process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
                running.append((process, first, count, time.monotonic(), log))
            time.sleep(0.05)
            for each in list(running):
                process, first, count, since, log = each
                if process.poll() is None and time.monotonic() - since < SECONDS:
                    continue
                hung = process.poll() is None
                if hung:
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                running.remove(each)
                words = log.read_text().split()
                told = dict(zip(words[0::2], words[1::2], strict=False))
                fates.update(fate if not fate.startswith("FAULT") else "FAULT" for fate in told.values())
                faults += [f"mutant {number}: {fate}" for number, fate in told.items() if fate.startswith("FAULT")]
                if len(told) < count:  # it crashed, or hung, at the one after the last that was told
                    at = first + len(told)
                    faults.append(f"mutant {at}: {'HANG' if hung else f'CRASH {process.returncode}'}")
                    fates["HANG" if hung else "CRASH"] += 1
                    if count - len(told) > 1:
                        todo.append((at + 1, count - len(told) - 1))
        seconds = time.monotonic() - began
    print(f"{sum(fates.values()):,} mutants in {seconds:.0f} s: {dict(fates)}")
    for fault in faults[:20]:
        print(fault)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
