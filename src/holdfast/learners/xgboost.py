"""XGBoost: boosted trees grown level by level."""

import json
from typing import Any

import numpy as np

from holdfast.arrays import Floats
from holdfast.graph.trees import Tree
from holdfast.learners.boosting import Boosted, declare
from holdfast.learners.space import Float, Int

# XGBoost adds up leaves in single precision, where small leaves of late trees are rounded beside the large sum of the first. So
# it adds up this many trees at a time, and we those sums in double.
SUMMED = 64


class XGBoost(Boosted):
    """XGBoost by its training API; the starting score is fixed so that it is known exactly."""

    def _train(self, train: Any, valid: Any, n_trees: int) -> tuple[int, Floats]:
        import xgboost

        X, y, weights = train
        if self.n_outputs_ > 1:
            self.start_ = 0.5
            objective = {"objective": "multi:softprob", "num_class": self.n_outputs_, "base_score": self.start_}
        elif self.classifier:
            share = float(np.clip(np.average(y, weights=weights), 1e-6, 1 - 1e-6))
            objective = {"objective": "binary:logistic", "base_score": share}
            self.start_ = float(np.log(np.float32(share)) - np.log1p(-np.float32(share)))
        else:
            self.start_ = 0.0
            objective = {"objective": "reg:squarederror", "base_score": self.start_}
        settings = {
            **objective,
            "nthread": self.n_jobs,
            "seed": self.seed,
            "tree_method": "hist",
            "verbosity": 0,
            **self.params,
        }
        data = xgboost.DMatrix(X, y, weight=weights, nthread=self.n_jobs)
        found: dict[str, Any] = {}
        extra: dict[str, Any] = {"verbose_eval": False, "evals_result": found}
        if valid is not None:
            inner = xgboost.DMatrix(valid[0], valid[1], weight=valid[2], nthread=self.n_jobs)
            extra |= {"evals": [(inner, "inner")], "early_stopping_rounds": self.patience}
        if self.deadline < float("inf"):
            extra["callbacks"] = [self._stopper()]
        self.booster_ = xgboost.train(settings, data, num_boost_round=n_trees, **extra)
        [losses] = next(iter(found.values())).values() if found else [[]]
        return int(self.booster_.num_boosted_rounds()), np.array(losses, dtype=np.float64)

    def _stopper(self) -> Any:
        from xgboost.callback import TrainingCallback

        class Stopper(TrainingCallback):  # type: ignore[misc]
            def after_iteration(_, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: N805
                return self._late()

        return Stopper()

    def _raw(self, X: Any) -> Any:
        import xgboost

        data = xgboost.DMatrix(X, base_margin=np.zeros((X.shape[0], self.n_outputs_)), nthread=self.n_jobs)
        raw: Any = self.start_
        for first in range(0, self.n_trees_, SUMMED):
            some = (first, min(first + SUMMED, self.n_trees_))
            raw = raw + self.booster_.predict(data, output_margin=True, iteration_range=some).astype(np.float64)
        return raw

    def trees(self) -> tuple[list[Tree], str, Any]:
        """Read the JSON form; thresholds are float32 by nature."""
        model = json.loads(bytes(self.booster_[: self.n_trees_].save_raw("json")))["learner"]["gradient_booster"][
            "model"
        ]
        trees = []
        for target, each in zip(model["tree_info"], model["trees"], strict=True):
            left = np.array(each["left_children"], dtype=np.int64)
            leaf = left < 0
            condition = np.array(each["split_conditions"], dtype=np.float32).astype(np.float64)
            trees.append(
                Tree(
                    feature=np.where(leaf, -1, np.array(each["split_indices"], dtype=np.int64)),
                    threshold=condition,
                    true=np.maximum(left, 0),
                    false=np.maximum(np.array(each["right_children"], dtype=np.int64), 0),
                    missing_true=np.array(each["default_left"], dtype=bool),
                    value=np.where(leaf, condition, 0.0),
                    target=int(target),
                )
            )
        return trees, "<", np.full(self.n_outputs_, self.start_)


xgboost_classifier, xgboost_regressor = declare(
    "xgboost",
    XGBoost,
    summary="Boosted trees grown level by level, with shrinkage of the leaves; a close rival of lightgbm.",
    reference="Chen & Guestrin, 2016",
    also=("xgb", "extreme_gradient_boosting"),
    library="xgboost",
    extra="boost",
    space={
        "learning_rate": Float(0.025, 0.25, log=True, default=0.1),
        "max_depth": Int(2, 10, default=6),
        "min_child_weight": Float(0.1, 30.0, log=True, default=2.0),
        "subsample": Float(0.6, 1.0, default=0.8),
        "colsample_bytree": Float(0.4, 1.0, default=0.8),
        "reg_lambda": Float(1e-2, 30.0, log=True, default=1.0),
    },
)
