"""SQLite tables and queries, opened read-only."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import polars as pl

from holdfast.errors import DataError, nearest


def read_sqlite(url: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Read sqlite:///relative.db?table=t, sqlite:////absolute.db?table=t or ...?query=SELECT..."""
    parts = urlsplit(url)
    path = Path(unquote(parts.path)[1:] if parts.path.startswith("/") else unquote(parts.path)).expanduser()
    options = parse_qs(parts.query, keep_blank_values=True)
    if not path.is_file():
        raise DataError(f"{path} (from {url}) does not exist; expected an SQLite file: sqlite:///file.db?table=name")
    unknown = set(options) - {"table", "query"}
    if unknown or len(options) > 1:
        raise DataError(f"{url} has the options {sorted(options)}; expected one of table=name or query=SELECT...")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            return _fetch(connection, options, path)
    except sqlite3.Error as error:
        raise DataError(
            f"{path} can't be read as SQLite ({error}); expected a whole database and a valid query"
        ) from None


def _fetch(
    connection: sqlite3.Connection, options: dict[str, list[str]], path: Path
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    tables = [
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name"
        )
        if not name.startswith("sqlite_")
    ]
    if "query" in options:
        query = options["query"][0]
    else:
        table = options["table"][0] if "table" in options else tables[0] if len(tables) == 1 else None
        if table is None or table not in tables:
            wanted = "no table was named" if table is None else f"there is no table {table!r}"
            near = "" if table is None else nearest(table, tables)
            raise DataError(f"{path}: {wanted}; expected ?table= with one of {', '.join(tables) or 'none'}.{near}")
        quoted = table.replace('"', '""')
        query = f'SELECT * FROM "{quoted}"'
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or ()]
    columns: list[Sequence[object]] = list(zip(*cursor.fetchall(), strict=True)) or [() for _ in names]
    series = [pl.Series(name, _plain(values), strict=False) for name, values in zip(names, columns, strict=True)]
    return pl.DataFrame(series), ()


def _plain(values: Sequence[object]) -> list[object]:
    """SQLite types values, not columns: where they are mixed, text says it all."""
    cells = [value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in values]
    kinds = {type(value) for value in cells if value is not None}
    if kinds <= {int, float}:
        return [float(value) if isinstance(value, int) and float in kinds else value for value in cells]
    return [None if value is None else str(value) for value in cells]
