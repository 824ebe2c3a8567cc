import csv
import gzip
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.batch.delimited import Delimited, _count, _end
from holdfast.errors import DataError

CELLS = st.text(st.sampled_from('ab1 ,;"\n\r\té€'), max_size=6)


def read(path, size, names=None, start=0, first=1, header=True):
    source = Delimited(path, header=header, size=size)
    return source, list(source.parts(names or source.columns, start, first))


def rows_of(parts):
    return [row for part in parts for row in part.frame.rows()]


@pytest.mark.parametrize("pad", [0, 1])
def test_names_are_read_whatever_letter_the_head_is_cut_in(tmp_path, monkeypatch, pad):
    monkeypatch.setattr("holdfast.batch.delimited.BYTES", 100)
    path = tmp_path / "rows.csv"
    path.write_text("город,x\n" + "a" * pad + "Москва,1\n" * 50, encoding="utf-8")
    source, parts = read(path, 100)
    assert source.columns == ["город", "x"]
    assert len(rows_of(parts)) == 50


@settings(deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=30), st.integers(1, 200))
def test_parts_of_any_size_hold_what_the_csv_module_reads(tmp_path_factory, rows, size):
    path = tmp_path_factory.mktemp("csv") / "rows.csv"
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([("p", "q", "r"), *rows])
    path.write_text(buffer.getvalue(), encoding="utf-8", newline="")
    source, parts = read(path, size)
    assert source.columns == ["p", "q", "r"]
    assert [tuple(cell or "" for cell in row) for row in rows_of(parts)] == rows
    assert not any(part.bad for part in parts)
    assert [number for part in parts for number in part.rows] == list(range(1, len(rows) + 1))
    assert parts[-1].end == path.stat().st_size
    if len(parts) > 1:  # any part is where a later run may begin
        middle = parts[len(parts) // 2]
        done = sum(part.n_rows for part in parts[: len(parts) // 2 + 1])
        _, rest = read(path, size, start=middle.end, first=done + 1)
        assert rows_of(rest) == rows_of(parts)[done:]


def test_short_and_long_records_are_bad_and_the_rest_is_read(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text('a,b,c\n1,2,3\n4,5\n6,7,8,9\n10,"1,1",12\n\n13,14,15\n')
    _, parts = read(path, 1 << 20)
    assert rows_of(parts) == [("1", "2", "3"), ("10", "1,1", "12"), ("13", "14", "15")]
    assert [(each.row, each.record) for part in parts for each in part.bad] == [(2, "4,5"), (3, "6,7,8,9")]
    assert [list(part.rows) for part in parts] == [[1, 4, 5]]


def test_a_short_record_hides_behind_quotes_and_blanks(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text('a,b\n"1,2",\n"3"\n"4,5",6\n')
    _, parts = read(path, 1 << 20)
    assert rows_of(parts) == [("1,2", ""), ("4,5", "6")]
    assert [each.row for each in parts[0].bad] == [2]


def test_a_quote_that_is_never_closed_costs_little(tmp_path, monkeypatch):
    monkeypatch.setattr("holdfast.batch.delimited.LONGEST", 2_000)
    path = tmp_path / "rows.csv"
    lines = [f"{k},word {k}" for k in range(2_000)]
    lines[100] = '100,"open'
    path.write_text("a,b\n" + "\n".join(lines) + "\n")
    _, parts = read(path, 500)
    numbers = [int(row[0]) for row in rows_of(parts)]
    assert numbers[:100] == list(range(100))
    assert set(range(500, 2_000)) <= set(numbers)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1"])
def test_encodings(tmp_path, encoding):
    path = tmp_path / "rows.csv"
    path.write_bytes("name,x\nBö,1\nÅsa,2\n".encode(encoding))
    source, parts = read(path, 1 << 20)
    assert source.columns == ["name", "x"]
    assert rows_of(parts) == [("Bö", "1"), ("Åsa", "2")]


def test_compressed_files_are_streams(tmp_path):
    text = "a;b\n" + "".join(f"{k};{k}\n" for k in range(1_000))
    with gzip.open(tmp_path / "rows.csv.gz", "wt") as file:
        file.write(text)
    with zipfile.ZipFile(tmp_path / "rows.zip", "w") as archive:
        archive.writestr("rows.csv", text)
    for name in ("rows.csv.gz", "rows.zip"):
        _, parts = read(tmp_path / name, 700)
        assert len(parts) > 5
        assert rows_of(parts) == [(str(k), str(k)) for k in range(1_000)]
        _, rest = read(tmp_path / name, 700, start=parts[2].end, first=1)
        assert rows_of(rest) == [row for part in parts[3:] for row in part.frame.rows()]


def test_no_header_and_chosen_columns(tmp_path):
    path = tmp_path / "rows.tsv"
    path.write_text("1\tx\n2\ty\n")
    source, parts = read(path, 1 << 20, names=["column_2"], header=False)
    assert source.columns == ["column_1", "column_2"]
    assert rows_of(parts) == [("x",), ("y",)]


def test_a_nul_byte_is_damage(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 100 + b"1,\0\n")
    source = Delimited(path, header=True, size=64)
    with pytest.raises(DataError, match="NUL byte at offset 406"):
        list(source.parts(["a"], 0, 1))


def test_where_records_end():
    assert _end(b'a,"x\ny"\nb,"c\n') == 8
    assert _end(b'"open\n\n') == 0
    assert _end(b"a\nb") == 2
    assert _count(b'a,"x,y",z\n1,2,3\n', ",") == 4
