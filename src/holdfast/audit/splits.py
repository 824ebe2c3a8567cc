"""Rows that a random split would put on both sides although the model will meet them on one only."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from holdfast.arrays import Floats, Integers
from holdfast.audit.entities import Grouping, groupings
from holdfast.audit.finding import Finding, Price, Severity
from holdfast.audit.honest import Optimism, by_groups, by_stretches, by_time
from holdfast.audit.moments import Timing, timings
from holdfast.audit.quick import FEWEST_ROWS, MAX_CELLS, MAX_ROWS, learnable, out_of_fold, random_folds, table, targets
from holdfast.audit.sample import Examined
from holdfast.data.fingerprint import row_hashes
from holdfast.data.keys import group_key, moments

# Below this many rows a comparison of splits says nothing.
ENOUGH = 150

# Errors of neighbouring rows that agree more than this show an order no column names.
ALIKE = 0.3


def structure(examined: Examined) -> Iterator[Finding]:
    """Groups and time order, measured: what a random split promises too much decides how rows are split."""
    if examined.group is not None or examined.time is not None or examined.dataset.n_rows < ENOUGH:
        return
    names = learnable(examined)
    if not names:
        return
    found = [*_grouped(examined, names), *_timed(examined, names)]
    # Of several reasons to split otherwise, the dearest decides; the others are said.
    dearest = max((each for each in found if each.split), key=_cost, default=None)
    for each in found:
        yield _only_said(each, dearest) if dearest and each.split and each is not dearest else each


def _cost(finding: Finding) -> float:
    return finding.price.with_it - finding.price.without_it if finding.price else 0.0


def _only_said(finding: Finding, dearest: Finding) -> Finding:
    assert finding.split
    assert dearest.split
    role, key = finding.split
    return replace(
        finding,
        split=None,
        remedy=f"If that is what the model will meet, split by it: --{role} '{key}'.",
        action=f"rows are split by {dearest.split[1]!r}, which matters more",
    )


def _grouped(examined: Examined, names: list[str]) -> Iterator[Finding]:
    seen: set[str] = set()
    for grouping in groupings(examined):
        if grouping.key in seen:
            continue
        seen.add(grouping.key)
        rows = _whole_groups(examined, grouping, len(names))
        part = Examined(examined.dataset.take(rows), examined.target, examined.family)
        # The id of a group that is new tells nothing.
        told = [name for name in names if name not in (grouping.columns if len(grouping.columns) == 1 else ())]
        fold = random_folds(row_hashes(part.dataset.frame, names))
        groups = group_key(part.dataset.frame, grouping.key)
        if len(np.unique(groups)) < 8 or not told:
            continue
        measured = by_groups(table(part, told), targets(part), fold, groups)
        if measured.matters or grouping.certain:
            yield _about_groups(grouping, measured)


def _about_groups(grouping: Grouping, measured: Optimism) -> Finding:
    price = Price(measured.random, measured.honest)
    split = f"--group '{grouping.key}'"
    if measured.matters:
        return Finding(
            "groups",
            Severity.WARNING,
            grouping.columns,
            f"{grouping.seen}. Split by rows, quick models explain {measured.random:.0%}; of groups they never met, "
            f"{measured.honest:.0%}.",
            f"Name it with {split}, or say --split random if the model will only ever meet these groups.",
            "rows of one group are kept on one side of every split",
            split=("group", grouping.key),
            price=price,
        )
    return Finding(
        "possible-groups",
        Severity.NOTE,
        grouping.columns,
        f"{grouping.seen}. That a group is on both sides of a split shows no clear difference: quick models explain "
        f"{measured.random:.0%}, of new groups {measured.honest:.0%}.",
        f"If the model will meet new ones, split by it all the same: {split}.",
        price=price,
    )


def _timed(examined: Examined, names: list[str]) -> Iterator[Finding]:
    rows = _spread(examined.dataset.n_rows, len(names))
    x, y, fold = _asked(examined, names, rows)
    told = False
    for timing in timings(examined):
        when = moments(examined.dataset.frame, timing.key)
        measured = by_time(x, y, fold, when[rows])
        moved = _drift(when, examined.numeric_target)
        if measured.matters or (timing.recorded and moved > 0.05):
            told = True
            yield _about_time(timing, measured, moved)
            break
    if not told and not _sorted_by_target(examined):
        by_row = out_of_fold(x, y, fold)
        measured = by_stretches(x, y, by_row)
        alike = _alike(y, by_row) if len(rows) == examined.dataset.n_rows else _neighbours(examined, names)
        if measured.matters or alike > ALIKE:
            yield _about_order(measured, alike)


def _neighbours(examined: Examined, names: list[str]) -> float:
    """How much alike models err on the first rows, which follow each other in the file."""
    x, y, fold = _asked(examined, names, np.arange(_most(len(names))))
    return _alike(y, out_of_fold(x, y, fold))


def _asked(examined: Examined, names: list[str], rows: Integers) -> tuple[Floats, Floats, Integers]:
    """What a quick model is given of these rows: columns, targets and random folds."""
    part = Examined(examined.dataset.take(rows), examined.target, examined.family)
    return table(part, names), targets(part), random_folds(row_hashes(part.dataset.frame, names))


def _alike(y: Floats, answers: Floats) -> float:
    """The lag-one correlation of what is left unexplained (Durbin & Watson, 1950)."""
    rest = (y - answers)[:, 0]
    return float(np.corrcoef(rest[:-1], rest[1:])[0, 1]) if rest.std() > 0 else 0.0


def _about_time(timing: Timing, measured: Optimism, moved: float) -> Finding:
    price = Price(measured.random, measured.honest)
    evidence = (
        f"{timing.seen[0].upper()}{timing.seen[1:]}. By rows of any time, quick models explain {measured.random:.0%} of later "
        f"stretches; by the past alone {measured.honest:.0%}. The target's mean moves by {moved:.2f} standard deviations."
    )
    if measured.matters:
        return Finding(
            "time-order",
            Severity.WARNING,
            timing.columns,
            evidence,
            f"Name it with --time '{timing.key}', or say --split random if the model will not be asked about the future.",
            "models learn from the past and are judged on what came later",
            split=("time", timing.key),
            price=price,
        )
    return Finding(
        "time-order",
        Severity.NOTE,
        timing.columns,
        evidence,
        f"If the model will predict the future, judge it on the future: --time '{timing.key}'.",
        price=price,
    )


def _about_order(measured: Optimism, alike: float) -> Finding:
    return Finding(
        "row-order",
        Severity.NOTE,
        (),
        f"Rows that follow each other in the file are alike: models err alike on them (correlation {alike:.2f}). Split by "
        f"rows, quick models explain {measured.random:.0%}; of stretches of the file they never saw, {measured.honest:.0%}.",
        "If that is time, say --time 'rows()'; if it is places or batches, add a column that names them and say --group.",
        price=Price(measured.random, measured.honest),
    )


def _sorted_by_target(examined: Examined) -> bool:
    """Whether the file is sorted by the answer itself, which says nothing of the rows."""
    y = examined.numeric_target
    if examined.family == "classification":
        return bool((np.diff(y) != 0).sum() <= 0.02 * len(y) + 3 * len(np.unique(y)))
    ranks = np.argsort(np.argsort(y, kind="stable"), kind="stable")
    return bool(abs(np.corrcoef(ranks, np.arange(len(y)))[0, 1]) > 0.8)


def _drift(when: np.ndarray, y: np.ndarray) -> float:
    """Spread of the target's mean over fifths of time, beyond what chance gives, in standard deviations."""
    known = ~np.isnan(when)
    when, y = when[known], y[known]
    fifth = np.searchsorted(np.quantile(when, [0.2, 0.4, 0.6, 0.8]), when) if len(when) else when
    parts = [y[fifth == k] for k in range(5) if (fifth == k).sum() > 10]
    spread = float(np.std(y)) if len(y) else 0.0
    if len(parts) < 3 or spread == 0:
        return 0.0
    means = np.array([part.mean() for part in parts])
    chance = np.mean([spread**2 / len(part) for part in parts])
    return float(np.sqrt(max(0.0, means.var() - chance)) / spread)


def _most(n_columns: int) -> int:
    return min(MAX_ROWS, max(FEWEST_ROWS, MAX_CELLS // max(1, n_columns)))


def _spread(n_rows: int, n_columns: int) -> Integers:
    return np.unique(np.linspace(0, n_rows - 1, min(n_rows, _most(n_columns))).astype(np.int64))


def _whole_groups(examined: Examined, grouping: Grouping, n_columns: int) -> Integers:
    """Rows of some groups, each with all its rows, in file order."""
    groups = group_key(examined.dataset.frame, grouping.key)
    rows = np.arange(len(groups))
    if len(rows) <= _most(n_columns):
        return rows
    return np.sort(np.argsort(groups, kind="stable")[: _most(n_columns)])
