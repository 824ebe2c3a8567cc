"""What the sealed rows say, and where they can't say how sure it is."""

import json

import numpy as np
import polars as pl
import pytest

import holdfast as hf


@pytest.mark.parametrize("kind", ["values", "classes"])
def test_one_sealed_group_has_a_score_and_no_interval(tmp_path, kind):
    rng = np.random.default_rng(0)
    site, x = np.arange(300) % 4, rng.normal(size=300)
    y = x + site + 0.5 * rng.normal(size=300)
    rows = pl.DataFrame({"site": site, "x": x, "y": y if kind == "values" else np.where(y > y.mean(), "yes", "no")})
    learners = "ridge" if kind == "values" else "logistic"
    study = hf.train(rows, "y", group="site", learners=learners, trials=1, out=tmp_path / "study")
    found = json.loads((tmp_path / "study" / "result.json").read_text(encoding="utf-8"))["verdict"]
    assert found["score"] > 0
    assert found["low"] is found["high"] is None
    assert "no interval: groups too few to tell" in study.result["sentence"]
    assert "[–, –]" in repr(study)
    assert "no interval: groups too few to tell" in study.report().read_text(encoding="utf-8")
