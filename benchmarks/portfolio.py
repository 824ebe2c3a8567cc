"""Learns the order in which configurations are tried: greedily, each the one whose gain for its seconds is largest.

Many configurations of every learner are fitted once on sets that quality.py does not judge on. The first is LightGBM by its
defaults, so that no study does worse; then the configuration is added that lowers the error of the ensemble of all chosen so far
most for the root of the time it takes: the error of greedy weights chosen on one half of the held-out rows and scored on the
other, and the share of it that goes away, on average over the sets. Each number of rows has an order of its own, learned on the
sets that come at least half-way to it.
HOLDFAST_DATA names a folder of data sets with an INDEX.csv. Run:
python benchmarks/portfolio.py [--rows 3000 12000] [--families classification regression] [--draws 5] [--length 16]
[--cache portfolio-cache]
It writes these orders into src/holdfast/learners/portfolio.json; fits that are in the cache are not repeated.
"""

import argparse
import hashlib
import json
import pickle
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from budget import sets

from holdfast.data.folds import Fold
from holdfast.errors import HoldfastError
from holdfast.learners.catalogue import find, portfolio
from holdfast.learners.limits import Given, objection
from holdfast.learners.portfolio import LEARNED
from holdfast.metrics.metric import Metric
from holdfast.search.ensemble import greedy_weights
from holdfast.search.trial import Outcome, Problem, Spec, run_trial
from holdfast.search.tuners import drawn
from holdfast.study.prepare import ask, audited
from holdfast.study.request import Request

# Columns that give the answer away, as the notes of INDEX.csv name them, are left out.
LEARNED_ON: dict[str, tuple[str, ...]] = {
    "mlc_churn": (),
    "magic_telescope": (),
    "spambase": (),
    "stackoverflow_remote": (),
    "stroke": (),
    "police_stop_search": (),
    "titanic_seaborn": ("alive",),
    "alzheimer_biomarkers": (),
    "sklearn_breast_cancer": (),
    "student_portuguese": (),
    "fr_mtpl_small": (
        "ClaimAmount", "ClaimNbResp", "ClaimNbNonResp", "ClaimNbParking", "ClaimNbFireTheft", "ClaimNbWindscreen",
    ),
    "diabetes_readmission": (),
    "midwest_survey": (),
    "abalone": (),
    "ames_housing": (),
    "insurance_charges": (),
    "gss_wages": (),
    "hotel_room_price": (),
    "metro_traffic": (),
    "life_expectancy_who": (),
    "nyc_taxi_fares": ("total", "tip", "tolls"),
    "sklearn_diabetes": (),
    "hflights_arrival_delay": ("ArrTime", "ActualElapsedTime", "AirTime", "TaxiIn", "DepDelay"),
    "us_birthdays": (),
}  # fmt: skip

# For no more rows than this, sets that have fewer teach, too.
FEW_ROWS = 3_000

# What is learned on few rows is judged on up to so many, so that less of the order is luck.
JUDGED_ROWS = 6_000

# Learners that are drawn from more often than others, for their strength; the network's defaults were tuned on many sets.
MORE = {"lightgbm": 2.0, "xgboost": 1.0, "catboost": 1.0, "realmlp": 0.0}
FEW = 0.4

# Shares with which one more configuration is mixed into an ensemble; seconds below which a fit's length hardly matters.
PARTS, LEAST_SECONDS = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 1.0), 1.0

# Where less than this share of the baseline's error is left, shares of what is left are mostly noise.
LEAST_ERROR = 0.1

# Between LightGBM's defaults and the largest shapes, in smaller steps.
SLOWER = {"learning_rate": 0.04, "num_leaves": 64, "min_data_in_leaf": 10, "bagging_fraction": 0.8,
          "feature_fraction": 0.6, "lambda_l2": 1.0, "extra_trees": False}  # fmt: skip

# Small steps, and trees of random thresholds.
RANDOM = {"learning_rate": 0.02, "num_leaves": 40, "min_data_in_leaf": 3, "bagging_fraction": 0.9,
          "feature_fraction": 0.5, "lambda_l2": 0.1, "extra_trees": True}  # fmt: skip

# The same for symmetric trees, deep and shallow.
SMALL_STEPS = [
    {"learning_rate": 0.03, "depth": 6, "l2_leaf_reg": 3.0},
    {"learning_rate": 0.05, "depth": 4, "l2_leaf_reg": 1.0},
]

# Known to be strong as defaults on many sets (Holzmueller et al., 2024), beside those drawn.
SHAPES: dict[str, dict[str, list[dict[str, Any]]]] = {
    "classification": {
        "random_forest": [{"min_samples_leaf": 1, "max_features": 0.5}],
        "extra_trees": [{"min_samples_leaf": 1, "max_features": 0.7}],
        "lightgbm": [{"learning_rate": 0.04, "num_leaves": 50, "min_data_in_leaf": 40, "bagging_fraction": 0.75,
                      "feature_fraction": 1.0, "lambda_l2": 1e-3, "extra_trees": False}, SLOWER, RANDOM],
        "xgboost": [{"learning_rate": 0.08, "max_depth": 6, "min_child_weight": 0.1, "subsample": 0.65,
                     "colsample_bytree": 0.9, "reg_lambda": 1e-2}],
        "catboost": [{"learning_rate": 0.08, "depth": 7, "l2_leaf_reg": 0.1}, *SMALL_STEPS],
        "realmlp": [{"width": 128, "learning_rate": 0.04, "steps": 1_200, "waves": waves} for waves in (False, True)],
    },
    "regression": {
        "random_forest": [{"min_samples_leaf": 1, "max_features": 0.5}],
        "extra_trees": [{"min_samples_leaf": 1, "max_features": share} for share in (0.7, 1.0)],
        "lightgbm": [{"learning_rate": 0.05, "num_leaves": 100, "min_data_in_leaf": 3, "bagging_fraction": 0.7,
                      "feature_fraction": 1.0, "lambda_l2": 1e-3, "extra_trees": False}, SLOWER, RANDOM],
        "xgboost": [{"learning_rate": 0.05, "max_depth": 9, "min_child_weight": 2.0, "subsample": 0.7,
                     "colsample_bytree": 1.0, "reg_lambda": 1e-2}],
        "catboost": [{"learning_rate": 0.09, "depth": 8, "l2_leaf_reg": 0.1}, *SMALL_STEPS],
        "realmlp": [
            {"width": 128, "learning_rate": 0.05, "steps": 600, "waves": True},
            {"width": 128, "learning_rate": 0.05, "steps": 1_200, "waves": True},
            {"width": 128, "learning_rate": 0.05, "steps": 1_200, "waves": False},
            {"width": 128, "learning_rate": 0.025, "steps": 300, "waves": False},
        ],
    },
}  # fmt: skip


@dataclass
class Judged:
    """A set's held-out rows, and what each configuration said of them: by its key, predictions and seconds."""

    metric: Metric
    y: Any
    baseline: float
    found: dict[str, tuple[Any, float]]


def pool(family: str, draws: int) -> list[tuple[str, dict[str, Any]]]:
    """The configurations to choose from: defaults, known shapes, and draws."""
    rng = np.random.default_rng(0)
    made = []
    for learner in portfolio(family):
        shapes = SHAPES[family].get(learner.name, [])
        count = round(draws * MORE.get(learner.name, FEW)) if learner.space else 0
        random = [{key: _short(drawn(each, rng)) for key, each in learner.space.items()} for _ in range(count)]
        made += [(learner.name, params) for params in [learner.defaults, *shapes, *random]]
    return made


def _short(value: Any) -> Any:
    return float(f"{value:.3g}") if isinstance(value, float) else value


def problem_of(name: str, rows: int) -> Problem:
    """A set as one fold: at most `rows` rows to learn from, and a third of all to judge on, but no more than are needed."""
    [each] = sets([name])
    request = Request.of(
        target=each["target"], data=each["path"], header=bool(each["header"]), drop=LEARNED_ON[name], budget="60s"
    )
    question = audited(ask(each["path"], request))[0]
    order = np.random.default_rng(0).permutation(question.dataset.n_rows)
    held = min(len(order) // 3, max(rows, JUDGED_ROWS))
    chosen = np.sort(order[: min(len(order), held + rows)])
    valid = np.isin(chosen, order[:held])
    fold = Fold(np.flatnonzero(~valid), np.flatnonzero(valid))
    return Problem(question.columns(chosen), question.y(chosen), [fold], question.task, question.metric)


def judge(name: str, problem: Problem, draws: int, cache: Path) -> Judged:
    """Fit every configuration once on a set, or read it from the cache."""
    family, fold = problem.task.family, problem.folds[0]
    baseline = run_trial(problem, Spec(0, problem.task.baseline, {}), float("inf"))
    assert isinstance(baseline, Outcome)
    found = {}
    given = Given(problem.y, len(problem.columns.kinds), problem.task.n_classes, weighted=False)
    for learner, params in pool(family, draws):
        if objection(find(learner, family), given, sampled=True) is not None:
            continue
        key = json.dumps([learner, params], sort_keys=True)
        path = cache / f"{name}-{len(fold.train)}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.pickle"
        if not path.exists():
            began = time.process_time()
            try:
                outcome = run_trial(replace(problem, first_fold={}), Spec(1, learner, params), float("inf"))
            except HoldfastError as error:
                print(f"{name}: {learner} left out: {error}", flush=True)
                continue
            assert isinstance(outcome, Outcome)
            path.write_bytes(pickle.dumps((outcome.predictions, time.process_time() - began)))
        found[key] = pickle.loads(path.read_bytes())
    return Judged(problem.metric, problem.y[fold.valid], float(baseline.score), found)


class Ensemble:
    """What the chosen configurations say together on a set: weights of each half of the held-out rows, for the other half."""

    def __init__(self, judged: Judged, keys: list[str]) -> None:
        self.judged = judged
        half = np.arange(len(judged.y)) % 2
        self.halves = [(half != this, half == this) for this in (0, 1)]
        known = [judged.found[key][0] for key in keys if key in judged.found]
        self.mixed: list[Any] = []
        for learn, _ in self.halves if known else ():
            costs = [[0.0]] * len(known)
            weights = greedy_weights(judged.metric, judged.y[learn], [each[learn] for each in known], costs)
            self.mixed.append(np.sum([weight * each for weight, each in zip(weights, known, strict=True)], axis=0))

    def error(self) -> float:
        """Minus the gain on the halves that the weights have not seen; the baseline's for an empty ensemble."""
        metric, y = self.judged.metric, self.judged.y
        if not self.mixed:
            return -float(metric.gain(self.judged.baseline))
        scores = [
            metric.score(y[score], mixed[score]) for mixed, (_, score) in zip(self.mixed, self.halves, strict=True)
        ]
        return -float(np.mean([metric.gain(score) for score in scores]))

    def error_with(self, key: str) -> float:
        """The error when one more configuration is mixed in, with the weight that is best on the half that learns."""
        if key not in self.judged.found:
            return self.error()
        metric, y, more = self.judged.metric, self.judged.y, self.judged.found[key][0]
        gains = []
        for place, (learn, score) in enumerate(self.halves):
            mixes = [(1 - part) * self.mixed[place] + part * more for part in PARTS] if self.mixed else [more]
            best = max(mixes, key=lambda mixed: metric.gain(metric.score(y[learn], mixed[learn])))
            gains.append(metric.gain(metric.score(y[score], best[score])))
        return -float(np.mean(gains))


def choose(family: str, all_judged: list[Judged], length: int) -> dict[str, Any]:
    """The greedy order; and the seconds that each configuration in it, and each learner's defaults, took on average."""
    keys = sorted({key for each in all_judged for key in each.found})
    seconds = {key: float(np.mean([each.found[key][1] for each in all_judged if key in each.found])) for key in keys}
    defaults = {
        learner.name: json.dumps([learner.name, learner.defaults], sort_keys=True) for learner in portfolio(family)
    }
    perfect = np.array([-each.metric.gain(each.metric.best) for each in all_judged])
    least = LEAST_ERROR * (np.array([Ensemble(each, []).error() for each in all_judged]) - perfect)
    chosen = [json.dumps(["lightgbm", find("lightgbm", family).defaults], sort_keys=True)]
    for place in range(1, length):
        ensembles = [Ensemble(each, chosen) for each in all_judged]
        now = np.array([each.error() for each in ensembles])
        scale = np.maximum(now - perfect, least)
        left = [key for key in keys if key not in chosen]
        gained = {key: float(np.mean((now - [each.error_with(key) for each in ensembles]) / scale)) for key in left}
        key = max(left, key=lambda each: gained[each] / np.sqrt(LEAST_SECONDS + seconds[each]))
        if gained[key] <= 0:
            break
        print(f"{family} {place + 1}: {key} {gained[key]:+.5f} {seconds[key]:.2f} s", flush=True)
        chosen.append(key)
    order = [
        {**dict(zip(("learner", "params"), json.loads(key), strict=True)), "seconds": round(seconds[key], 3)}
        for key in chosen
    ]
    return {
        "order": order,
        "seconds": {name: round(seconds[key], 3) for name, key in defaults.items() if key in seconds},
    }


def main() -> None:
    """Fit, choose, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[3_000, 12_000])
    parser.add_argument("--families", nargs="+", default=["classification", "regression"])
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--length", type=int, default=16)
    parser.add_argument("--cache", default="portfolio-cache")
    given = parser.parse_args()
    cache = Path(given.cache)
    cache.mkdir(exist_ok=True)
    for rows in given.rows:
        judged: dict[str, list[Judged]] = {family: [] for family in given.families}
        for name in LEARNED_ON:
            began = time.monotonic()
            problem = problem_of(name, rows)
            n_fitted = len(problem.folds[0].train)
            if problem.task.family not in judged or (n_fitted < rows / 2 and rows > FEW_ROWS):
                continue
            each = judge(name, problem, given.draws, cache)
            judged[problem.task.family].append(each)
            print(f"{name}, {n_fitted:,} rows: {len(each.found)} in {time.monotonic() - began:.0f} s", flush=True)
        for family, found in judged.items():
            learned = {"rows": rows, **choose(family, found, given.length)}
            orders = json.loads(LEARNED.read_text(encoding="utf-8"))
            others = [each for each in orders[family] if each["rows"] != rows]
            orders[family] = sorted([*others, learned], key=lambda each: each["rows"])
            LEARNED.write_text(json.dumps(orders, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
