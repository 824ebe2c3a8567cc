"""The tables of a comparison: python benchmarks/quality_page.py quality.jsonl [--budget 60]."""

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from quality import JUDGED, TOOLS

# Scores nearer than this share of the better one are a draw.
DRAW = 0.001


def error_of(run: dict[str, Any]) -> float:
    """What is to be small: for ROC AUC what is missing to 1, else the score itself; a failed run errs without end."""
    if "error" in run:
        return float("inf")
    return 1 - run["score"] if run["metric"] == "roc_auc" else float(run["score"])


def behind(run: dict[str, Any], best: dict[str, Any]) -> float:
    """How far a score is behind another, as a share of it; below 0 it is ahead."""
    if "error" in run or "error" in best:
        return float("inf") if "error" in run else -float("inf")
    sign = -1 if run["metric"] == "roc_auc" else 1
    return float(sign * (run["score"] - best["score"]) / abs(best["score"]))


def main() -> None:
    """Print Markdown; several draws of a set are averaged before tools are compared on it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path")
    parser.add_argument("--budget", type=float, default=60.0)
    given = parser.parse_args()
    runs: dict[tuple[str, int], dict[str, dict[str, Any]]] = defaultdict(dict)
    for line in Path(given.path).read_text(encoding="utf-8").splitlines():
        run = json.loads(line)
        if run["budget"] == given.budget:
            runs[run["set"], run["seed"]][run["tool"]] = run
    tools = [tool for tool in TOOLS if any(tool in each for each in runs.values())]
    complete = {key: each for key, each in runs.items() if all(tool in each for tool in tools)}
    n_sets = len({name for name, _ in complete})
    print(f"{n_sets} sets, {len(complete)} draws with every tool, at {given.budget:g} s.\n")
    _scores(complete, tools)
    _against(_by_set(complete, tools), tools)
    _means(complete, tools, given.budget)


def _scores(runs: dict[tuple[str, int], dict[str, dict[str, Any]]], tools: list[str]) -> None:
    print("| set | rows | metric |" + " | ".join(tools) + " |\n|---|---|---|" + "---|" * len(tools))
    order = [*JUDGED, *sorted({name for name, _ in runs} - set(JUDGED))]
    for name in order:
        draws = [each for (key, _), each in sorted(runs.items()) if key == name]
        if not draws:
            continue
        means = {tool: np.mean([error_of(each[tool]) for each in draws]) for tool in tools}
        first = min(means, key=lambda tool: means[tool])
        cells = []
        for tool in tools:
            scores = [each[tool].get("score", np.nan) for each in draws]
            text = "failed" if np.isnan(scores).any() else f"{np.mean(scores):.5g}"
            cells.append(f"**{text}**" if tool == first else text)
        some = draws[0][tools[0]]
        print(f"| {name} | {some['rows']:,} | {some['metric']} | " + " | ".join(cells) + " |")


def _by_set(runs: dict[tuple[str, int], dict[str, dict[str, Any]]], tools: list[str]) -> dict[str, dict[str, Any]]:
    """For each set and tool the mean score of its draws; an error if any failed."""
    found: dict[str, dict[str, Any]] = {}
    for name in dict.fromkeys(name for name, _ in runs):
        draws = [each for (key, _), each in runs.items() if key == name]
        found[name] = {}
        for tool in tools:
            metric, failed = draws[0][tool]["metric"], any("error" in each[tool] for each in draws)
            mean = {"error": "failed"} if failed else {"score": float(np.mean([each[tool]["score"] for each in draws]))}
            found[name][tool] = {"metric": metric, **mean}
    return found


def _against(sets: dict[str, dict[str, Any]], tools: list[str]) -> None:
    print("\n| Holdfast against | ahead | within 0.1 % | behind | furthest behind |\n|---|---|---|---|---|")
    rivals = [tool for tool in tools if tool != "holdfast"]
    for rival in [*rivals, "the best of them"]:
        found = []
        for name, each in sets.items():
            them = [each[tool] for tool in rivals] if rival not in each else [each[rival]]
            best = min(them, key=error_of)
            found.append((behind(each["holdfast"], best), name))
        ahead = sum(share < -DRAW for share, _ in found)
        draw = sum(abs(share) <= DRAW for share, _ in found)
        share, name = max(found)
        print(f"| {rival} | {ahead} | {draw} | {len(found) - ahead - draw} | {share:.2%} ({name}) |")


def _means(runs: dict[tuple[str, int], dict[str, dict[str, Any]]], tools: list[str], budget: float) -> None:
    print("\n| tool | mean rank | time taken, of the budget: mean, most | MB that ship: median | rows/s: median |")
    print("|---|---|---|---|---|")
    ranks: dict[str, list[float]] = defaultdict(list)
    for each in runs.values():
        errors = np.array([error_of(each[tool]) for tool in tools])
        for tool, error in zip(tools, errors, strict=True):
            ranks[tool].append(1 + float((errors < error).sum()) + ((errors == error).sum() - 1) / 2)
    for tool in tools:
        done = [each[tool] for each in runs.values() if "error" not in each[tool]]
        taken = np.array([run["fit_seconds"] for run in done]) / budget
        size, speed = (np.median([run[key] for run in done]) for key in ("bytes", "rows_per_second"))
        print(
            f"| {tool} | {np.mean(ranks[tool]):.2f} | {taken.mean():.2f}, {taken.max():.2f} | {size / 1e6:.2f} | {speed:,.0f} |"
        )


if __name__ == "__main__":
    main()
