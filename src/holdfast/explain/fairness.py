"""How a model treats groups of people: rates by group with intervals, the differences, and what equal treatment would cost."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from holdfast.arrays import Flags, Floats, Integers, likeliest
from holdfast.evaluate.bootstrap import Interval, resample
from holdfast.metrics.metric import Metric

# A group with fewer rows, or fewer of either outcome, says nothing.
FEWEST_ROWS, FEWEST_OF_OUTCOME = 30, 10

# Below four fifths of the highest rate of selection, adverse impact is presumed (EEOC Uniform Guidelines, 1978).
FOUR_FIFTHS = 0.8

RESAMPLES = 300


@dataclass(frozen=True)
class Rate:
    """A share or a mean with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Group:
    """One group: its rows, its score, and rates by name; too_small says why it has none."""

    name: str
    rows: int
    score: Interval | None
    rates: Mapping[str, Rate]
    too_small: str = ""


@dataclass(frozen=True)
class Fairness:
    """One protected column: its groups, the largest differences between them, and what they mean in words."""

    column: str
    groups: Sequence[Group]
    differences: Mapping[str, Rate]
    sentences: Sequence[str]


def groups_of(values: Any, n_ranges: int = 4) -> Any:
    """Name each row's group: a text as it is, a number by its range of even counts; missing is a group of its own.

    >>> groups_of(np.array([20.0, 31.0, 38.0, 44.0, 70.0])).tolist()
    ['up to 31', 'up to 31', '32 to 38', '39 to 44', 'over 44']
    """
    values = np.asarray(values)
    if values.dtype.kind not in "fiu" or len(np.unique(values[~np.isnan(values.astype(float))])) <= n_ranges:
        return np.array(
            ["missing" if each is None or each != each else _plain(each) for each in values.tolist()], dtype=object
        )
    numbers = values.astype(np.float64)
    known = ~np.isnan(numbers)
    whole = bool((numbers[known] == np.floor(numbers[known])).all())
    edges = np.quantile(numbers[known], np.linspace(0, 1, n_ranges + 1)[1:-1])
    digits = 0 if whole else max(0, 2 - int(np.floor(np.log10(np.ptp(numbers[known])))))
    edges = np.unique(np.round(edges, digits))
    names = [f"up to {edges[0]:g}"]
    names += [f"{low + whole:g} to {high:g}" for low, high in pairwise(edges)]
    names.append(f"over {edges[-1]:g}")
    place = np.searchsorted(edges, np.where(known, numbers, edges[0]), side="left")
    return np.where(known, np.array(names, dtype=object)[place], "missing")


def fairness(
    column: str,
    groups: Any,
    metric: Metric,
    y: Any,
    predictions: Floats,
    labels: Integers | None = None,
    *,
    seed: int = 0,
) -> Fairness:
    """Compare groups (n_rows,) by what was predicted for them: probabilities (n_rows, n_classes) or values (n_rows,).

    labels: class codes as they were decided, (n_rows,); None: the likeliest classes.
    """
    if labels is None and predictions.ndim == 2:
        labels = likeliest(predictions)
    names = sorted({str(name) for name in groups}, key=_in_order)
    inside = {name: groups.astype(str) == name for name in names}
    measures = _measures(y, predictions, labels)
    found = [_group(name, rows, metric, y, predictions, measures, seed) for name, rows in inside.items()]
    able = {group.name: inside[group.name] for group in found if not group.too_small}
    differences = _differences(measures, able, seed) if len(able) > 1 else {}
    return Fairness(column, found, differences, _sentences(column, found, differences, measures, able))


def thresholds(constraint: str, groups: Any, y: Integers, share: Floats) -> dict[str, float]:
    """Find a threshold for each group that meets a constraint at the least loss of accuracy (Hardt, Price & Srebro, 2016).

    share: probability of the favourable class, out of fold, (n_rows,). demographic_parity: all groups are selected at one
    rate; equal_opportunity: of those who deserve it, one share is found in all; equalised_odds: as before, and of those
    thresholds the ones with the least difference of false alarms among the nearly best.
    """
    names = np.unique(groups.astype(str))
    inside = {str(name): groups.astype(str) == name for name in names}
    # A threshold for a handful of rows would be luck: such groups keep one half.
    inside = {name: rows for name, rows in inside.items() if _enough(y[rows])}
    plain = float(np.mean((share >= 0.5) == (y == 1)))
    tried: list[tuple[tuple[float, float, float], dict[str, float]]] = []
    for rate in np.linspace(0.02, 0.98, 97):
        cuts = {}
        for name, rows in inside.items():
            pool = share[rows] if constraint == "demographic_parity" else share[rows & (y == 1)]
            cuts[name] = float(np.quantile(pool, 1 - rate))
        called = decide(groups, share, cuts)
        loss = plain - float(np.mean(called == (y == 1)))
        if constraint == "equalised_odds":
            # Of false alarms as alike as they get, within two points of accuracy of what one threshold for all reaches.
            spread = float(np.ptp([called[rows & (y == 0)].mean() for rows in inside.values()]))
            tried.append(((max(loss - 0.02, 0.0), spread, loss), cuts))
        else:
            tried.append(((0.0, 0.0, loss), cuts))
    return min(tried, key=lambda each: each[0])[1] if inside else {}


def decide(groups: Any, share: Floats, cuts: Mapping[str, float], *, otherwise: float = 0.5) -> Flags:
    """Apply thresholds by group; `otherwise` is that of a group without one."""
    return np.asarray(share >= np.array([cuts.get(str(name), otherwise) for name in groups]))


def _in_order(name: str) -> tuple[int, float, str]:
    """Ranges from low to high, other names by the alphabet."""
    if name.startswith("up to "):
        return 0, 0.0, name
    first = name.split(" to ")[0]
    try:
        return (2, 0.0, name) if name.startswith("over ") else (1, float(first), name)
    except ValueError:
        return 1, 0.0, name


def _enough(y: Any) -> bool:
    return len(y) >= FEWEST_ROWS and int(min((y == 1).sum(), (y == 0).sum())) >= FEWEST_OF_OUTCOME


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _group(
    name: str,
    rows: Flags,
    metric: Metric,
    y: Any,
    predictions: Floats,
    measures: Mapping[str, tuple[Flags, Floats]],
    seed: int,
) -> Group:
    n = int(rows.sum())
    if n < FEWEST_ROWS:
        return Group(name, n, None, {}, f"{n} rows, fewer than {FEWEST_ROWS}: too few to judge")
    if predictions.ndim == 2 and predictions.shape[1] == 2:
        rarer = int(min((y[rows] == 1).sum(), (y[rows] == 0).sum()))
        if rarer < FEWEST_OF_OUTCOME:
            return Group(
                name,
                n,
                None,
                {},
                f"{rarer} rows of the rarer outcome, fewer than {FEWEST_OF_OUTCOME}: too few to judge",
            )
    score = resample(metric, y[rows], predictions[rows], n_resamples=RESAMPLES, seed=seed).interval()
    return Group(name, n, score, {title: _rate(of[rows], value[rows]) for title, (of, value) in measures.items()})


def _measures(y: Any, predictions: Floats, labels: Integers | None) -> dict[str, tuple[Flags, Floats]]:
    """For each rate, the rows it is of and what is averaged over them."""
    yes = np.ones(len(y), dtype=bool)
    if labels is None:
        return {"predicted minus observed": (yes, predictions - y), "size of error": (yes, np.abs(predictions - y))}
    if predictions.shape[1] > 2:
        return {"answered rightly": (yes, (labels == y).astype(np.float64))}
    called = labels.astype(np.float64)
    return {
        "selection rate": (yes, called),
        "true positive rate": (y == 1, called),
        "false positive rate": (y == 0, called),
        "precision": (called == 1, (y == 1).astype(np.float64)),
        "predicted minus observed": (yes, predictions[:, 1] - (y == 1)),
    }


def _rate(of: Flags, values: Floats) -> Rate:
    """Wilson's interval for a share (1927), the normal one for a mean."""
    from scipy.stats import binomtest

    chosen = values[of]
    if not len(chosen):
        return Rate(float("nan"), float("nan"), float("nan"))
    if np.isin(chosen, (0.0, 1.0)).all():
        found = binomtest(int(chosen.sum()), len(chosen)).proportion_ci(0.95, method="wilson")
        return Rate(float(chosen.mean()), float(found.low), float(found.high))
    error = 1.96 * float(chosen.std(ddof=1)) / np.sqrt(len(chosen))
    return Rate(float(chosen.mean()), float(chosen.mean() - error), float(chosen.mean() + error))


TITLES = {
    "selection rate": "demographic parity difference",
    "true positive rate": "equal opportunity difference",
}


def _differences(measures: Mapping[str, tuple[Flags, Floats]], able: Mapping[str, Flags], seed: int) -> dict[str, Rate]:
    """Largest less smallest rate over the groups, with bootstrap intervals (Efron, 1979)."""
    rng, n = np.random.default_rng(seed), len(next(iter(able.values())))
    group = np.full(n, -1)
    for number, rows in enumerate(able.values()):
        group[rows] = number
    draws: dict[str, list[float]] = {title: [] for title in measures}
    odds: list[float] = []
    for _ in range(RESAMPLES):
        weights = np.bincount(rng.integers(0, n, n), minlength=n).astype(np.float64)
        gaps = {title: _gap(of, value, group, weights) for title, (of, value) in measures.items()}
        for title, gap in gaps.items():
            draws[title].append(gap)
        odds.append(max(gaps.get("true positive rate", 0.0), gaps.get("false positive rate", 0.0)))
    ones = np.ones(n)
    found = {}
    for title, (of, value) in measures.items():
        gap = _gap(of, value, group, ones)
        found[TITLES.get(title, f"difference of {title}")] = _drawn(gap, draws[title])
    if "true positive rate" in measures:
        both = [_gap(*measures[title], group, ones) for title in ("true positive rate", "false positive rate")]
        found["equalised odds difference"] = _drawn(max(both), odds)
    return found


def _drawn(value: float, draws: Sequence[float]) -> Rate:
    known = np.array(draws)[np.isfinite(draws)]
    if not len(known) or not np.isfinite(value):
        return Rate(value, float("nan"), float("nan"))
    # Largest less smallest is never negative, so draws lie above the truth: they are moved back by how much.
    low, high = np.quantile(known, [0.025, 0.975]) - (known.mean() - value)
    return Rate(value, float(max(0.0, min(low, value))), float(max(high, value)))


def _gap(of: Flags, values: Floats, group: Integers, weights: Floats) -> float:
    """Largest less smallest mean over the groups, numbered from 0; -1 is none."""
    rows = of & (group >= 0)
    totals = np.bincount(group[rows], weights[rows])
    sums = np.bincount(group[rows], weights[rows] * values[rows])
    known = totals > 0
    rates = sums[known] / totals[known]
    return float(np.ptp(rates)) if known.any() else float("nan")


def _sentences(
    column: str,
    found: Sequence[Group],
    differences: Mapping[str, Rate],
    measures: Mapping[str, tuple[Flags, Floats]],
    able: Mapping[str, Flags],
) -> list[str]:
    said = [f"{group.name!r}: {group.too_small}." for group in found if group.too_small]
    if len(able) < 2:
        return [*said, f"Fewer than two groups of {column!r} are large enough to compare."]
    if "selection rate" in measures:
        said.append(
            _four_fifths(column, {group.name: group.rates["selection rate"].value for group in found if group.rates})
        )
    sure = [title for title, rate in differences.items() if rate.low > 0.02 and "precision" not in title]
    if sure:
        said.append(f"Beyond chance, groups differ in: {', '.join(sure)}.")
    else:
        said.append("No difference between the groups is clearly beyond chance.")
    return said


def _four_fifths(column: str, rates: Mapping[str, float]) -> str:
    highest, lowest = max(rates, key=_key(rates)), min(rates, key=_key(rates))
    ratio = rates[lowest] / rates[highest] if rates[highest] > 0 else float("nan")
    verdict = "passes" if not ratio < FOUR_FIFTHS else "fails"
    return (
        f"Four-fifths rule: {verdict}. {lowest!r} is selected at {rates[lowest]:.1%}, {highest!r} at {rates[highest]:.1%}: a "
        f"ratio of {ratio:.2f} (0.80 is asked for)."
    )


def _key(rates: Mapping[str, float]) -> Callable[[str], float]:
    return lambda name: rates[name]
