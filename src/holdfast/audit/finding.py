"""What a check says of the data."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class Severity(IntEnum):
    """How much a finding matters; blockers come first."""

    BLOCKER = 0
    WARNING = 1
    NOTE = 2


@dataclass(frozen=True)
class Price:
    """Share of the target's spread that quick models explain (1 is everything) with what was found, and without it."""

    with_it: float
    without_it: float


@dataclass(frozen=True)
class Finding:
    """One finding: what was seen, in numbers; what the user can do; what training did.

    A blocker is certain and acted upon, a warning is likely, a note is for information. drop: training leaves the columns
    out unless the user keeps them. split: the role ("group" or "time") and the key by which rows must be split, unless the
    user said otherwise. price: what believing it costs.
    """

    code: str
    severity: Severity
    columns: tuple[str, ...]
    evidence: str
    remedy: str
    action: str = "nothing was changed"
    drop: bool = False
    split: tuple[str, str] | None = None
    price: Price | None = None

    def to_json(self) -> dict[str, Any]:
        """The finding as result.json holds it."""
        price = {} if self.price is None else {"price": {"with": self.price.with_it, "without": self.price.without_it}}
        return {
            "code": self.code,
            "severity": self.severity.name.lower(),
            "columns": list(self.columns),
            "evidence": self.evidence,
            "remedy": self.remedy,
            "action": self.action,
            **price,
        }
