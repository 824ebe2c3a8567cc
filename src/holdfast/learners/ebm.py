"""Explainable boosting machine: a curve a feature, a table a pair of features, added up."""

import warnings
from typing import Any

import numpy as np

from holdfast.arrays import Floats
from holdfast.graph import Graph
from holdfast.graph.trees import Tree, tree_ensemble
from holdfast.learners.boosting import TREES
from holdfast.learners.learner import Learner
from holdfast.learners.probabilities import probabilities_of
from holdfast.learners.space import Float, Int

# Models on differing parts of the rows, averaged; and the steps a curve may have.
BAGS, BINS, PAIR_BINS = 4, 256, 32

# Below every value of a matrix: "at least this" is what tells a value from a missing one.
LOWEST = -1e300


class Additive:
    """InterpretML's explainable boosting machine. It knows no pairs of features where there are several classes."""

    def __init__(self, *, classifier: bool, seed: int, interactions: int, **params: Any) -> None:
        self.classifier, self.seed, self.interactions, self.params = classifier, seed, interactions, params

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "Additive":
        """Fit curves and tables."""
        from interpret.glassbox import ExplainableBoostingClassifier, ExplainableBoostingRegressor

        self.classes_ = np.unique(y) if self.classifier else None
        several = self.classes_ is not None and len(self.classes_) > 2
        kind = ExplainableBoostingClassifier if self.classifier else ExplainableBoostingRegressor
        self.model_ = kind(
            feature_names=[f"column {k}" for k in range(X.shape[1])],
            feature_types=["continuous"] * X.shape[1],
            interactions=0 if several else self.interactions,
            outer_bags=BAGS,
            max_bins=BINS,
            max_interaction_bins=PAIR_BINS,
            n_jobs=1,
            random_state=self.seed,
            **self.params,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that its pictures do not show missing values
            self.model_.fit(X.astype(np.float64), y, sample_weight=sample_weight)
        return self

    def predict(self, X: Any) -> Any:
        """Predict values."""
        return self.model_.predict(X.astype(np.float64))

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities."""
        return self.model_.predict_proba(X.astype(np.float64))


def emit_additive(graph: Graph, matrix: str, estimator: Any) -> str:
    """Each curve and table as a tree that halves it step by step; then the logistic, the softmax, or nothing."""
    model, classes = estimator.model_, estimator.classes_
    n_targets = 1 if classes is None or len(classes) == 2 else len(classes)
    trees = []
    for features, scores in zip(model.term_features_, model.term_scores_, strict=True):
        # A feature has finer bins for its curve than for its tables, when it has both.
        cuts = [model.bins_[feature][min(len(model.bins_[feature]), len(features)) - 1] for feature in features]
        trees.append(term_tree(list(zip(features, cuts, strict=True)), np.asarray(scores)))
    raw = tree_ensemble(graph, matrix, trees, n_targets=n_targets, mode=">=")
    raw = graph.add("Add", raw, graph.constant(np.reshape(model.intercept_, (1, n_targets)).astype(np.float64)))
    if classes is None:
        return raw
    return probabilities_of(graph, raw, len(classes))


def term_tree(axes: list[tuple[int, Floats]], scores: Floats) -> Tree:
    """A lookup table as a tree.

    axes: for each dimension of the table its matrix column and sorted cuts; along it, `scores` holds the value for missing,
    then for each bin between cuts (a value equal to a cut belongs above it), then one that is never used. What dimensions
    are left over are the outputs.

    >>> tree = term_tree([(0, np.array([5.0]))], np.array([9.0, 1.0, 2.0, 0.0]))
    >>> [round(value) for value in tree.value[tree.feature < 0]]
    [2, 1, 9]
    """
    nothing = np.zeros(scores.shape[len(axes) :])
    feature: list[int] = []
    threshold: list[float] = []
    value: list[Floats] = []
    children: dict[int, tuple[int, int]] = {}

    def node(column: int, cut: float, held: Floats) -> int:
        feature.append(column)
        threshold.append(cut)
        value.append(held)
        return len(feature) - 1

    def grow(left: list[tuple[int, Floats]], table: Floats) -> int:
        """Add the tree of what is left of the table; returns its root."""
        if not left:
            return node(-1, 0.0, table)
        (column, cuts), rest = left[0], left[1:]

        def halve(low: int, high: int) -> int:
            """Bins low to high, the last included."""
            if low == high:
                return grow(rest, table[1 + low])
            middle = (low + high) // 2
            root = node(column, float(cuts[middle]), nothing)
            children[root] = halve(middle + 1, high), halve(low, middle)
            return root

        root = node(column, LOWEST, nothing)
        children[root] = halve(0, len(cuts)), grow(rest, table[0])
        return root

    grow(axes, scores)
    return Tree(
        feature=np.array(feature),
        threshold=np.array(threshold),
        true=np.array([children.get(place, (0, 0))[0] for place in range(len(feature))]),
        false=np.array([children.get(place, (0, 0))[1] for place in range(len(feature))]),
        missing_true=np.zeros(len(feature), dtype=bool),
        value=np.array(value, dtype=np.float64),
    )


def _maker(*, classifier: bool) -> Any:
    def make(*, seed: int, n_jobs: int, **params: Any) -> Additive:
        return Additive(classifier=classifier, seed=seed, **params)

    return make


def _declare(task: Any, *, classifier: bool) -> Learner:
    return Learner(
        name="ebm",
        task=task,
        summary="A curve a feature and a table a pair, added up; as good as boosted trees, yet every part can be drawn.",
        reference="Lou et al., 2013; Nori et al., 2019",
        also=("explainable_boosting_machine", "explainable_boosting", "gam", "ga2m"),
        make=_maker(classifier=classifier),
        wants=TREES,
        space={
            "interactions": Int(0, 30, default=10),
            "learning_rate": Float(0.005, 0.1, log=True, default=0.02),
            "min_samples_leaf": Int(2, 50, log=True, default=4),
        },
        emit=emit_additive,
        max_rows=100_000,
        max_columns=300,
        max_classes=30,
        library="interpret",
        extra="ebm",
        opt_in=True,
    )


ebm_classifier = _declare("classification", classifier=True)
ebm_regressor = _declare("regression", classifier=False)
