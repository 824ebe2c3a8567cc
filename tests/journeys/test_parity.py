"""One answer everywhere: the fitted pipeline, the compiled model, one by one, over HTTP and from a file."""

import json

import numpy as np
import polars as pl
import pytest
from client import Client

from holdfast.arrays import likeliest
from holdfast.batch.score import score
from holdfast.compile.assemble import assemble
from holdfast.data.frames import from_memory
from holdfast.data.kinds import understand
from holdfast.features.encoder import Encoder
from holdfast.learners.catalogue import catalogue
from holdfast.learners.pipeline import fit_labels
from holdfast.learners.preparing import encoding_targets
from holdfast.model.package import load, write
from holdfast.model.schema import Field, Schema
from holdfast.serve.app import App
from holdfast.serve.keys import Keys
from holdfast.serve.settings import Settings
from holdfast.serve.shelf import places

N_TRAIN, N_NASTY = 3_000, 10_000
NUMBERS, WORDS = [f"n{k}" for k in range(5)], [f"c{k}" for k in range(4)]


def table(n, rng):
    numbers = {
        name: np.where(rng.random(n) < 0.1, np.nan, rng.normal(scale=10.0 ** (2 * k), size=n))
        for k, name in enumerate(NUMBERS)
    }
    words = {
        name: rng.choice([*(f"word {v}" for v in range(3 + 5 * k)), None], n).tolist() for k, name in enumerate(WORDS)
    }
    return pl.DataFrame({**numbers, **words}).with_columns(pl.col(NUMBERS).fill_nan(None))


def nasty(frame, thresholds, rng):
    """Gaps, categories never seen, cells at thresholds and one unit in the last place beside, integers above 2**24."""
    n = N_NASTY
    columns = {}
    for name in NUMBERS:
        near = rng.choice(thresholds, n).astype(np.float64)
        beside = np.nextafter(near, rng.choice([-np.inf, np.inf], n))
        beside32 = np.nextafter(near.astype(np.float32), np.float32(np.inf)).astype(np.float64)
        large = 2.0**24 + rng.integers(-3, 2**30, n)
        values = np.choose(rng.integers(0, 5, n), [near, beside, beside32, large, rng.normal(size=n)])
        columns[name] = pl.Series(np.where(rng.random(n) < 0.15, np.nan, values)).fill_nan(None)
    for name in WORDS:
        known = frame[name].drop_nulls().unique().sort().to_list()
        columns[name] = rng.choice([*known, "never seen", "ünseen", 'a,"b"\nc', None], n).tolist()
    return pl.DataFrame(columns)


@pytest.mark.parametrize("name", ["lightgbm", "logistic", "random_forest", "mlp", "realmlp"])
def test_every_way_to_an_answer_is_equal(tmp_path, name):
    if name == "realmlp":
        pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    frame = table(N_TRAIN, rng)
    signal = (
        frame["n0"].fill_null(0)
        + (frame["c0"] == "word 1").fill_null(False).cast(pl.Float64) * 2
        + rng.normal(size=N_TRAIN)
    )
    y = (signal > signal.median()).cast(pl.Int64).to_numpy()
    dataset = understand(from_memory(frame))
    columns = dataset.columns()
    learner = next(each for each in catalogue() if each.name == name and each.task == "classification")
    encoder = Encoder(learner.wants)
    matrix = encoder.fit_transform(columns, encoding_targets(y, 2))
    pipeline = fit_labels(learner, learner.defaults, encoder, matrix, y, n_classes=2)
    fields = [Field(each, "number" if each in NUMBERS else "category") for each in frame.columns]
    facts = {"task": "binary", "target": "y", "classes": ["no", "yes"], "schema": Schema(tuple(fields)).to_json()}
    write(tmp_path / "model", facts, assemble([(pipeline, 1.0)], columns.kinds, 2), reference=b"", card="")

    cuts = np.unique(matrix[np.isfinite(matrix).all(axis=1)][:500])
    if name == "lightgbm":
        cuts = pipeline.estimator.booster_.trees_to_dataframe()["threshold"].dropna().astype(float).to_numpy()
    rows = nasty(frame, cuts, rng)
    known = understand(from_memory(rows))
    numbers = {each: rows[each].fill_null(np.nan).to_numpy() for each in NUMBERS}
    fitted = pipeline.predict(
        type(columns)(numbers, {each: known.columns().strings[each] for each in WORDS}, columns.kinds)
    )

    model = load(tmp_path / "model")
    compiled = model.predict_proba(rows)
    np.testing.assert_allclose(compiled, fitted, rtol=0, atol=1e-6)
    assert (likeliest(compiled) == likeliest(fitted)).all()

    records = rows.to_dicts()
    one_by_one = np.concatenate([model.predict_proba(record) for record in records[:2_000]])
    np.testing.assert_allclose(one_by_one, compiled[:2_000], rtol=0, atol=1e-12)

    for form in ("csv", "parquet"):
        rows.write_csv(tmp_path / "rows.csv") if form == "csv" else rows.write_parquet(tmp_path / "rows.parquet")
        score(tmp_path / "model", str(tmp_path / f"rows.{form}"), tmp_path / "out.parquet")
        np.testing.assert_array_equal(
            pl.read_parquet(tmp_path / "out.parquet")["probability_yes"].to_numpy(), compiled[:, 1]
        )

    client = Client(App(places([str(tmp_path / "model")]), Settings(), Keys()))
    found = json.loads(client.post("/predict", records).body)
    np.testing.assert_allclose([each["probability_yes"] for each in found], compiled[:, 1], rtol=0, atol=1e-12)
    assert [each["prediction"] for each in found] == model.predict(rows).tolist()
    single = client.many(
        [("POST", "/predict", record, {"content-type": "application/json"}) for record in records[:300]]
    )
    np.testing.assert_allclose([each.json["probability_yes"] for each in single], compiled[:300, 1], rtol=0, atol=1e-12)
    tensors = [
        {
            "name": each,
            "shape": [len(rows)],
            "datatype": "FP64" if each in NUMBERS else "BYTES",
            "data": rows[each].to_list(),
        }
        for each in rows.columns
    ]
    v2 = client.post(_infer(client), {"inputs": tensors}).json
    shares = next(each for each in v2["outputs"] if each["name"] == "probability_yes")["data"]
    np.testing.assert_allclose(shares, compiled[:, 1], rtol=0, atol=1e-12)


def _infer(client):
    return f"/v2/models/{client.get('/models').json['models'][0]['name']}/infer"
