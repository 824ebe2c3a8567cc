"""How a server behaves: what it lets in, and how much of it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, get_args

from holdfast.errors import RequestError, nearest

Mode = Literal["strict", "coerce", "permissive"]
Notice = Literal["score", "refuse"]


@dataclass(frozen=True)
class Limits:
    """What a client may ask for; a request beyond a limit is refused with the status in brackets.

    body: bytes (413). rows: in a request (413). text: characters of a cell (422). depth: nesting of the JSON (400).
    concurrent: requests in progress (503). connections: open at once (closed). seconds: for a request to come in
    whole (408), and again to be scored (503). headers: bytes (431). rate: requests a second of each client (429),
    None for no limit.
    """

    body: int = 16 << 20
    rows: int = 100_000
    text: int = 10_000
    depth: int = 16
    concurrent: int = 512
    connections: int = 2_000
    seconds: float = 30.0
    headers: int = 32 << 10
    rate: float | None = None


@dataclass(frozen=True)
class Settings:
    """What a server does with rows, and how it listens.

    mode: "coerce" reads cells by the rules of training ("12" is 12); "strict" takes JSON's own types only and no unknown
    field; "permissive" takes what can't be read, and what is absent, as missing. v2, mlflow: another mode for
    the Open Inference Protocol, and for MLflow's /invocations. unseen, out_of_range: whether a category
    or a number that training never saw is scored and counted, or refused. cors: origins of pages that may call. drain:
    seconds that requests in progress are given when the server stops. sandbox, require_signature: as in `load`.
    """

    mode: Mode = "coerce"
    v2: Mode | None = None
    mlflow: Mode | None = None
    unseen: Notice = "score"
    out_of_range: Notice = "score"
    limits: Limits = field(default_factory=Limits)
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    certificate: str | None = None
    key: str | None = None
    cors: tuple[str, ...] = ()
    drain: float = 20.0
    sandbox: bool = False
    require_signature: str | None = None


def read_origins(words: Iterable[str]) -> tuple[str, ...]:
    """Check origins as a browser sends them; RequestError for what none would ever equal.

    >>> read_origins(["https://shop.example:8443"])
    ('https://shop.example:8443',)
    """
    found = tuple(words)
    for word in found:
        if not re.fullmatch(r"https?://[^/*\s]+|null", word):
            raise RequestError(
                f"--cors {word!r} is no origin; expected https://HOST or https://HOST:PORT, without a path"
            )
    return found


def read_modes(words: Iterable[str]) -> dict[str, Mode]:
    """Read MODE, v2=MODE and mlflow=MODE as settings; RequestError for anything else.

    >>> read_modes(["strict", "mlflow=permissive"])
    {'mode': 'strict', 'mlflow': 'permissive'}
    """
    found: dict[str, Mode] = {}
    for word in words:
        endpoint, _, mode = word.rpartition("=")
        known = {each: each for each in get_args(Mode)}
        if endpoint not in ("", "v2", "mlflow") or mode not in known:
            near = nearest(mode, list(known))
            raise RequestError(
                f"mode {word!r} is unknown; expected one of {', '.join(known)}, also as v2=MODE or mlflow=MODE.{near}"
            )
        found[endpoint or "mode"] = known[mode]
    return found
