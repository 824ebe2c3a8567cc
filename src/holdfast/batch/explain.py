"""Explain the answers for rows of a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from holdfast.batch.door import read
from holdfast.batch.safe import harmless
from holdfast.batch.source import open_source
from holdfast.errors import RequestError, SchemaError
from holdfast.model.package import load
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
    ModelError for a model without a background, RequestError for an ending it can't write.
    """
    place = None if out is None else Path(out)
    if place is not None and place.suffix.lower() not in WRITERS:
        raise RequestError(f"{place} ends in {place.suffix!r}; expected one of {', '.join(WRITERS)}")
    if rows < 1:
        raise RequestError(f"{rows} rows were asked for; expected at least 1")
    loaded = load(model)
    background = Background.from_json(loaded.manifest.get("background"), loaded.schema)
    source = open_source(data, header=header)
    loaded.schema.arrays({name: [] for name in source.columns})
    names = [field.name for field in loaded.schema.fields]
    frames = []
    for part in source.parts(names, 0, 1):
        frames.append(part.frame)
        if sum(frame.height for frame in frames) >= rows:
            break
    numbers, strings, bad = read(loaded.schema, pl.concat(frames, how="vertical_relaxed").head(rows))
    if bad:
        row = min(bad)
        raise SchemaError(f"rows don't fit the model: row {row + 1} {'; '.join(bad[row])}. Mend them first")
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


def _write(frame: pl.DataFrame, place: Path) -> None:
    try:
        if place.suffix.lower() == ".csv":
            harmless(frame).write_csv(place)
        elif place.suffix.lower() == ".parquet":
            frame.write_parquet(place)
        else:
            frame.write_ndjson(place)
    except OSError as error:
        raise RequestError(f"{place} can't be written ({error.strerror}); choose another --out") from None
