"""Which rows belong together, and when each happened: from a column, or from what several say together.

A key is written as users write it after --group and --time: a column (`patient`), several (`site, patient`), or a word for
what no column holds by itself:

    stem(mouse)   the part of an id before its last separator: 309 of 309_1
    runs(patch)   a counter that starts again: each start begins a group
    rows()        the order of the rows in the file
"""

import re
from collections.abc import Sequence

import numpy as np
import polars as pl

from holdfast.arrays import Floats, Hashes, Integers
from holdfast.data.fingerprint import row_hashes
from holdfast.errors import RequestError, nearest

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_CALL = re.compile(r"(stem|runs)\((.+)\)", re.DOTALL)
_STEM = r"^(.+)[^0-9A-Za-z][0-9A-Za-z]+$"


def columns_of(key: str, names: Sequence[str]) -> tuple[str, ...]:
    """Columns a key is made of; RequestError when one is not there.

    >>> columns_of("stem(mouse)", ["mouse", "age"]), columns_of("year, month", ["year", "month"]), columns_of("rows()", [])
    (('mouse',), ('year', 'month'), ())
    """
    stripped = {name.strip(): name for name in names}
    if key == "rows()":
        return ()
    if key.strip() in stripped:
        return (key if key in names else stripped[key.strip()],)
    call = _CALL.fullmatch(key.strip())
    parts = [call[2]] if call else key.split(",")
    found = [part if part in names else stripped.get(part.strip()) for part in parts]
    for part, name in zip(parts, found, strict=True):
        if name is None:
            listed = ", ".join(repr(each) for each in names[:12])
            raise RequestError(
                f"{part.strip()!r} (of {key!r}) is not a column of the data; expected one of {listed}"
                f"{', ...' if len(names) > 12 else ''}.{nearest(part.strip(), names)}"
            )
    return tuple(name for name in found if name is not None)


def key_of(names: Sequence[str]) -> str | None:
    """Write the key of a column or of several; None for several of which one has a comma in its name, which would part it.

    >>> key_of(["year", "month"]), key_of(["Weight, kg"]), key_of(["Weight, kg", "age"])
    ('year, month', 'Weight, kg', None)
    """
    return None if len(names) > 1 and any("," in name for name in names) else ", ".join(names)


def stems(ids: pl.Series) -> pl.Series:
    """Beginnings of ids, up to their last separator; null where there is none."""
    return ids.cast(pl.String).str.extract(_STEM)


def group_key(frame: pl.DataFrame, key: str) -> Hashes:
    """Name each row's group by a hash, shape (n_rows,)."""
    names, call = columns_of(key, frame.columns), _CALL.fullmatch(key.strip())
    if call is None or key.strip() in frame.columns:
        return row_hashes(frame, names)
    if call[1] == "stem":
        ids = frame[names[0]].cast(pl.String)
        return row_hashes(stems(ids).fill_null(ids).to_frame("stem"), ["stem"])
    counter = frame[names[0]]
    if counter.dtype == pl.String:
        raise RequestError(
            f"{key}: column {counter.name!r} holds words; expected numbers or dates that count up in a run"
        )
    return row_hashes(pl.DataFrame({"run": runs(counter)}), ["run"])


def runs(counter: pl.Series) -> Integers:
    """Number the runs of a counter that starts again whenever it falls, shape (n_rows,).

    >>> runs(pl.Series([1.0, 2, 3, 1, 2, 1])).tolist()
    [0, 0, 0, 1, 1, 2]
    """
    values = counter.cast(pl.Float64).fill_null(strategy="forward").fill_null(0.0).to_numpy()
    return np.concatenate([[0], np.cumsum(np.diff(values) < 0)]).astype(np.int64)


def moments(frame: pl.DataFrame, key: str) -> Floats:
    """Place each row in time, shape (n_rows,); NaN where it is not known.

    One column holds dates or numbers; several are read as parts, the coarsest first (year, month, day).
    """
    names = columns_of(key, frame.columns)
    if not names:
        return np.arange(frame.height, dtype=np.float64)
    parts = [_moment(frame[name]) for name in names]
    if len(parts) == 1:
        return parts[0]
    place = np.zeros(frame.height)
    for part in parts:
        known = part[~np.isnan(part)]
        low, width = (known.min(), known.max() - known.min() + 1) if len(known) else (0.0, 1.0)
        place = place * width + (part - low)
    return place


def _moment(series: pl.Series) -> Floats:
    if series.dtype == pl.Datetime:
        return (series.dt.epoch("us").cast(pl.Float64) / 1e6).fill_null(np.nan).to_numpy()
    if series.dtype.is_numeric():
        return series.cast(pl.Float64).fill_null(np.nan).to_numpy()
    month = {name: float(number) for number, name in enumerate(MONTHS, start=1)}
    short = series.cast(pl.String).str.strip_chars().str.to_lowercase().str.slice(0, 3)
    numbers = short.replace_strict(month, default=None, return_dtype=pl.Float64)
    if numbers.null_count() > series.null_count():
        raise RequestError(
            f"time column {series.name!r} holds text such as {series.drop_nulls()[:1].to_list()}; expected dates, numbers or "
            f"names of months"
        )
    return numbers.fill_null(np.nan).to_numpy()
