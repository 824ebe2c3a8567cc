"""From a table as found to columns that know what they are."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import polars as pl

from holdfast.data.columns import Kind
from holdfast.data.dataset import Dataset, Parsing
from holdfast.data.delimited import MISSING_WORDS
from holdfast.data.read import Raw
from holdfast.data.words import Words, understand_words
from holdfast.errors import DataError

# Below this many rows, values that never repeat say nothing about being an identifier.
FEWEST_ROWS = 20

# A column is text when its values have this many words or characters on average and rarely repeat.
TEXT_WORDS, TEXT_CHARACTERS, TEXT_DISTINCT = 3.5, 40, 0.3

# Words of which this share is distinct only tell rows apart; some rows may be there twice.
ID_DISTINCT = 0.95

# A capital parts an id from the word before it, as in "customerId"; without one it must be a word of this list, as "paid" ends in
# the same letters.
_OWNERS = "account|case|client|customer|device|employee|item|member|order|patient|person|product|record|row|session|student|user"
_ID_NAME = re.compile(
    rf"(?i:(^|[\s_.-])(id|key|uuid|guid|index|rownum|row_?number|number|no|nr|({_OWNERS})id)$)|[a-z](Id|ID)$"
)


def understand(raw: Raw, *, target: str | None = None) -> Dataset:
    """Give every column its canonical type and its kind; the target is typed, but never set aside as useless.

    Raises DataError for nested columns and for infinite targets.
    """
    with ThreadPoolExecutor() as pool:
        understood = list(pool.map(partial(_understand, target=target), raw.frame.get_columns()))
    notes = [*raw.notes, *(note for each in understood for note in each.words.notes)]
    names = raw.frame.columns
    return Dataset(
        pl.DataFrame([each.words.series for each in understood]),
        {name: each.kind for name, each in zip(names, understood, strict=True)},
        {name: each.words.parsing for name, each in zip(names, understood, strict=True)},
        raw.source,
        tuple(notes),
    )


@dataclass(frozen=True)
class _Understood:
    words: Words
    kind: Kind


def _understand(column: pl.Series, target: str | None) -> _Understood:
    words, is_target = _canonical(column), column.name == target
    series, notes = words.series, words.notes
    if series.dtype == pl.Float64 and not column.dtype.is_integer():
        if is_target and bool(series.is_infinite().any()):
            raise DataError(f"target {column.name!r} has infinite values; expected finite numbers: remove those rows")
        series, note = _finite(series)
        notes = [*notes, *note]
    return _Understood(replace(words, series=series, notes=notes), _kind(series, is_target=is_target))


def set_aside(dataset: Dataset, target: str) -> tuple[Dataset, Dataset]:
    """Part the rows with a target from those without."""
    known = dataset.frame[target].is_not_null()
    if not known.any():
        raise DataError(f"target {target!r} is missing in every row; expected values to learn: choose another --target")
    if known.all():
        return dataset, replace(dataset, frame=dataset.frame.clear())
    return replace(dataset, frame=dataset.frame.filter(known)), replace(dataset, frame=dataset.frame.filter(~known))


def _canonical(column: pl.Series) -> Words:
    kind, plain = column.dtype, Parsing(missing=MISSING_WORDS)
    if kind.is_nested() or kind in (pl.Binary, pl.Object):
        raise DataError(f"column {column.name!r} holds {kind}; expected plain values: flatten or drop it")
    if kind == pl.Boolean or kind == pl.Null:
        return Words(column if kind == pl.Boolean else column.cast(pl.String), plain)
    if kind.is_numeric():
        numbers = column.cast(pl.Float64)
        return Words(numbers if kind.is_integer() else numbers.fill_nan(None), plain)
    if kind == pl.Date or isinstance(kind, pl.Datetime):
        if isinstance(kind, pl.Datetime) and kind.time_zone:
            column = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return Words(column.cast(pl.Datetime("us")), plain)
    if isinstance(kind, pl.Duration):
        return Words(column.dt.total_microseconds().cast(pl.Float64) / 1e6, plain)
    return understand_words(column.cast(pl.String))


def _finite(column: pl.Series) -> tuple[pl.Series, list[str]]:
    infinite = column.is_infinite()
    count = int(infinite.sum())
    if not count:
        return column, []
    cleaned = pl.select(pl.when(infinite).then(None).otherwise(column).alias(column.name)).to_series()
    return cleaned, [f"{count:,} infinite values in {column.name!r} count as missing"]


def _kind(column: pl.Series, *, is_target: bool) -> Kind:
    kind = kind_by_type(column)
    if is_target:
        return kind
    known = column.len() - column.null_count()
    if known == 0 or (known == column.len() and _one_value(column)):
        return Kind.CONSTANT
    if known == column.len() >= FEWEST_ROWS and _identifies(column, kind):
        return Kind.IDENTIFIER
    return kind


def kind_by_type(column: pl.Series) -> Kind:
    """What a column of a canonical type is, whether it is useful or not."""
    if column.dtype == pl.Boolean:
        return Kind.BOOLEAN
    if column.dtype == pl.Float64:
        return Kind.NUMBER
    if column.dtype == pl.Datetime:
        return Kind.DATETIME
    return Kind.TEXT if _is_text(column) else Kind.CATEGORY


def _one_value(column: pl.Series) -> bool:
    if column.dtype == pl.String:
        return column.head(1_000).n_unique() == 1 and column.n_unique() == 1
    return bool(column.min() == column.max())


def _identifies(column: pl.Series, kind: Kind) -> bool:
    """Whether each row has its own value for no other reason than to be told apart."""
    if kind is Kind.NUMBER:
        low, high = column.min(), column.max()
        assert isinstance(low, float)
        assert isinstance(high, float)
        counts_rows = high - low == column.len() - 1
        if not counts_rows and not _ID_NAME.search(column.name.strip()):
            return False
        return bool((column.floor() == column).all()) and column.n_unique() == column.len()
    if kind is Kind.CATEGORY:
        head = column.head(10_000)
        return head.n_unique() >= ID_DISTINCT * head.len() and column.n_unique() >= ID_DISTINCT * column.len()
    return False


def _is_text(column: pl.Series) -> bool:
    sample = column.drop_nulls().head(20_000)
    if sample.len() < FEWEST_ROWS or sample.n_unique() < TEXT_DISTINCT * sample.len():
        return False
    distinct = sample.unique(maintain_order=True).head(2_000)
    words = distinct.str.count_matches(r"\S+").mean()
    characters = distinct.str.len_chars().mean()
    assert isinstance(words, float)
    assert isinstance(characters, float)
    return words >= TEXT_WORDS or (characters >= TEXT_CHARACTERS and words >= 2)
