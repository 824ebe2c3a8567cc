import numpy as np
import polars as pl
import pytest

import holdfast as hf
from holdfast.errors import RequestError, SchemaError


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
