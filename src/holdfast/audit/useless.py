"""Columns nothing can be learned from, or that say what another says."""

from collections.abc import Iterator
from hashlib import blake2b

import numpy as np
import polars as pl

from holdfast.audit.finding import Finding, Severity
from holdfast.audit.sample import Examined
from holdfast.data.columns import Kind
from holdfast.data.dataset import counted

NEARLY_CONSTANT = 0.999
MOSTLY_MISSING = 0.9


def identifiers(examined: Examined) -> Iterator[Finding]:
    """Columns that only tell rows apart."""
    for name in examined.of_kind(Kind.IDENTIFIER):
        yield Finding(
            "identifier",
            Severity.NOTE,
            (name,),
            f"{name!r} has another value in (almost) every row.",
            f"If it does carry information, keep it with --keep {name!r}.",
            "left out of training",
            drop=True,
        )


def constants(examined: Examined) -> Iterator[Finding]:
    """Columns with one value, or nearly so."""
    for name in examined.of_kind(Kind.CONSTANT):
        column = examined.dataset.frame[name].drop_nulls()
        said = f"is {column[0]!r} in every row" if column.len() else "is missing in every row"
        yield Finding(
            "constant",
            Severity.NOTE,
            (name,),
            f"{name!r} {said}.",
            "Nothing can be learned from it; drop it at the source.",
            "left out of training",
            drop=True,
        )
    for name in examined.of_kind(Kind.NUMBER, Kind.CATEGORY, Kind.BOOLEAN):
        counts = counted(examined.dataset.frame[name].drop_nulls())
        share = counts["rows"].head(1).sum() / examined.dataset.n_rows
        if counts.height > 1 and share >= NEARLY_CONSTANT:
            yield Finding(
                "nearly-constant",
                Severity.NOTE,
                (name,),
                f"{name!r} has one value in {share:.2%} of the rows.",
                f"It can tell little; leave it out with --drop {name!r} if it is not worth collecting.",
            )


def mostly_missing(examined: Examined) -> Iterator[Finding]:
    """Columns with few values."""
    for name in examined.features:
        column = examined.dataset.frame[name]
        share = column.null_count() / column.len()
        if MOSTLY_MISSING <= share < 1:
            yield Finding(
                "mostly-missing",
                Severity.NOTE,
                (name,),
                f"{name!r} is missing in {share:.1%} of the rows.",
                "Find out why; that it is missing is used as information, too.",
            )


def repeated_columns(examined: Examined) -> Iterator[Finding]:
    """Columns whose values map one to one on an earlier column's."""
    sample = examined.sample
    frame, names = sample.dataset.frame, sample.of_kind(Kind.NUMBER, Kind.CATEGORY, Kind.BOOLEAN, Kind.DATETIME)
    first_with: dict[bytes, str] = {}
    for name in names:
        # Where nearly every row has its own value, any two columns map one to one.
        if not 2 < frame[name].n_unique() <= 0.5 * frame.height:
            continue
        other = first_with.setdefault(_pattern(frame[name]), name)
        if other != name:
            yield Finding(
                "repeated-column",
                Severity.NOTE,
                (other, name),
                f"{name!r} says the same as {other!r}: each value of one stands for one value of the other.",
                f"One of them is enough; leave one out with --drop {name!r}.",
            )


def _pattern(column: pl.Series) -> bytes:
    """A name for which rows share a value: values are numbered as they first come up."""
    _, first, place = np.unique(column.rank("dense").fill_null(0).to_numpy(), return_index=True, return_inverse=True)
    numbered = np.argsort(np.argsort(first))[place]
    return blake2b(numbered.astype("<i8").tobytes(), digest_size=16).digest()


def inconsistent_codes(examined: Examined) -> Iterator[Finding]:
    """Categories that differ only in case, in spaces, or in what joins two words."""
    for name in examined.of_kind(Kind.CATEGORY):
        values = examined.dataset.frame[name].drop_nulls().unique()
        folded = (
            values.str.to_lowercase().str.replace_all("_", " ").str.replace_all(r"\b[\s-]+\b", " ").str.strip_chars()
        )
        twins = pl.DataFrame({"value": values, "folded": folded}).group_by("folded").agg("value").sort("folded")
        twins = twins.filter(pl.col("value").list.len() > 1)
        if twins.height:
            examples = ", ".join(repr(value) for value in sorted(twins["value"][0].to_list())[:3])
            yield Finding(
                "inconsistent-codes",
                Severity.WARNING,
                (name,),
                f"{twins.height} of {values.len()} values of {name!r} are spelled in several ways, such as {examples}.",
                "Spell each value one way at the source.",
            )
