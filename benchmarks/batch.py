"""Batch scoring: a file in, a file out, beside ONNX Runtime alone and polars alone.

Run: python benchmarks/batch.py [--rows 1000000].

The model is LightGBM on the census table (text, numbers, missing values; HOLDFAST_DATA). The file is that table repeated.
Peak memory is that of a process that scores the file by the command line.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import polars as pl
from models import packaged
from onnx.utils import Extractor

import holdfast as hf
from holdfast.data.read import read

TREES = 500


def trained(folder: Path) -> tuple[Path, pl.DataFrame]:
    frame = read(str(Path(os.environ.get("HOLDFAST_DATA", "../shared/data")) / "adult_income" / "adult.csv.gz")).frame
    return packaged(frame, "income", folder, TREES), frame.drop("income")


def ready(model: Path, frame: pl.DataFrame) -> tuple[onnxruntime.InferenceSession, np.ndarray]:
    """The trees of the model alone, and the matrix they read."""
    loaded = hf.load(model)
    graph = onnx.load(model / "model.onnx")
    node = next(each for each in graph.graph.node if each.op_type == "TreeEnsemble")
    whole = onnx.shape_inference.infer_shapes(graph)
    whole.graph.output.append(next(each for each in whole.graph.value_info if each.name == node.input[0]))
    numbers, strings = loaded.schema.arrays(frame.head(50_000))
    session = onnxruntime.InferenceSession(whole.SerializeToString(), providers=["CPUExecutionProvider"])
    matrix = session.run(
        [node.input[0]],
        {each.name: {"numbers": numbers, "strings": strings}[each.name] for each in session.get_inputs()},
    )[0]
    alone = Extractor(onnx.shape_inference.infer_shapes(graph)).extract_model([node.input[0]], [node.output[-1]])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(alone.SerializeToString(), options, providers=["CPUExecutionProvider"]), matrix


def rows_per_second(session: onnxruntime.InferenceSession, matrix: np.ndarray, seconds: float = 3.0) -> float:
    name, done = session.get_inputs()[0].name, 0
    parts = [matrix[at : at + 4_000] for at in range(0, len(matrix), 4_000)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            list(pool.map(lambda part: session.run(None, {name: part}), parts))
            done += len(matrix)
        return done / (time.perf_counter() - began)


def scored(model: Path, data: Path, out: Path) -> tuple[float, float]:
    """Seconds and peak MiB of a process of its own."""
    began, peak = time.perf_counter(), 0.0
    command = [sys.executable, "-m", "holdfast.cli.main", "score", model, data, "--out", out]
    child = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while child.poll() is None:
        time.sleep(0.02)
        with suppress(OSError, StopIteration):
            lines = Path(f"/proc/{child.pid}/status").read_text().splitlines()
            peak = int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024
    assert child.returncode == 0
    return time.perf_counter() - began, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, frame = trained(folder)
        session, matrix = ready(model, frame)
        alone = rows_per_second(session, matrix)
        print(f"{TREES} trees; ONNX Runtime alone on {matrix.shape[1]} ready columns: {alone:,.0f} rows/s")
        table = frame.sample(asked.rows, with_replacement=True, seed=0)
        for ending in ("parquet", "csv"):
            data, out = folder / f"rows.{ending}", folder / f"scored.{ending}"
            table.write_parquet(data) if ending == "parquet" else table.write_csv(data)
            seconds, memory = scored(model, data, out)
            began = time.perf_counter()
            again = pl.read_parquet(data) if ending == "parquet" else pl.read_csv(data)
            again.write_parquet(folder / "again") if ending == "parquet" else again.write_csv(folder / "again")
            polars = time.perf_counter() - began
            speed, bound = asked.rows / seconds, polars + asked.rows / alone
            print(
                f"{ending}: {speed:,.0f} rows/s, {speed / alone:.0%} of ONNX Runtime alone, {seconds / bound:.2f} times "
                f"polars and ONNX Runtime together; peak {memory:.0f} MiB, of a file of {data.stat().st_size >> 20} MiB"
            )


if __name__ == "__main__":
    main()
