"""holdfast advise: which learners suit some data, and why."""

import json
from typing import Annotated

import typer

import holdfast
from holdfast.search.clock import parse_budget, parse_seconds


def advise(
    data: Annotated[str, typer.Argument(help="A file, glob, or sqlite:///... or postgresql://...?table=name.")],
    target: Annotated[str, typer.Option(help="The column to predict.")],
    metric: Annotated[str | None, typer.Option(help="What to be good at; each task has a default.")] = None,
    readable: Annotated[bool, typer.Option("--readable", help="Only models that a person can follow.")] = False,
    max_latency: Annotated[str | None, typer.Option(help="Longest time for one record, such as 1ms.")] = None,
    budget: Annotated[str, typer.Option(help="Time for everything, such as 60s.")] = "60s",
    header: Annotated[bool, typer.Option("--header/--no-header", help="The file's first row names.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
) -> None:
    """Try every learner on a sample of the data and say which suit it, and why; nothing is kept.

    fit: seconds on all rows, estimated. a record: microseconds in the compiled model. --json has the intervals.

    Example: holdfast advise churn.csv --target churned --readable
    """
    advice = holdfast.advise(
        data,
        target,
        metric=metric,
        readable=readable,
        max_latency=parse_seconds(max_latency, "max_latency", "1ms or 200us"),
        seconds=parse_budget(budget) or 60.0,
        header=header,
        say=lambda message: typer.echo(message, err=True),
    )
    if as_json:
        typer.echo(json.dumps(advice.to_json(), indent=2))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    for fact in advice.facts:
        typer.echo(f"- {fact}")
    table = Table(
        "learner", "suits", escape(advice.metric), "fit, all rows", "one record", "why", box=None, header_style="bold"
    )
    for each in advice.learners:
        table.add_row(
            escape(each.learner),
            each.suits,
            "" if each.score is None else f"{each.score:.4g}",
            "" if each.seconds is None else f"{each.seconds:.1f} s",
            "" if each.one_row is None else f"{each.one_row:.0f} us",
            escape(each.why),
        )
    for column in table.columns[:-1]:
        column.no_wrap = True
    Console().print(table)
