"""Holdfast beside AutoGluon, FLAML and tuned LightGBM: rows never seen, time taken, what ships and how fast it scores.

Each peer runs in an environment of its own, PEERS/NAME/bin/python:

    python -m venv peers/autogluon && peers/autogluon/bin/pip install torch==2.13.0 'autogluon.tabular[all]==1.6.3'
    python -m venv peers/flaml && peers/flaml/bin/pip install 'flaml[automl]==2.7.0' optuna

All tools get the same CSV files of the same random draw, three quarters of the rows in random order, and are told the same
metric and budget; they run one after another, each in a fresh process. What is judged on is drawn row by row, so Holdfast is
told so (--split rows): else it would heed groups, time and repeated rows, which its rivals do not look for. A line a run is added
to --out, and runs found there are not repeated, so that a long comparison can go on another day: quality.jsonl beside this
script is what has been run so far. After a change of Holdfast, take its lines out. Run:
HOLDFAST_DATA=... PEERS=... python benchmarks/quality.py [--budget 60] [--seeds 3] [--out benchmarks/quality.jsonl] [NAME ...]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from budget import sets

from holdfast.data.read import read

PEERS = Path(os.environ.get("PEERS", "peers"))
TOOLS = {"holdfast": None, "autogluon": "autogluon", "flaml": "flaml", "tuned": "flaml", "lightgbm": "flaml"}

# Sets judged on, smallest first; none of them taught the portfolio (portfolio.py names those that did). Left out of all
# tools' files: columns that give the answer away, as the notes of INDEX.csv name them.
JUDGED: dict[str, tuple[str, ...]] = {
    "sonar": (),
    "german_credit": (),
    "concrete_strength": (),
    "credit_scoring_es": (),
    "wine_quality_white": (),
    "satellite_landsat": (),
    "telco_churn": (),
    "employee_salaries": (),
    "bike_sharing_hourly": ("casual", "registered"),
    "letter_recognition": (),
    "california_housing": (),
    "comic_alignment": (),
    "bank_marketing": ("duration",),
    "protein_casp": (),
    "adult_income": (),
    "diamonds": (),
    "open_payments": (),
    "hotel_bookings": ("reservation_status", "reservation_status_date"),
    "kddcup99_10pct": (),
}

# A process that takes so many times its budget is stopped and counts as failed.
PATIENCE = 4.0

TEST_SHARE = 0.25


def draw(name: str, seed: int, folder: Path) -> dict[str, Any]:
    """Write train.csv and test.csv; returns what a tool is told."""
    [each] = sets([name])
    frame = read(each["path"], header=bool(each["header"])).frame
    target, regression = each["target"], each["task"].startswith("regression")
    frame = frame.filter(pl.col(target).is_not_null()).drop(list(JUDGED.get(name, ())))
    if not regression:
        counts = frame[target].value_counts()
        frame = frame.filter(pl.col(target).is_in(counts.filter(pl.col("count") >= 8)[target].implode()))
    rng = np.random.default_rng(seed)
    test = np.zeros(frame.height, dtype=bool)
    if regression:
        test[rng.permutation(frame.height)[: round(TEST_SHARE * frame.height)]] = True
    else:
        for value in frame[target].unique(maintain_order=True):
            rows = rng.permutation(np.flatnonzero((frame[target] == value).to_numpy()))
            test[rows[: round(TEST_SHARE * len(rows))]] = True
    order = rng.permutation(frame.height)
    frame[order[~test[order]]].write_csv(folder / "train.csv")
    frame[order[test[order]]].write_csv(folder / "test.csv")
    n_classes = frame[target].n_unique()
    kind = "regression" if regression else "binary" if n_classes == 2 else "multiclass"
    metric = {"regression": "rmse", "binary": "roc_auc", "multiclass": "log_loss"}[kind]
    return {"set": name, "seed": seed, "target": target, "kind": kind, "metric": metric, "rows": int((~test).sum())}


def run(tool: str, told: dict[str, Any], budget: float, folder: Path) -> dict[str, Any]:
    """Train and predict with one tool in its own process."""
    of = TOOLS[tool]
    python = sys.executable if of is None else str(PEERS / of / "bin" / "python")
    out = folder / tool
    out.mkdir()
    asked = {**told, "tool": tool, "budget": budget, "folder": str(folder), "out": str(out)}
    script = Path(__file__).with_name("quality_tools.py")
    began = time.monotonic()
    try:
        done = subprocess.run(
            [python, str(script), json.dumps(asked)],
            capture_output=True, text=True, check=False, timeout=PATIENCE * budget + 120, cwd=out,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {**told, "tool": tool, "budget": budget, "error": f"stopped after {time.monotonic() - began:.0f} s"}
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return {**told, "tool": tool, "budget": budget, "error": said[:300]}
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return {**told, "tool": tool, "budget": budget, **found}


def main() -> None:
    """Run what is not in --out yet, a line a run; quality_page.py makes the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(JUDGED))
    parser.add_argument("--budget", type=float, default=60.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--tools", default=",".join(TOOLS))
    parser.add_argument("--out", default=str(Path(__file__).with_name("quality.jsonl")))
    given = parser.parse_args()
    out = Path(given.out)
    lines = out.read_text(encoding="utf-8").splitlines() if out.exists() else []
    known = {(each["set"], each["seed"], each["tool"], each["budget"]) for each in map(json.loads, lines)}
    for seed in range(given.seeds):
        for name in given.names:
            todo = [tool for tool in given.tools.split(",") if (name, seed, tool, given.budget) not in known]
            if not todo:
                continue
            with tempfile.TemporaryDirectory() as made:
                folder = Path(made)
                told = draw(name, seed, folder)
                for tool in todo:
                    found = run(tool, told, given.budget, folder)
                    with out.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(found) + "\n")
                    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
