"""What several benchmarks need: a table of twenty columns, and a packaged model of a given number of trees."""

import json
from pathlib import Path

import numpy as np
import polars as pl

import holdfast as hf
from holdfast.compile.assemble import assemble
from holdfast.data.frames import from_memory
from holdfast.data.kinds import understand
from holdfast.features.encoder import Encoder
from holdfast.learners.catalogue import catalogue
from holdfast.learners.pipeline import fit_labels
from holdfast.learners.preparing import encoding_targets
from holdfast.model.package import write


def table(n_rows: int = 20_000) -> pl.DataFrame:
    """Ten numbers with gaps, ten categories, and a target "y" that needs them."""
    rng = np.random.default_rng(0)
    numbers = {f"n{k}": np.where(rng.random(n_rows) < 0.05, np.nan, rng.normal(size=n_rows)) for k in range(10)}
    words = {f"c{k}": rng.choice([f"value {v}" for v in range(3 + k)], n_rows) for k in range(10)}
    frame = pl.DataFrame({**numbers, **words}).with_columns(pl.col(list(numbers)).fill_nan(None))
    a, b, c, d = (frame[f"n{k}"].fill_null(0).to_numpy() for k in range(4))
    score = a + b * c + np.sin(3 * d) + (frame["c0"] == "value 1").to_numpy() + rng.normal(size=n_rows)
    return frame.with_columns(pl.Series("y", np.where(score > 0.5, "yes", "no")))


def packaged(frame: pl.DataFrame, target: str, folder: Path, trees: int) -> Path:
    """A LightGBM model of exactly so many trees, in the folder of one that a study shipped."""
    hf.train(frame, target, trials=1, learners="lightgbm", tuner="none", out=folder / "study")
    model = folder / "study" / "model"
    facts = json.loads((model / "manifest.json").read_text())
    dataset = understand(from_memory(frame), target=target)
    columns = dataset.drop(target).columns()
    y = (dataset.frame[target] == facts["classes"][1]).cast(pl.Int64).to_numpy()
    learner = next(each for each in catalogue() if each.name == "lightgbm" and each.task == "classification")
    encoder = Encoder(learner.wants)
    matrix = encoder.fit_transform(columns, encoding_targets(y, 2))
    params = {**learner.defaults, "n_trees": trees}
    pipeline = fit_labels(learner, params, encoder, matrix, y, n_classes=2, n_jobs=2)
    write(model, facts, assemble([(pipeline, 1.0)], columns.kinds, 2), reference=b"", card="")
    return model
