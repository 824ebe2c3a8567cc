"""One row through the compiled model against the fitted scikit-learn pipeline it replaces.

Run: python benchmarks/latency.py.

Twenty columns (ten numbers with gaps, ten categories) and as many LightGBM trees on both sides. Needs pandas (the dev extra).
"""

import statistics
import tempfile
import time
import warnings

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import holdfast as hf

N = 5_000


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    numbers = {f"n{k}": np.where(rng.random(N) < 0.05, np.nan, rng.normal(size=N)) for k in range(10)}
    words = {f"c{k}": rng.choice([f"value {v}" for v in range(3 + k)], N) for k in range(10)}
    frame = pd.DataFrame({**numbers, **words})
    a, b, c, d = (frame[f"n{k}"].fillna(0) for k in range(4))
    score = a + b * c + np.sin(3 * d) + (frame["c0"] == "value 1") + rng.normal(size=N)
    frame["y"] = np.where(score > 0.5, "yes", "no")
    return frame


def microseconds(function, argument, repeats: int) -> float:
    for _ in range(20):
        function(argument)
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        function(argument)
        taken.append(time.perf_counter() - began)
    return 1e6 * statistics.median(taken)


def main() -> None:
    warnings.simplefilter("ignore")
    frame = table()
    X, y = frame.drop(columns="y"), frame["y"]
    numbers, words = [c for c in X if c.startswith("n")], [c for c in X if c.startswith("c")]
    encode = ColumnTransformer([("n", SimpleImputer(), numbers), ("c", OneHotEncoder(handle_unknown="ignore"), words)])
    with tempfile.TemporaryDirectory() as folder:
        study = hf.train(frame, "y", trials=1, learners="lightgbm", out=f"{folder}/study", tuner="none")
        model = study.model
        trees = study.result["chosen"]["members"][0]["params"]["n_trees"]
        pipeline = make_pipeline(encode, LGBMClassifier(n_estimators=trees, verbosity=-1, n_jobs=1)).fit(X, y)
        one, record = X.iloc[[7]], X.iloc[7].to_dict()
        theirs = microseconds(pipeline.predict_proba, one, 200)
        ours = microseconds(model.predict_proba, record, 2_000)
        print(f"one row, {X.shape[1]} columns: scikit-learn pipeline {theirs:,.0f} us, ", end="")
        print(f"compiled model {ours:,.0f} us, {trees} trees each; ratio {theirs / ours:,.0f}")
        began = time.perf_counter()
        big = pd.concat([X] * 20)
        model.predict_proba(big)
        print(f"batch: {len(big) / (time.perf_counter() - began):,.0f} rows/s from a pandas frame")


if __name__ == "__main__":
    main()
