import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import holdfast as hf
from holdfast.batch import delimited
from holdfast.errors import DataError, RequestError, SchemaError


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """y = 3 x + noise, with a word that matters a little and a column that doesn't."""
    rng = np.random.default_rng(0)
    frame = pl.DataFrame(
        {"x": rng.normal(size=400), "word": rng.choice(["p", "q"], 400), "noise": rng.normal(size=400)}
    )
    y = 3 * frame["x"] + (frame["word"] == "p").cast(pl.Float64) + 0.1 * rng.normal(size=400)
    folder = tmp_path_factory.mktemp("explain")
    frame.write_csv(folder / "rows.csv")
    hf.train(frame.with_columns(y=y), "y", learners="ridge", trials=1, out=folder / "study")
    return folder


def test_a_study_s_model_is_explained(study):
    found = hf.explain_file(study / "study", str(study / "rows.csv"), study / "why.csv", rows=50)
    assert [name for name, _ in found.fields] == ["x", "word", "noise"]
    frame = pl.read_csv(study / "why.csv")
    assert frame.columns == ["prediction", "base", "adds_x", "adds_word", "adds_noise"]
    total = frame["base"] + frame["adds_x"] + frame["adds_word"] + frame["adds_noise"]
    np.testing.assert_allclose(total.to_numpy(), frame["prediction"].to_numpy(), atol=1e-9)
    x = pl.read_csv(study / "rows.csv")["x"].head(50).to_numpy()
    assert np.corrcoef(x, frame["adds_x"].to_numpy())[0, 1] > 0.999
    assert np.polyfit(x, frame["adds_x"].to_numpy(), 1)[0] == pytest.approx(3, abs=0.1)


def test_what_can_not_be_explained_is_said(study, tmp_path):
    with pytest.raises(RequestError, match="expected one of"):
        hf.explain_file(study / "study", str(study / "rows.csv"), tmp_path / "why.pdf")
    (tmp_path / "bad.csv").write_text("x,word,noise\n1,p,2\nold,p,2\n")
    with pytest.raises(SchemaError, match="row 2 holds 'old'"):
        hf.explain_file(study / "study", str(tmp_path / "bad.csv"))
    pl.DataFrame(schema={"x": pl.Float64, "word": pl.String, "noise": pl.Float64}).write_parquet(
        tmp_path / "none.parquet"
    )
    with pytest.raises(DataError, match="has no rows"):
        hf.explain_file(study / "study", str(tmp_path / "none.parquet"))


def test_a_bad_row_is_told_and_not_dropped(study, tmp_path):
    (tmp_path / "bad.csv").write_text("x,word,noise\n1,p,2\n2,q,1\n3,p\nold,p,2\n")
    with pytest.raises(SchemaError, match="row 3 has 2 fields"):
        hf.explain_file(study / "study", str(tmp_path / "bad.csv"))
    assert hf.explain_file(study / "study", str(tmp_path / "bad.csv"), rows=2).frame.height == 2


def test_a_file_damaged_further_on_is_said_to_be(study, tmp_path, monkeypatch):
    monkeypatch.setattr(delimited, "BYTES", 20_000)
    monkeypatch.setattr(delimited.Delimited.__init__, "__kwdefaults__", {"size": 20_000})
    packed = gzip.compress(("x,word,noise\n" + "".join(f"{k * 0.37},p,{k}\n" for k in range(50_000))).encode())
    (tmp_path / "rows.csv.gz").write_bytes(packed[:-1000])
    with pytest.raises(DataError, match="can't be read to its end"):
        hf.explain_file(study / "study", str(tmp_path / "rows.csv.gz"), rows=1_000_000)


def test_the_file_is_whole_or_as_it_was(study, tmp_path, monkeypatch):
    rows = pl.read_csv(study / "rows.csv").head(5)
    rows.write_parquet(tmp_path / "rows.parquet")
    with pytest.raises(RequestError, match="would be lost"):
        hf.explain_file(study / "study", str(tmp_path / "*.parquet"), tmp_path / "rows.parquet")

    def fill_the_disk(frame, place):
        Path(place).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    (tmp_path / "why.parquet").write_text("former")
    monkeypatch.setattr(pl.DataFrame, "write_parquet", fill_the_disk)
    with pytest.raises(RequestError, match="No space left"):
        hf.explain_file(study / "study", str(tmp_path / "rows.parquet"), tmp_path / "why.parquet")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.parquet", "why.parquet"]
    assert (tmp_path / "why.parquet").read_text() == "former"
