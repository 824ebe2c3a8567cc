"""Explain the answers for rows of a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from holdfast.arrays import Floats, Strings
from holdfast.batch.door import read
from holdfast.batch.part import Bad, Source
from holdfast.batch.safe import harmless
from holdfast.batch.source import files_of, open_source, spare, whole
from holdfast.data.database import without_password
from holdfast.errors import DataError, RequestError, SchemaError
from holdfast.files import replacing
from holdfast.model.package import load
from holdfast.model.schema import Schema
from holdfast.model.shapley import Background, shapley

WRITERS = (".csv", ".parquet", ".jsonl")


@dataclass(frozen=True)
class Explained:
    """frame: a row each, with `prediction`, `base`, and what every field adds. fields: the mean size of that, largest first."""

    frame: pl.DataFrame
    fields: Sequence[tuple[str, float]]


def explain_file(
    model: str | Path, data: str, out: str | Path | None = None, *, rows: int = 1_000, header: bool = True
) -> Explained:
    """Explain the first `rows` rows of `data` by Shapley values, and write them to `out` if given.

    For classes it is the probability of the predicted one that is explained. Raises SchemaError for rows that can't be read,
    ModelError for a model without a background, RequestError for an ending it can't write, or an `out` that is read itself.
    """
    place = None if out is None else Path(out)
    if place is not None:
        if place.suffix.lower() not in WRITERS:
            raise RequestError(f"{place} ends in {place.suffix!r}; expected one of {', '.join(WRITERS)}")
        spare(files_of(data), place, "--out")
    if rows < 1:
        raise RequestError(f"{rows} rows were asked for; expected at least 1")
    loaded = load(model)
    background = Background.from_json(loaded.manifest.get("background"), loaded.schema)
    source = open_source(data, header=header)
    loaded.schema.arrays({name: [] for name in source.columns})
    names = [field.name for field in loaded.schema.fields]
    numbers, strings = _first(loaded.schema, source, rows)
    if not len(numbers):
        raise DataError(f"{without_password(data)} has no rows; expected at least one to explain")
    found = shapley(loaded.answers, loaded.schema, background, numbers, strings)
    answers, pick = found.answers, np.zeros(len(found.answers), dtype=np.int64)
    columns: dict[str, Any] = {"prediction": answers[:, 0]}
    if loaded.classes:
        pick = loaded.decide(answers)
        columns = {"prediction": [loaded.classes[k] for k in pick], "probability": answers[np.arange(len(pick)), pick]}
    values = np.take_along_axis(found.values, pick[:, None, None], axis=2)[:, :, 0]
    adds = {f"adds_{name}": values[:, place] for place, name in enumerate(names)}
    frame = pl.DataFrame({**columns, "base": found.base[pick], **adds}, strict=False)
    sizes = np.abs(values).mean(axis=0)
    order = np.argsort(-sizes, kind="stable")
    if place is not None:
        _write(frame, place)
    return Explained(frame, [(names[at], float(sizes[at])) for at in order])


def _first(schema: Schema, source: Source, rows: int) -> tuple[Floats, Strings]:
    """Read the first `rows` rows, part by part; SchemaError names the first of them that can't be read."""
    numbers, strings, done = [], [], 0
    for part in whole(source.parts([field.name for field in schema.fields], 0, 1)):
        found = read(schema, part.frame.head(rows - done))
        numbers.append(found.numbers)
        strings.append(found.strings)
        bad = [each for each in part.bad if each.row <= rows]
        bad += [Bad(part.rows[at], "; ".join(reasons), "") for at, reasons in found.bad.items()]
        if bad:
            first = min(bad)
            raise SchemaError(f"rows don't fit the model: row {first.row} {first.reason}. Mend them first")
        done += part.n_rows
        if done >= rows:
            break
    return np.concatenate(numbers), np.concatenate(strings)


def _write(frame: pl.DataFrame, place: Path) -> None:
    """Write the file, whole or not at all."""
    try:
        with replacing(place) as partial:
            if place.suffix.lower() == ".csv":
                harmless(frame).write_csv(partial)
            elif place.suffix.lower() == ".parquet":
                frame.write_parquet(partial)
            else:
                frame.write_ndjson(partial)
    except OSError as error:
        raise RequestError(f"{place} can't be written ({error.strerror or error}); choose another --out") from None
