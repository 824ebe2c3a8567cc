"""A small chart as SVG text: the page's own colours and letters, for light, dark and print."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

# Size in units of the page's pixels, and the margins around the field that is drawn in.
HEIGHT, TOP, RIGHT, BOTTOM, LEFT, LEFT_WORDS = 250, 44, 12, 40, 48, 108
NARROW, WIDE = 330, 960

# Letters that fit into a title, into an axis label, and beside a word axis.
TITLE, LABEL, WORD = 44, 48, 16


@dataclass(frozen=True)
class Axis:
    """A range of values and what they are: plain, logarithmic, seconds since 1970 (`dates`), or words at 0, 1, 2, ...

    only: the values that are labelled, instead of round ones.
    """

    title: str
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    dates: bool = False
    words: Sequence[str] = ()
    only: Sequence[float] = ()

    def place(self, value: float) -> float:
        """Where on the axis a value stands, 0 to 1; what is beyond the ends stands on them."""
        low, high = (-0.5, len(self.words) - 0.5) if self.words else (self.low, self.high)
        if self.log:
            low, high, value = math.log(low), math.log(high), math.log(max(value, self.low))
        return min(1.0, max(0.0, (value - low) / (high - low))) if high > low else 0.5

    def ticks(self) -> list[tuple[float, str]]:
        """A few values with a label each."""
        if self.words:
            return [(float(k), short(word, WORD)) for k, word in enumerate(self.words)]
        if self.only:
            return [(value, compact(value)) for value in self.only]
        values = _powers(self.low, self.high) if self.log else _steps(self.low, self.high)
        if self.dates:
            days = "%Y-%m-%d" if self.high - self.low < 3e8 else "%Y"
            return [(value, datetime.fromtimestamp(value, UTC).strftime(days)) for value in values[::2]]
        return list(zip(values, _labels(values), strict=True))


class Chart:
    """Lines and dots over two axes. `kind` names a style of the page: `main`, `faint`, or `k0` to `k5` for a colour."""

    def __init__(self, title: str, x: Axis, y: Axis, *, width: int = NARROW) -> None:
        self._title, self._x, self._y, self._width = title, x, y, width
        self._left = LEFT_WORDS if y.words else LEFT
        self._parts: list[str] = []

    def line(self, xs: Sequence[float], ys: Sequence[float], kind: str = "main") -> "Chart":
        """Join points."""
        points = " ".join(f"{self._across(x)},{self._down(y)}" for x, y in zip(xs, ys, strict=True))
        self._parts.append(f'<polyline class="{kind}" points="{points}"/>')
        return self

    def dots(
        self, xs: Sequence[float], ys: Sequence[float], kind: str = "main", *, radius: float = 3.0, fade: bool = False
    ) -> "Chart":
        """Set points; with `fade` the first are the palest."""
        paleness = [f' opacity="{0.2 + 0.7 * k / max(1, len(xs) - 1):.2f}"' if fade else "" for k in range(len(xs))]
        self._parts += [
            f'<circle class="{kind}" cx="{self._across(x)}" cy="{self._down(y)}" r="{radius:g}"{pale}/>'
            for x, y, pale in zip(xs, ys, paleness, strict=True)
        ]
        return self

    def marks(self, xs: Sequence[float]) -> "Chart":
        """Stand short strokes on the lower edge, such as where the rows are."""
        low = HEIGHT - BOTTOM
        self._parts += [f'<path class="mark" d="M{self._across(x)} {low}v-6"/>' for x in xs]
        return self

    def svg(self) -> str:
        """The chart as an element of a page."""
        right, low = self._width - RIGHT, HEIGHT - BOTTOM
        frame = f'<path class="edge" d="M{self._left} {TOP}V{low}H{right}"/>'
        across = "".join(
            f'<text x="{self._across(value)}" y="{low + 14}" text-anchor="middle">{escape(label)}</text>'
            for value, label in self._x.ticks()
        )
        down = "".join(
            f'<text x="{self._left - 5}" y="{self._down(value) + 3.5:g}" text-anchor="end">{escape(label)}</text>'
            for value, label in self._y.ticks()
        )
        middle = (self._left + right) / 2
        title = f'<text class="title" x="4" y="14">{escape(short(self._title, TITLE))}</text>'
        below, above = escape(short(self._x.title, LABEL)), escape(short(self._y.title, LABEL))
        sides = f'<text x="{middle:g}" y="{HEIGHT - 8}" text-anchor="middle">{below}</text>'
        sides += f'<text x="4" y="{TOP - 12}">{above}</text>'
        return (
            f'<svg class="chart" viewBox="0 0 {self._width} {HEIGHT}" role="img" aria-label="{escape(self._title)}">'
            f"{title}{sides}{frame}{across}{down}{''.join(self._parts)}</svg>"
        )

    def _across(self, value: float) -> float:
        return round(self._left + self._x.place(value) * (self._width - RIGHT - self._left), 1)

    def _down(self, value: float) -> float:
        low, height = HEIGHT - BOTTOM, HEIGHT - BOTTOM - TOP
        # Words are read from the top, numbers grow upwards.
        return round(TOP + self._y.place(value) * height if self._y.words else low - self._y.place(value) * height, 1)


def padded(values: Sequence[float], share: float = 0.05) -> tuple[float, float]:
    """Give the ends of the finite values with some room beyond them.

    >>> padded([0.0, 10.0, float("nan")], 0.1)
    (-1.0, 11.0)
    """
    known = [value for value in values if math.isfinite(value)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    room = share * (high - low) or abs(high) * share or 1.0
    return low - room, high + room


def compact(value: float, digits: int = 4) -> str:
    """Write a number in few letters.

    >>> compact(0.25), compact(1500.0), compact(200000.0), compact(3200000.0), compact(0.00001)
    ('0.25', '1,500', '200k', '3.2M', '1e-05')
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= max(size, 10_000):
            return f"{value / size:.{digits}g}{letter}"
    return f"{value:,.{max(0, digits - 4)}f}" if abs(value) >= 1000 else f"{value:.{digits}g}"


def _labels(values: Sequence[float]) -> list[str]:
    """Labels with as many digits as tell the values apart."""
    every = ([compact(value, digits) for value in values] for digits in (4, 6, 9, 13))
    return next((labels for labels in every if len(set(labels)) == len(values)), [str(value) for value in values])


def _steps(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers between two ends, at steps of 1, 2 or 5."""
    if not high > low:
        return [low]
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(each * power for each in (1, 2, 5, 10) if (high - low) / (each * power) <= most)
    first = math.ceil(low / step - 1e-9)
    return [round(k * step, 12) for k in range(first, math.floor(high / step + 1e-9) + 1)]


def _powers(low: float, high: float) -> list[float]:
    """Round numbers between two ends of a logarithmic axis: powers of ten, with 2 and 5 where there are few."""
    ends = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    tens = [10.0**k for k in ends if low * 0.999 <= 10.0**k <= high * 1.001]
    if len(tens) > 2:
        return tens[:: math.ceil(len(tens) / 6)]
    return [each * 10.0**k for k in ends for each in (1, 2, 5) if low * 0.999 <= each * 10.0**k <= high * 1.001]


def short(text: str, most: int) -> str:
    """Cut a text that is longer than so many letters.

    >>> short("decision", 5)
    'deci…'
    """
    return text if len(text) <= most else text[: most - 1] + "…"
