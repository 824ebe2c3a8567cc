"""The time a study was promised to take."""

import time
from dataclasses import dataclass, field

from holdfast.errors import RequestError

_UNITS = {
    "us": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "sec": 1.0,
    "second": 1.0,
    "m": 60.0,
    "min": 60.0,
    "minute": 60.0,
    "h": 3600.0,
    "hour": 3600.0,
}


@dataclass(frozen=True)
class Clock:
    """Counts from `started` (as of time.monotonic) towards `budget` seconds; None never ends.

    writing: seconds of them that are kept back for writing what was found.
    """

    budget: float | None
    started: float = field(default_factory=time.monotonic)
    writing: float = 0.0

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    @property
    def end(self) -> float:
        """The moment (time.monotonic) everything must be done by."""
        return float("inf") if self.budget is None else self.started + self.budget

    @property
    def left(self) -> float:
        """Seconds until the end; negative when it has passed."""
        return self.end - time.monotonic()

    @property
    def due(self) -> float:
        """The moment (time.monotonic) by which all must be done but the writing."""
        return self.end - self.writing

    @property
    def before_writing(self) -> float:
        """Seconds until then."""
        return self.left - self.writing

    def share(self, part: float) -> float:
        """The moment by which a part of the budget is used up."""
        return float("inf") if self.budget is None else self.started + part * self.budget


def parse_budget(text: str | float | None) -> float | None:
    """Read "60s", "5 min", "1h" or a number of seconds.

    >>> parse_budget("5 min"), parse_budget("90"), parse_budget(None)
    (300.0, 90.0, None)
    """
    return parse_seconds(text, "budget", "60s, 5min or 1h")


def parse_seconds(text: str | float | None, name: str, example: str) -> float | None:
    """Read a time; RequestError, which says what `name` expected, for anything else.

    >>> parse_seconds("5 ms", "max_latency", "1ms")
    0.005
    """
    if text is None:
        return None
    words = str(text).strip().lower()
    number = words.rstrip("abcdefghijklmnopqrstuvwxyz ")
    unit = words[len(number) :].strip() or "s"
    unit = unit[:-1] if unit not in _UNITS and unit.endswith("s") else unit
    try:
        seconds = float(number) * _UNITS[unit]
    except (ValueError, KeyError):
        raise RequestError(f"{name} {text!r} is not a time; expected something like {example}") from None
    if not 0 < seconds < float("inf"):
        raise RequestError(f"{name} {text!r} is not positive; expected something like {example}")
    return seconds
