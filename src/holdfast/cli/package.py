"""holdfast package: the model where Holdfast isn't."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from holdfast.errors import RequestError
from holdfast.export.bare import write_bare
from holdfast.export.browser import write_browser
from holdfast.export.docker import write_docker
from holdfast.export.pmml.write import write_pmml
from holdfast.export.serverless import write_lambda
from holdfast.model.package import folder_of, load


def package(
    model: Annotated[Path, typer.Argument(help="The model folder (or the study's).")],
    docker: Annotated[Path | None, typer.Option(help="Folder for a Dockerfile and all it needs.")] = None,
    serverless: Annotated[Path | None, typer.Option("--lambda", help="Folder for an AWS Lambda handler.")] = None,
    onnx: Annotated[
        Path | None, typer.Option(help="Folder for the graph and how to use it from other languages.")
    ] = None,
    pmml: Annotated[
        Path | None, typer.Option(help="Folder for the model as PMML 4.4, where linear or made of trees.")
    ] = None,
    browser: Annotated[Path | None, typer.Option(help="Folder for a page where the model runs in the browser.")] = None,
    ort: Annotated[
        Path | None, typer.Option(help="The dist folder of onnxruntime-web, for --browser without npm.")
    ] = None,
) -> None:
    """Put a model in a container, in a function, or beside code in another language.

    Example: holdfast package study/model --docker image && docker build -t churn image
    """
    _check([each for each in (docker, serverless, onnx, pmml, browser) if each is not None])
    if ort is not None and browser is None:
        raise RequestError(f"--ort {ort} is for a page; expected --browser with a folder beside it")
    loaded = load(model)
    folder = folder_of(model)
    name = _name(folder)
    if docker is not None:
        write_docker(folder, docker, name)
        typer.echo(f"docker build -t {name} {docker} && docker run -p 8080:8080 {name}", err=True)
    if serverless is not None:
        write_lambda(folder, serverless, name)
        typer.echo(f"pip install -r {serverless}/requirements.txt -t {serverless}; handler: handler.handler", err=True)
    if onnx is not None:
        write_bare(loaded, folder, onnx)
        typer.echo(f"{onnx / 'USAGE.md'} shows how to use {onnx / 'model.onnx'}", err=True)
    if pmml is not None:
        write_pmml(loaded, folder, pmml)
        typer.echo(f"{pmml / 'model.pmml'} is for any reader of PMML 4.4", err=True)
    if browser is not None:
        write_browser(loaded, folder, browser, ort)
        typer.echo(f"python -m http.server -d {browser}   gives the page out", err=True)


def _check(folders: Sequence[Path]) -> None:
    """RequestError unless each export has a folder of its own."""
    if not folders:
        raise RequestError(
            "nothing was asked for; expected one or more of --docker, --lambda, --onnx, --pmml and --browser, each with a "
            "folder"
        )
    places = [folder.resolve() for folder in folders]
    twice = [folder for folder, place in zip(folders, places, strict=True) if places.count(place) > 1]
    if twice:
        raise RequestError(f"{twice[0]} was named for several exports; expected a folder for each: choose another")


def _name(folder: Path) -> str:
    """What the model is called in an image's tag and in paths: its study, in characters that both can hold."""
    whole = folder.resolve()
    name = whole.parent.name if whole.name in ("model", "judged") else whole.name
    plain = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9._-]+", "-", plain)[:100].strip("._-") or "model"
