"""A fit on as many rows as the time allows: a small complete model first, then larger ones, paced by what those took."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from holdfast.compile.final import FITTING_SHARE, Compiled
from holdfast.errors import CompileError, OverrunError, WorkFailedError

# The first of several models should take the one share of the time and may take the other, as what was measured on few
# rows may be too little. It has no fewer rows than this.
FIRST_SHARE, PATIENT_SHARE = 0.2, 0.4
FEWEST_ROWS = 2_000

# What the search measured is trusted for up to this many times the rows it was measured on.
TRUSTED = 2.0

# At most this share of what a fit took is taken to be the same for any number of rows.
FIXED_SHARE = 0.5

# A larger model must have this many times the rows, and this share of the trees that were planned, to be worth it.
WORTHWHILE, ENOUGH = 1.5, 0.75

# Work is stopped for good after this many times the time it was given; a larger model, which is no need, after this many.
OVERTIME, GROWN_OVERTIME = 1.3, 1.1


@dataclass(frozen=True)
class Pace:
    """How long fits take: some seconds whatever the rows, and some for each row.

    >>> Pace.through((1_000, 1.0), (10_000, 5.5)).rows_in(50.5)
    100000
    """

    fixed: float
    a_row: float

    @classmethod
    def through(cls, small: tuple[float, float], large: tuple[float, float]) -> "Pace":
        """The line through two fits, (rows, seconds) each; noise may not make it flatter than FIXED_SHARE says, or a fit free."""
        rows, seconds = large
        whole = seconds / rows
        slope = (seconds - small[1]) / (rows - small[0]) if rows > small[0] else whole
        a_row = min(max(slope, (1 - FIXED_SHARE) * whole), whole)
        return cls(seconds - rows * a_row, a_row)

    def rows_in(self, seconds: float) -> int:
        """How many rows can be fitted in so many seconds."""
        return max(0, int((seconds - self.fixed) / self.a_row))


def first(n_rows: int, searched: tuple[float, float], seconds: float) -> tuple[int, float]:
    """Rows of the first model, and its share of the time: all of both where the search left no doubt of what a fit takes.

    searched: rows and seconds of a fit in the search. seconds: until the model must be compiled and proven.

    >>> first(1_000, (800, 1.0), 60.0), first(1_000_000, (10_000, 1.0), 60.0)
    ((1000, 1.0), (90000, 0.4))
    """
    if seconds == float("inf"):
        return n_rows, 1.0
    affordable = FITTING_SHARE * seconds * searched[0] / searched[1]
    doubtful = affordable < n_rows and affordable > TRUSTED * searched[0]
    rows = int(FIRST_SHARE * affordable if doubtful else affordable)
    return min(n_rows, max(FEWEST_ROWS, rows)), PATIENT_SHARE if doubtful else 1.0


def grow(
    fit: Callable[[int, float, float], Compiled], n_rows: int, searched: tuple[float, float], end: float, stop: float
) -> Compiled:
    """Fit on the `first` rows, then on as many of n_rows as the time left allows, as long as that is worthwhile.

    fit(rows, soft, stop): the soft deadline paces it, and it is stopped for good at the other (both time.monotonic). A
    larger model that fails, or grew too few trees, costs nothing but its time: the one before is returned. Raises what
    the first fit raises.
    """
    now = time.monotonic()
    rows, share = first(n_rows, searched, end - now)
    held = fit(rows, now + share * (end - now), stop)
    before, stop = searched, min(stop, now + GROWN_OVERTIME * (end - now))
    while len(held.rows) < n_rows:
        last = (float(len(held.rows)), held.seconds)
        pace = Pace.through(before, last)
        rows = min(n_rows, pace.rows_in(FITTING_SHARE * (end - time.monotonic())))
        if rows < min(n_rows, WORTHWHILE * len(held.rows)):
            break
        try:
            larger = fit(rows, end, stop)
        except (CompileError, OverrunError, WorkFailedError):
            break
        if not (larger.proof.agrees and learned_enough(larger, held)):
            break
        before, held = last, larger
    return held


def learned_enough(larger: Compiled, held: Compiled) -> bool:
    """Whether a model of more rows learned enough of what it was to learn to ship instead of the one held."""
    return larger.done >= min(ENOUGH, held.done)
