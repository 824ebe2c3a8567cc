"""Bytes of a request and of an answer; JSON by orjson.

What is made for every request is a tuple with names: a frozen dataclass takes three times as long to make.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from holdfast.arrays import Floats
from holdfast.errors import MissingExtraError
from holdfast.serve.door import Rows
from holdfast.serve.problems import Problem
from holdfast.serve.shelf import Served

JSON, PROBLEM, TEXT = "application/json", "application/problem+json", "text/plain; charset=utf-8"

# What JSON nests by; everything else, and strings whole, is passed over.
_NOT_NESTING = re.compile(rb'"(?:[^"\\]|\\.)*+"|[^\[\]{}"]++', re.DOTALL)
_AS_ARRAYS = bytes.maketrans(b"{}", b"[]")


class Call(NamedTuple):
    """A request that was let in. served: the model of its path, if that names one."""

    body: bytes
    headers: Mapping[bytes, bytes]
    served: Served | None = None

    @property
    def model(self) -> Served:
        """The model of a path that names one."""
        if self.served is None:
            raise Problem(404, "this path names no model; expected one of those of /v2/models/NAME")
        return self.served

    @property
    def media_type(self) -> str:
        """The content type without its parameters, in lower case."""
        return _media_type(self.headers.get(b"content-type", b""))


@lru_cache(maxsize=100)
def _media_type(header: bytes) -> str:
    return header.split(b";")[0].strip().lower().decode("latin-1")


class Answer(NamedTuple):
    """What goes back."""

    body: bytes
    media_type: str = JSON
    status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})


class Asked(NamedTuple):
    """The rows that a request asks about, and how its answer is written once they are scored."""

    rows: Rows
    write: Callable[[Floats], Answer]


def need(*names: str) -> None:
    """Raise MissingExtraError unless these libraries are here; it names them, for an exported server has no extras."""
    for name in names:
        if find_spec(name) is None:
            raise MissingExtraError(f"serving needs {name}, which is not installed: pip install {' '.join(names)}")


def loads(body: bytes, depth: int) -> Any:
    """Read JSON that nests at most `depth` deep; Problem (400) for anything else.

    >>> loads(b'{"age": [31, null]}', 2)
    {'age': [31, None]}
    >>> loads(b'{"age": [31, null]}', 1)
    Traceback (most recent call last):
    holdfast.serve.problems.Problem: the JSON nests deeper than 1; expected at most that
    """
    import orjson

    if body.count(b"[") + body.count(b"{") > depth and _deeper(body, depth):
        raise Problem(400, f"the JSON nests deeper than {depth}; expected at most that")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem(400, f"the body is not JSON ({error}); expected JSON in UTF-8") from None


def _deeper(body: bytes, depth: int) -> bool:
    """Peel off the innermost brackets `depth` times; what is left nests deeper (or is no JSON)."""
    brackets = _NOT_NESTING.sub(b"", body).translate(_AS_ARRAYS)
    for _ in range(depth):
        peeled = brackets.replace(b"[]", b"")
        if len(peeled) == len(brackets):
            return False  # empty, or brackets that don't match: the parser tells
        brackets = peeled
    return b"[]" in brackets


def dumps(value: Any) -> bytes:
    """Write JSON; arrays as lists, NaN as null."""
    import orjson

    return orjson.dumps(value, default=_plain, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(type(value).__name__)
