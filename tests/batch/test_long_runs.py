"""What a run does when it is killed, when rows are bad, and when a file is large; and that every way in answers alike."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from batch_models import write_model
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.batch import delimited, lines, part
from holdfast.batch.score import score
from holdfast.errors import RequestError, SchemaError
from holdfast.model.package import load

FORMATS = ["csv", "tsv", "jsonl", "parquet", "arrow"]
READERS = {
    "csv": pl.read_csv,
    "tsv": lambda path: pl.read_csv(path, separator="\t"),
    "jsonl": pl.read_ndjson,
    "parquet": pl.read_parquet,
    "arrow": pl.read_ipc,
}


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(part, "CELLS", 0)
    monkeypatch.setattr(delimited, "BYTES", 20_000)
    monkeypatch.setattr(delimited.Delimited.__init__, "__kwdefaults__", {"size": 20_000})
    monkeypatch.setattr(lines.Lines.__init__, "__kwdefaults__", {"size": 20_000})


@pytest.fixture
def model(tmp_path):
    return write_model(tmp_path / "model")


def table(n=5_000):
    rng = np.random.default_rng(0)
    return pl.DataFrame(
        {
            "id": [f"{k:05}" for k in range(n)],
            "x": [["?", "NA", "", f" {k}.25 ", f"{k}e-3"][k % 5] for k in range(n)],
            "euro": [["1.234,5", "7", "0,25"][k % 3] for k in range(n)],
            "when": [f"{1 + k % 28:02}.03.2026" for k in range(n)],
            "yes": [["y", "n", "true", "0"][k % 4] for k in range(n)],
            "word": rng.choice(["a", "b", "never seen", ""], n),
        }
    )


def written(frame, path):
    kind = path.suffix[1:]
    if kind == "csv":
        frame.write_csv(path)
    elif kind == "tsv":
        frame.write_csv(path, separator="\t")
    elif kind == "jsonl":
        frame.write_ndjson(path)
    elif kind == "parquet":
        frame.write_parquet(path)
    else:
        frame.write_ipc(path)
    return str(path)


@pytest.mark.parametrize("out", FORMATS)
@pytest.mark.parametrize("given", FORMATS)
def test_every_way_in_and_out_answers_as_the_model_does(model, tmp_path, given, out):
    frame = table()
    score(model, written(frame, tmp_path / f"rows.{given}"), tmp_path / f"out.{out}", keep=["id"])
    found = READERS[out](tmp_path / f"out.{out}")
    loaded = load(model)
    np.testing.assert_array_equal(found["probability_yes"].to_numpy(), loaded.predict_proba(frame)[:, 1])
    assert found["prediction"].to_list() == loaded.predict(frame).tolist()
    assert [str(each).zfill(5) for each in found["id"]] == frame["id"].to_list()


NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(2**60), 2**60),
    st.sampled_from([2.0**24 + 1, np.nextafter(0.5, 1), np.nextafter(0.5, 0), 5e-324, -0.0]),
)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(NUMBERS, st.sampled_from(["a", "b", "ü", "new", "", " a "])), min_size=1, max_size=20))
def test_text_typed_and_one_by_one_are_equal(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("parity")
    loaded = load(write_model(folder / "model"))
    records = [
        {"x": float(x), "euro": "1,5", "when": "2026-03-01", "yes": "y", "word": word or None} for x, word in rows
    ]
    frame = pl.DataFrame(records).with_columns(pl.col("when").str.to_date())
    expected = loaded.predict_proba(records)
    for form in ("csv", "parquet"):
        score(folder / "model", written(frame, folder / f"rows.{form}"), folder / "out.parquet")
        found = pl.read_parquet(folder / "out.parquet")
        np.testing.assert_array_equal(found["probability_yes"].to_numpy(), expected[:, 1])
    for place, record in enumerate(records):
        np.testing.assert_array_equal(loaded.predict_proba(record)[0], expected[place])


@pytest.mark.parametrize("out", FORMATS)
def test_a_run_broken_off_equals_an_unbroken_one(model, tmp_path, out):
    data = written(
        table().with_columns(pl.when(pl.col("id").str.ends_with("77")).then(pl.lit("old")).otherwise("x").alias("x")),
        tmp_path / "rows.csv",
    )
    asked = {"keep": ["id", "word"], "on_bad_row": "reject"}
    score(model, data, tmp_path / f"whole.{out}", **asked)
    for stop in (900, 2_500, 4_000):
        with pytest.raises(KeyboardInterrupt):
            score(model, data, tmp_path / f"broken.{out}", **asked, progress=_stop_at(stop))
        assert not (tmp_path / f"broken.{out}").exists()
        assert not (tmp_path / "broken.rejects.csv").exists()
    summary = score(model, data, tmp_path / f"broken.{out}", **asked)
    assert summary["resumed"] >= 4_000
    assert (summary["rows"], summary["rejected"]) == (4_950, 50)
    if out in ("csv", "tsv", "jsonl"):
        assert (tmp_path / f"broken.{out}").read_bytes() == (tmp_path / f"whole.{out}").read_bytes()
    assert READERS[out](tmp_path / f"broken.{out}").equals(READERS[out](tmp_path / f"whole.{out}"))
    assert (tmp_path / "broken.rejects.csv").read_bytes() == (tmp_path / "whole.rejects.csv").read_bytes()
    left = sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("."))
    assert left == []


@pytest.mark.parametrize("out", ["jsonl", "parquet"])
def test_kept_text_gets_the_type_that_all_its_values_have(model, tmp_path, out):
    price, day, count = ["1.50"] * 4_999 + ["free"], ["2026-01-31"] * 5_000, ["7"] + [""] * 4_999
    frame = table().with_columns(pl.Series("price", price), pl.Series("day", day), pl.Series("count", count))
    score(model, written(frame, tmp_path / "rows.csv"), tmp_path / f"out.{out}", keep=["price", "day", "count"])
    found = READERS[out](tmp_path / f"out.{out}")
    assert found["price"].to_list() == price
    assert [str(each) for each in found["day"]] == day
    assert found["count"].to_list() == [7] + [None] * 4_999
    assert found["day"].dtype == (pl.String if out == "jsonl" else pl.Date)


@pytest.mark.parametrize("out", ["csv", "parquet"])
@pytest.mark.parametrize("given", ["parquet", "arrow"])
def test_a_table_without_rows_gives_one_with_names(model, tmp_path, given, out):
    data = written(table().head(0), tmp_path / f"rows.{given}")
    assert score(model, data, tmp_path / f"out.{out}", keep=["id"])["rows"] == 0
    found = READERS[out](tmp_path / f"out.{out}")
    assert found.columns == ["prediction", "probability_no", "probability_yes", "id"]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_other_data_or_another_question_starts_anew(model, tmp_path):
    data = written(table(), tmp_path / "rows.csv")
    for change in ({"keep": ["word"]}, {"interval": None, "keep": []}):
        with pytest.raises(KeyboardInterrupt):
            score(model, data, tmp_path / "out.csv", keep=["id"], progress=_stop_at(2_000))
        assert score(model, data, tmp_path / "out.csv", **change)["resumed"] == 0
    with pytest.raises(KeyboardInterrupt):
        score(model, data, tmp_path / "out.csv", progress=_stop_at(2_000))
    written(table().reverse(), tmp_path / "rows.csv")
    assert score(model, data, tmp_path / "out.csv")["resumed"] == 0


def test_a_partial_file_that_lost_something_is_not_trusted(model, tmp_path):
    data = written(table(), tmp_path / "rows.csv")
    score(model, data, tmp_path / "whole.csv")
    for lost in (".out.csv.partial", ".out.csv.journal"):
        with pytest.raises(KeyboardInterrupt):
            score(model, data, tmp_path / "out.csv", progress=_stop_at(2_000))
        file = tmp_path / lost
        file.write_bytes(file.read_bytes()[:10])
        assert score(model, data, tmp_path / "out.csv")["resumed"] == 0
        assert (tmp_path / "out.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_rejects_name_row_reason_and_record(model, tmp_path):
    (tmp_path / "rows.csv").write_text(
        "x,euro,when,yes,word\n1,2,01.03.2026,y,a\nold,2,soon,y,b\n1,2,01.03.2026,y\n=1,2,01.03.2026,y,a\n3,1.5,01.03.2026,n,a\n"
    )
    with pytest.raises(
        SchemaError, match=r"row 2 holds 'old' in 'x'; expected a number; holds 'soon' in 'when'.*--on-bad-row reject"
    ):
        score(model, str(tmp_path / "rows.csv"), tmp_path / "out.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "rows.csv"]
    summary = score(model, str(tmp_path / "rows.csv"), tmp_path / "out.csv", on_bad_row="reject")
    assert (summary["rows"], summary["rejected"], summary["rejects"]) == (1, 4, str(tmp_path / "out.rejects.csv"))
    rejects = pl.read_csv(tmp_path / "out.rejects.csv")
    assert rejects["row"].to_list() == [2, 3, 4, 5]
    assert "has 4 fields; expected 5" in rejects["reason"][1]
    assert json.loads(rejects["record"][0])["x"] == "old"
    assert rejects["record"][1] == "1,2,01.03.2026,y"
    # A later run without bad rows takes the file away.
    (tmp_path / "rows.csv").write_text("x,euro,when,yes,word\n1,2,01.03.2026,y,a\n")
    assert score(model, str(tmp_path / "rows.csv"), tmp_path / "out.csv", on_bad_row="reject")["rejects"] is None
    assert not (tmp_path / "out.rejects.csv").exists()


def test_all_rows_bad_leaves_a_file_with_names(model, tmp_path):
    (tmp_path / "rows.csv").write_text("x,euro,when,yes,word\nold,2,01.03.2026,y,a\n")
    for out in FORMATS:
        summary = score(model, str(tmp_path / "rows.csv"), tmp_path / f"out.{out}", on_bad_row="reject")
        assert summary["rows"] == 0
        if out not in ("jsonl",):
            assert READERS[out](tmp_path / f"out.{out}").columns[0] == "prediction"


@pytest.mark.parametrize("out", ["out.csv", "out.parquet"])
def test_two_runs_do_not_write_one_file(model, tmp_path, out):
    data = written(table(), tmp_path / "rows.csv")

    def meet(done, share):
        with pytest.raises(RequestError, match="another run"):
            score(model, data, tmp_path / out)

    assert score(model, data, tmp_path / out, progress=meet)["rows"] == 5_000


def test_a_glob_goes_on_in_the_file_where_it_was(model, tmp_path):
    for day in range(3):
        written(table().with_columns(pl.lit(day).alias("day")), tmp_path / f"day{day}.csv")
    with pytest.raises(KeyboardInterrupt):
        score(model, str(tmp_path / "day*.csv"), tmp_path / "out.parquet", keep=["day", "id"], progress=_stop_at(7_000))
    summary = score(model, str(tmp_path / "day*.csv"), tmp_path / "out.parquet", keep=["day", "id"])
    assert (summary["rows"], summary["resumed"] >= 7_000) == (15_000, True)
    assert pl.read_parquet(tmp_path / "out.parquet")["day"].to_list() == [0] * 5_000 + [1] * 5_000 + [2] * 5_000


@pytest.mark.slow
@pytest.mark.parametrize("out", ["csv", "parquet"])
def test_kill_9_loses_nothing_and_repeats_nothing(model, tmp_path, out):
    data = written(pl.concat([table(50_000)] * 20), tmp_path / "rows.csv")
    score(model, data, tmp_path / f"whole.{out}", keep=["id"])
    command = [
        sys.executable,
        "-m",
        "holdfast.cli.main",
        "score",
        str(model),
        data,
        "--out",
        f"broken.{out}",
        "--keep",
        "id",
    ]
    kills = 0
    for _ in range(50):
        process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        journal, began = tmp_path / f".broken.{out}.journal", time.monotonic()
        size = journal.stat().st_size if journal.exists() else 0
        while process.poll() is None and time.monotonic() - began < 60:
            if kills < 3 and journal.exists() and journal.stat().st_size > size + 300:
                os.kill(process.pid, signal.SIGKILL)
                kills += 1
            time.sleep(0.002)
        said = process.communicate()[1]
        if process.returncode == 0:
            break
    assert kills == 3
    assert "in a run before" in said
    assert READERS[out](tmp_path / f"broken.{out}").equals(READERS[out](tmp_path / f"whole.{out}"))


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_memory_does_not_grow_with_the_file(model, tmp_path):
    peaks = []
    for times in (20, 120):
        data = written(pl.concat([table(50_000)] * times), tmp_path / "rows.csv")
        code = (
            "import holdfast,sys;from pathlib import Path;holdfast.score(*sys.argv[1:]);"
            "print(next(l.split()[1] for l in Path('/proc/self/status').read_text().splitlines() if l.startswith('VmHWM')))"
        )
        run = [sys.executable, "-c", code, str(model), data, str(tmp_path / "out.csv")]
        peaks.append(int(subprocess.run(run, check=True, capture_output=True, text=True).stdout))
    assert peaks[1] < 1.3 * peaks[0]


def _stop_at(rows):
    def progress(done, share):
        assert share is None or 0 < share <= 1
        if done >= rows:
            raise KeyboardInterrupt

    return progress
