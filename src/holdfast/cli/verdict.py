"""holdfast verdict: what the sealed set said."""

import json
from pathlib import Path
from typing import Annotated

import typer

from holdfast.study.reopen import reopen
from holdfast.study.study import Study


def verdict(
    study: Annotated[Path, typer.Argument(help="The folder that holdfast train wrote.")],
    metric: Annotated[str | None, typer.Option(help="Open the seal again and judge by this metric.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before a second opening.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
) -> None:
    """Show the verdict; another metric means another opening of the seal, which is asked for and recorded."""
    found = Study(study)
    result = found.verdict
    if metric is not None and metric != result["metric"]:
        question = (
            f"The seal of {study} was opened {result['openings']} time(s). Each further look makes the sealed rows less "
            f"able to surprise you, and goes on record. Open it again?"
        )
        if not yes:
            typer.confirm(question, abort=True, err=True)
        result = reopen(found, metric)
    if as_json:
        typer.echo(json.dumps(result, indent=2))
        return
    typer.echo(
        f"{result['metric']} {result['score']:.4g} ({result['level']:.0%} interval {result['low']:.4g} to "
        f"{result['high']:.4g}) on {result['rows']:,} sealed rows; baseline {result['baseline']:.4g}; "
        f"openings of the seal: {result['openings']}"
    )
