"""Boosted trees: LightGBM, XGBoost and CatBoost, with the number of trees found inside the training rows."""

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from holdfast.features.matrix import Matrix
from holdfast.graph import Graph
from holdfast.graph.trees import Tree, tree_ensemble
from holdfast.learners.learner import Learner
from holdfast.learners.linear import two_sided
from holdfast.learners.space import Float, Int

TREES = Matrix(missing="keep", categories="ordinal")

# With fewer training rows an inner validation cut is mostly noise: this many trees are grown instead.
FEW_ROWS, FEW_ROWS_TREES = 250, 80
MAX_TREES, PATIENCE = 600, 25

# Each round grows a tree a class: with many classes, rounds are cut so that about this many trees are grown in all.
MOST_TREES_IN_ALL, FEWEST_ROUNDS = 1_800, 100
INNER_SHARE = 0.12


class Boosted(ABC):
    """A booster that stops early on rows cut from its own training rows, never on the fold's validation rows.

    n_trees: grow exactly this many instead. After `fit`: `classes_`, `n_trees_`.
    """

    def __init__(self, *, classifier: bool, seed: int, n_jobs: int, n_trees: int | None = None, **params: Any) -> None:
        self.classifier, self.seed, self.n_jobs, self.n_trees, self.params = classifier, seed, n_jobs, n_trees, params

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "Boosted":
        """Fit on float32 (n_rows, n_columns)."""
        self.n_columns_ = X.shape[1]
        self.classes_ = np.unique(y) if self.classifier else None
        self.n_outputs_ = 1 if self.classes_ is None or len(self.classes_) == 2 else len(self.classes_)
        target: Any = y if self.classes_ is None else np.searchsorted(self.classes_, y)
        weights = np.ones(len(y)) if sample_weight is None else sample_weight
        if self.n_trees is not None or len(y) < FEW_ROWS:
            self.n_trees_ = self.n_trees or FEW_ROWS_TREES
            self._train((X, target, weights), None, self.n_trees_)
            return self
        train, valid = self._inner_cut(target)
        self.n_trees_ = self._train(
            (X[train], target[train], weights[train]), (X[valid], target[valid], weights[valid]), self._most_rounds()
        )
        return self

    def predict(self, X: Any) -> Any:
        """Predict values."""
        return self._raw(X)

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities."""
        raw = self._raw(X)
        if self.n_outputs_ == 1:
            positive = 1 / (1 + np.exp(-raw))
            return np.column_stack([1 - positive, positive])
        shifted = np.exp(raw - raw.max(axis=1, keepdims=True))
        return shifted / shifted.sum(axis=1, keepdims=True)

    def _most_rounds(self) -> int:
        return min(MAX_TREES, max(FEWEST_ROUNDS, MOST_TREES_IN_ALL // self.n_outputs_))

    def _inner_cut(self, target: Any) -> tuple[Any, Any]:
        """Choose validation rows, each class in its share (a class of one row stays in training)."""
        rng = np.random.default_rng(self.seed)
        order = rng.permutation(len(target))
        if self.classifier:
            order = order[np.argsort(target[order], kind="stable")]
            _, starts, counts = np.unique(target[order], return_index=True, return_counts=True)
            place = np.arange(len(order)) - np.repeat(starts, counts)
            chosen = place < np.repeat(np.floor(counts * INNER_SHARE), counts)
        else:
            chosen = np.arange(len(order)) < INNER_SHARE * len(order)
        return np.sort(order[~chosen]), np.sort(order[chosen])

    @abstractmethod
    def _train(self, train: Any, valid: Any, n_trees: int) -> int:
        """Fit on (X, y, weights), stopping on `valid` when given; returns how many trees are kept."""

    @abstractmethod
    def _raw(self, X: Any) -> Any:
        """Sums of leaves: (n_rows,), or (n_rows, n_outputs_)."""

    @abstractmethod
    def trees(self) -> tuple[list[Tree], str, Any]:
        """The trees, their comparison, and what is added to each output's sum."""


class LightGBM(Boosted):
    """LightGBM by its training API, made repeatable."""

    def _train(self, train: Any, valid: Any, n_trees: int) -> int:
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
        if valid is not None:
            extra["valid_sets"] = [lightgbm.Dataset(valid[0], valid[1], weight=valid[2], reference=data)]
            extra["callbacks"] = [lightgbm.early_stopping(PATIENCE, verbose=False)]
        self.booster_ = lightgbm.train(settings, data, num_boost_round=n_trees, **extra)
        return int(self.booster_.best_iteration) if valid is not None else n_trees

    def _raw(self, X: Any) -> Any:
        return self.booster_.predict(X, raw_score=True, num_iteration=self.n_trees_, num_threads=self.n_jobs)

    def trees(self) -> tuple[list[Tree], str, Any]:
        """Read the text form: numbers in it are exact."""
        text = self.booster_.model_to_string(num_iteration=self.n_trees_)
        blocks = text.split("\nTree=")[1:]
        trees = [_lightgbm_tree(block, k % self.n_outputs_) for k, block in enumerate(blocks)]
        return trees, "<=", np.zeros(self.n_outputs_)


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


class XGBoost(Boosted):
    """XGBoost by its training API; the starting score is fixed so that it is known exactly."""

    def _train(self, train: Any, valid: Any, n_trees: int) -> int:
        import xgboost

        X, y, weights = train
        share = float(np.clip(np.average(y, weights=weights), 1e-6, 1 - 1e-6)) if self.classifier else 0.0
        objective = {"objective": "multi:softprob", "num_class": self.n_outputs_, "base_score": 0.5}
        if self.n_outputs_ == 1:
            objective = {"objective": "binary:logistic" if self.classifier else "reg:squarederror", "base_score": share}
        self.start_ = 0.0
        if self.classifier and self.n_outputs_ == 1:
            self.start_ = float(np.log(np.float32(share)) - np.log1p(-np.float32(share)))
        settings = {
            **objective,
            "nthread": self.n_jobs,
            "seed": self.seed,
            "tree_method": "hist",
            "verbosity": 0,
            **self.params,
        }
        data = xgboost.DMatrix(X, y, weight=weights, nthread=self.n_jobs)
        extra: dict[str, Any] = {"verbose_eval": False}
        if valid is not None:
            inner = xgboost.DMatrix(valid[0], valid[1], weight=valid[2], nthread=self.n_jobs)
            extra |= {"evals": [(inner, "inner")], "early_stopping_rounds": PATIENCE}
        self.booster_ = xgboost.train(settings, data, num_boost_round=n_trees, **extra)
        return int(self.booster_.best_iteration) + 1 if valid is not None else n_trees

    def _raw(self, X: Any) -> Any:
        import xgboost

        data = xgboost.DMatrix(X, nthread=self.n_jobs)
        return self.booster_.predict(data, output_margin=True, iteration_range=(0, self.n_trees_)).astype(np.float64)

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
        start = self.start_ if self.n_outputs_ == 1 else 0.5
        return trees, "<", np.full(self.n_outputs_, start)


class CatBoost(Boosted):
    """CatBoost on numbers: symmetric trees."""

    def _train(self, train: Any, valid: Any, n_trees: int) -> int:
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
        stop = {} if valid is None else {"eval_set": inner, "early_stopping_rounds": PATIENCE, "use_best_model": True}
        self.booster_.fit(catboost.Pool(X, y, weight=weights), **stop)
        return int(self.booster_.tree_count_)

    def _raw(self, X: Any) -> Any:
        return self.booster_.predict(X, prediction_type="RawFormulaVal", thread_count=self.n_jobs)

    def trees(self) -> tuple[list[Tree], str, Any]:
        """Read the JSON form; level i of a symmetric tree decides bit i of the leaf's number."""
        import tempfile
        from pathlib import Path

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.json"
            self.booster_.save_model(str(path), format="json")
            model = json.loads(path.read_text(encoding="utf-8"))
        floats = model["features_info"].get("float_features", [])
        columns = np.array([each["flat_feature_index"] for each in floats], dtype=np.int64)
        nan_true = np.array([each.get("nan_value_treatment") == "AsTrue" for each in floats], dtype=bool)
        scale, bias = model["scale_and_bias"]
        trees = [_symmetric(each, columns, nan_true, scale, self.n_outputs_) for each in model["oblivious_trees"]]
        bias = np.resize(np.asarray(bias, dtype=np.float64), self.n_outputs_)
        return trees, ">", bias


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


def emit_boosted(graph: Graph, matrix: str, estimator: Any) -> str:
    """Sum the trees; then the logistic, the softmax, or nothing."""
    trees, mode, start = estimator.trees()
    raw = tree_ensemble(graph, matrix, trees, n_targets=estimator.n_outputs_, mode=mode)
    if np.any(start):
        raw = graph.add("Add", raw, graph.constant(np.asarray(start, dtype=np.float64)[None, :]))
    if estimator.classes_ is None:
        return raw
    return two_sided(graph, raw) if estimator.n_outputs_ == 1 else graph.add("Softmax", raw, axis=1)


def settle_trees(fitted: Sequence[Any]) -> dict[str, Any]:
    """Later fits grow as many trees as the folds found right, on average, and keep no rows back."""
    return {"n_trees": max(1, round(float(np.mean([each.n_trees_ for each in fitted]))))}


def _maker(kind: type[Boosted], *, classifier: bool) -> Any:
    def make(*, seed: int, n_jobs: int, n_trees: int | None = None, **params: Any) -> Boosted:
        return kind(classifier=classifier, seed=seed, n_jobs=n_jobs, n_trees=n_trees, **params)

    return make


def _declare(name: str, kind: type[Boosted], **facts: Any) -> tuple[Learner, Learner]:
    shared = {"name": name, "wants": TREES, "emit": emit_boosted, "settle": settle_trees, **facts}
    return (
        Learner(task="classification", make=_maker(kind, classifier=True), **shared),
        Learner(task="regression", make=_maker(kind, classifier=False), **shared),
    )


lightgbm_classifier, lightgbm_regressor = _declare(
    "lightgbm",
    LightGBM,
    summary="Boosted trees grown leaf by leaf; the first thing to try on a table, fast and strong.",
    reference="Ke et al., 2017",
    space={
        "learning_rate": Float(0.02, 0.2, log=True, default=0.08),
        "num_leaves": Int(4, 128, log=True, default=31),
        "min_data_in_leaf": Int(2, 100, log=True, default=20),
        "feature_fraction": Float(0.4, 1.0, default=0.8),
        "bagging_fraction": Float(0.6, 1.0, default=0.9),
        "lambda_l2": Float(1e-3, 30.0, log=True, default=1.0),
    },
)

xgboost_classifier, xgboost_regressor = _declare(
    "xgboost",
    XGBoost,
    summary="Boosted trees grown level by level, with shrinkage of the leaves; a close rival of lightgbm.",
    reference="Chen & Guestrin, 2016",
    library="xgboost",
    extra="boost",
    space={
        "learning_rate": Float(0.02, 0.25, log=True, default=0.1),
        "max_depth": Int(2, 10, default=6),
        "min_child_weight": Float(0.1, 30.0, log=True, default=2.0),
        "subsample": Float(0.6, 1.0, default=0.8),
        "colsample_bytree": Float(0.4, 1.0, default=0.8),
        "reg_lambda": Float(1e-2, 30.0, log=True, default=1.0),
    },
)

catboost_classifier, catboost_regressor = _declare(
    "catboost",
    CatBoost,
    summary="Boosted symmetric trees; strong with few rows and little tuning.",
    reference="Prokhorenkova et al., 2018",
    library="catboost",
    extra="boost",
    space={
        "learning_rate": Float(0.02, 0.25, log=True, default=0.1),
        "depth": Int(3, 8, default=6),
        "l2_leaf_reg": Float(0.1, 20.0, log=True, default=3.0),
    },
)
