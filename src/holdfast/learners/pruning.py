"""CART: a tree grown deep, then cut back by cost-complexity pruning."""

from typing import Any

import numpy as np

from holdfast.arrays import Floats
from holdfast.learners.calibration import inner_folds
from holdfast.learners.learner import Learner
from holdfast.learners.space import Int
from holdfast.learners.trees import FILLED, emit_forest

# How many degrees of pruning are compared, on how many folds of the training rows.
DEGREES, FOLDS = 15, 5


class PrunedTree:
    """A tree whose price for a leaf, alpha, is chosen by cross-validation inside the training rows."""

    def __init__(self, *, classifier: bool, seed: int, **params: Any) -> None:
        self.classifier, self.seed, self.params = classifier, seed, params

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "PrunedTree":
        """Choose alpha, and fit with it."""
        weights = np.ones(len(y)) if sample_weight is None else sample_weight
        path = self._tree(0.0).cost_complexity_pruning_path(X, y, weights).ccp_alphas
        # From one alpha of the path to the next the tree is the same; rounding leaves some a hair below zero.
        path = np.unique(np.maximum(path, 0.0))
        alphas = path[np.unique(np.linspace(0, len(path) - 1, DEGREES).astype(np.int64))]
        alphas = np.sqrt(alphas * np.append(alphas[1:], alphas[-1]))
        folds = inner_folds(y if self.classifier else np.zeros(len(y)), FOLDS, self.seed)
        losses = [self._loss(alpha, X, y, weights, folds) for alpha in alphas]
        self.alpha_ = float(alphas[int(np.argmin(losses))])
        model = self._tree(self.alpha_).fit(X, y, weights)
        self.model_, self.tree_, self.classes_ = model, model.tree_, getattr(model, "classes_", None)
        return self

    def predict(self, X: Any) -> Any:
        """Predict values."""
        return self.model_.predict(X)

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities."""
        return self.model_.predict_proba(X)

    def _tree(self, alpha: float) -> Any:
        from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

        kind = DecisionTreeClassifier if self.classifier else DecisionTreeRegressor
        return kind(ccp_alpha=alpha, random_state=self.seed, **self.params)

    def _loss(self, alpha: float, X: Any, y: Any, weights: Floats, folds: Any) -> float:
        """Squared error out of fold: of values, or of probabilities (Brier)."""
        total = 0.0
        for fold in np.unique(folds[folds >= 0]):
            held = folds == fold
            model = self._tree(alpha).fit(X[~held], y[~held], weights[~held])
            if self.classifier:
                missed = (model.predict_proba(X[held]) - (y[held][:, None] == model.classes_)) ** 2
                total += float(weights[held] @ missed.sum(axis=1))
            else:
                total += float(weights[held] @ (model.predict(X[held]) - y[held]) ** 2)
        return total


def _maker(*, classifier: bool) -> Any:
    def make(*, seed: int, n_jobs: int, **params: Any) -> PrunedTree:
        return PrunedTree(classifier=classifier, seed=seed, **params)

    return make


def _declare(task: Any, *, classifier: bool) -> Learner:
    return Learner(
        name="pruned_tree",
        complexity=2,
        task=task,
        summary="A tree grown deep, then cut back where a branch does not pay (CART); the fewest questions that will do.",
        reference="Breiman et al., 1984",
        also=("cost_complexity_pruning",),
        make=_maker(classifier=classifier),
        wants=FILLED,
        space={"min_samples_leaf": Int(1, 100, log=True, default=5)},
        emit=emit_forest,
        max_rows=50_000,
        opt_in=True,
        instead="decision_tree",
    )


pruned_classifier = _declare("classification", classifier=True)
pruned_regressor = _declare("regression", classifier=False)
