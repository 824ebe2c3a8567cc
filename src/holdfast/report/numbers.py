"""How numbers are shown to people."""

import math
from typing import Any


def number(value: Any) -> str:
    """Show four significant digits, thousands apart.

    >>> number(1234567.0), number(0.84251), number(None)
    ('1,234,567', '0.8425', '–')
    """
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "–"
    if isinstance(value, int) or abs(value) >= 10_000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def span(low: Any, high: Any) -> str:
    """Show an interval with as many digits as its width gives meaning to.

    >>> span(0.83222, 0.95012), span(1012.2, 1310.9)
    ('0.83 – 0.95', '1,012 – 1,311')
    """
    if low is None or high is None or not math.isfinite(high - low):
        return "–"
    width = high - low
    digits = max(0, 1 - math.floor(math.log10(width))) if width > 0 else 4
    return f"{low:,.{min(digits, 8)}f} – {high:,.{min(digits, 8)}f}"


def percent(share: float) -> str:
    """Show a share in percent, with a digit only where it tells something."""
    return f"{share:.0%}" if share == 0 or 0.095 < share <= 1 else f"{share:.1%}"


def seconds(value: float) -> str:
    """Show a time with the precision that matters.

    >>> seconds(2.34), seconds(0.012), seconds(0.0000231)
    ('2.3 s', '12 ms', '23 µs')
    """
    if value < 0.001:
        return f"{value * 1e6:.0f} µs"
    return f"{value:.0f} s" if value >= 10 else f"{value:.1f} s" if value >= 1 else f"{value * 1000:.0f} ms"


def size(n_bytes: float) -> str:
    """Show a size with the precision that matters.

    >>> size(1_250_000), size(7_100)
    ('1.2 MB', '7 kB')
    """
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes >= 1e6 else f"{n_bytes / 1e3:.0f} kB"
