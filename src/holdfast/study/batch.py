"""Score a file with a packaged model."""

import os
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from holdfast.data.read import read
from holdfast.errors import DataError, RequestError, nearest
from holdfast.model.package import load

WRITERS: dict[str, Callable[[pl.DataFrame, Path], Any]] = {
    ".csv": lambda frame, path: frame.write_csv(path),
    ".tsv": lambda frame, path: frame.write_csv(path, separator="\t"),
    ".parquet": lambda frame, path: frame.write_parquet(path),
    ".arrow": lambda frame, path: frame.write_ipc(path),
    ".feather": lambda frame, path: frame.write_ipc(path),
    ".jsonl": lambda frame, path: frame.write_ndjson(path),
    ".ndjson": lambda frame, path: frame.write_ndjson(path),
    ".json": lambda frame, path: frame.write_json(path),
    ".xlsx": lambda frame, path: frame.write_excel(path),
}

# A spreadsheet would run such text as a formula (CWE-1236).
_FORMULA = r"^[=+\-@\t\r]"


def score(
    model: str | Path,
    data: str,
    out: str | Path,
    *,
    keep: Sequence[str] = (),
    interval: float | None = None,
    header: bool = True,
) -> dict[str, Any]:
    """Predict for every row of `data` and write `out`: the task's columns first, then those to keep.

    interval: a level such as 0.9 adds ranges that hold the truth with that probability. Returns rows and seconds. Raises
    RequestError for an ending it can't write, SchemaError for rows that don't fit.
    """
    began, out = time.monotonic(), Path(out)
    writer = WRITERS.get(out.suffix.lower())
    if writer is None:
        raise RequestError(f"{out} ends in {out.suffix!r}; expected one of {', '.join(WRITERS)}")
    if out.is_dir() or not out.parent.is_dir() or not os.access(out.parent, os.W_OK):
        raise RequestError(f"{out} can't be written; expected a file in a folder that exists and may be written to")
    if out.exists() and Path(data).exists() and out.samefile(data):
        raise RequestError(f"--out {out} is the file to be scored, which would be lost; choose another place")
    loaded = load(model)
    frame = read(data, header=header).frame
    absent = [name for name in keep if name not in frame.columns]
    if absent:
        raise DataError(f"--keep {absent[0]!r} is not a column of {data}.{nearest(absent[0], frame.columns)}")
    answers = pl.DataFrame(loaded.score(frame, interval=interval), strict=False)
    twice = [name for name in keep if name in answers.columns]
    if twice:
        raise RequestError(f"--keep {twice[0]!r} has the name of a predicted column; rename it in {data}")
    result = pl.concat([answers, frame.select(keep)], how="horizontal")
    if out.suffix.lower() in (".csv", ".tsv", ".xlsx"):
        result = _harmless(result)
    _write(result, writer, out)
    return {"rows": result.height, "seconds": time.monotonic() - began, "out": str(out)}


def _write(result: pl.DataFrame, writer: Callable[[pl.DataFrame, Path], Any], out: Path) -> None:
    partial = out.with_name(f".{out.stem}.partial{out.suffix}")
    try:
        writer(result, partial)
        os.replace(partial, out)
    except ImportError:
        raise RequestError(
            f"writing {out.suffix} needs xlsxwriter; pip install xlsxwriter, or choose .csv or .parquet"
        ) from None
    except OSError as error:
        raise RequestError(f"{out} can't be written ({error.strerror}); choose another --out") from None
    except pl.exceptions.PolarsError as error:
        first = str(error).splitlines()[0][:200]
        raise RequestError(f"{out.suffix} can't hold these columns ({first}); choose .parquet, or keep fewer") from None
    finally:
        partial.unlink(missing_ok=True)


def _harmless(frame: pl.DataFrame) -> pl.DataFrame:
    """Put an apostrophe before text, names of columns too, that a spreadsheet would take for a formula; not before numbers."""
    made = []
    for column in frame.get_columns():
        name = f"'{column.name}" if re.match(_FORMULA, column.name) else column.name
        if column.dtype in (pl.String, pl.Categorical, pl.Enum):
            text = column.cast(pl.String)
            formula = text.str.contains(_FORMULA) & text.cast(pl.Float64, strict=False).is_null()
            column = pl.select(pl.when(formula).then(pl.concat_str(pl.lit("'"), text)).otherwise(text)).to_series()
        made.append(column.alias(name))
    return pl.DataFrame(made)
