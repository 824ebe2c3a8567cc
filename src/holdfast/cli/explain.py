"""holdfast explain: what each field adds to the answers."""

import json
from pathlib import Path
from typing import Annotated

import typer

import holdfast


def explain(
    model: Annotated[Path, typer.Argument(help="The model folder (or the study's).")],
    data: Annotated[str, typer.Argument(help="A file, glob, or sqlite:///... or postgresql://...?table=name.")],
    rows: Annotated[int, typer.Option(help="Explain the first so many rows.")] = 1_000,
    out: Annotated[
        Path | None, typer.Option(help="What each field adds, row by row: .csv, .parquet or .jsonl.")
    ] = None,
    header: Annotated[bool, typer.Option("--header/--no-header", help="The file's first row names.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
) -> None:
    """Say what each field adds to the answers (Shapley values), by asking the compiled model alone.

    Example: holdfast explain study/model customers.csv --rows 100 --out why.csv
    """
    found = holdfast.explain_file(model, data, out, rows=rows, header=header)
    if as_json:
        typer.echo(json.dumps({"rows": found.frame.height, "fields": dict(found.fields)}, indent=2))
        return
    typer.echo(f"what a field adds or takes away, on average over {found.frame.height:,} rows:")
    widest = max((size for _, size in found.fields), default=0.0) or 1.0
    for name, size in found.fields:
        typer.echo(f"{name[:30]:30} {size:10.4g} {'#' * round(40 * size / widest)}")
