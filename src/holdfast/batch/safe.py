"""Text that a spreadsheet would run (CWE-1236)."""

import re

import polars as pl

_FORMULA = r"^[=+\-@\t\r]"


def harmless(frame: pl.DataFrame) -> pl.DataFrame:
    """Put an apostrophe before text, names of columns too, that a spreadsheet would take for a formula; not before numbers.

    >>> harmless(pl.DataFrame({"word": ["=1+1", "-5", "plain"]}))["word"].to_list()
    ["'=1+1", '-5', 'plain']
    """
    made = []
    for column in frame.get_columns():
        name = f"'{column.name}" if re.match(_FORMULA, column.name) else column.name
        if column.dtype in (pl.String, pl.Categorical, pl.Enum):
            text = column.cast(pl.String)
            suspect = text.str.contains(_FORMULA)
            if suspect.any():
                formula = suspect & text.cast(pl.Float64, strict=False).is_null()
                text = pl.select(pl.when(formula).then(pl.concat_str(pl.lit("'"), text)).otherwise(text)).to_series()
            column = text
        made.append(column.alias(name))
    return pl.DataFrame(made)
