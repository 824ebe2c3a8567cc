"""Names for content: a hash per row, and one for a whole dataset."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import polars as pl

from holdfast.arrays import Hashes, scramble
from holdfast.data.dataset import Dataset

MISSING = np.uint64(0x9D5C3F1B7A2E6843)


def row_hashes(frame: pl.DataFrame, columns: Sequence[str]) -> Hashes:
    """Hash each row's content, shape (n_rows,) uint64.

    The same in every process and on every platform; it depends on names and values, not on the order of columns or on
    whether a whole number is stored as integer or float.

    >>> one = row_hashes(pl.DataFrame({"a": [1, 2], "b": ["x", None]}), ["a", "b"])
    >>> two = row_hashes(pl.DataFrame({"b": [None, "x"], "a": [2.0, 1.0]}), ["b", "a"])
    >>> list(one) == list(two[::-1])
    True
    """
    total = np.zeros(frame.height, dtype=np.uint64)
    for name in columns:
        with np.errstate(over="ignore"):
            total += mix(_column(frame[name]) + _word(name))
    return mix(total)


def told_apart(hashes: Hashes) -> Hashes:
    """Give each of several equal rows a hash of its own, by how many came before it; the first keeps what it has.

    >>> len(np.unique(told_apart(np.array([7, 7, 9, 7], dtype=np.uint64))))
    4
    """
    order = np.argsort(hashes, kind="stable")
    _, starts, counts = np.unique(hashes[order], return_index=True, return_counts=True)
    before = np.arange(len(hashes)) - np.repeat(starts, counts)
    apart = np.empty_like(hashes)
    apart[order] = np.where(before > 0, mix(hashes[order] ^ before.astype(np.uint64)), hashes[order])
    return apart


def fingerprint(dataset: Dataset) -> str:
    """A name for the content of a dataset: 32 hexadecimal digits, the same for the same rows in any order."""
    hashes = np.sort(row_hashes(dataset.frame, list(dataset.frame.columns)))
    return blake2b(hashes.astype("<u8").tobytes(), digest_size=16).hexdigest()


def mix(values: Hashes) -> Hashes:
    """Scramble 64-bit numbers so that every bit depends on all (splitmix64; Steele et al., 2014)."""
    with np.errstate(over="ignore"):
        return scramble(values + np.uint64(0x9E3779B97F4A7C15))


def _column(series: pl.Series) -> Hashes:
    if series.dtype == pl.Datetime:
        series = series.dt.epoch("us")
    if series.dtype.is_numeric() or series.dtype == pl.Boolean:
        numbers = series.cast(pl.Float64).fill_null(np.nan).to_numpy() + 0.0  # -0.0 becomes 0.0
        return np.where(np.isnan(numbers), MISSING, np.ascontiguousarray(numbers).view(np.uint64))
    words = series.cast(pl.String)
    values = words.unique(maintain_order=True).drop_nulls()
    lookup = np.array([_word(value) for value in values.to_list()] + [MISSING], dtype=np.uint64)
    places = words.cast(pl.Enum(values)).to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
    hashes: Hashes = lookup[places]
    return hashes


def _word(text: str) -> np.uint64:
    return np.uint64(int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little"))
