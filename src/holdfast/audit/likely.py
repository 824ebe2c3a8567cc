"""Columns that probably know the answer because they were recorded after it, each at its price."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from holdfast.arrays import Floats, Integers
from holdfast.audit.entities import identities, words_of
from holdfast.audit.finding import Finding, Price, Severity
from holdfast.audit.quick import alone, explained, learnable, out_of_fold, random_folds, table, targets
from holdfast.audit.sample import Examined, as_numbers
from holdfast.data.columns import Kind
from holdfast.data.dataset import counted
from holdfast.data.fingerprint import row_hashes

# Alone a column explains this much: it may be the answer itself. Those that do must be this far ahead of all others. Of
# numbers much more is needed: the weight of a stone does explain its price.
SUSPECT, AHEAD = {"classification": 0.9, "regression": 0.985}, 0.2

# Of classes a column may also know a little less when all others know next to nothing: this far ahead.
NEARLY, FAR_AHEAD = 0.9, 0.5

# Without a suspect, this much more must stay unexplained, and at least this much in all; else it gives nothing away.
DEARER, PRICE = 0.1, 0.01

# A name alone is no evidence: the column must also explain this much by itself.
TELLING = 0.05

# A value is sure of its answer when this share of its rows has it, though chance alone would miss that many times.
PURE, MISSED, PERFECT = 0.998, 100, 0.95

# Of the rows that lack the target, this share must lack the column, too, which all others have.
FEWEST_UNANSWERED, LACKING = 20, 0.5

AFTER = frozenset({
    "duration", "elapsed", "outcome", "result", "results", "resolved", "resolution", "final", "actual", "closed", "closing",
    "completed", "completion", "cancelled", "canceled", "cancellation", "refund", "refunded", "returned", "settlement",
    "settled", "payout", "recovery", "recovered", "discharge", "discharged", "death", "died", "dropoff", "delivered", "exit",
    "terminated", "termination", "citation", "claim", "claims", "chargeoff", "reason", "cause",
})  # fmt: skip
BEFORE = frozenset({
    "previous", "prev", "prior", "past", "historical", "history", "before", "requested", "planned", "scheduled", "expected",
    "reserved", "last", "former", "initial", "pre",
})  # fmt: skip
# Known of a person or thing before anything happens to it, whenever it is written down.
KNOWN = frozenset({"race", "gender", "sex", "age", "ethnicity", "birth", "name", "country", "state", "city", "zip"})
CODES = frozenset({"id", "code", "type", "status", "category", "class", "nbr", "no"})
PLAIN = frozenset({
    "column", "field", "feature", "attribute", "variable",
    "class", "target", "label", "type", "value", "amount", "total", "count", "status", "date", "time", "name", "flag",
    "level", "score", "number", "rate", "current", "price", "index", "group", "mean", "median",
})  # fmt: skip


@dataclass(frozen=True)
class _Asked:
    """The sample as quick models see it: x (n_rows, n_names), y (n_rows, n_targets), fold (n_rows,)."""

    names: list[str]
    x: Floats
    y: Floats
    fold: Integers

    def without(self, gone: Iterable[str]) -> float:
        """What quick models explain without some columns."""
        left_out = set(gone)
        keep = [k for k, name in enumerate(self.names) if name not in left_out]
        return explained(self.y, out_of_fold(self.x[:, keep], self.y, self.fold)) if keep else 0.0


@dataclass
class _Suspects:
    """Why each column is suspected, in words; all reasons of one column together."""

    reasons: dict[str, list[str]] = field(default_factory=dict)
    free: set[str] = field(default_factory=set)

    def add(self, name: str, reason: str, *, priced: bool) -> None:
        self.reasons.setdefault(name, []).append(reason)
        if not priced:
            self.free.add(name)


def likely_leaks(examined: Examined, certain: Iterable[Finding] = ()) -> Iterator[Finding]:
    """Columns with a reason to be suspected whose loss would cost much; `certain` leaks are left out beforehand."""
    sample, gone = examined.sample, {name for each in certain for name in each.columns}
    # That an id knows the answers of its own rows is no leak: such rows belong together, which is another finding.
    gone_or_id = gone | {name for each in identities(examined) for name in each.columns}
    names = [name for name in learnable(sample) if name not in gone_or_id]
    if len(names) < 2 or sample.dataset.n_rows < 50:
        return
    asked = _Asked(names, table(sample, names), targets(sample), random_folds(row_hashes(sample.dataset.frame, names)))
    scores = _scores(sample, asked)
    suspects = _Suspects()
    _unanswered(examined, names, suspects)
    _named_after(names, gone, suspects)
    strong = _strong(sample.family, scores)
    for name in strong:
        suspects.add(name, f"alone explains {scores[name]:.0%} of what there is to explain", priced=True)
    if examined.family == "classification":
        _pockets(examined, asked, suspects)
    _later_dates(sample, asked, suspects)
    _by_name(examined, scores, suspects)
    _families(examined.target, names, gone, suspects)
    whole = asked.without([]) if suspects.reasons else 0.0
    for name, reasons in suspects.reasons.items():
        # Columns that know the answer stand in for each other: those that are strong together go together.
        rest = asked.without(strong if name in strong else [name])
        if name in suspects.free or _dear(whole, rest):
            yield Finding(
                "likely-leak",
                Severity.WARNING,
                (name,),
                f"{name!r} {'; '.join(reasons)}. Quick models explain {whole:.0%} with it, {rest:.0%} without.",
                f"Check that its value is known before the target is; leave it out with --drop {name!r} if it is not.",
                price=Price(whole, rest),
            )


def _dear(with_it: float, without_it: float) -> bool:
    more = (1 - without_it) / max(1 - with_it, 1e-3) - 1
    return with_it - without_it >= PRICE and more >= DEARER


def _scores(sample: Examined, asked: _Asked) -> dict[str, float]:
    """What each column explains alone; where it is much, trees and the beginnings of codes may show that it is more."""
    scores = {}
    for k, name in enumerate(asked.names):
        column = asked.x[:, [k]]
        scores[name] = alone(column[:, 0], asked.y, asked.fold)
        if scores[name] > 0.4:
            trees = explained(asked.y, out_of_fold(column, asked.y, asked.fold))
            parts = _beginnings(sample, name, column[:, 0])
            scores[name] = max(scores[name], trees, *(alone(part, asked.y, asked.fold) for part in parts))
    return scores


def _strong(family: str, scores: dict[str, float]) -> list[str]:
    """Columns that alone come near a perfect answer while all others are far behind."""
    suspect = SUSPECT[family]
    strong = [name for name, score in scores.items() if score >= suspect] or [
        max(scores, key=lambda name: scores[name])
    ]
    best = max(scores[name] for name in strong)
    ahead = best - max((score for name, score in scores.items() if name not in strong), default=0.0)
    lonely = family == "classification" and best >= NEARLY * suspect and ahead > FAR_AHEAD
    enough = lonely or (best >= suspect and ahead > AHEAD)
    # Several numbers that all follow the target are a trend or a size, not its copies.
    few = family == "classification" or len(strong) <= 2
    return strong if enough and few and len(strong) < len(scores) else []


def _beginnings(sample: Examined, name: str, column: Floats) -> list[Floats]:
    """The first two and three digits or letters of a code: of a postal code they name the place."""
    if sample.dataset.kinds[name] is Kind.CATEGORY:
        text = sample.dataset.frame[name]
        return [as_numbers(text.str.slice(0, kept)) for kept in (2, 3)] if text.n_unique() > 100 else [column]
    known = column[~np.isnan(column)]
    if not len(known) or known.min() < 0 or not 1e3 <= known.max() < 1e9 or (known != np.floor(known)).any():
        return [column]
    digits = int(np.log10(known.max())) + 1
    return [np.floor(column / 10 ** (digits - kept)) for kept in (2, 3)]


def _unanswered(examined: Examined, names: list[str], suspects: _Suspects) -> None:
    """Columns that lack a value where the target does, and only there: they are recorded with it."""
    rows = examined.unanswered
    if rows is None or rows.n_rows < FEWEST_UNANSWERED:
        return
    for name in names:
        lacking = rows.frame[name].null_count() / rows.n_rows
        # Columns that are missing elsewhere, too, may be missing for a reason of their own.
        if set(words_of(name)) & (KNOWN | BEFORE):
            continue
        if lacking >= LACKING and examined.dataset.frame[name].null_count() <= 0.001 * examined.dataset.n_rows:
            reason = f"is missing in {lacking:.0%} of the rows that lack the target and nowhere else: it comes with the answer"
            suspects.add(name, reason, priced=False)


def _named_after(names: list[str], gone: set[str], suspects: _Suspects) -> None:
    """Columns whose name goes on where that of a certain leak ends: status, status_date."""
    for name in names:
        parents = [
            each for each in gone if words_of(name)[: len(words_of(each))] == words_of(each) and len(words_of(each)) > 1
        ]
        if parents:
            suspects.add(name, f"is named after {parents[0]!r}, which gives the target away", priced=False)


def _families(target: str, names: list[str], gone: set[str], suspects: _Suspects) -> None:
    """Columns named like several that are suspected, or like a certain leak that is named like the target."""
    beginnings = [tuple(words_of(each)[:2]) for each in (*suspects.reasons, *gone)]
    asked = {word for word in words_of(target) if len(word) >= 4} - PLAIN
    told = {word for each in gone for word in words_of(each)} & asked
    for name in names:
        words = words_of(name)
        if name in suspects.reasons or set(words) & BEFORE:
            continue
        if len(words) >= 2 and beginnings.count(tuple(words[:2])) >= 2:
            suspects.add(
                name, f"is one of the columns {' '.join(words[:2])!r}, several of which know the answer", priced=False
            )
        elif told & set(words):
            shared = min(told & set(words))
            suspects.add(
                name, f"shares the word {shared!r} with the target and with a column that gives it away", priced=False
            )


def _pockets(examined: Examined, asked: _Asked, suspects: _Suspects) -> None:
    """Single values that always come with one answer, in more rows than chance would ever allow."""
    y, n_rows = examined.y, examined.dataset.n_rows
    shares = {label: count / n_rows for label, count in counted(y).rows()}
    found: dict[str, str] = {}
    for name in asked.names:
        for said, rows in _places(examined.dataset.frame[name]):
            m = int(rows.sum())
            label, count = counted(y.filter(rows)).row(0) if m >= 50 else (None, 0)
            if label is not None and count >= PURE * m and m * (1 - shares[label]) >= MISSED:
                found[name] = f"{said} comes with {label!r} in {count:,} of {m:,} rows"
                break
    # Where all is known without them, as of mushrooms, one more sure value is no surprise.
    if found and asked.without(found) < PERFECT:
        for name, said in found.items():
            suspects.add(name, said, priced=False)


def _places(column: pl.Series) -> Iterator[tuple[str, pl.Series]]:
    counts = counted(column)
    # Of measured numbers the lowest and highest may well be sure; of codes and small counts no value should be.
    code = column.dtype != pl.Float64 or counts.height <= 10 or bool(CODES & set(words_of(column.name)))
    if (counts.height <= 50 and code) or column.dtype == pl.Datetime:
        for value, count in counts.head(20).rows():
            if value is not None and 0.002 * column.len() <= count <= 0.9 * column.len():
                yield f"being {value!s}", column.eq_missing(value)
    value = counts["value"][0]
    if value is not None and counts["rows"][0] >= 0.5 * column.len():
        yield f"being anything but {value!s}", column.ne_missing(value) & column.is_not_null()
    if column.null_count():
        yield "being missing", column.is_null()
        yield "being filled in", column.is_not_null()


def _later_dates(sample: Examined, asked: _Asked, suspects: _Suspects) -> None:
    """Of two moments, one never before the other: the later tells how long something took."""
    dates = [name for name in asked.names if sample.dataset.kinds[name] is Kind.DATETIME]
    values = {name: as_numbers(sample.dataset.frame[name]) for name in dates}
    for first in dates:
        for second in dates:
            gap = values[second] - values[first]
            known = gap[~np.isnan(gap)]
            if first == second or len(known) < 50 or (known < 0).mean() > 0.001 or (known > 0).mean() < 0.5:
                continue
            told = alone(gap, asked.y, asked.fold)
            if told >= 2 * TELLING and told > alone(values[first], asked.y, asked.fold) + TELLING:
                suspects.add(
                    second, f"is never before {first!r}, and the time between explains {told:.0%}", priced=True
                )


def _by_name(examined: Examined, scores: dict[str, float], suspects: _Suspects) -> None:
    """Columns named like the target, or for something that comes after."""
    asked = {word for word in words_of(examined.target) if len(word) >= 4} - PLAIN
    for name, score in scores.items():
        words = set(words_of(name))
        if score < TELLING or words & BEFORE:
            continue
        shared = sorted(word for word in words for other in asked if _akin(word, other))
        if shared:
            suspects.add(name, f"shares the word {shared[0]!r} with the target", priced=True)
        elif words & AFTER:
            suspects.add(name, f"is named for what comes after ({min(words & AFTER)!r})", priced=True)


def _akin(word: str, other: str) -> bool:
    return word == other or (min(len(word), len(other)) >= 6 and word[:6] == other[:6])
