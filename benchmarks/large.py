"""A large table within the budget and the memory: rows fitted on, score, seconds, and the most memory of both processes.

Half of the columns say nothing; of the others a few decide, some of them together. Run:
python benchmarks/large.py [--rows 500000] [--columns 1000] [--budget 300]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import polars as pl


def make(path: Path, n_rows: int, n_columns: int) -> None:
    """Write a Parquet file of float columns and a target of two classes."""
    rng = np.random.default_rng(0)
    columns = {f"x{k}": rng.standard_normal(n_rows, dtype=np.float32) for k in range(n_columns)}
    x = [columns[f"x{k}"] for k in range(8)]
    log_odds = x[0] + x[1] * x[2] + np.sin(2 * x[3]) + (x[4] > 0.5) * x[5] + 0.5 * x[6] - 0.5 * x[7]
    columns["target"] = (rng.random(n_rows) < 1 / (1 + np.exp(-log_odds))).astype(np.int8)
    pl.DataFrame(columns).write_parquet(path)


def resident(pid: int) -> int:
    """Bytes of memory that a process and its children hold now."""
    total = 0
    for each in [pid, *(int(child) for child in _children(pid))]:
        try:
            fields = Path(f"/proc/{each}/statm").read_text(encoding="utf-8").split()
        except OSError:
            continue
        total += int(fields[1]) * 4096
    return total


def _children(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    except OSError:
        return []


def main() -> None:
    """Make, train, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--columns", type=int, default=1_000)
    parser.add_argument("--budget", type=float, default=300.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "large.parquet", Path(folder) / "study"
        make(path, given.rows, given.columns)
        command = [sys.executable, "-m", "holdfast.cli.main", "train", str(path), "--target", "target", "--no-open"]
        began, most = time.monotonic(), 0
        process = subprocess.Popen([*command, "--budget", f"{given.budget}s", "--out", str(out)])
        ended = threading.Event()
        threading.Thread(target=lambda: (process.wait(), ended.set()), daemon=True).start()
        while not ended.wait(0.2):
            most = max(most, resident(process.pid))
        seconds = time.monotonic() - began
        result = json.loads((out / "result.json").read_text(encoding="utf-8"))
    chosen, score = result["chosen"], result["verdict"]["score"]
    print(
        f"{given.rows:,} x {given.columns:,}: {seconds:.0f} s, {most / 2**30:.1f} GiB at most; {chosen['name']} on "
        f"{chosen['fitted_rows']:,} rows, {result['trials']} trials, {result['metric']} {score:.4f}; {result['seconds']}"
    )


if __name__ == "__main__":
    main()
