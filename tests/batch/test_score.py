import json

import numpy as np
import polars as pl
import pytest

from holdfast.batch.score import score
from holdfast.batch.sink import ENDINGS
from holdfast.errors import DataError, ModelError, RequestError, SchemaError
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
        ("out.csv", ["Word"], DataError, "Did you mean 'word'"),
    ],
)
def test_what_cannot_be_done_is_said_first(model, data, tmp_path, out, keep, error, says):
    (tmp_path / "folder.csv").mkdir()
    before = data.read_bytes()
    with pytest.raises(error, match=says):
        score(model, str(data), tmp_path / out, keep=keep)
    assert data.read_bytes() == before
    assert not (tmp_path / "out.csv").exists()


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
