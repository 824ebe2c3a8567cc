"""holdfast learners: the catalogue."""

import json
from typing import Annotated

import typer

import holdfast
from holdfast.errors import RequestError, nearest

FAMILIES = {"binary": "classification", "multiclass": "classification"}


def learners(
    task: Annotated[str | None, typer.Option(help="Only those for this task: classification or regression.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
) -> None:
    """List what Holdfast can learn with, and when to use each."""
    catalogue = holdfast.catalogue()
    known = {learner.task for learner in catalogue} | set(FAMILIES)
    if task is not None and task not in known:
        raise RequestError(
            f"task {task!r} is unknown; expected one of {', '.join(sorted(known))}.{nearest(task, known)}"
        )
    family = FAMILIES.get(task or "", task)
    rows = [
        {
            "name": learner.name,
            "task": learner.task,
            "also_called": list(learner.also),
            "summary": learner.summary,
            "reference": learner.reference,
            "baseline": learner.baseline,
            "compiles": learner.emit is not None,
            "only_by_name": learner.opt_in,
            "takes": {
                "rows": learner.max_rows,
                "columns": learner.max_columns,
                "classes": learner.max_classes,
                "target": learner.target,
                "weights": learner.weighted,
            },
            "installed": learner.installed,
            "install": None if learner.installed else f"pip install 'holdfast[{learner.extra}]'",
            "space": {name: str(dimension) for name, dimension in learner.space.items()},
        }
        for learner in catalogue
        if family in (None, learner.task)
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("learner", "task", "when to use it (* only when asked for by name)", box=None, header_style="bold")
    for row in rows:
        missing = "" if row["installed"] else f" [dim]({escape(str(row['install']))})[/dim]"
        name, summary = escape(str(row["name"])), escape(str(row["summary"]))
        table.add_row(f"{name}{'*' if row['only_by_name'] else ''}", str(row["task"]), f"{summary}{missing}")
    Console().print(table)
