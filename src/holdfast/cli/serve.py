"""holdfast serve: answer predictions over HTTP."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from holdfast.errors import RequestError
from holdfast.serve.keys import Keys
from holdfast.serve.server import serve as run
from holdfast.serve.settings import Limits, Settings, read_modes, read_origins

OPEN = ("127.0.0.1", "::1", "localhost")


class Notice(StrEnum):
    """What becomes of a value that training never saw: it is scored, and counted, or refused."""

    score = "score"
    refuse = "refuse"


def serve(
    models: Annotated[list[str], typer.Argument(help="Model folders; NAME=FOLDER or NAME@VERSION=FOLDER names them.")],
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.", min=0, max=65535)] = 8080,
    workers: Annotated[int, typer.Option(help="Processes on the port.", min=1)] = 1,
    mode: Annotated[
        list[str] | None, typer.Option(help="coerce, strict or permissive; also v2=MODE, mlflow=MODE for those alone.")
    ] = None,
    unseen: Annotated[Notice, typer.Option(help="Categories that training never saw.")] = Notice.score,
    out_of_range: Annotated[Notice, typer.Option(help="Numbers outside the range of training.")] = Notice.score,
    keys: Annotated[Path | None, typer.Option(help="File of lines NAME SCOPE,SCOPE KEY; or set HOLDFAST_KEYS.")] = None,
    certificate: Annotated[Path | None, typer.Option(help="TLS certificate, PEM.")] = None,
    key: Annotated[Path | None, typer.Option(help="The certificate's private key, PEM.")] = None,
    cors: Annotated[list[str] | None, typer.Option(help="An origin whose pages may call; repeat it for more.")] = None,
    rate: Annotated[float | None, typer.Option(help="Most requests a second of each client.", min=0.01)] = None,
    max_body: Annotated[int, typer.Option(help="Most bytes of a body.", min=1)] = Limits.body,
    max_rows: Annotated[int, typer.Option(help="Most rows of a request.", min=1)] = Limits.rows,
    max_text: Annotated[int, typer.Option(help="Most characters of a cell.", min=1)] = Limits.text,
    max_depth: Annotated[int, typer.Option(help="Deepest nesting of JSON.", min=1)] = Limits.depth,
    max_requests: Annotated[
        int, typer.Option(help="Most requests in progress, each process.", min=1)
    ] = Limits.concurrent,
    seconds: Annotated[float, typer.Option(help="Longest time for one request.", min=0.01)] = Limits.seconds,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Run strangers' models in processes with limits.")] = False,
    require_signature: Annotated[
        Path | None, typer.Option(help="Public key (PEM) of whoever must have signed the models.")
    ] = None,
    drain: Annotated[
        float, typer.Option(help="Seconds for requests in progress when stopped.", min=0)
    ] = Settings.drain,
) -> None:
    """Serve models over HTTP: /predict, /docs, /metrics, the Open Inference Protocol and MLflow's /invocations.

    SIGHUP loads the models again, SIGTERM stops after the requests in progress.

    Example: holdfast serve study/model --port 8080
    """
    if (certificate is None) != (key is None):
        raise RequestError("a certificate and its key go together; expected both --certificate and --key, or neither")
    known = Keys.read(keys)
    settings = Settings(
        **read_modes(mode or ()),
        unseen=unseen.value,
        out_of_range=out_of_range.value,
        limits=Limits(max_body, max_rows, max_text, max_depth, max_requests, seconds=seconds, rate=rate),
        host=host,
        port=port,
        workers=workers,
        certificate=str(certificate) if certificate else None,
        key=str(key) if key else None,
        cors=read_origins(cors or ()),
        drain=drain,
        sandbox=sandbox,
        require_signature=str(require_signature) if require_signature else None,
    )
    if host not in OPEN and not known:
        typer.echo(f"{host} can be reached from elsewhere and there are no keys: everyone there may predict", err=True)
    run(models, settings, known, lambda url: typer.echo(f"serving at {url}, to try it: {url}/docs", err=True))
