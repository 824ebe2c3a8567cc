"""scikit-learn's histogram gradient boosting."""

from typing import Any

import numpy as np

from holdfast.arrays import Floats
from holdfast.graph.trees import Tree
from holdfast.learners.boosting import Boosted, declare
from holdfast.learners.space import Float, Int
from holdfast.learners.watching import best_round

# Rounds grown between two looks at the validation rows, or at the clock.
STRIDE = 10

# A split of missing values from all others has infinity for its threshold: as far as a float32 matrix can tell.
BEYOND = 1e300


class HistBoosting(Boosted):
    """Histogram gradient boosting, grown a few rounds at a time until the validation rows gain no more or it is late."""

    def _train(self, train: Any, valid: Any, n_trees: int) -> tuple[int, Floats]:
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
        from threadpoolctl import threadpool_limits

        kind = HistGradientBoostingClassifier if self.classifier else HistGradientBoostingRegressor
        self.model_ = kind(
            max_iter=n_trees, early_stopping=False, warm_start=True, random_state=self.seed, **self.params
        )
        with threadpool_limits(self.n_jobs, user_api="openmp"):
            if valid is None:
                # One fit is the quickest; only a deadline needs places to stop at.
                stride = STRIDE if self.deadline < float("inf") else n_trees
                for rounds in (*range(stride, n_trees, stride), n_trees):
                    self.model_.set_params(max_iter=rounds).fit(*train)
                    if self._late():
                        break
                return rounds, np.zeros(0)
            # Only every so many rounds has a loss; the others are no place to stop.
            losses = np.full(n_trees, np.inf)
            for rounds in range(STRIDE, n_trees + 1, STRIDE):
                self.model_.set_params(max_iter=rounds).fit(*train)
                losses[rounds - 1] = self._loss(*valid)
                if self._late() or rounds - best_round([losses]) >= self.patience:
                    break
        self.grown_ = self.model_._predictors
        return rounds, losses[:rounds]

    def keep(self, rounds: int) -> None:
        """Answer with so many of the rounds that were grown: its model answers with all it has."""
        super().keep(rounds)
        self.model_._predictors = self.grown_[: self.n_trees_]

    def _loss(self, X: Any, y: Any, weights: Any) -> float:
        if not self.classifier:
            return float(np.average((self.model_.predict(X) - y) ** 2, weights=weights))
        chances = self.model_.predict_proba(X)[np.arange(len(y)), y]
        return float(np.average(-np.log(np.maximum(chances, 1e-15)), weights=weights))

    def _raw(self, X: Any) -> Any:
        return self.model_.decision_function(X) if self.classifier else self.model_.predict(X)

    def trees(self) -> tuple[list[Tree], str, Any]:
        """The trees, read from scikit-learn's tables of nodes."""
        rounds = self.model_._predictors
        trees = [_tree(predictor.nodes, k) for predictors in rounds for k, predictor in enumerate(predictors)]
        return trees, "<=", np.ravel(self.model_._baseline_prediction)


def _tree(nodes: Any, target: int) -> Tree:
    leaf = nodes["is_leaf"].astype(bool)
    return Tree(
        feature=np.where(leaf, -1, nodes["feature_idx"]).astype(np.int64),
        threshold=np.where(leaf, 0.0, np.minimum(nodes["num_threshold"], BEYOND)),
        true=np.where(leaf, 0, nodes["left"]).astype(np.int64),
        false=np.where(leaf, 0, nodes["right"]).astype(np.int64),
        missing_true=nodes["missing_go_to_left"].astype(bool),
        value=np.where(leaf, nodes["value"], 0.0),
        target=target,
    )


hist_classifier, hist_regressor = declare(
    "hist_gradient_boosting",
    HistBoosting,
    summary="scikit-learn's boosted trees on binned columns; a second opinion beside LightGBM, with nothing to install.",
    reference="Friedman, 2001; Ke et al., 2017",
    also=("gradient_boosting", "histogram_gradient_boosting", "gbm", "gbdt"),
    space={
        "learning_rate": Float(0.02, 0.3, log=True, default=0.1),
        "max_leaf_nodes": Int(4, 128, log=True, default=31),
        "min_samples_leaf": Int(2, 100, log=True, default=20),
        "l2_regularization": Float(1e-6, 30.0, log=True, default=1e-3),
        "max_features": Float(0.3, 1.0, default=1.0),
    },
    opt_in=True,
)
