import gzip
import json
import sys

import numpy as np
import polars as pl
import pytest

from holdfast.batch.score import score
from holdfast.batch.sink import ENDINGS
from holdfast.errors import DataError, MissingExtraError, ModelError, RequestError, SchemaError
from holdfast.graph import Graph
from holdfast.model.package import write
from holdfast.model.schema import Field, Schema

READERS = {
    ".csv": pl.read_csv,
    ".tsv": lambda path: pl.read_csv(path, separator="\t"),
    ".parquet": pl.read_parquet,
    ".arrow": pl.read_ipc,
    ".feather": pl.read_ipc,
    ".jsonl": pl.read_ndjson,
    ".ndjson": pl.read_ndjson,
    ".json": pl.read_json,
    ".xlsx": pl.read_excel,
}


@pytest.fixture
def model(tmp_path):
    """Two classes, one named like a formula; the larger x, the likelier the second."""
    graph = Graph()
    x = graph.input("numbers", np.float64, 1)
    scores = graph.add("MatMul", x, graph.constant(np.array([[-1.0, 1.0]])))
    graph.output(graph.add("Softmax", scores, axis=1), "probabilities", np.float64, 2)
    facts = {
        "task": "binary",
        "target": "y",
        "classes": ["=no", "yes"],
        "schema": Schema((Field("x", "number", missing=("?",)),)).to_json(),
    }
    write(tmp_path / "model", facts, graph.model().SerializeToString(), reference=b"", card="")
    return tmp_path / "model"


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("id,x,word,+sum\n1,2,=1+1,-5\n2,-3,plain,7\n3,0.5,@x,-1\n")
    return path


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_ending_holds_the_same(model, data, tmp_path, ending):
    out = tmp_path / f"out{ending}"
    summary = score(model, str(data), out, keep=["id"])
    assert summary["rows"] == 3
    frame = READERS[ending](out)
    text = ending in (".csv", ".tsv", ".xlsx")
    assert frame.columns == ["prediction", "probability_=no", "probability_yes", "id"]
    assert frame["prediction"].to_list() == ["yes", "'=no" if text else "=no", "yes"]
    assert frame["id"].to_list() == [1, 2, 3]
    expected = 1 / (1 + np.exp(-2 * np.array([2, -3, 0.5])))
    np.testing.assert_allclose(frame["probability_yes"].to_numpy(), expected, rtol=1e-12)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["model", "rows.csv", out.name])


def test_text_is_made_harmless_and_numbers_are_not(model, data, tmp_path):
    score(model, str(data), tmp_path / "out.csv", keep=["word", "+sum"])
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert [line.split(",")[-2:] for line in lines] == [
        ["word", "'+sum"],
        ["'=1+1", "-5"],
        ["plain", "7"],
        ["'@x", "-1"],
    ]


def test_categorical_text_is_made_harmless(model, tmp_path):
    frame = pl.DataFrame({"x": [1.0], "word": pl.Series(["=cmd()"], dtype=pl.Categorical)})
    frame.write_parquet(tmp_path / "rows.parquet")
    score(model, str(tmp_path / "rows.parquet"), tmp_path / "out.csv", keep=["word"])
    assert (tmp_path / "out.csv").read_text().splitlines()[1].endswith(",'=cmd()")


@pytest.mark.parametrize(
    ("out", "keep", "error", "says"),
    [
        ("out.pdf", [], RequestError, "'.pdf'; expected one of .csv"),
        ("out", [], RequestError, "expected one of"),
        ("nowhere/out.csv", [], RequestError, "folder that exists"),
        ("folder.csv", [], RequestError, "can't be written"),
        ("rows.csv", [], RequestError, "would be lost"),
        ("", [], RequestError, "expected a file"),
        ("out.csv", ["Word"], DataError, "Did you mean 'word'"),
    ],
)
def test_what_cannot_be_done_is_said_first(model, data, tmp_path, out, keep, error, says):
    (tmp_path / "folder.csv").mkdir()
    before = data.read_bytes()
    with pytest.raises(error, match=says):
        score(model, str(data), tmp_path / out if out else "", keep=keep)
    assert data.read_bytes() == before
    assert not (tmp_path / "out.csv").exists()


def test_a_column_kept_twice_is_kept_once(model, data, tmp_path):
    score(model, str(data), tmp_path / "out.csv", keep=["id", "id"])
    assert pl.read_csv(tmp_path / "out.csv").columns[-1] == "id"


@pytest.mark.parametrize("ending", ["parquet", "jsonl"])
def test_keys_that_are_no_amounts_stay_as_they_were(model, tmp_path, ending):
    """As numbers, long ids would be rounded and codes would lose what tells them apart."""
    kept = {"sim": ["89490200001234567890", "89490200001234567891"], "phone": ["+491701234567", "+491701234568"]}
    kept |= {"code": ["12E4", "1E3"], "amount": ["1.50", "2"], "count": ["7", "-8"]}
    pl.DataFrame({"x": ["1", "2"], **kept}).write_csv(tmp_path / "rows.csv")
    score(model, str(tmp_path / "rows.csv"), tmp_path / f"out.{ending}", keep=list(kept))
    found = READERS[f".{ending}"](tmp_path / f"out.{ending}").select(list(kept)).to_dict(as_series=False)
    assert found == {**kept, "amount": [1.5, 2.0], "count": [7, -8]}


def test_a_full_disk_leaves_what_was_done(model, data, tmp_path, monkeypatch):
    def full(self, state):
        raise OSError(28, "No space left on device")

    out = tmp_path / "out.csv"
    with monkeypatch.context() as patched:
        patched.setattr("holdfast.batch.sink.Journal.note", full)
        with pytest.raises(RequestError, match=r"No space left on device.*goes on where it was"):
            score(model, str(data), out)
    assert (tmp_path / ".out.csv.partial").exists()
    assert score(model, str(data), out)["rows"] == 3
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("rows", "out", "rejects", "says"),
    [
        ("rows.csv", "out.csv", "rows.csv", "--rejects .*would be lost"),
        ("row*.csv", "rows.csv", None, "--out .*would be lost"),
        ("rows.csv", "out.csv", "out.csv", "is where --out goes"),
    ],
)
def test_no_file_is_lost_to_another(model, data, tmp_path, rows, out, rejects, says):
    before = data.read_bytes()
    asked = {"on_bad_row": "reject", "rejects": rejects and tmp_path / rejects}
    with pytest.raises(RequestError, match=says):
        score(model, str(tmp_path / rows), tmp_path / out, **asked)
    assert data.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "rows.csv"]


def test_a_run_that_puts_no_row_aside_leaves_the_file_for_them_alone(model, data, tmp_path):
    (tmp_path / "out.rejects.csv").write_text("former")
    score(model, str(data), tmp_path / "out.csv")
    with pytest.raises(RequestError, match="expected --on-bad-row reject"):
        score(model, str(data), tmp_path / "out.csv", rejects=tmp_path / "out.rejects.csv")
    assert (tmp_path / "out.rejects.csv").read_text() == "former"


@pytest.mark.parametrize("name", ["rows.csv.gz", "rows.jsonl.gz"])
def test_a_file_cut_short_is_said_to_be(model, tmp_path, name):
    rows = "".join(f'{{"x": {k * 0.37}}}\n' if "jsonl" in name else f"{k * 0.37},{k}\n" for k in range(20_000))
    packed = gzip.compress((rows if "jsonl" in name else f"x,id\n{rows}").encode())
    (tmp_path / name).write_bytes(packed[: len(packed) // 2])
    with pytest.raises(DataError, match=r"can't be read .*fetch it again"):
        score(model, str(tmp_path / name), tmp_path / "out.csv")


def test_without_its_library_excel_is_refused_at_once(model, data, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(MissingExtraError, match=r"holdfast\[excel\]"):
        score(model, str(data), tmp_path / "out.xlsx")


def test_rows_that_do_not_fit_leave_the_former_file(model, tmp_path):
    (tmp_path / "bad.csv").write_text("x\n1\nold\n")
    (tmp_path / "out.csv").write_text("former")
    with pytest.raises(SchemaError, match="row 2 holds 'old'"):
        score(model, str(tmp_path / "bad.csv"), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == "former"


def test_a_kept_column_may_not_hide_a_prediction(model, tmp_path):
    (tmp_path / "rows.csv").write_text("x,prediction\n1,2\n2,3\n")
    with pytest.raises(RequestError, match="name of a predicted column"):
        score(model, str(tmp_path / "rows.csv"), tmp_path / "out.csv", keep=["prediction"])


def test_columns_a_format_cannot_hold_are_named(model, tmp_path):
    pl.DataFrame({"x": [1.0], "tags": [["a", "b"]]}).write_parquet(tmp_path / "rows.parquet")
    with pytest.raises(RequestError, match=r"choose .parquet"):
        score(model, str(tmp_path / "rows.parquet"), tmp_path / "out.csv", keep=["tags"])
    assert not list(tmp_path.glob("*out*"))


def test_a_changed_model_scores_nothing(model, data, tmp_path):
    manifest = json.loads((model / "manifest.json").read_text())
    manifest["files"]["model.onnx"]["sha256"] = "0" * 64
    (model / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match="unchanged"):
        score(model, str(data), tmp_path / "out.csv")
