"""holdfast sign: say who made a model."""

from pathlib import Path
from typing import Annotated

import typer

from holdfast.model.package import folder_of, load
from holdfast.model.signature import sign as sign_folder


def sign(
    model: Annotated[Path, typer.Argument(help="The model folder (or the study's).")],
    key: Annotated[Path, typer.Option(help="Private key (Ed25519, PEM): openssl genpkey -algorithm ed25519")],
) -> None:
    """Sign a model: its manifest, which holds the hash of every other file.

    Example: holdfast sign study/model --key key.pem
    """
    load(model)  # nobody should sign what is not whole
    typer.echo(f"signed: {sign_folder(folder_of(model), key)}", err=True)
