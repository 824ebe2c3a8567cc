"""Search spaces: what values a learner's parameter may take, and where a study starts."""

from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Float:
    """A real number in [low, high], on a logarithmic scale when `log`."""

    low: float
    high: float
    default: float
    log: bool = False


@dataclass(frozen=True)
class Int:
    """A whole number in [low, high], on a logarithmic scale when `log`."""

    low: int
    high: int
    default: int
    log: bool = False


@dataclass(frozen=True)
class Choice:
    """One of a few values."""

    options: tuple[Any, ...]
    default: Any


Dimension: TypeAlias = Float | Int | Choice
