"""Who may do what: API keys with scopes, and how many requests a client may make."""

import hashlib
import hmac
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from holdfast.errors import RequestError
from holdfast.serve.problems import Problem

SCOPES = ("predict", "metrics", "admin")
VARIABLE = "HOLDFAST_KEYS"
SHORTEST = 16

# Clients remembered; the one not heard of for longest is forgotten first.
MOST_CLIENTS = 10_000


@dataclass(frozen=True)
class Key:
    """A key's owner, what they may do, and the SHA-256 of the key: the key itself is not kept."""

    name: str
    scopes: frozenset[str]
    digest: bytes


class Keys:
    """The keys of a server; without any, everyone may predict and read metrics, and no one may administer."""

    def __init__(self, keys: tuple[Key, ...] = ()) -> None:
        self._keys = keys

    def __bool__(self) -> bool:
        return bool(self._keys)

    @classmethod
    def read(cls, file: Path | None = None) -> "Keys":
        """Read keys from a file and from HOLDFAST_KEYS: lines (or parts between ";") of NAME SCOPE[,SCOPE] KEY.

        KEY may be given as sha256:HEX, so that the file holds no secret. RequestError, which never repeats a key, also where
        either is given and holds none: a file that was not mounted must not let everyone in.
        """
        text = os.environ.get(VARIABLE, "")
        if file is not None:
            try:
                text += "\n" + file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                raise RequestError(f"the keys in {file} can't be read; expected a text file") from None
        parts = [
            part.strip() for line in text.splitlines() if not line.lstrip().startswith("#") for part in line.split(";")
        ]
        keys = tuple(_key(part, number) for number, part in enumerate(filter(None, parts), 1))
        if not keys and (file is not None or VARIABLE in os.environ):
            raise RequestError(
                f"no key in {VARIABLE if file is None else file}; expected lines NAME SCOPE KEY: write some, or leave it out "
                f"where everyone may predict"
            )
        if len({key.name for key in keys}) < len(keys):
            raise RequestError("two keys have one name; expected a name for each, so that one can be withdrawn")
        return cls(keys)

    def client(self, headers: Mapping[bytes, bytes], scope: str) -> str:
        """Name who asks; Problem 401 without a known key, 403 when its scopes lack `scope`."""
        if not self._keys:
            if scope == "admin":
                raise Problem(403, "this server has no keys, so no one may administer it over HTTP: start it with keys")
            return ""
        scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
        given = token.strip() if scheme.lower() == b"bearer" else headers.get(b"x-api-key", b"")
        digest = hashlib.sha256(given).digest()
        # Every key is compared, each in constant time: how long it takes says nothing.
        found = [key for key in self._keys if hmac.compare_digest(key.digest, digest)]
        if not given or not found:
            raise Problem(
                401,
                "a known key is needed; expected 'Authorization: Bearer KEY' or 'X-API-Key: KEY'",
                headers={"www-authenticate": "Bearer"},
            )
        if scope not in found[0].scopes:
            raise Problem(403, f"this key may not do that; expected one with the scope {scope!r}")
        return found[0].name


def _key(line: str, number: int) -> Key:
    words = line.split()
    scopes = frozenset(words[1].split(",")) if len(words) == 3 else frozenset()
    if len(words) != 3 or not scopes <= set(SCOPES):
        raise RequestError(f"key {number} is not NAME SCOPE[,SCOPE] KEY; expected scopes of {', '.join(SCOPES)}")
    secret = words[2]
    if secret.startswith("sha256:"):
        if not re.fullmatch("[0-9a-fA-F]{64}", secret[7:]):
            raise RequestError(f"key {number} ({words[0]}) has a wrong SHA-256; expected 64 hexadecimal digits")
        return Key(words[0], scopes, bytes.fromhex(secret[7:]))
    if len(secret) < SHORTEST:
        raise RequestError(f"key {number} ({words[0]}) is shorter than {SHORTEST} characters; expected a random one")
    return Key(words[0], scopes, hashlib.sha256(secret.encode()).digest())


class Rate:
    """A token bucket for each client: `rate` requests a second, and as many at once."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._most, self._clock = rate, max(1.0, rate), clock
        self._clients: dict[str, tuple[float, float]] = {}

    def take(self, client: str) -> None:
        """Let one request of a client pass; Problem (429) with Retry-After when its bucket is empty."""
        now = self._clock()
        left, last = self._clients.pop(client, (self._most, now))
        left = min(self._most, left + (now - last) * self._rate)
        passes = left >= 1
        self._clients[client] = (left - 1 if passes else left, now)
        if len(self._clients) > MOST_CLIENTS:
            del self._clients[next(iter(self._clients))]
        if not passes:
            wait = max(1, round((1 - left) / self._rate + 0.5))
            raise Problem(
                429, f"more than {self._rate:g} requests a second; expected fewer", headers={"retry-after": str(wait)}
            )
