import sqlite3
import sys
from contextlib import closing
from datetime import date

import numpy as np
import polars as pl
import pytest
from batch_models import write_model
from postgres_server import server

from holdfast.batch.score import score
from holdfast.data.read import read
from holdfast.errors import DataError, MissingExtraError, RequestError
from holdfast.model.package import load

N = 5_000


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "id": np.arange(N),
            "x": rng.normal(size=N),
            "euro": [f"{k},5" for k in range(N)],
            "when": [date(2026, 1, 1 + k % 28) for k in range(N)],
            "yes": rng.random(N) < 0.5,
            "word": rng.choice(["a", "b", "'c\"\\\t"], N),
        }
    )


@pytest.fixture(scope="module")
def postgres(tmp_path_factory, rows):
    with server(tmp_path_factory.mktemp("postgres")) as url:
        import psycopg

        with psycopg.connect(url) as connection:
            connection.execute(
                'CREATE TABLE people (id INT PRIMARY KEY, x FLOAT, euro TEXT, "when" DATE, yes BOOLEAN, word VARCHAR)'
            )
            with connection.cursor().copy("COPY people FROM STDIN") as copy:
                for row in rows.sample(fraction=1.0, shuffle=True, seed=1).iter_rows():
                    copy.write_row(row)
            connection.execute("CREATE TABLE keyless AS SELECT * FROM people")
            connection.execute("CREATE SCHEMA other CREATE TABLE few (x FLOAT)")
        yield url


@pytest.fixture
def sqlite(tmp_path, rows):
    path = tmp_path / "rows.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute('CREATE TABLE people (id INTEGER, x REAL, euro TEXT, "when" TEXT, yes TEXT, word TEXT)')
        texts = rows.with_columns(pl.col("when").cast(pl.String), pl.col("yes").replace_strict({True: "y", False: "n"}))
        connection.executemany("INSERT INTO people VALUES (?, ?, ?, ?, ?, ?)", texts.iter_rows())
        connection.commit()
    return f"sqlite:///{path}"


@pytest.fixture
def model(tmp_path):
    return write_model(tmp_path / "model")


def expected(model, rows):
    return load(model).predict_proba(rows)[:, 1]


def test_sqlite_in_and_out(sqlite, model, rows, tmp_path):
    out = f"sqlite:///{tmp_path / 'rows.db'}?table=scored"
    summary = score(model, f"{sqlite}?table=people", out, keep=["id"])
    assert (summary["rows"], summary["rejected"]) == (N, 0)
    found = read(out).frame
    assert found.columns == ["prediction", "probability_no", "probability_yes", "id"]
    assert found["id"].to_list() == rows["id"].to_list()
    np.testing.assert_array_equal(found["probability_yes"].to_numpy(), expected(model, rows))
    with closing(sqlite3.connect(tmp_path / "rows.db")) as connection:
        assert [name for (name,) in connection.execute("SELECT name FROM sqlite_master")] == ["people", "scored"]
    with pytest.raises(RequestError, match="is there already"):
        score(model, f"{sqlite}?table=people", out)


def test_a_database_that_is_read_is_written_to_part_by_part(sqlite, model, rows, tmp_path, monkeypatch):
    monkeypatch.setattr("holdfast.batch.part.CELLS", 0)  # parts of 1,000 rows
    out = f"sqlite:///{tmp_path / 'rows.db'}?table=scored"
    assert score(model, f"{sqlite}?table=people", out, keep=["id"])["rows"] == N
    assert read(out).frame["id"].to_list() == rows["id"].to_list()


def test_a_run_that_a_database_broke_off_goes_on(sqlite, model, rows, tmp_path, monkeypatch):
    monkeypatch.setattr("holdfast.batch.part.CELLS", 0)  # parts of 1,000 rows

    def renumber(before, after):
        with closing(sqlite3.connect(tmp_path / "rows.db")) as connection, connection:
            connection.execute("UPDATE people SET id = ? WHERE id = ?", (after, before))

    renumber(3_500, -(2**63))  # which has no opposite
    query, out = f"{sqlite}?query=SELECT *, abs(id) AS place FROM people", tmp_path / "out.parquet"
    with pytest.raises(RequestError, match=r"integer overflow.*goes on where it was"):
        score(model, query, out, keep=["place"])
    assert not out.exists()
    renumber(-(2**63), 3_500)
    renumber(2_500, -(2**63))  # so that not a single part can be read when it goes on
    with pytest.raises(RequestError, match=r"integer overflow.*goes on where it was"):
        score(model, query, out, keep=["place"])
    renumber(-(2**63), 2_500)
    summary = score(model, query, out, keep=["place"])
    assert (summary["rows"], summary["resumed"] > 0) == (N, True)
    assert pl.read_parquet(out)["place"].to_list() == rows["id"].to_list()


def test_two_columns_of_one_name_are_told(postgres):
    with pytest.raises(DataError, match=r"two columns named 'id'.*AS"):
        read(f"{postgres}?query=SELECT id, x AS id FROM people")


def test_postgresql_in_and_out(postgres, model, rows, tmp_path):
    out = f"{postgres}?table=other.scored"
    summary = score(model, f"{postgres}?table=people", out, keep=["id", "when"])
    assert summary["rows"] == N
    found = read(f"{postgres}?query=SELECT * FROM other.scored ORDER BY id").frame
    assert found["id"].to_list() == rows["id"].to_list()
    assert found["when"].to_list() == rows["when"].to_list()
    np.testing.assert_array_equal(found["probability_yes"].to_numpy(), expected(model, rows))
    score(model, f"{postgres}?query=SELECT * FROM people WHERE id < 10", tmp_path / "few.parquet", keep=["id"])
    assert sorted(pl.read_parquet(tmp_path / "few.parquet")["id"].to_list()) == list(range(10))


@pytest.mark.parametrize("table", ["people", "keyless"])
def test_a_run_broken_off_goes_on_in_one_transaction_with_its_rows(postgres, model, table, monkeypatch):
    monkeypatch.setattr("holdfast.batch.part.CELLS", 0)  # parts of 1,000 rows
    out = f"{postgres}?table=scored_{table}"
    asked = {"keep": ["id"]}
    with pytest.raises(KeyboardInterrupt):
        score(model, f"{postgres}?table={table}", out, **asked, progress=_stop_at(3_000))
    with pytest.raises(DataError, match="no table 'scored"):
        read(out)
    summary = score(model, f"{postgres}?table={table}", out, **asked)
    assert summary["resumed"] == (3_000 if table == "people" else 0)  # without a key no order is certain
    assert summary["rows"] == N
    assert sorted(map(int, read(out).frame["id"].to_list())) == list(range(N))


def test_sqlite_goes_on_too(sqlite, model, tmp_path, monkeypatch):
    monkeypatch.setattr("holdfast.batch.part.CELLS", 0)
    out = f"sqlite:///{tmp_path / 'out.db'}?table=scored"
    with pytest.raises(KeyboardInterrupt):
        score(model, f"{sqlite}?table=people", out, keep=["id"], progress=_stop_at(2_000))
    summary = score(model, f"{sqlite}?table=people", out, keep=["id"])
    assert (summary["resumed"], summary["rows"]) == (2_000, N)
    assert read(out).frame["id"].to_list() == list(range(N))


def test_what_is_wrong_with_an_address_is_said_without_the_password(postgres, model, tmp_path):
    with pytest.raises(DataError, match=r"no table 'poeple'.*Did you mean 'people'"):
        read(f"{postgres}?table=poeple")
    with pytest.raises(DataError, match="can't be read as PostgreSQL") as caught:
        read("postgresql://me:s3cret@127.0.0.1:1/none?table=t")
    assert "s3cret" not in str(caught.value)
    with pytest.raises(RequestError, match="names no table"):
        score(model, f"{postgres}?table=people", postgres)


def test_without_the_driver_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r"holdfast\[postgres\]"):
        read("postgresql://localhost/none?table=t")


def _stop_at(rows):
    def progress(done, share):
        if done >= rows:
            raise KeyboardInterrupt

    return progress
