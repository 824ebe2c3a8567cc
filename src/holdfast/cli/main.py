"""The `holdfast` command: one verb a file, each a thin call into the API."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from holdfast.cli.advise import advise
from holdfast.cli.audit import audit
from holdfast.cli.explain import explain
from holdfast.cli.learners import learners
from holdfast.cli.package import package
from holdfast.cli.sbom import sbom
from holdfast.cli.score import score
from holdfast.cli.serve import serve
from holdfast.cli.sign import sign
from holdfast.cli.train import train
from holdfast.cli.verdict import verdict
from holdfast.errors import HoldfastError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # loading rich to draw boxes would cost a fifth of the time that --help may take
    context_settings={"help_option_names": ["-h", "--help"]},
    help="From raw data to a model you can trust. Start with: holdfast train data.csv --target COLUMN",
)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer's callback form
    if wanted:
        typer.echo(f"holdfast {version('holdfast')}")
        raise typer.Exit


@app.callback()
def options(
    shown: Annotated[
        bool, typer.Option("--version", help="Show the version and stop.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Options of the command itself."""


for verb in (train, audit, advise, score, explain, serve, learners, verdict, package, sign, sbom):
    app.command()(verb)


def main() -> None:
    """Run a verb; a user's mistake ends with one clear message and exit code 1, wrong usage with 2."""
    try:
        app()
    except HoldfastError as error:
        typer.echo(f"holdfast: {error}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)


if __name__ == "__main__":
    main()
