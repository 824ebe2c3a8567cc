"""holdfast audit: findings only, nothing trained."""

import json
from typing import Annotated

import typer

import holdfast


def audit(
    data: Annotated[str, typer.Argument(help="A file, glob, or sqlite:///... or postgresql://...?table=name.")],
    target: Annotated[str, typer.Option(help="The column to predict.")],
    against: Annotated[str | None, typer.Option(help="Newer data: how does it differ?")] = None,
    header: Annotated[bool, typer.Option("--header/--no-header", help="The file's first row names.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
) -> None:
    """Look for leaks, duplicates, groups, time order and other traps, before training anything.

    Example: holdfast audit churn.csv --target churned
    """
    findings = [finding.to_json() for finding in holdfast.examine(data, target, against=against, header=header)]
    if as_json:
        typer.echo(json.dumps(findings, indent=2))
        return
    if not findings:
        typer.echo("nothing found")
    for finding in findings:
        columns = ", ".join(finding["columns"])
        typer.echo(f"{finding['severity']:8} {finding['code']}{f' ({columns})' if columns else ''}")
        typer.echo(f"         {finding['evidence']}\n         {finding['remedy']}")
