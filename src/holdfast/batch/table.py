"""A new table of SQLite or PostgreSQL as the place for predictions."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import polars as pl

from holdfast.batch.sink import State
from holdfast.data.database import address_of, connect, quoted
from holdfast.errors import BrokenOffError, RequestError


class Table:
    """Rows go to a table that gets its name in the end, each part and the state after it in one transaction."""

    def __init__(self, url: str) -> None:
        """Connect; RequestError when no table is named or it is there already."""
        address = address_of(url)
        if not address.table:
            raise RequestError(f"--out {address.shown} names no table; expected ?table=NAME, of a table to be made")
        self._shown, self._postgres = f"table {address.table!r} of {address.shown}", address.postgres
        self._name = address.table.rpartition(".")[2] if address.postgres else address.table
        self._final, self._partial, self._journal = (
            quoted(address.table + ending, postgres=address.postgres) for ending in ("", "__partial", "__journal")
        )
        self._connection = connect(address, write=True)
        with self._transaction() as run:
            if self._exists(run, self._final):
                raise RequestError(f"{self._shown} is there already; expected a new one: drop it, or name another")
        self._last = ""

    def begin(self, identity: str) -> State | None:
        """Make the tables, or find those of a run that was broken off."""
        with self._transaction() as run:
            if self._exists(run, self._journal):
                ((last,),) = run(f"SELECT state FROM {self._journal}").fetchall()
                state = json.loads(last)
                if identity and state.get("identity") == identity:
                    self._identity, self._last = identity, last
                    return dict(state)
                run(f"DROP TABLE {self._journal}")
                run(f"DROP TABLE IF EXISTS {self._partial}")
            self._identity, self._last = identity, "{}"
            run(f"CREATE TABLE {self._journal} (state TEXT)")
            run(f"INSERT INTO {self._journal} VALUES ({self._mark})", (self._last,))
        return None

    def add(self, frame: pl.DataFrame, state: State) -> None:
        """Insert rows."""
        with self._transaction() as run:
            if self._last == "{}":
                columns = ", ".join(
                    f"{quoted(name, postgres=False)} {self._type(kind)}" for name, kind in frame.schema.items()
                )
                run(f"CREATE TABLE {self._partial} ({columns})")
            if self._postgres:
                self._copy(frame)
            else:
                marks = ", ".join("?" for _ in frame.columns)
                temporal = [name for name, kind in frame.schema.items() if kind.is_temporal()]
                rows = frame.with_columns(pl.col(temporal).cast(pl.String)).iter_rows()
                self._connection.executemany(f"INSERT INTO {self._partial} VALUES ({marks})", rows)
            next_state = json.dumps({**state, "identity": self._identity})
            changed = run(
                f"UPDATE {self._journal} SET state = {self._mark} WHERE state = {self._mark}", (next_state, self._last)
            )
            if changed.rowcount != 1:
                raise RequestError(f"{self._shown} is being written by another run; wait for it, or name another table")
        self._last = next_state

    def finish(self, texts: Sequence[str]) -> None:
        """Give the table its name."""
        with self._transaction() as run:
            target = quoted(self._name, postgres=False) if self._postgres else self._final
            run(f"ALTER TABLE {self._partial} RENAME TO {target}")
            run(f"DROP TABLE {self._journal}")
        self._connection.close()

    def close(self, *, keep: bool) -> None:
        """Let go; without `keep` nothing is left behind."""
        if not keep and self._last:
            with self._transaction() as run:
                run(f"DROP TABLE IF EXISTS {self._partial}")
                run(f"DROP TABLE IF EXISTS {self._journal}")
        self._connection.close()

    @property
    def _mark(self) -> str:
        return "%s" if self._postgres else "?"

    def _exists(self, run: Any, table: str) -> bool:
        if self._postgres:
            return bool(run("SELECT to_regclass(%s) IS NOT NULL", (table,)).fetchone()[0])
        return bool(run(f"SELECT 1 FROM pragma_table_info({_text(table)}) LIMIT 1").fetchone())

    def _type(self, kind: Any) -> str:
        if kind.is_float():
            return "DOUBLE PRECISION"
        if kind.is_integer():
            return "BIGINT"
        if kind == pl.Boolean:
            return "BOOLEAN"
        if not self._postgres:
            return "TEXT"
        return "DATE" if kind == pl.Date else "TIMESTAMP" if isinstance(kind, pl.Datetime) else "TEXT"

    def _copy(self, frame: pl.DataFrame) -> None:
        with self._connection.cursor() as cursor, cursor.copy(f"COPY {self._partial} FROM STDIN") as copy:
            for row in frame.iter_rows():
                copy.write_row(row)

    @contextmanager
    def _transaction(self) -> Iterator[Any]:
        """Run statements that count together or not at all."""
        wrong: tuple[type[Exception], ...] = (sqlite3.Error,)
        if self._postgres:
            import psycopg

            wrong = (psycopg.Error,)
        try:
            if not self._postgres:
                self._connection.execute("BEGIN IMMEDIATE")
            yield self._connection.execute
            self._connection.commit()
        except wrong as error:
            with suppress(*wrong):  # the connection may be gone
                self._connection.rollback()
            first = str(error).strip().splitlines()[0][:200]
            raise BrokenOffError(
                f"{self._shown} can't be written ({first}): mend that and start the same command again, which goes on where it "
                f"was, or choose another --out"
            ) from None
        except BaseException:
            self._connection.rollback()
            raise


def _text(quoted_name: str) -> str:
    """A quoted name as a piece of text in SQL."""
    return "'" + quoted_name[1:-1].replace('""', '"').replace("'", "''") + "'"
