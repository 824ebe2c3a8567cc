"""Is the budget kept, and does every real set train? One line a set, and a Markdown table at the end.

HOLDFAST_DATA names a folder of data sets with an INDEX.csv (name, modality, task, target column, notes). Run:
python benchmarks/budget.py [--budget 60] [--out results.csv] [NAME ...]
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DATA = Path(os.environ.get("HOLDFAST_DATA", "../shared/data"))


def sets(names: list[str]) -> list[dict[str, str]]:
    """The tabular sets: path, target, whether there is a header, and the task."""
    found = []
    with (DATA / "INDEX.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["modality"] != "tabular" or (names and row["name"] not in names):
                continue
            files = sorted(each for each in (DATA / row["name"]).iterdir() if each.suffix != ".json")
            headless = "NO HEADER" in row["notes"]
            target = row["target column"]
            if headless:
                target = "column_" + "".join(c for c in target.split(" (")[0].split(",")[0] if c.isdigit())
            if target == "column_":
                target = "column_10"  # "last column (10th, no header)"
            found.append(
                {
                    "name": row["name"],
                    "path": str(files[0]),
                    "target": target,
                    "header": "" if headless else "yes",
                    "task": row["task"],
                }
            )
    return found


def run(each: dict[str, str], budget: float) -> dict[str, object]:
    """Train on one set with default settings, as a user would, and time the whole process."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "study"
        command = [sys.executable, "-m", "holdfast.cli.main", "train", each["path"], "--target", each["target"]]
        command += [
            "--budget",
            f"{budget}s",
            "--out",
            str(out),
            "--no-open",
            *([] if each["header"] else ["--no-header"]),
        ]
        began = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wall = time.monotonic() - began
        if done.returncode:
            return {"set": each["name"], "seconds": round(wall, 1), "error": done.stderr.strip().splitlines()[-1]}
        result = json.loads((out / "result.json").read_text(encoding="utf-8"))
        report = (out / "report.html").stat().st_size
    verdict, model = result["verdict"], result["model"]
    return {
        "set": each["name"],
        "rows": result["rows"],
        "columns": result["columns"],
        "seconds": round(wall, 1),
        "trials": result["trials"],
        "metric": result["metric"],
        "score": verdict["score"],
        "low": verdict["low"],
        "high": verdict["high"],
        "baseline": verdict["baseline"],
        "chosen": result["chosen"]["name"],
        "fitted_rows": result["chosen"]["fitted_rows"],
        "refit": result["chosen"]["refit_on_all"],
        "proof_rows": model["proof"]["rows"],
        "difference": model["proof"]["max_abs_difference"],
        "bytes": model["size_bytes"],
        "report": report,
        "phases": {name: round(value, 1) for name, value in result["seconds"].items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--budget", type=float, default=60)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows = []
    for each in sets(options.names):
        rows.append(run(each, options.budget))
        print(json.dumps(rows[-1]), flush=True)
    if options.out:
        options.out.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    print("\n| set | rows | columns | metric | score (95 % interval) | baseline | shipped | seconds |")
    print("|---|---:|---:|---|---|---:|---|---:|")
    for row in rows:
        if "error" in row:
            print(f"| {row['set']} | | | | {row['error']} | | | {row['seconds']} |")
            continue
        score = f"{row['score']:.4g} ({row['low']:.4g} to {row['high']:.4g})"
        print(
            f"| {row['set']} | {row['rows']:,} | {row['columns']} | {row['metric']} | {score} | {row['baseline']:.4g} | "
            f"{row['chosen']} | {row['seconds']} |"
        )
    late = [row["set"] for row in rows if float(str(row["seconds"])) > options.budget * 1.05]
    failed = [row["set"] for row in rows if "error" in row]
    print(f"\n{len(rows)} sets, {len(failed)} failed {failed}, {len(late)} over budget {late}")


if __name__ == "__main__":
    main()
