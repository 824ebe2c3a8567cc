"""holdfast score: predict for every row of a file."""

import json
from pathlib import Path
from typing import Annotated

import typer

import holdfast


def score(
    model: Annotated[Path, typer.Argument(help="The model folder (or the study's).")],
    data: Annotated[str, typer.Argument(help="A file, glob or sqlite:///file.db?table=name.")],
    out: Annotated[Path, typer.Option(help="Where to write; .csv, .tsv, .parquet, .arrow, .jsonl, .json or .xlsx.")],
    keep: Annotated[str, typer.Option(help="Input columns to repeat beside the predictions: a,b.")] = "",
    interval: Annotated[
        float | None, typer.Option(help="Add ranges that hold the truth with this probability.")
    ] = None,
    header: Annotated[bool, typer.Option("--header/--no-header", help="The file's first row names.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print a summary as JSON on standard output.")] = False,
) -> None:
    """Predict with nothing but the compiled model; rows come out in the order they went in.

    Example: holdfast score study/model new-customers.csv --out predictions.csv --keep customerID
    """
    kept = [name.strip() for name in keep.split(",") if name.strip()]
    summary = holdfast.score(model, data, out, keep=kept, interval=interval, header=header)
    if as_json:
        typer.echo(json.dumps(summary))
    typer.echo(f"{summary['rows']:,} rows scored in {summary['seconds']:.2f} s: {out}", err=True)
