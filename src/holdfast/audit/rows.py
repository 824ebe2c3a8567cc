"""Rows that repeat, and rows that are too few."""

from collections.abc import Iterator

import polars as pl

from holdfast.audit.finding import Finding, Severity
from holdfast.audit.sample import Examined
from holdfast.data.columns import Kind
from holdfast.data.dataset import counted

FEW_ROWS = 200
FEW_ROWS_A_CLASS = 10
RARE_CLASS = 0.1


def duplicates(examined: Examined) -> Iterator[Finding]:
    """Equal rows, with the same answer or with different ones."""
    features = [name for name in examined.features if examined.dataset.kinds[name] is not Kind.IDENTIFIER]
    if not features:
        return
    frame = examined.dataset.frame.select([*features, examined.target])
    n_rows = frame.height
    distinct, distinct_features = frame.n_unique(), frame.select(features).n_unique()
    told = len(features) > 1 or examined.dataset.kinds[features[0]] is Kind.TEXT
    if n_rows > distinct and told:
        yield Finding(
            "duplicate-rows",
            Severity.WARNING if n_rows - distinct >= 0.05 * n_rows else Severity.NOTE,
            (),
            f"{n_rows - distinct:,} of {n_rows:,} rows ({(n_rows - distinct) / n_rows:.2%}) repeat an earlier row exactly.",
            "Remove them at the source if they are one event recorded twice; if repeats are real, and will come again, say "
            "--split rows.",
            "equal rows are kept on one side of every split",
        )
    if examined.family == "classification" and distinct - distinct_features >= max(2, 0.001 * n_rows):
        yield Finding(
            "conflicting-rows",
            Severity.NOTE,
            (),
            f"{distinct - distinct_features:,} rows agree in every feature with a row whose target differs.",
            "No model can tell these apart; look for a feature that does, or for wrong labels.",
        )


def too_few(examined: Examined) -> Iterator[Finding]:
    """Few rows, or classes with few rows."""
    n_rows = examined.dataset.n_rows
    if n_rows < FEW_ROWS:
        yield Finding(
            "few-rows",
            Severity.WARNING,
            (),
            f"There are {n_rows} rows to learn from; scores will vary by luck.",
            "Look at the intervals, not at the scores; collect more rows if you can.",
        )
    if examined.family != "classification":
        return
    counts = counted(examined.y).sort("rows", "value")
    rare = counts.filter(pl.col("rows") < FEW_ROWS_A_CLASS)
    if rare.height:
        listed = ", ".join(f"{label!r} ({count})" for label, count in rare.head(5).rows())
        yield Finding(
            "rare-classes",
            Severity.WARNING,
            (examined.target,),
            f"{rare.height} of {counts.height} classes have fewer than {FEW_ROWS_A_CLASS} rows: {listed}.",
            "Merge or remove them; they can neither be learned nor judged.",
        )
    smallest = counts["rows"][0] / n_rows
    if counts.height == 2 and smallest < RARE_CLASS:
        yield Finding(
            "imbalance",
            Severity.NOTE,
            (examined.target,),
            f"The rarer class has {smallest:.1%} of the rows: always answering the other is right in {1 - smallest:.1%}.",
            "Don't judge by accuracy; ROC AUC and average precision tell more.",
        )
