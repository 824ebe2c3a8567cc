"""holdfast verdict: what the sealed set said."""

import json
from pathlib import Path
from typing import Annotated

import typer

import holdfast
from holdfast.report.numbers import number


def verdict(
    study: Annotated[Path, typer.Argument(help="The folder that holdfast train wrote.")],
    again: Annotated[
        bool, typer.Option("--again", help="Open the seal once more; asks first, and records it.")
    ] = False,
    model: Annotated[Path | None, typer.Option(help="With --again: ask about this model instead.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
) -> None:
    """Show what the model scored on the sealed rows, and how often they were looked at."""
    if model is not None and not again:
        raise typer.BadParameter("--model asks the sealed rows about another model; expected --again beside it")
    found = holdfast.Study(study)
    result = {**found.verdict, "openings": found.openings}
    if again:
        question = (
            f"The seal of {study} was opened {found.openings} time(s). A further look goes on record. Its answer is blurred "
            f"so that it stays true, and what it discloses is counted. Open it again?"
        )
        if not yes:
            typer.confirm(question, abort=True, err=True)
        result = found.look_again(model)
    if as_json:
        typer.echo(json.dumps(result, indent=2))
    elif again:
        typer.echo(
            f"{result['metric']} {number(result['score'])}, asked {result['openings']} times. {result['sentence']}"
        )
    else:
        typer.echo(
            f"{result['metric']} {number(result['score'])} ({result['level']:.0%} interval {number(result['low'])} to "
            f"{number(result['high'])}) on {result['rows']:,} sealed rows; baseline {number(result['baseline'])}; "
            f"openings of the seal: {result['openings']}"
        )
