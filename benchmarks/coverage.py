"""Do verdicts and ranges keep their promise? Many studies on parts of large real sets, against the truth on the rest.

From each set, a part is drawn many times. As in a study its rows are sealed and split, quick learners are cross-validated,
the best is fitted on the development rows and judged on the sealed rows: the verdict. The truth is that model's score on
all rows that were not drawn. Beside it: the score by which the best of many was chosen, which is what a tool without a
sealed set would show. Ranges of 80, 90 and 95 % are checked on the same rows, beside naive ones.

HOLDFAST_DATA names a folder of data sets with an INDEX.csv. Run: python benchmarks/coverage.py [--draws 200] [NAME ...]
"""

import argparse

import numpy as np
from budget import sets
from scipy.stats import norm

from holdfast.data.folds import make_folds
from holdfast.data.seal import split
from holdfast.evaluate.bootstrap import accurate_interval, resample
from holdfast.evaluate.calibrate import calibrate
from holdfast.evaluate.conformal import tables
from holdfast.features.encoder import Encoder
from holdfast.learners.catalogue import find
from holdfast.learners.pipeline import Pipeline, fit_labels
from holdfast.learners.preparing import encoding_targets
from holdfast.model.intervals import Intervals
from holdfast.search.trial import Problem, Spec, run_trial
from holdfast.study.prepare import Question, ask, audited
from holdfast.study.request import Request

NAMES = [
    "adult_income",
    "magic_telescope",
    "bank_marketing",
    "california_housing",
    "diamonds",
    "protein_casp",
    "gss_wages",
]
DRAWN, LEVELS, REST = 2_000, (0.8, 0.9, 0.95), 10_000

# Configurations to choose from: the more, the luckier the best looks.
TRIED = {
    "classification": [
        ("gaussian_naive_bayes", {}),
        *(("decision_tree", {"max_leaf_nodes": n}) for n in (8, 16, 32, 64)),
    ],
    "regression": [("ridge", {}), *(("decision_tree", {"max_leaf_nodes": n}) for n in (8, 16, 32, 64))],
}


def fit(question: Question, rows: np.ndarray, name: str, params: dict) -> Pipeline:
    """Fit one learner on some rows."""
    learner, columns, y = find(name, question.task.family), question.columns(rows), question.y(rows)
    encoder = Encoder(learner.wants)
    matrix = encoder.fit_transform(columns, encoding_targets(y, question.task.n_classes))
    whole = {**learner.defaults, **params}
    return fit_labels(
        learner, whole, encoder, matrix, y, n_classes=question.task.n_classes, weights=None, seed=0, n_jobs=2
    )


def once(question: Question, seed: int) -> dict[str, float]:
    """One study on a part of the rows, and the truth on the rest."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(question.dataset.n_rows)
    drawn, rest = np.sort(order[:DRAWN]), np.sort(order[DRAWN : DRAWN + REST])
    task, metric = question.task, question.metric
    strata = task.strata(question.y(drawn))
    parts = split(question.hashes[drawn], share=0.2, seed=seed, strata=strata)
    known, sealed = drawn[parts.development], drawn[parts.sealed]
    y = question.y(known)
    folds = make_folds(question.hashes[known], n_folds=5, seed=seed, strata=task.strata(y))
    problem = Problem(question.columns(known), y, folds, task, metric)
    outcomes = []
    for number, (name, params) in enumerate(TRIED[task.family]):
        spec = Spec(number, name, {**find(name, task.family).defaults, **params})
        outcomes.append(run_trial(problem, spec, float("inf")))
    best = max(outcomes, key=lambda outcome: metric.gain(outcome.score))
    model = fit(question, known, best.spec.learner, dict(best.spec.params))
    judged, truth = model.predict(question.columns(sealed)), model.predict(question.columns(rest))
    found = resample(metric, question.y(sealed), judged, n_resamples=1000, seed=seed)
    interval = accurate_interval(metric, question.y(sealed), judged, found)
    plain = found.interval()
    true = metric.score(question.y(rest), truth)
    told = {
        "covered": interval.low <= true <= interval.high,
        "covered by percentiles": plain.low <= true <= plain.high,
        "verdict minus truth": (interval.score - true) / abs(true),
        "validation minus truth": (best.score - true) / abs(true),
    }
    return {**told, **_ranges(question, problem, best, rest, truth)}


def _ranges(question: Question, problem: Problem, best, rest: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Coverage and size of ranges on the rest, conformal and naive."""
    y, predicted, told = problem.y[problem.judged], best.predictions, {}
    after = question.y(rest)
    if question.task.n_classes is not None:
        calibrator = calibrate(y, predicted, problem.parts).calibrator
        predicted, truth = calibrator.apply(predicted), calibrator.apply(truth)
    intervals = Intervals.from_json(tables(y, predicted), classes=question.task.n_classes is not None)
    for level in LEVELS:
        if question.task.n_classes is None:
            low, high = intervals.bounds(truth, level)
            half = norm.ppf(0.5 + level / 2) * np.std(y - predicted)
            told[f"held {level:.0%}"] = np.mean((low <= after) & (after <= high))
            told[f"naive held {level:.0%}"] = np.mean(np.abs(after - truth) <= half)
            told[f"size {level:.0%}"] = np.mean(high - low) / np.std(after)
            told[f"naive size {level:.0%}"] = 2 * half / np.std(after)
        else:
            inside = intervals.members(truth, level)
            told[f"held {level:.0%}"] = inside[np.arange(len(after)), after].mean()
            order = np.argsort(-truth, axis=1)
            shares = np.take_along_axis(truth, order, axis=1)
            kept = np.cumsum(shares, axis=1) - shares < level
            naive = np.zeros_like(inside)
            np.put_along_axis(naive, order, kept, axis=1)
            told[f"naive held {level:.0%}"] = naive[np.arange(len(after)), after].mean()
            told[f"size {level:.0%}"] = inside.sum(axis=1).mean()
            told[f"naive size {level:.0%}"] = naive.sum(axis=1).mean()
    return told


def main() -> None:
    """Print one table of verdicts and one of ranges."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--draws", type=int, default=200)
    given = parser.parse_args()
    found = {}
    for each in sets(given.names or NAMES):
        request = Request.of(target=each["target"], data=each["path"], header=bool(each["header"]), split="random")
        question = audited(ask(each["path"], request))[0]
        runs = [once(question, seed) for seed in range(given.draws)]
        found[each["name"]] = {name: np.array([run[name] for run in runs], dtype=float) for name in runs[0]}
        print(each["name"], {name: round(float(v.mean()), 4) for name, v in found[each["name"]].items()}, flush=True)
    print("\n| set | covered by the 95 % interval | by percentiles | verdict minus truth | validation minus truth |")
    print("|---|---|---|---|---|")
    for name, told in found.items():
        covered = f"{told['covered'].mean():.1%} | {told['covered by percentiles'].mean():.1%}"
        print(f"| {name} | {covered} | {bias(told['verdict minus truth'])} | {bias(told['validation minus truth'])} |")
    heads = " | ".join(f"{level:.0%} held (size) | naive" for level in LEVELS)
    print(f"\n| set | {heads} |\n|---|" + "---|---|" * len(LEVELS))
    for name, told in found.items():
        cells = [
            f"{told[f'{kind}held {level:.0%}'].mean():.1%} ({told[f'{kind}size {level:.0%}'].mean():.2f})"
            for level in LEVELS
            for kind in ("", "naive ")
        ]
        print(f"| {name} | {' | '.join(cells)} |")


def bias(values: np.ndarray) -> str:
    """A mean with its error."""
    return f"{values.mean():+.2%} ± {1.96 * values.std() / np.sqrt(len(values)):.2%}"


if __name__ == "__main__":
    main()
