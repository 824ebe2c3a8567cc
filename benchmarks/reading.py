"""Reading and understanding a 1,000,000 x 20 CSV against polars reading it alone, in turn. Run: python benchmarks/reading.py."""

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from holdfast.data.kinds import understand
from holdfast.data.read import read

ROWS = 1_000_000


def table(n_rows: int) -> pl.DataFrame:
    """Ten measurements, five whole numbers, four categories and a date."""
    rng = np.random.default_rng(0)
    columns = {f"measure_{k}": rng.normal(size=n_rows).round(4) for k in range(10)}
    columns |= {f"count_{k}": rng.integers(0, 10 ** (k + 1), n_rows) for k in range(5)}
    columns |= {f"group_{k}": rng.choice([f"value {v}" for v in range(3 + 40 * k)], n_rows) for k in range(4)}
    days = np.datetime64("2020-01-01") + rng.integers(0, 1500, n_rows).astype("timedelta64[D]")
    return pl.DataFrame({**columns, "day": days})


def seconds(function, *args) -> float:
    began = time.perf_counter()
    function(*args)
    return time.perf_counter() - began


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        table(ROWS).write_csv(path)
        alone, ours = [], []
        for _ in range(6):
            alone.append(seconds(pl.read_csv, path))
            ours.append(seconds(lambda: understand(read(str(path)))))
        alone, ours = alone[1:], ours[1:]
        ratio = statistics.median(b / a for a, b in zip(alone, ours, strict=True))
        print(f"{path.stat().st_size / 1e6:.0f} MB; polars {statistics.median(alone):.2f} s, ", end="")
        print(f"read and understood {statistics.median(ours):.2f} s; ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
