"""CatBoost: boosted symmetric trees."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.arrays import Floats
from holdfast.graph.trees import Tree
from holdfast.learners.boosting import Boosted, declare
from holdfast.learners.space import Float, Int


class CatBoost(Boosted):
    """CatBoost on numbers: symmetric trees."""

    def _train(self, train: Any, valid: Any, n_trees: int) -> tuple[int, Floats]:
        import catboost

        loss = "MultiClass" if self.n_outputs_ > 1 else "Logloss" if self.classifier else "RMSE"
        self.booster_ = catboost.CatBoost(
            {
                "loss_function": loss,
                "iterations": n_trees,
                "thread_count": self.n_jobs,
                "random_seed": self.seed,
                "logging_level": "Silent",
                "allow_writing_files": False,
                "boosting_type": "Plain",
                **self.params,
            }
        )
        X, y, weights = train
        inner = None if valid is None else catboost.Pool(valid[0], valid[1], weight=valid[2])
        stop: dict[str, Any] = {"callbacks": [_Until(self._late)]} if self.deadline < float("inf") else {}
        if valid is not None:
            stop |= {"eval_set": inner, "early_stopping_rounds": self.patience, "use_best_model": False}
        self.booster_.fit(catboost.Pool(X, y, weight=weights), **stop)
        [losses] = self.booster_.get_evals_result()["validation"].values() if valid is not None else [[]]
        return int(self.booster_.tree_count_), np.array(losses, dtype=np.float64)

    def _raw(self, X: Any) -> Any:
        return self.booster_.predict(
            X, prediction_type="RawFormulaVal", ntree_end=self.n_trees_, thread_count=self.n_jobs
        )

    def trees(self) -> tuple[list[Tree], str, Any]:
        """Read the JSON form; level i of a symmetric tree decides bit i of the leaf's number."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.json"
            self.booster_.save_model(str(path), format="json")
            model = json.loads(path.read_text(encoding="utf-8"))
        floats = model["features_info"].get("float_features", [])
        columns = np.array([each["flat_feature_index"] for each in floats], dtype=np.int64)
        nan_true = np.array([each.get("nan_value_treatment") == "AsTrue" for each in floats], dtype=bool)
        scale, bias = model["scale_and_bias"]
        kept = model["oblivious_trees"][: self.n_trees_]
        trees = [_symmetric(each, columns, nan_true, scale, self.n_outputs_) for each in kept]
        bias = np.resize(np.asarray(bias, dtype=np.float64), self.n_outputs_)
        return trees, ">", bias


class _Until:
    """CatBoost asks after each tree whether to go on."""

    def __init__(self, late: Callable[[], bool]) -> None:
        self._late = late

    def after_iteration(self, info: Any) -> bool:
        return not self._late()


def _symmetric(tree: Any, columns: Any, nan_true: Any, scale: float, n_outputs: int) -> Tree:
    splits = tree["splits"] or []
    depth = len(splits)
    n_inner, n_leaves = 2**depth - 1, 2**depth
    which = np.array([each["float_feature_index"] for each in splits], dtype=np.int64)
    borders = np.array([each["border"] for each in splits], dtype=np.float32).astype(np.float64)
    node = np.arange(n_inner)
    level = np.floor(np.log2(node + 1)).astype(np.int64)
    # The root decides the highest bit, so that leaves come out in the order of their numbers.
    split = depth - 1 - level
    feature = columns[which[split]] if depth else np.zeros(0, dtype=np.int64)
    values = np.asarray(tree["leaf_values"], dtype=np.float64).reshape(n_leaves, n_outputs) * scale
    value = np.concatenate([np.zeros((n_inner, n_outputs)), values])
    pad = np.zeros(n_leaves, dtype=np.int64)
    return Tree(
        feature=np.concatenate([feature, pad - 1]),
        threshold=np.concatenate([borders[split] if depth else np.zeros(0), pad.astype(np.float64)]),
        true=np.concatenate([2 * node + 2, pad]),
        false=np.concatenate([2 * node + 1, pad]),
        missing_true=np.concatenate([nan_true[which[split]] if depth else np.zeros(0, dtype=bool), pad.astype(bool)]),
        value=value[:, 0] if n_outputs == 1 else value,
    )


catboost_classifier, catboost_regressor = declare(
    "catboost",
    CatBoost,
    summary="Boosted symmetric trees; strong with few rows and little tuning.",
    reference="Prokhorenkova et al., 2018",
    library="catboost",
    extra="boost",
    space={
        "learning_rate": Float(0.03, 0.25, log=True, default=0.1),
        "depth": Int(3, 8, default=6),
        "l2_leaf_reg": Float(0.1, 20.0, log=True, default=3.0),
    },
)
