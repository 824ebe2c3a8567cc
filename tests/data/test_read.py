import gzip
import io
import sqlite3
import zipfile
from contextlib import closing

import polars as pl
import pytest

from holdfast.data import compressed
from holdfast.data.database import address_of, without_password
from holdfast.data.kinds import understand
from holdfast.data.read import read
from holdfast.errors import DataError

FRAME = pl.DataFrame({"name": ["Ann", "Bö", None], "age": [31, None, 7], "when": ["2024-01-31", "2023-12-01", None]})
PLAIN = FRAME.with_columns(pl.col("when").str.to_date())
CSV = FRAME.write_csv().encode()


def put(tmp_path, name: str, data: bytes) -> str:
    path = tmp_path / name
    path.write_bytes(data)
    return str(path)


def cells(source: str, **options) -> list[tuple]:
    return understand(read(source, **options)).frame.rows()


def expected() -> list[tuple]:
    frame = PLAIN.with_columns(pl.col("age").cast(pl.Float64), pl.col("when").cast(pl.Datetime("us")))
    return frame.rows()


def zipped(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, CSV)
    return buffer.getvalue()


def saved(how: str) -> bytes:
    buffer = io.BytesIO()
    getattr(PLAIN, how)(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("t.csv", CSV),
        ("t.csv.gz", gzip.compress(CSV, mtime=0)),
        ("t.gz", gzip.compress(CSV, mtime=0)),
        ("t.zip", zipped("t.csv")),
        ("t.tsv", FRAME.write_csv(separator="\t").encode()),
        ("semicolon.csv", FRAME.write_csv(separator=";").encode()),
        ("pipe.txt", FRAME.write_csv(separator="|").encode()),
        ("bom.csv", b"\xef\xbb\xbf" + CSV),
        ("utf16.csv", CSV.decode().encode("utf-16")),
        ("utf16be.csv", CSV.decode().encode("utf-16-be")),
        ("latin.csv", CSV.decode().encode("latin-1")),
        ("windows.csv", CSV.replace(b"\n", b"\r\n")),
        ("t.json", FRAME.write_json().encode()),
        ("t.jsonl", FRAME.write_ndjson().encode()),
        ("t.jsonl.gz", gzip.compress(FRAME.write_ndjson().encode(), mtime=0)),
        ("t.parquet", saved("write_parquet")),
        ("t.arrow", saved("write_ipc")),
        ("stream.arrow", saved("write_ipc_stream")),
        ("t.xlsx", saved("write_excel")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_form_reads_the_same(tmp_path, name, data):
    assert cells(put(tmp_path, name, data)) == expected()


def test_zstandard(tmp_path):
    pa = pytest.importorskip("pyarrow")
    data = pa.CompressedOutputStream(str(tmp_path / "t.csv.zst"), "zstd")
    data.write(CSV)
    data.close()
    assert cells(str(tmp_path / "t.csv.zst")) == expected()


def test_sqlite_by_table_and_by_query(tmp_path):
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE people (name TEXT, age INTEGER)")
        connection.executemany("INSERT INTO people VALUES (?, ?)", [("Ann", 31), ("Bö", None)])
        connection.execute("CREATE TABLE other (x REAL)")
    assert read(f"sqlite:///{path}?table=people").frame.rows() == [("Ann", 31), ("Bö", None)]
    assert read(f"sqlite:///{path}?query=SELECT age FROM people WHERE name='Ann'").frame.rows() == [(31,)]
    with pytest.raises(DataError, match=r"other, people.*Did you mean 'people'"):
        read(f"sqlite:///{path}?table=peple")
    with pytest.raises(DataError, match="no such table"):
        read(f"sqlite:///{path}?query=SELECT * FROM absent")
    with pytest.raises(DataError, match="can't be read as SQLite"):
        read(f"sqlite:///{path}?query=DELETE FROM people")


def test_globs_need_the_same_columns(tmp_path):
    put(tmp_path, "a1.csv", b"x,y\n1,2\n")
    put(tmp_path, "a2.csv", b"y,x\n4,3\n")
    assert sorted(read(f"{tmp_path}/a*.csv").frame.select("x", "y").rows()) == [(1, 2), (3, 4)]
    put(tmp_path, "a3.csv", b"x,z\n1,2\n")
    with pytest.raises(DataError, match=r"a3\.csv has other columns"):
        read(f"{tmp_path}/a*.csv")


def test_no_header(tmp_path):
    raw = read(put(tmp_path, "t.csv", b"1,a\n2,b\n"), header=False)
    assert raw.frame.rows(named=True) == [{"column_1": 1, "column_2": "a"}, {"column_1": 2, "column_2": "b"}]


def test_a_forgotten_header_is_suspected(tmp_path):
    notes = read(put(tmp_path, "t.csv", b"1,2.5,a\n2,3.5,b\n3,4.5,c\n")).notes
    assert any("--no-header" in note for note in notes)


def test_names_are_made_unique(tmp_path):
    raw = read(put(tmp_path, "t.csv", b"a,a,,a\n1,2,3,4\n"))
    assert raw.frame.columns == ["a", "a_2", "column_3", "a_3"]
    assert len(raw.notes) == 3


def test_quotes_hold_separators_and_line_ends(tmp_path):
    raw = read(put(tmp_path, "t.csv", b'"na\nme",note\nAnn,"a, b\nc"\nBob,"say ""hi"""\n'))
    assert raw.frame.rows() == [("Ann", "a, b\nc"), ("Bob", 'say "hi"')]


def test_leading_zeros_are_kept(tmp_path):
    frame = read(put(tmp_path, "t.csv", b"zip,n\n02134,1\n10001,2\n")).frame
    assert frame["zip"].to_list() == ["02134", "10001"]


def test_text_after_ten_thousand_numbers(tmp_path):
    body = "x,y\n" + "".join(f"{k},1\n" for k in range(12_000)) + "many,1\n"
    assert read(put(tmp_path, "t.csv", body.encode())).frame["x"][-1] == "many"


def test_a_cell_of_a_megabyte(tmp_path):
    big = "x" * 1_000_000
    assert read(put(tmp_path, "t.csv", f"a,b\n1,{big}\n2,y\n".encode())).frame["b"].to_list() == [big, "y"]


def test_ten_thousand_columns(tmp_path):
    header = ",".join(f"c{k}" for k in range(10_000))
    row = ",".join("1" for _ in range(10_000))
    assert read(put(tmp_path, "t.csv", f"{header}\n{row}\n{row}\n".encode())).frame.shape == (2, 10_000)


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("empty.csv", b"", "is empty"),
        ("blank.csv", b" \n\n", "is empty"),
        ("header.csv", b"a,b\n", "a header and no rows"),
        ("long.csv", b"a,b\n1,2\n3,4,5\n", "line 3 has 3 fields; expected 2"),
        ("short.csv", b"a,b,c\n1,2,3\n4,5\n6,7,8\n", "line 3 has 2 fields; expected 3"),
        ("single.csv", b"a,b\n1,2\n3\n", "line 3 has 1 fields; expected 2"),
        ("quoted.csv", b'a,b,c\n"1",2,3\n4,5\n', "line 3 has 2 fields; expected 3"),
        ("nul.csv", b"a,b\n1,\0\n" + b"1,2\n" * 9, "NUL byte at offset 6"),
        ("bad.parquet", b"PAR1 nonsense", "is damaged"),
        ("bad.arrow", b"ARROW1 nonsense", "is damaged"),
        ("bad.xlsx", b"PK\x03\x04 nonsense", "is damaged"),
        ("bad.zip", b"PK\x03\x04 nonsense", "damaged zip"),
        ("bad.csv.gz", gzip.compress(CSV, mtime=0)[:-9], "damaged gzip"),
        ("bad.json", b'[{"a": 1}, ', "is damaged"),
        ("nested.json", b'[{"a": [1, 2]}]', "lists or objects"),
    ],
)
def test_bad_files_say_what_is_wrong(tmp_path, name, data, says):
    with pytest.raises(DataError, match=says):
        read(put(tmp_path, name, data))


def test_a_missing_file_suggests_its_neighbour(tmp_path):
    put(tmp_path, "customers.csv", b"a\n1\n")
    with pytest.raises(DataError, match=r"Did you mean 'customers\.csv'"):
        read(str(tmp_path / "custmers.csv"))


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(DataError, match="is a folder"):
        read(str(tmp_path))


def test_a_pattern_without_files(tmp_path):
    with pytest.raises(DataError, match="matches no file"):
        read(f"{tmp_path}/*.csv")


def test_a_zip_of_two_tables(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", CSV)
        archive.writestr("b.csv", CSV)
    with pytest.raises(DataError, match="holds 2 files"):
        read(put(tmp_path, "t.zip", buffer.getvalue()))


@pytest.mark.parametrize("array", [True, False])
def test_a_json_key_that_only_late_rows_have(tmp_path, array):
    rows = [f'{{"a": {k}}}' for k in range(150)] + ['{"a": "x", "b": 7}']
    text = f"[{','.join(rows)}]" if array else "\n".join(rows)
    frame = read(put(tmp_path, "t.json", text.encode())).frame
    assert frame.columns == ["a", "b"]
    assert frame.rows()[-1] == ("x", 7)


def book(path, sheets: dict[str, list]) -> str:
    xlsxwriter = pytest.importorskip("xlsxwriter")
    with xlsxwriter.Workbook(path) as made:
        for name, column in sheets.items():
            made.add_worksheet(name).write_column(0, 0, column)
    return str(path)


def test_text_far_down_in_a_sheet(tmp_path):
    assert read(book(tmp_path / "t.xlsx", {"s": ["x", *range(1_500), "many"]})).frame["x"][-1] == "many"


def test_a_second_sheet_is_said_to_be_left_out(tmp_path):
    raw = read(book(tmp_path / "t.xlsx", {"people": ["age", 1, 2], "prices": ["euro", 3]}))
    assert raw.frame.columns == ["age"]
    assert raw.notes == ("the workbook has 2 sheets; only the first, 'people', was read",)


def test_a_name_with_brackets_is_no_pattern(tmp_path, monkeypatch):
    monkeypatch.setattr(compressed, "MAPPED", 8)
    put(tmp_path, "run1.csv", b"a,b\n1,2\n")
    assert read(put(tmp_path, "run[12].csv", b"a,b\n3,4\n")).frame.rows() == [(3, 4)]


def test_blank_lines_are_no_short_rows(tmp_path):
    assert read(put(tmp_path, "t.csv", b"a,b\r\n1,\r\n\r\n3,4\r\n")).frame.rows()[-1] == (3, 4)


def test_what_grows_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(compressed, "LARGEST", 20)
    says = "unpacks to .* expected at most"
    with pytest.raises(DataError, match=says):
        read(put(tmp_path, "t.csv.gz", gzip.compress(CSV, mtime=0)))
    with pytest.raises(DataError, match=says):
        read(put(tmp_path, "t.zip", zipped("t.csv")))
    with pytest.raises(DataError, match=f"unpacks to {1 << 40:,} bytes"):
        read(put(tmp_path, "t.csv.zst", b"\x28\xb5\x2f\xfd\xe0" + (1 << 40).to_bytes(8, "little")))


def test_what_is_no_utf8_text_in_zstandard_says_what_to_do(tmp_path):
    pa = pytest.importorskip("pyarrow")
    with pa.CompressedOutputStream(str(tmp_path / "t.parquet.zst"), "zstd") as file:
        file.write(saved("write_parquet"))
    with pytest.raises(DataError, match=r"can't be read as zstandard of UTF-8 text.*unpack it first"):
        read(str(tmp_path / "t.parquet.zst"))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:secret@host/shop?table=t",
        "postgresql://me@host/shop?table=t&password=secret",
        "postgresql://me@host/shop?pass%77ord=secret&table=t&sslpassword=secret",
    ],
)
def test_a_password_is_not_for_people_to_read(url):
    assert without_password(url) == "postgresql://me@host/shop?table=t"
    with pytest.raises(DataError) as caught:
        address_of(f"{url}&query=SELECT 1")
    assert "secret" not in str(caught.value)
