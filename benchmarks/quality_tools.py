"""One tool of quality.py, run in that tool's own environment: fits train.csv, then scores test.csv with what it would ship.

Prints one line of JSON: the score, seconds of the fit as the tool's own call took them and of the whole training with imports
and reading, bytes that ship, and rows scored a second (test rows held in memory, the best of three).
"""

import contextlib
import json
import os
import pickle
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

STARTED = time.monotonic()
Scorer = Callable[[Any], Any]
Fitted = tuple[Scorer, int, list[Any] | None]

# Fitting for tuned LightGBM stops here, so that its refit is within the budget.
SEARCH_SHARE = 0.75


def holdfast(told: dict[str, Any], train: Path) -> Fitted:
    """Train by the command, as a user would; score the model it ships."""
    import subprocess

    import holdfast

    out = Path(told["out"]) / "study"
    command = [sys.executable, "-m", "holdfast.cli.main", "train", str(train), "--target", told["target"]]
    command += ["--metric", told["metric"], "--budget", f"{told['budget']}s", "--seed", str(told["seed"])]
    command += ["--split", "rows", "--task", "regression" if told["kind"] == "regression" else "classification"]
    subprocess.run([*command, "--out", str(out), "--no-open"], check=True, stdout=sys.stderr)
    model = holdfast.load(out / "model")
    size = sum(each.stat().st_size for each in (out / "model").rglob("*") if each.is_file())
    if told["kind"] == "regression":
        return model.predict, size, None
    return model.predict_proba, size, list(model.classes)


def autogluon(told: dict[str, Any], train: Path) -> Fitted:
    """The preset its authors recommend for small machines, with what deployment needs."""
    import pandas as pd
    from autogluon.tabular import TabularPredictor

    metric = {"rmse": "root_mean_squared_error"}.get(told["metric"], told["metric"])
    path = str(Path(told["out"]) / "models")
    predictor = TabularPredictor(
        label=told["target"], problem_type=told["kind"], eval_metric=metric, path=path, verbosity=0
    )
    predictor.fit(pd.read_csv(train), presets="best_v150", time_limit=told["budget"], num_cpus=2, num_gpus=0)
    shipped = predictor.clone_for_deployment(path=path + "-shipped", return_clone=True)
    size = sum(each.stat().st_size for each in Path(path + "-shipped").rglob("*") if each.is_file())
    shipped.persist()
    if told["kind"] == "regression":
        return shipped.predict, size, None
    return shipped.predict_proba, size, list(shipped.class_labels)


def flaml(told: dict[str, Any], train: Path) -> Fitted:
    """All its learners, by their defaults."""
    import pandas as pd
    from flaml import AutoML

    frame = pd.read_csv(train)
    automl = AutoML()
    automl.fit(
        frame.drop(columns=told["target"]), frame[told["target"]],
        task="regression" if told["kind"] == "regression" else "classification",
        metric=told["metric"], time_budget=told["budget"], n_jobs=2, seed=told["seed"], verbose=0,
    )  # fmt: skip
    size = len(pickle.dumps(automl.model)) + len(pickle.dumps(automl.feature_transformer))
    if told["kind"] == "regression":
        return automl.predict, size, None
    return automl.predict_proba, size, list(automl.classes_)


def _categories(frame: Any, known: dict[str, Any]) -> Any:
    """Text columns as LightGBM's own categories, by the values of the training rows."""
    import pandas as pd

    frame = frame.copy()
    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_bool_dtype(frame[name]):
            values = known.setdefault(name, sorted(frame[name].dropna().astype(str).unique()))
            frame[name] = pd.Categorical(frame[name].astype(str).where(frame[name].notna()), categories=values)
    return frame


def lightgbm(told: dict[str, Any], train: Path) -> Fitted:
    """LightGBM as it comes: its defaults, categories its own way."""
    import lightgbm as lgb
    import pandas as pd

    known: dict[str, Any] = {}
    frame = pd.read_csv(train)
    X, y = _categories(frame.drop(columns=told["target"]), known), frame[told["target"]]
    kind = lgb.LGBMRegressor if told["kind"] == "regression" else lgb.LGBMClassifier
    return _shipped(kind(verbose=-1, n_jobs=2, random_state=told["seed"]).fit(X, y), known)


def _shipped(model: Any, known: dict[str, Any]) -> Fitted:
    size = len(pickle.dumps(model))
    if not hasattr(model, "classes_"):
        return lambda frame: model.predict(_categories(frame, known)), size, None
    return lambda frame: model.predict_proba(_categories(frame, known)), size, list(model.classes_)


def tuned(told: dict[str, Any], train: Path) -> Fitted:
    """LightGBM tuned by Optuna on five folds with early stopping, then fitted on all rows."""
    import lightgbm as lgb
    import numpy as np
    import optuna
    import pandas as pd
    from sklearn.metrics import get_scorer
    from sklearn.model_selection import KFold, StratifiedKFold

    end = STARTED + SEARCH_SHARE * told["budget"]
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    known: dict[str, Any] = {}
    frame = pd.read_csv(train)
    X, y = _categories(frame.drop(columns=told["target"]), known), frame[told["target"]]
    regression = told["kind"] == "regression"
    kind = lgb.LGBMRegressor if regression else lgb.LGBMClassifier
    scorer = get_scorer(
        {"rmse": "neg_root_mean_squared_error", "log_loss": "neg_log_loss"}.get(told["metric"], "roc_auc")
    )
    watched = {"rmse": "rmse", "log_loss": "multi_logloss", "roc_auc": "auc"}[told["metric"]]
    folds = list((KFold if regression else StratifiedKFold)(5, shuffle=True, random_state=told["seed"]).split(X, y))

    def params(trial: Any) -> dict[str, Any]:
        return {
            "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.2, log=True),
            "num_leaves": trial.suggest_int("num_leaves", 4, 256, log=True),
            "min_child_samples": trial.suggest_int("min_child_samples", 2, 100, log=True),
            "colsample_bytree": trial.suggest_float("colsample_bytree", 0.4, 1.0),
            "subsample": trial.suggest_float("subsample", 0.5, 1.0),
            "reg_lambda": trial.suggest_float("reg_lambda", 1e-3, 30.0, log=True),
        }

    fixed: dict[str, Any] = {"verbose": -1, "n_jobs": 2, "subsample_freq": 1, "random_state": told["seed"]}

    def objective(trial: Any) -> float:
        scores, rounds, began, chosen = [], [], time.monotonic(), params(trial)
        for fold, (fitted, held) in enumerate(folds):
            model = kind(n_estimators=2_000, **chosen, **fixed)
            stop = lgb.early_stopping(50, verbose=False)
            model.fit(
                X.iloc[fitted], y.iloc[fitted],
                eval_set=[(X.iloc[held], y.iloc[held])], eval_metric=watched, callbacks=[stop, _deadline(end)],
            )  # fmt: skip
            scores.append(scorer(model, X.iloc[held], y.iloc[held]))
            rounds.append(model.best_iteration_ or 1)
            trial.set_user_attr("rounds", int(np.mean(rounds)))
            if time.monotonic() + (time.monotonic() - began) / (fold + 1) > end:
                break
        return float(np.mean(scores))

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=told["seed"]))
    study.enqueue_trial(
        {"learning_rate": 0.1, "num_leaves": 31, "min_child_samples": 20, "colsample_bytree": 1.0, "subsample": 1.0,
         "reg_lambda": 1e-3}
    )  # fmt: skip
    study.optimize(objective, timeout=max(1.0, end - time.monotonic()))
    best = study.best_trial
    model = kind(n_estimators=best.user_attrs["rounds"], **best.params, **fixed).fit(X, y)
    return _shipped(model, known)


def _deadline(end: float) -> Callable[[Any], None]:
    import lightgbm as lgb

    def stop(env: Any) -> None:
        if time.monotonic() > end and env.evaluation_result_list:
            raise lgb.callback.EarlyStopException(env.iteration, env.evaluation_result_list)

    return stop


def score(told: dict[str, Any], predicted: Any, y: Any, classes: list[Any] | None) -> float:
    """The metric, the same for all, by scikit-learn; probabilities are put in the order of the truth's labels."""
    import numpy as np
    from sklearn.metrics import log_loss, roc_auc_score, root_mean_squared_error

    predicted = np.asarray(predicted, dtype=np.float64)
    if classes is None:
        return float(root_mean_squared_error(y, predicted))
    truth = np.array([_plain(each) for each in y])
    order = np.argsort([_plain(each) for each in classes])
    labels = np.array([_plain(each) for each in classes])[order]
    if told["metric"] == "roc_auc":
        return float(roc_auc_score(truth == labels[1], predicted[:, order[1]]))
    return float(log_loss(truth, predicted[:, order] / predicted.sum(axis=1, keepdims=True), labels=labels))


def _plain(label: Any) -> str:
    """A label as text: 1, 1.0, "1" and True are written in different ways by different readers."""
    with contextlib.suppress(TypeError, ValueError):
        return f"{float(label):g}"
    return str(label)


def main() -> None:
    """Train, score, print."""
    told = json.loads(sys.argv[1])
    folder = Path(told["folder"])
    began = time.monotonic()
    scorer, size, classes = globals()[told["tool"]](told, folder / "train.csv")
    ended = time.monotonic()
    if told["tool"] == "holdfast":
        import polars

        test = polars.read_csv(folder / "test.csv", infer_schema_length=None)
        y, X = test[told["target"]].to_list(), test.drop(told["target"])
    else:
        import pandas as pd

        test = pd.read_csv(folder / "test.csv")
        y, X = test[told["target"]].tolist(), test.drop(columns=told["target"])
    taken = []
    for _ in range(3):
        start = time.monotonic()
        predicted = scorer(X)
        taken.append(time.monotonic() - start)
    found = {
        "score": score(told, predicted, y, classes),
        "fit_seconds": round(ended - began, 2),
        "seconds": round(ended - STARTED, 2),
        "bytes": size,
        "rows_per_second": round(len(y) / min(taken), 1),
        "load": round(os.getloadavg()[0], 2),
    }
    print("\n" + json.dumps(found))
    shutil.rmtree(told["out"], ignore_errors=True)


if __name__ == "__main__":
    main()
