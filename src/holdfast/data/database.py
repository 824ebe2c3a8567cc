"""Tables and queries of SQLite and PostgreSQL, opened read-only."""

import datetime as dt
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit, urlunsplit

import polars as pl

from holdfast.errors import DataError, MissingExtraError, nearest

SCHEMES = ("sqlite://", "postgresql://", "postgres://")

# Options of libpq that nobody else should read.
SECRETS = frozenset({"password", "sslpassword"})

# More than memory holds, and what a cursor takes for a number of rows.
MOST_ROWS = (1 << 31) - 1

# Types that a column keeps when all its values have them; others become text.
_KEPT = ({bool}, {int}, {dt.datetime}, {dt.date}, {dt.timedelta})


@dataclass(frozen=True)
class Address:
    """A database and what is asked of it.

    place: the path of a SQLite file, or the URL of a PostgreSQL database without our own options. shown: the same for people,
    without a password.
    """

    postgres: bool
    place: str
    shown: str
    table: str = ""
    query: str = ""


def address_of(url: str) -> Address:
    """Read sqlite:///relative.db?table=t, sqlite:////absolute.db?query=SELECT... or postgresql://host/db?table=schema.t.

    >>> address_of("postgresql://me:secret@host/shop?table=orders&sslmode=require").shown
    'postgresql://me@host/shop'
    """
    parts = urlsplit(url)
    options = parse_qs(parts.query, keep_blank_values=True)
    asked = {name: options.pop(name)[0] for name in ("table", "query") if name in options}
    if len(asked) > 1:
        shown = without_password(url).split("?")[0]
        raise DataError(f"{shown} has a table and a query; expected one of table=name or query=SELECT...")
    if parts.scheme == "sqlite":
        path = Path(unquote(parts.path)[1:] if parts.path.startswith("/") else unquote(parts.path)).expanduser()
        if options:
            raise DataError(f"{url} has the options {sorted(options)}; expected table=name or query=SELECT...")
        return Address(postgres=False, place=str(path), shown=str(path), **asked)
    place = urlunsplit(("postgresql", parts.netloc, parts.path, urlencode(options, doseq=True, quote_via=quote), ""))
    user = f"{parts.username}@" if parts.username else ""
    return Address(True, place, f"postgresql://{user}{parts.hostname or ''}{parts.path}", **asked)


def connect(address: Address, *, write: bool = False) -> Any:
    """Open a DB-API connection; read-only unless `write`. Raises DataError, and MissingExtraError without psycopg."""
    if not address.postgres:
        path = Path(address.place)
        if not write and not path.is_file():
            raise DataError(f"{path} does not exist; expected an SQLite file: sqlite:///file.db?table=name")
        mode = "rwc" if write else "ro"
        try:
            return sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, isolation_level=None)
        except sqlite3.Error as error:
            raise _unreadable(address, error) from None
    try:
        import psycopg
    except ImportError:
        raise MissingExtraError(
            "reading PostgreSQL needs psycopg, which is not installed: pip install 'holdfast[postgres]'"
        ) from None
    try:
        connection = psycopg.connect(address.place, connect_timeout=10)
    except psycopg.Error as error:
        raise _unreadable(address, error) from None
    connection.read_only = not write
    return connection


def without_password(url: str) -> str:
    """Give the address for people to read.

    >>> without_password("postgresql://me:secret@host/shop?table=orders&password=secret")
    'postgresql://me@host/shop?table=orders'
    """
    parts = urlsplit(url)
    address, _, options = url.partition("?")
    if parts.password is not None:
        address = address.replace(f":{parts.password}@", "@", 1)
    shown = "&".join(each for each in options.split("&") if unquote(each.partition("=")[0]) not in SECRETS)
    return f"{address}?{shown}" if shown else address


class Query:
    """Rows of a table or a query. names: of the columns. ordered: whether they come in the same order every time."""

    def __init__(self, url: str) -> None:
        """Find the columns; DataError when the database, the table or the query is none."""
        self.address = address_of(url)
        with self._connected() as connection:
            self._sql, self.ordered = _sql(connection, self.address)
            cursor = connection.execute(f"SELECT * FROM ({self._sql}) AS rows_of_it LIMIT 0")
            self.names = [column[0] for column in cursor.description or ()]
        if twice := [name for place, name in enumerate(self.names) if name in self.names[:place]]:
            raise DataError(
                f"{self.address.shown}: the query gives two columns named {twice[0]!r}; expected names of their own: name them "
                f"with AS"
            )

    def count(self) -> int:
        """Count the rows."""
        with self._connected() as connection:
            found: int = connection.execute(f"SELECT COUNT(*) FROM ({self._sql}) AS rows_of_it").fetchone()[0]
        return found

    def frames(self, size: int, start: int = 0) -> Iterator[pl.DataFrame]:
        """Give the rows from `start` on, `size` at a time; one frame without rows when there are none."""
        limit = "" if self.address.postgres else "LIMIT -1 "
        query = f"SELECT * FROM ({self._sql}) AS rows_of_it {limit}OFFSET {start}" if start else self._sql
        named = ("holdfast",) if self.address.postgres else ()  # a cursor with a name leaves the rows on the server
        with self._connected() as connection, closing(connection.cursor(*named)) as cursor:
            cursor.execute(query)
            rows = cursor.fetchmany(size)
            yield self._frame(rows)
            while rows:
                rows = cursor.fetchmany(size)
                if rows:
                    yield self._frame(rows)

    def pages(self, size: int, start: int = 0) -> Iterator[pl.DataFrame]:
        """As `frames`, each asked for by itself: slower, but nothing is held between them."""
        page = self._page(size, start)
        yield page
        while page.height == size:
            start += size
            page = self._page(size, start)
            if page.height:
                yield page

    def _page(self, size: int, start: int) -> pl.DataFrame:
        with self._connected() as connection, closing(connection.cursor()) as cursor:
            cursor.execute(f"SELECT * FROM ({self._sql}) AS rows_of_it LIMIT {size} OFFSET {start}")
            return self._frame(cursor.fetchall())

    def _frame(self, rows: list[tuple[object, ...]]) -> pl.DataFrame:
        columns: list[Sequence[object]] = list(zip(*rows, strict=True)) or [() for _ in self.names]
        return pl.DataFrame(
            [pl.Series(name, _plain(cells), strict=False) for name, cells in zip(self.names, columns, strict=True)]
        )

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        connection = connect(self.address)
        wrong: tuple[type[Exception], ...] = (sqlite3.Error,)
        if self.address.postgres:
            import psycopg

            wrong = (psycopg.Error,)
        try:
            with closing(connection):
                yield connection
        except wrong as error:
            raise _unreadable(self.address, error) from None


def read_database(url: str) -> pl.DataFrame:
    """Read a whole table or query."""
    return next(Query(url).frames(MOST_ROWS))


def quoted(table: str, *, postgres: bool) -> str:
    """A table's name in SQL; in PostgreSQL a point parts schema and table.

    >>> quoted("shop.orders", postgres=True)
    '"shop"."orders"'
    """
    parts = table.split(".") if postgres else [table]
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def _sql(connection: Any, address: Address) -> tuple[str, bool]:
    """The query that gives the rows, and whether their order is certain."""
    if address.query:
        query = address.query.rstrip().removesuffix(";")
        return query, not address.postgres or " order by " in f" {' '.join(query.lower().split())} "
    tables = _tables(connection, postgres=address.postgres)
    table = address.table or (tables[0] if len(tables) == 1 else "")
    found = table.removeprefix("public.") if address.postgres else table
    if found not in tables:
        wanted = f"there is no table {table!r}" if table else "no table was named"
        near = nearest(table, tables) if table else ""
        raise DataError(
            f"{address.shown}: {wanted}; expected ?table= with one of {', '.join(tables[:50]) or 'none'}.{near}"
        )
    name = quoted(table, postgres=address.postgres)
    if not address.postgres:
        return f"SELECT * FROM {name}", True
    keys = connection.execute(
        "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) "
        "WHERE i.indrelid = %s::regclass AND i.indisprimary ORDER BY array_position(i.indkey::int2[], a.attnum)",
        (name,),
    ).fetchall()
    order = ", ".join(quoted(key, postgres=False) for (key,) in keys)
    return f"SELECT * FROM {name}" + (f" ORDER BY {order}" if order else ""), bool(order)


def _tables(connection: Any, *, postgres: bool) -> list[str]:
    if postgres:
        rows = connection.execute(
            "SELECT CASE table_schema WHEN 'public' THEN '' ELSE table_schema || '.' END || table_name "
            "FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
        )
    else:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")
    return [name for (name,) in rows if not name.startswith("sqlite_")]


def _unreadable(address: Address, error: Exception) -> DataError:
    kind = "PostgreSQL" if address.postgres else "SQLite"
    first = str(error).strip().splitlines()[0][:200]
    return DataError(f"{address.shown} can't be read as {kind} ({first}); expected a database and a valid query")


def _plain(values: Sequence[object]) -> list[object]:
    """Databases may type values, not columns: where they are mixed, text says it all."""
    cells = [_cell(value) for value in values]
    kinds = {type(value) for value in cells if value is not None}
    if kinds in _KEPT:
        return cells
    if kinds and kinds <= {int, float}:
        return [float(value) if isinstance(value, int) and float in kinds else value for value in cells]
    return [None if value is None else str(value) for value in cells]


def _cell(value: object) -> object:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC).replace(tzinfo=None)
    return float(value) if isinstance(value, Decimal) else value
