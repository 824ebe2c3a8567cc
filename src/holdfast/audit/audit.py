"""Run every check over the development rows."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from holdfast.audit.alike import near_duplicates
from holdfast.audit.finding import Finding, Severity
from holdfast.audit.labels import label_errors
from holdfast.audit.leaks import composed, determining, missingness, paired, separating, sums, target_copies
from holdfast.audit.likely import likely_leaks
from holdfast.audit.rows import duplicates, too_few
from holdfast.audit.sample import Examined
from holdfast.audit.splits import structure
from holdfast.audit.units import mixed_units
from holdfast.audit.useless import constants, identifiers, inconsistent_codes, mostly_missing, repeated_columns
from holdfast.data.dataset import Dataset

Check: TypeAlias = Callable[[Examined], Iterator[Finding]]

# What is certain, and cheap to see.
CERTAIN: tuple[Check, ...] = (
    identifiers,
    constants,
    too_few,
    target_copies,
    determining,
    missingness,
    sums,
    composed,
    paired,
    separating,
)

# What must be measured, without the columns that give the target away.
MEASURED: tuple[Check, ...] = (
    structure,
    duplicates,
    mostly_missing,
    inconsistent_codes,
    repeated_columns,
    mixed_units,
    near_duplicates,
    label_errors,
)


@dataclass
class _Walk:
    """Goes from check to check until the deadline, noting those there was no time for."""

    deadline: float
    skipped: list[str]
    findings: list[Finding]

    def run(self, name: str, check: Check, examined: Examined) -> None:
        if time.monotonic() > self.deadline:
            self.skipped.append(name.replace("_", " "))
        else:
            self.findings += check(examined)


def audit(
    dataset: Dataset,
    target: str,
    family: str,
    *,
    keep: Iterable[str] = (),
    group: str | None = None,
    time_column: str | None = None,
    unanswered: Dataset | None = None,
    deadline: float = float("inf"),
) -> list[Finding]:
    """Look for traps in the rows a model will learn from; most severe first.

    family: "classification" or "regression". keep: columns the user wants kept, whatever is found. unanswered: rows whose
    target is missing. Checks that the deadline (time.monotonic) leaves no time for are named in a note.
    """
    examined, kept = Examined(dataset, target, family, group, time_column, unanswered), set(keep)
    walk = _Walk(deadline, [], [])
    for check in CERTAIN:
        walk.run(check.__name__, check, examined)
    certain = [each for each in walk.findings if each.severity is Severity.BLOCKER]
    walk.run("likely_leaks", lambda each: likely_leaks(each, certain), examined)
    known = {name for each in walk.findings if each.severity is Severity.BLOCKER or each.price for name in each.columns}
    unspoilt = replace(examined, dataset=dataset.drop(*(known - kept - {target})))
    for check in MEASURED:
        walk.run(check.__name__, check, unspoilt if check in (structure, label_errors) else examined)
    findings = [
        replace(each, drop=False, action="kept, as asked") if each.drop and set(each.columns) & kept else each
        for each in walk.findings
    ]
    if walk.skipped:
        findings.append(_cut_short(walk.skipped))
    return sorted(findings, key=lambda each: (each.severity, each.code, each.columns))


def _cut_short(skipped: list[str]) -> Finding:
    return Finding(
        "audit-cut-short",
        Severity.NOTE,
        (),
        f"The budget left no time to look for: {', '.join(skipped)}.",
        "Run holdfast audit, which takes the time it needs.",
    )
