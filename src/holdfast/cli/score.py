"""holdfast score: predict for every row of a file."""

import json
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

import holdfast

# Seconds between lines that tell how far a long run is: on a terminal one line is written over.
PAUSE_TERMINAL, PAUSE_LOG = 0.5, 10.0


class OnBadRow(StrEnum):
    """What becomes of a row that can't be read."""

    fail = "fail"
    reject = "reject"


def score(
    model: Annotated[Path, typer.Argument(help="The model folder (or the study's).")],
    data: Annotated[str, typer.Argument(help="A file, glob, or sqlite:///... or postgresql://...?table=name.")],
    out: Annotated[
        str,
        typer.Option(
            help="Where to write: .csv, .tsv, .parquet, .arrow, .jsonl, .json, .xlsx, or a database's new table."
        ),
    ],
    keep: Annotated[str, typer.Option(help="Input columns to repeat beside the predictions: a,b.")] = "",
    interval: Annotated[
        float | None, typer.Option(help="Add ranges that hold the truth with this probability.")
    ] = None,
    on_bad_row: Annotated[
        OnBadRow, typer.Option(help="fail: stop at a row that can't be read; reject: put it aside and go on.")
    ] = OnBadRow.fail,
    rejects: Annotated[
        Path | None,
        typer.Option(help="CSV for rows that --on-bad-row reject puts aside; OUT.rejects.csv beside --out by default."),
    ] = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Run a stranger's model in a process with limits.")
    ] = False,
    require_signature: Annotated[
        Path | None, typer.Option(help="Public key (PEM) of whoever must have signed the model.")
    ] = None,
    header: Annotated[bool, typer.Option("--header/--no-header", help="The file's first row names.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print a summary as JSON on standard output.")] = False,
) -> None:
    """Predict with nothing but the compiled model; rows come out in the order they went in.

    Memory doesn't grow with the data. A run that was killed goes on where it was when the same command is run again.

    Example: holdfast score study/model new-customers.csv --out predictions.csv --keep customerID
    """
    kept = [name.strip() for name in keep.split(",") if name.strip()]
    progress = _Progress()
    try:
        summary = holdfast.score(
            model,
            data,
            out,
            keep=kept,
            interval=interval,
            header=header,
            on_bad_row=on_bad_row.value,
            rejects=rejects,
            sandbox=sandbox,
            require_signature=require_signature,
            progress=progress,
        )
    finally:
        progress.end()
    if as_json:
        typer.echo(json.dumps(summary))
    went_on = f", {summary['resumed']:,} of them in a run before" if summary["resumed"] else ""
    typer.echo(f"{summary['rows']:,} rows scored{went_on} in {summary['seconds']:.2f} s: {summary['out']}", err=True)
    if summary["rejected"]:
        typer.echo(f"{summary['rejected']:,} rows can't be scored; with reasons: {summary['rejects']}", err=True)


class _Progress:
    """Writes how far a long run is."""

    def __init__(self) -> None:
        self._began = self._told = time.monotonic()
        self._first: int | None = None
        self._open = False

    def __call__(self, rows: int, share: float | None) -> None:
        now = time.monotonic()
        if self._first is None:
            self._first = rows
        terminal = sys.stderr.isatty()
        if now - self._told < (PAUSE_TERMINAL if terminal else PAUSE_LOG):
            return
        self._told = now
        speed = (rows - self._first) / (now - self._began)
        part = f"{share:.0%}, " if share is not None else ""
        line = f"{part}{rows:,} rows, {speed:,.0f} rows/s"
        typer.echo(f"\r{line}\x1b[K" if terminal else line, err=True, nl=not terminal)
        self._open = terminal

    def end(self) -> None:
        """End a line that was left open to be written over."""
        if self._open:
            typer.echo("", err=True)
            self._open = False
