"""Sets of labels in one column as a column of truths for each label."""

import polars as pl

from holdfast.data.dataset import counted
from holdfast.errors import DataError

# What parts labels, the first that is found.
MARKS = ("|", ";", ",")

# With fewer rows that have it, or that lack it, a label can't be both learned and judged.
FEWEST_ROWS = 20


def by_label(frame: pl.DataFrame, target: str) -> tuple[pl.DataFrame, list[str], list[str]]:
    """Part labels such as "red|round": the frame with a truth for each label instead, the new columns, and labels left out.

    Rows without any label lack them all. Labels in fewer than FEWEST_ROWS rows, or lacking in so few, are left out. Raises
    DataError for a column without a mark that parts labels.

    >>> rows = pl.DataFrame({"size": range(40), "tags": ["a|b", "b"] * 20})
    >>> by_label(rows.with_columns(tags=pl.when(pl.col("size") < 20).then("tags")), "tags")[1:]
    (['tags: b'], ['a'])
    """
    words = frame[target].cast(pl.String).fill_null("")
    mark = next((mark for mark in MARKS if words.str.contains(mark, literal=True).any()), None)
    if mark is None:
        raise DataError(
            f"target {target!r} holds no sets of labels; expected such as 'red|round', parted by one of {' '.join(MARKS)}"
        )
    sets = [{word.strip() for word in text.split(mark)} - {""} for text in words.to_list()]
    counts = counted(pl.Series([label for each in sets for label in each]))
    labels = sorted(
        counts.filter(pl.col("rows").is_between(FEWEST_ROWS, frame.height - FEWEST_ROWS)).to_series().to_list()
    )
    rare = sorted(set(counts.to_series().to_list()) - set(labels))
    made = {f"{target}: {label}": [label in each for each in sets] for label in labels}
    return (
        frame.drop(target).with_columns(**{name: pl.Series(name, cells) for name, cells in made.items()}),
        list(made),
        rare,
    )
