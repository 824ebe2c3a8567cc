"""Numbers in two units: metres among feet, dollars among thousands of dollars."""

from collections.abc import Iterator

import numpy as np

from holdfast.audit.finding import Finding, Severity
from holdfast.audit.sample import Examined, as_numbers
from holdfast.data.columns import Kind

# What a value in one unit is multiplied by to be in the other.
FACTORS = {
    1000.0: "thousands",
    100.0: "hundredths",
    12.0: "dozens or feet and inches",
    2.54: "inches and centimetres",
    25.4: "inches and millimetres",
    0.3048: "feet and metres",
    2.20462: "kilograms and pounds",
    1.609344: "miles and kilometres",
    60.0: "minutes and seconds",
    3600.0: "hours and seconds",
    10.0: "tens",
}

# The fewer must be this many, and this share; the two must be this many of their own widths apart.
FEWEST, SHARE, APART = 20, 0.005, 3.0


def mixed_units(examined: Examined) -> Iterator[Finding]:
    """Columns whose values fall in two heaps, one the other in another unit."""
    sample = examined.sample
    for name in sample.of_kind(Kind.NUMBER):
        values = as_numbers(sample.dataset.frame[name])
        values = values[~np.isnan(values)]
        if len(values) < 200 or values.min() <= 0 or len(np.unique(values)) < 50:
            continue
        found = _heaps(np.log(np.sort(values)))
        if found is None:
            continue
        few, factor, unit = found
        yield Finding(
            "mixed-units",
            Severity.WARNING,
            (name,),
            f"{few:,} of {len(values):,} values of {name!r} look like the others times or over {factor:g} ({unit}).",
            "Bring all values to one unit at the source.",
        )


def _heaps(logs: np.ndarray) -> tuple[int, float, str] | None:
    """The smaller heap's size and the factor between the two, when the widest gap parts two heaps of one shape."""
    from scipy.stats import ks_2samp

    least = max(FEWEST, int(SHARE * len(logs)))
    steps = np.diff(logs)[least - 1 : len(logs) - least]
    if not len(steps):
        return None
    cut = int(np.argmax(steps)) + least
    low, high = logs[:cut], logs[cut:]
    wide, narrow = max(low.std(), high.std()), min(low.std(), high.std())
    shift = float(np.median(high) - np.median(low))
    if high[0] - low[-1] < APART * wide or narrow < 0.5 * wide:
        return None
    # The median of so few values is only known within this.
    error = 4 * wide / np.sqrt(min(len(low), len(high)))
    for factor, unit in FACTORS.items():
        apart = abs(np.log(factor))
        if abs(shift - apart) < max(0.02, error) and ks_2samp(low + shift, high).pvalue > 0.01:
            return min(len(low), len(high)), factor, unit
    return None
