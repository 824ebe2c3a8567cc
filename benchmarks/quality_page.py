"""The tables of a comparison, in Markdown: python benchmarks/quality_page.py [--budget 60] [--draws 0,1,2] [--tools ...].

Only draws that every one of the tools was run on are counted; those of a set are averaged before tools are compared on it.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from quality import JUDGED, TOOLS

Run = dict[str, Any]
Draws = dict[tuple[str, int], dict[str, Run]]

# Scores nearer than this share of the better one are a draw.
DRAW = 0.001

SPOKEN = {"holdfast": "Holdfast", "autogluon": "AutoGluon", "flaml": "FLAML", "tuned": "tuned LightGBM"}
SPOKEN |= {"lightgbm": "LightGBM", "roc_auc": "ROC AUC", "log_loss": "log loss", "rmse": "RMSE"}


def error_of(run: Run) -> float:
    """What is to be small: for ROC AUC what is missing to 1, else the score itself; a failed run errs without end."""
    if "error" in run:
        return float("inf")
    return 1 - run["score"] if run["metric"] == "roc_auc" else float(run["score"])


def behind(run: Run, best: Run) -> float:
    """How far a score is behind another, as a share of it; below 0 it is ahead."""
    if "error" in run or "error" in best:
        return float("inf") if "error" in run else -float("inf")
    sign = -1 if run["metric"] == "roc_auc" else 1
    return float(sign * (run["score"] - best["score"]) / abs(best["score"]))


def table(head: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """Print a table."""
    for cells in (head, ["---"] * len(head), *rows):
        print(f"| {' | '.join(map(str, cells))} |")
    print()


def read(path: Path, budget: float, wanted: Sequence[str], seeds: Sequence[int]) -> Draws:
    """The draws that have a run of every tool, by set, smallest first, and seed."""
    runs: Draws = defaultdict(dict)
    for run in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        if run["budget"] == budget and run["seed"] in seeds:
            runs[run["set"], run["seed"]][run["tool"]] = run
    order = list(JUDGED)
    complete = [key for key, each in runs.items() if all(tool in each for tool in wanted)]
    return {key: runs[key] for key in sorted(complete, key=lambda key: (order.index(key[0]), key[1]))}


def averaged(draws: Draws, tools: Sequence[str]) -> dict[str, dict[str, Run]]:
    """For each set and tool the mean score of its draws; an error if any failed."""
    found: dict[str, dict[str, Run]] = {}
    for name in dict.fromkeys(name for name, _ in draws):
        of_set = [each for (key, _), each in draws.items() if key == name]
        found[name] = {}
        for tool in tools:
            runs = [each[tool] for each in of_set]
            failed = any("error" in run for run in runs)
            mean = {"error": "failed"} if failed else {"score": float(np.mean([run["score"] for run in runs]))}
            found[name][tool] = {"metric": runs[0]["metric"], **mean}
    return found


def scores(draws: Draws, sets: dict[str, dict[str, Run]], tools: Sequence[str]) -> None:
    """A row a set: mean scores, the best in bold."""
    rows = []
    for name, of_set in sets.items():
        first = min(tools, key=lambda tool: error_of(of_set[tool]))
        texts = {tool: f"{run['score']:.5g}" if "score" in run else "failed" for tool, run in of_set.items()}
        some = [each["holdfast"] for (key, _), each in draws.items() if key == name]
        cells = [f"**{texts[tool]}**" if tool == first else texts[tool] for tool in tools]
        rows.append([name, f"{some[0]['rows']:,}", SPOKEN[some[0]["metric"]], len(some), *cells])
    table(["set", "rows", "metric", "draws", *(SPOKEN[tool] for tool in tools)], rows)


def against(draws: Draws, sets: dict[str, dict[str, Run]], tools: Sequence[str]) -> None:
    """A row a rival: on how many sets Holdfast is ahead, level, behind; the share not behind, of sets and of single draws."""
    rivals = [tool for tool in tools if tool != "holdfast"]
    rows = []
    for told, them in [*((SPOKEN[rival], [rival]) for rival in rivals), ("the best of them", rivals)]:
        of_sets = {name: _lag(runs, them) for name, runs in sets.items()}
        lags = np.array(list(of_sets.values()))
        worst = max(of_sets, key=lambda name: of_sets[name])
        furthest = f"{of_sets[worst]:.2%} ({worst})" if of_sets[worst] > 0 else "nowhere"
        counts = [int((lags < -DRAW).sum()), int((np.abs(lags) <= DRAW).sum()), int((lags > DRAW).sum())]
        by_draw = np.mean([_lag(runs, them) <= DRAW for runs in draws.values()])
        rows.append([told, *counts, furthest, f"{np.mean(lags <= DRAW):.0%}", f"{by_draw:.0%}"])
    head = [
        "Holdfast against",
        "ahead",
        "within 0.1 %",
        "behind",
        "furthest behind",
        "sets not behind",
        "draws not behind",
    ]
    table(head, rows)


def _lag(runs: dict[str, Run], them: Sequence[str]) -> float:
    """How far Holdfast is behind the best of them."""
    return behind(runs["holdfast"], min((runs[tool] for tool in them), key=error_of))


def means(draws: Draws, tools: Sequence[str], budget: float) -> None:
    """A row a tool: its mean rank over the draws, time taken, bytes and speed of what ships."""
    ranks: dict[str, list[float]] = defaultdict(list)
    for each in draws.values():
        errors = np.array([error_of(each[tool]) for tool in tools])
        for tool, error in zip(tools, errors, strict=True):
            ranks[tool].append(1 + float((errors < error).sum()) + ((errors == error).sum() - 1) / 2)
    rows = []
    for tool in tools:
        done = [each[tool] for each in draws.values() if "error" not in each[tool]]
        taken = np.array([run["fit_seconds"] for run in done]) / budget
        size, speed = (np.median([run[key] for run in done]) for key in ("bytes", "rows_per_second"))
        time_taken = f"{taken.mean():.2f}, {taken.max():.2f}"
        rows.append([SPOKEN[tool], f"{np.mean(ranks[tool]):.2f}", time_taken, f"{size / 1e6:.2f}", f"{speed:,.0f}"])
    table(
        ["tool", "mean rank", "time taken, of the budget: mean, most", "MB that ship: median", "rows/s: median"], rows
    )
    pairs = [(each["holdfast"], each["autogluon"]) for each in draws.values()]
    faster = np.median([ours["rows_per_second"] / theirs["rows_per_second"] for ours, theirs in pairs])
    smaller = np.median([theirs["bytes"] / ours["bytes"] for ours, theirs in pairs])
    print(f"Median of the draws: {faster:.1f} times AutoGluon's rows/s; its models are {smaller:.1f} times as large.")


def main() -> None:
    """Print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--path", type=Path, default=Path(__file__).with_name("quality.jsonl"))
    parser.add_argument("--budget", type=float, default=60.0)
    parser.add_argument("--draws", default="0,1,2")
    parser.add_argument("--tools", default=",".join(TOOLS))
    given = parser.parse_args()
    tools = given.tools.split(",")
    draws = read(given.path, given.budget, tools, [int(seed) for seed in given.draws.split(",")])
    sets = averaged(draws, tools)
    print(f"{len(sets)} sets, {len(draws)} draws that every tool was run on, at {given.budget:g} s.\n")
    scores(draws, sets, tools)
    against(draws, sets, tools)
    means(draws, tools, given.budget)


if __name__ == "__main__":
    main()
