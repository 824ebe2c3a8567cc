"""holdfast sbom: what a model is made of."""

import json
from pathlib import Path
from typing import Annotated

import typer

from holdfast.errors import RequestError
from holdfast.model.package import load
from holdfast.model.sbom import bill_of_materials


def sbom(
    model: Annotated[Path, typer.Argument(help="The model folder (or the study's).")],
    out: Annotated[Path | None, typer.Option(help="Where to write; standard output by default.")] = None,
) -> None:
    """List a model's files and libraries as a software bill of materials (CycloneDX 1.6, JSON).

    Example: holdfast sbom study/model --out sbom.json
    """
    text = json.dumps(bill_of_materials(load(model).manifest), indent=2)
    if out is None:
        typer.echo(text)
        return
    try:
        out.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise RequestError(f"{out} can't be written ({error.strerror}); choose another --out") from None
