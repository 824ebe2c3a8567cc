"""LightGBM: boosted trees grown leaf by leaf."""

from collections.abc import Callable
from typing import Any

import numpy as np

from holdfast.arrays import Floats
from holdfast.graph.trees import Tree
from holdfast.learners.boosting import Boosted, declare
from holdfast.learners.space import Choice, Float, Int


class LightGBM(Boosted):
    """LightGBM by its training API, made repeatable."""

    def _train(self, train: Any, valid: Any, n_trees: int) -> tuple[int, Floats]:
        import lightgbm

        outputs = {"objective": "multiclass", "num_class": self.n_outputs_} if self.n_outputs_ > 1 else {}
        settings = {
            "objective": "binary" if self.classifier else "regression",
            **outputs,
            "verbosity": -1,
            "num_threads": self.n_jobs,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            "feature_pre_filter": False,
            "bagging_freq": 1,
            **self.params,
        }
        X, y, weights = train
        data = lightgbm.Dataset(X, y, weight=weights, params={"verbosity": -1}, free_raw_data=True)
        extra: dict[str, Any] = {}
        found: dict[str, Any] = {"valid_0": {}}
        if valid is not None:
            extra["valid_sets"] = [lightgbm.Dataset(valid[0], valid[1], weight=valid[2], reference=data)]
            stop = lightgbm.early_stopping(self.patience, verbose=False)
            extra["callbacks"] = [stop, lightgbm.record_evaluation(found)]
        if self.deadline < float("inf"):
            extra["callbacks"] = [*extra.get("callbacks", []), _Until(self._late)]
        self.booster_ = lightgbm.train(settings, data, num_boost_round=n_trees, **extra)
        losses = np.array(next(iter(found["valid_0"].values()), []), dtype=np.float64)
        return int(self.booster_.current_iteration()), losses

    def _raw(self, X: Any) -> Any:
        return self.booster_.predict(X, raw_score=True, num_iteration=self.n_trees_, num_threads=self.n_jobs)

    def trees(self) -> tuple[list[Tree], str, Any]:
        """Read the text form: numbers in it are exact."""
        text = self.booster_.model_to_string(num_iteration=self.n_trees_)
        blocks = text.split("\nTree=")[1:]
        trees = [_lightgbm_tree(block, k % self.n_outputs_) for k, block in enumerate(blocks)]
        return trees, "<=", np.zeros(self.n_outputs_)


class _Until:
    """LightGBM calls it after each round, when the round's loss was recorded (its own calls have lower numbers)."""

    def __init__(self, late: Callable[[], bool]) -> None:
        self._late, self.order = late, 40

    def __call__(self, progress: Any) -> None:
        from lightgbm.callback import EarlyStopException

        if self._late():
            raise EarlyStopException(progress.iteration, [])


def _lightgbm_tree(block: str, target: int) -> Tree:
    fields = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
    leaves = np.array(fields["leaf_value"].split(), dtype=np.float64)
    n_leaves = len(leaves)
    if n_leaves == 1:
        nothing = np.zeros(1, dtype=np.int64)
        return Tree(np.array([-1]), np.zeros(1), nothing, nothing, np.zeros(1, dtype=bool), leaves, target)
    threshold = np.array(fields["threshold"].split(), dtype=np.float64)
    decision = np.array(fields["decision_type"].split(), dtype=np.int64)
    n_inner = len(threshold)

    def child(side: str) -> Any:
        places = np.array(fields[side].split(), dtype=np.int64)
        places = np.where(places < 0, n_inner + ~places, places)
        return np.concatenate([places, np.zeros(n_leaves, dtype=np.int64)])

    # Bits 2 and 3 say how missing values are meant; without gaps in training, NaN is compared as 0.
    nan_means_missing = (decision >> 2) & 3 == 2
    missing_true = np.where(nan_means_missing, decision & 2 > 0, threshold >= 0)
    pad = np.zeros(n_leaves)
    return Tree(
        feature=np.concatenate([np.array(fields["split_feature"].split(), dtype=np.int64), np.full(n_leaves, -1)]),
        threshold=np.concatenate([threshold, pad]),
        true=child("left_child"),
        false=child("right_child"),
        missing_true=np.concatenate([missing_true, pad.astype(bool)]),
        value=np.concatenate([np.zeros(n_inner), leaves]),
        target=target,
    )


lightgbm_classifier, lightgbm_regressor = declare(
    "lightgbm",
    LightGBM,
    summary="Boosted trees grown leaf by leaf; the first thing to try on a table, fast and strong.",
    reference="Ke et al., 2017",
    also=("lgbm", "lgb"),
    space={
        "learning_rate": Float(0.016, 0.2, log=True, default=0.08),
        "num_leaves": Int(4, 200, log=True, default=31),
        "min_data_in_leaf": Int(2, 100, log=True, default=20),
        "feature_fraction": Float(0.4, 1.0, default=0.8),
        "bagging_fraction": Float(0.6, 1.0, default=0.9),
        "lambda_l2": Float(1e-3, 30.0, log=True, default=1.0),
        "extra_trees": Choice((False, True), default=False),
    },
)
