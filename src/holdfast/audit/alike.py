"""Rows that are nearly equal: copies with rounding, noise or a typing error."""

from collections.abc import Iterator

import numpy as np

from holdfast.arrays import Floats, Hashes
from holdfast.audit.finding import Finding, Severity
from holdfast.audit.sample import Examined, as_numbers
from holdfast.data.columns import Kind
from holdfast.data.fingerprint import mix, row_hashes

# Numbers are compared on a grid of this share of their spread; columns with fewer values must agree exactly.
GRID, MANY_VALUES, FEWEST_COLUMNS = 0.02, 50, 4

# Rows looked at.
LOOKED_AT = 200_000

# Near copies are told of from this share of the rows.
SHARE = 0.01


def near_duplicates(examined: Examined) -> Iterator[Finding]:
    """Rows that agree in all numbers but for a fiftieth of their spread, and in everything else."""
    frame, target = examined.dataset.frame.head(LOOKED_AT), examined.target
    many = [name for name in examined.of_kind(Kind.NUMBER) if frame[name].n_unique() >= MANY_VALUES]
    if len(many) < FEWEST_COLUMNS:
        return
    rest = [
        name for name in examined.features if name not in many and examined.dataset.kinds[name] is not Kind.IDENTIFIER
    ]
    exact = row_hashes(frame, [*many, *rest])
    first = np.unique(exact, return_index=True)[1]
    frame = frame[first]
    values = np.column_stack([as_numbers(frame[name]) for name in many])
    alike, near = _same_cell(values, row_hashes(frame, rest) if rest else np.zeros(len(first), dtype=np.uint64))
    chance = _by_chance(values)
    count = int(alike.sum())
    if count < max(5, SHARE * len(first)) or count < 3 * chance:
        return
    y = frame[target].to_numpy()
    differ = _conflicting(near[alike], y[alike]) if examined.family == "classification" else None
    said = "" if differ is None else f", {differ:,} of them with another target"
    yield Finding(
        "near-duplicates",
        Severity.NOTE,
        (),
        f"{count:,} of {len(first):,} different rows agree with another in everything but a fiftieth of each number's "
        f"spread{said}.",
        "If they are the same thing measured again, name it with --group, so that a model is not judged on what it learned.",
    )


def _same_cell(values: Floats, rest: Hashes) -> tuple[np.ndarray, Hashes]:
    """Rows that share a cell of either of two shifted grids with another, and the name of the cell, (n_rows,) each."""
    spread = np.nanstd(values, axis=0)
    steps = GRID * np.where(spread > 0, spread, 1.0)
    alike, near = np.zeros(len(values), dtype=bool), rest.copy()
    for shift in (0.0, 0.5):
        cells = np.nan_to_num(np.floor(values / steps + shift), nan=-1e9).astype(np.int64).view(np.uint64)
        with np.errstate(over="ignore"):
            key = rest.copy()
            for column in cells.T:
                key = mix(key ^ column)
        places, counts = np.unique(key, return_inverse=True, return_counts=True)[1:]
        shared = counts[places] > 1
        near = np.where(shared & ~alike, key, near)
        alike |= shared
    return alike, near


def _by_chance(values: Floats) -> float:
    """Rows that would share a cell if columns were independent of each other: shuffled, counted."""
    rng = np.random.default_rng(0)
    shuffled = np.column_stack([rng.permutation(column) for column in values.T])
    return float(_same_cell(shuffled, np.zeros(len(values), dtype=np.uint64))[0].sum())


def _conflicting(cells: Hashes, y: np.ndarray) -> int:
    labels = np.unique(y, return_inverse=True)[1].astype(np.uint64)
    pairs = len(np.unique(mix(cells) ^ mix(labels)))
    return pairs - len(np.unique(cells))
