"""Cut rows into parts by content: the mechanism under the seal and the folds."""

from collections.abc import Sequence

import numpy as np

from holdfast.arrays import Floats, Hashes, Integers, scramble

# Luck further than this many standard deviations from a stratum's share is corrected.
TOLERATED_DEVIATION = 2.0


def positions(hashes: Hashes, salt: int) -> Floats:
    """Give every row a place in [0, 1) that depends on its hash and the salt alone; shape (n_rows,)."""
    with np.errstate(over="ignore"):
        salted = hashes ^ (np.uint64(salt) * np.uint64(0x9E3779B97F4A7C15))
    return (scramble(salted) >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def cut(hashes: Hashes, shares: Sequence[float], *, salt: int, strata: Integers | None = None) -> Integers:
    """Assign each row to part 0, 1, ... with the given shares (summing to 1); shape (n_rows,).

    A row's part depends on its own content, so equal rows go together and rows added later move no old one. That keeps
    each stratum's share only in expectation; a stratum whose luck is bad (small ones, mostly) is cut by rank instead,
    which holds the share but lets new rows of that stratum move a few old ones.

    >>> cut(np.arange(8, dtype=np.uint64), [0.5, 0.5], salt=0, strata=np.zeros(8, dtype=int)).sum()
    np.int64(4)
    """
    place = positions(hashes, salt)
    edges = np.cumsum(shares)[:-1]
    parts = np.searchsorted(edges, place, side="right").astype(np.int64)
    first = np.unique(hashes, return_index=True, return_inverse=True)
    groups = first[2]
    # Equal rows may disagree about the target: all go with the stratum of the first of them.
    stratum = np.zeros(len(first[1]), dtype=np.int64) if strata is None else strata[first[1]]
    sizes = np.bincount(groups)
    group_place, group_parts = place[first[1]], parts[first[1]]
    for value in np.unique(stratum):
        members = np.flatnonzero(stratum == value)
        if not _fair(group_parts[members], sizes[members], shares):
            ordered = members[np.argsort(group_place[members], kind="stable")]
            middles = np.cumsum(sizes[ordered]) - sizes[ordered] / 2
            ranks = middles / sizes[ordered].sum()
            group_parts[ordered] = np.searchsorted(edges, ranks, side="right")
    return group_parts[groups]


def _fair(parts: Integers, sizes: Integers, shares: Sequence[float]) -> bool:
    """Whether every part holds about its share of a stratum; big blocks of equal rows widen what luck allows."""
    total, spread = sizes.sum(), np.sqrt(np.sum(sizes.astype(np.float64) ** 2))
    held = np.bincount(parts, weights=sizes, minlength=len(shares))
    share = np.asarray(shares)
    allowed = TOLERATED_DEVIATION * spread * np.sqrt(share * (1 - share))
    scarce = (held == 0) & (len(parts) >= len(shares))
    return bool(np.all(np.abs(held - share * total) <= allowed) and not scarce.any())
