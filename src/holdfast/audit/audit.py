"""Run every check over the development rows."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from holdfast.audit.finding import Finding, Severity
from holdfast.audit.leaks import determining, missingness, strong_columns, sums, target_copies
from holdfast.audit.rows import duplicates, groups, time_order, too_few
from holdfast.audit.sample import Examined
from holdfast.audit.useless import constants, identifiers, inconsistent_codes, mostly_missing, repeated_columns
from holdfast.data.dataset import Dataset

# Cheap checks first, so that those are done when time runs out.
CHECKS: tuple[Callable[[Examined], Iterator[Finding]], ...] = (
    identifiers,
    constants,
    too_few,
    target_copies,
    determining,
    missingness,
    duplicates,
    mostly_missing,
    inconsistent_codes,
    sums,
    groups,
    time_order,
    repeated_columns,
    strong_columns,
)


def audit(
    dataset: Dataset,
    target: str,
    family: str,
    *,
    keep: Iterable[str] = (),
    group: str | None = None,
    time_column: str | None = None,
    deadline: float = float("inf"),
) -> list[Finding]:
    """Look for traps in the rows a model will learn from; most severe first.

    family: "classification" or "regression". keep: columns the user wants kept, whatever is found. Checks that the
    deadline (time.monotonic) leaves no time for are named in a note.
    """
    examined = Examined(dataset, target, family, group, time_column)
    findings: list[Finding] = []
    skipped = []
    for check in CHECKS:
        if time.monotonic() > deadline:
            skipped.append(check.__name__.replace("_", " "))
            continue
        findings += check(examined)
    if skipped:
        findings.append(
            Finding(
                "audit-cut-short",
                Severity.NOTE,
                (),
                f"The budget left no time to look for: {', '.join(skipped)}.",
                "Run holdfast audit, which takes the time it needs.",
            )
        )
    kept = set(keep)
    findings = [
        replace(each, drop=False, action="kept, as asked") if each.drop and set(each.columns) & kept else each
        for each in findings
    ]
    return sorted(findings, key=lambda each: (each.severity, each.code, each.columns))
