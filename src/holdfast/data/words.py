"""Columns that came as text: numbers, dates and booleans in disguise are unmasked, missing words removed."""

import re
from dataclasses import dataclass, field
from itertools import product

import polars as pl

from holdfast.data.dataset import Parsing
from holdfast.data.delimited import MISSING_WORDS

# A column of numbers may hold this many different words, in this share of its rows, that then count as missing.
STRAY_WORDS, STRAY_SHARE = 3, 0.02

PLAIN = r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$"
CODE = r"^[-+]?0\d+$"

# What may part thousands where a space does: also one that no line is broken at, and a narrow one.
SPACES = r"[ \u00a0\u202f]"

# How numbers are written (no thousands begin with 0): the pattern, the decimal mark, the mark between thousands.
NUMBER_FORMS = (
    (PLAIN, ".", ""),
    (r"^[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?$|" + PLAIN, ".", ","),
    (r"^[-+]?(\d+(,\d+)?|,\d+)$", ",", ""),
    (r"^[-+]?[1-9]\d{0,2}(\.\d{3})+(,\d+)?$|^[-+]?\d+(,\d+)?$", ",", "."),
    (rf"^[-+]?([1-9]\d{{0,2}}({SPACES}\d{{3}})+|\d{{1,3}})(,\d+)?$", ",", " "),
)

DATE_FORMATS = (
    "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f%#z",
    "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S",
    "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%m/%d/%y", "%d/%m/%y", "%d.%m.%y", "%Y/%m/%d", "%Y/%m/%d %H:%M:%S", "%d-%b-%Y",
    "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%m-%Y", "%m-%d-%Y",
)  # fmt: skip

SAMPLE = 500


@dataclass(frozen=True)
class Words:
    """A text column, understood."""

    series: pl.Series
    parsing: Parsing
    notes: list[str] = field(default_factory=list)


def understand_words(column: pl.Series) -> Words:
    """Turn text into booleans, numbers or dates where all of it reads so; missing words become null.

    >>> understand_words(pl.Series("x", ["1,5", " 2,25", "?"])).series.to_list()
    [1.5, 2.25, None]
    """
    present = _without_missing(column)
    known = present.gather_every(max(1, present.len() // SAMPLE)).drop_nulls()
    known = known if known.len() else present.drop_nulls()
    plain = Words(present, Parsing(missing=MISSING_WORDS))
    if not known.len():
        return plain
    return _boolean(present, known) or _number(present, known) or _date(present, known) or plain


def _without_missing(column: pl.Series) -> pl.Series:
    """Strip blanks and make missing words null; most columns need neither, which their distinct values show."""
    distinct = column.unique().drop_nulls()
    stripped = distinct.str.strip_chars()
    if not bool((stripped != distinct).any()) and not bool(stripped.is_in(MISSING_WORDS).any()):
        return column
    text = pl.col(column.name).str.strip_chars()
    cleaned = pl.when(text.is_in(MISSING_WORDS)).then(None).otherwise(text).name.keep()
    return column.to_frame().select(cleaned).to_series()


def _boolean(present: pl.Series, sample: pl.Series) -> Words | None:
    if not set(sample.str.to_lowercase().to_list()) <= {"true", "false"}:
        return None
    spellings = present.drop_nulls().unique().to_list()
    if not {word.lower() for word in spellings} <= {"true", "false"}:
        return None
    true = tuple(sorted(word for word in spellings if word.lower() == "true"))
    false = tuple(sorted(word for word in spellings if word.lower() == "false"))
    lower = present.str.to_lowercase()
    return Words((lower == "true").alias(present.name), Parsing(missing=MISSING_WORDS, true=true, false=false))


def _number(present: pl.Series, sample: pl.Series) -> Words | None:
    """The first form that reads all cells; else the first that all but a few stray words are written in."""
    for allowed, (pattern, decimal, thousands) in product((0, STRAY_WORDS), NUMBER_FORMS):
        if sample.str.contains(pattern).mean() < 1 - 2 * STRAY_SHARE:  # type: ignore[operator]
            continue
        known = present.drop_nulls()
        fits = known.str.contains(pattern)
        stray = known.filter(~fits)
        words = stray.unique().sort()
        if words.len() > allowed or stray.len() > STRAY_SHARE * known.len():
            continue
        if bool(known.filter(fits).str.contains(CODE).any()) or fits.sum() < 2:
            return None
        marks = SPACES if thousands == " " else re.escape(thousands)
        cleaned = present.str.replace_all(marks, "") if thousands else present
        cleaned = cleaned.str.replace(decimal, ".", literal=True) if decimal != "." else cleaned
        numbers = cleaned.cast(pl.Float64, strict=False)
        notes = []
        if stray.len():
            listed = ", ".join(repr(word) for word in words.to_list())
            notes = [
                f"{stray.len():,} cells of {present.name!r}, otherwise numbers, say {listed}: they count as missing"
            ]
        missing = (*MISSING_WORDS, *words.to_list())
        return Words(numbers.fill_nan(None), Parsing(missing=missing, decimal=decimal, thousands=thousands), notes)
    return None


def _date(present: pl.Series, sample: pl.Series) -> Words | None:
    if not bool(sample.str.contains(r"\d").all()) or bool((sample.str.len_chars() > 32).any()):
        return None
    long_years = bool(sample.str.contains(r"\d{4}").all())
    for form in DATE_FORMATS:
        if "%Y" in form and not long_years:
            continue  # it would read "24" as the year 24
        if sample.str.to_datetime(form, strict=False, time_unit="us").null_count():
            continue
        dates = present.str.to_datetime(form, strict=False, time_unit="us")
        if isinstance(dates.dtype, pl.Datetime) and dates.dtype.time_zone:
            dates = dates.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        if dates.null_count() == present.null_count():
            return Words(dates, Parsing(missing=MISSING_WORDS, date_format=form))
    return None
