"""Read a table from wherever it is, as it stands; what the columns mean is found out in `kinds`."""

import glob
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from holdfast.data.compressed import unpack
from holdfast.data.database import SCHEMES, read_database, without_password
from holdfast.data.delimited import read_delimited
from holdfast.errors import DataError, nearest

# Bytes that say nothing.
BLANK = b"\0 \r\n\t\xef\xbb\xbf"


@dataclass(frozen=True)
class Raw:
    """A table as it was found: `frame` in polars' types, and sentences about what reading had to decide."""

    frame: pl.DataFrame
    source: str
    notes: tuple[str, ...] = ()


def read(source: str, *, header: bool = True) -> Raw:
    """Read CSV, TSV, JSON, JSON Lines, Parquet, Arrow, Excel, a glob, SQLite or PostgreSQL.

    source: a path, of a file that may be gzipped or zipped, or of UTF-8 text in zstandard; a glob; or sqlite:///file.db or
    postgresql://host/db with ?table=name or ?query=SELECT.... header: whether a delimited file's first row names the columns;
    without it they are column_1, column_2, ... Raises DataError when there is no such file, it is empty, damaged or ragged.
    """
    if source.startswith(SCHEMES):
        return _checked(Raw(read_database(source), without_password(source)))
    path = Path(source).expanduser()
    if path.is_file():
        return _checked(_read_file(path, header=header))
    if any(mark in source for mark in "*?["):
        return _checked(_read_glob(source, header=header))
    if path.is_dir():
        raise DataError(
            f"{source} is a folder; expected a file: name one, or a glob such as {source.rstrip('/')}/*.csv"
        )
    siblings = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
    raise DataError(f"{source} does not exist; expected a file to read.{nearest(path.name, siblings)}")


def _read_glob(pattern: str, *, header: bool) -> Raw:
    paths = sorted(Path(found) for found in glob.glob(pattern, recursive=True) if Path(found).is_file())
    if not paths:
        raise DataError(f"{pattern} matches no file; expected at least one: check the pattern")
    parts = [_read_file(path, header=header) for path in paths]
    columns = parts[0].frame.columns
    for path, part in zip(paths, parts, strict=True):
        if set(part.frame.columns) != set(columns):
            differing = sorted(set(part.frame.columns) ^ set(columns))
            raise DataError(
                f"{path} has other columns than {paths[0]} (differing: {', '.join(differing[:5])}); expected the same in all "
                f"{len(paths)} files: narrow the pattern, or rename the columns"
            )
    frame = pl.concat([part.frame.select(columns) for part in parts], how="vertical_relaxed")
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    return Raw(frame, pattern, (f"{len(paths)} files were read", *notes))


def _read_file(path: Path, *, header: bool) -> Raw:
    try:
        data, name = unpack(path)
    except OSError as error:
        raise DataError(f"{path} can't be read ({error.strerror or error}); expected a readable file") from None
    if not data[:4096].strip(BLANK) and not data[:].strip(BLANK):
        raise DataError(f"{path} is empty; expected a table: check how it was written")
    endings = Path(name).suffixes
    ending = endings[-1].lower() if endings else ""
    binary = _BINARY.get(ending) or next(
        (reader for magic, reader in _MAGIC.items() if data[:8].startswith(magic)), None
    )
    if binary is not None:
        whole = data[:]
        frame = _guarded(binary, whole, path)
        return Raw(frame, str(path), _sheets_left(whole) if binary is _read_excel else ())
    if ending in (".json", ".jsonl", ".ndjson") or (ending == "" and data[:64].lstrip()[:1] in (b"{", b"[")):
        return Raw(_guarded(_read_json, data[:], path), str(path))
    frame, notes = read_delimited(data, str(path), header=header)
    return Raw(frame, str(path), notes)


def _guarded(reader: Callable[[bytes], pl.DataFrame], data: bytes, path: Path) -> pl.DataFrame:
    try:
        return reader(data)
    except DataError:
        raise
    except Exception as error:  # polars and fastexcel raise many kinds for a damaged file
        first = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        kind = path.name.removesuffix(".gz").rpartition(".")[2] or "data"
        raise DataError(
            f"{path} is damaged or no {kind} file ({first}); expected a whole one: fetch it again"
        ) from None


def _read_json(data: bytes) -> pl.DataFrame:
    text = data.lstrip(b"\xef\xbb\xbf \r\n\t")
    # Told by all rows: a key that only late ones have would be dropped without a word.
    if text.startswith(b"["):
        frame = pl.read_json(io.BytesIO(text), infer_schema_length=None)
    else:
        frame = pl.read_ndjson(io.BytesIO(text), infer_schema_length=None)
    nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
    if nested:
        raise DataError(f"JSON column {nested[0]!r} holds lists or objects; expected plain values: flatten it first")
    return frame


def _read_parquet(data: bytes) -> pl.DataFrame:
    return pl.read_parquet(io.BytesIO(data))


def _read_arrow(data: bytes) -> pl.DataFrame:
    return pl.read_ipc(io.BytesIO(data)) if data.startswith(b"ARROW1") else pl.read_ipc_stream(io.BytesIO(data))


def _read_excel(data: bytes) -> pl.DataFrame:
    return pl.read_excel(io.BytesIO(data), infer_schema_length=None)


def _sheets_left(data: bytes) -> tuple[str, ...]:
    """Say that sheets of a workbook were not read, where it has several."""
    import fastexcel

    names = fastexcel.read_excel(data).sheet_names
    return (f"the workbook has {len(names)} sheets; only the first, {names[0]!r}, was read",) if len(names) > 1 else ()


_BINARY: dict[str, Callable[[bytes], pl.DataFrame]] = {
    ".parquet": _read_parquet,
    ".pq": _read_parquet,
    ".arrow": _read_arrow,
    ".feather": _read_arrow,
    ".ipc": _read_arrow,
    ".xlsx": _read_excel,
    ".xls": _read_excel,
}
_MAGIC = {b"PAR1": _read_parquet, b"ARROW1": _read_arrow}


def _checked(raw: Raw) -> Raw:
    if raw.frame.width == 0 or raw.frame.height == 0:
        raise DataError(
            f"{raw.source} has {raw.frame.height} rows and {raw.frame.width} columns; expected a table with rows"
        )
    return raw
