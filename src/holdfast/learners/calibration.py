"""Scores made probabilities, inside the training rows: for learners that rank well but know no probabilities."""

from collections.abc import Callable
from typing import Any

import numpy as np

from holdfast.arrays import Integers
from holdfast.graph import Graph
from holdfast.learners.linear import InDouble, weighted
from holdfast.learners.probabilities import probabilities_of

FOLDS = 3

# How far the link from scores to probabilities may go: weak shrinkage, so that a few separable rows give no certainty.
LINK_C = 10.0


class Calibrated:
    """A scorer and the logistic link from its scores to probabilities (Platt, 1999; softmax for several classes).

    The link is fitted on scores of rows that their scorer was not fitted on; the scorer kept is fitted on all rows.
    make: returns an unfitted scorer, with fit(X, y, sample_weight) and scores(X), double (n_rows, n_scores); the columns
    of X are those of the feature matrix.
    """

    def __init__(self, make: Callable[[], Any], *, seed: int) -> None:
        self.make, self.seed = make, seed

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "Calibrated":
        """Fit scorer and link."""
        from sklearn.linear_model import LogisticRegression

        self.classes_ = np.unique(y)
        self.scorer_ = self.make().fit(X, y, sample_weight)
        scores = self.scorer_.scores(X)
        folds = inner_folds(y, FOLDS, self.seed)
        for fold in np.unique(folds[folds >= 0]):
            train, held = folds != fold, folds == fold
            weights = None if sample_weight is None else sample_weight[train]
            scores[held] = self.make().fit(X[train], y[train], weights).scores(X[held])
        spread = scores.std(axis=0)
        self.mean_, self.spread_ = scores.mean(axis=0), np.where(spread > 0, spread, 1.0)
        self.link_ = InDouble(LogisticRegression(C=LINK_C, max_iter=300))
        self.link_.fit((scores - self.mean_) / self.spread_, y, sample_weight)
        return self

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities."""
        return self.link_.predict_proba((self.scorer_.scores(X) - self.mean_) / self.spread_)


def inner_folds(y: Any, n_folds: int, seed: int) -> Integers:
    """The fold that holds each row out, (n_rows,), every class dealt out evenly; -1 for a class's only row.

    Whatever fold is held out, each class of two rows or more is still among the others.

    >>> inner_folds(np.array([0, 0, 0, 1]), 3, seed=0).tolist()
    [1, 2, 0, -1]
    """
    order = np.random.default_rng(seed).permutation(len(y))
    order = order[np.argsort(y[order], kind="stable")]
    _, starts, counts = np.unique(y[order], return_index=True, return_counts=True)
    place = np.arange(len(y)) - np.repeat(starts, counts)
    folds = np.empty(len(y), dtype=np.int64)
    folds[order] = np.where(np.repeat(counts, counts) > 1, place % n_folds, -1)
    return folds


def emit_calibrated(emit_scores: Callable[[Graph, str, Any], str]) -> Callable[[Graph, str, Any], str]:
    """The form of a calibrated scorer, from the form of its scores, double (rows, n_scores)."""

    def emit(graph: Graph, matrix: str, estimator: Any) -> str:
        link = estimator.link_.estimator
        scores = emit_scores(graph, matrix, estimator.scorer_)
        # Standardising is folded into the weights: ONNX Runtime would fuse a division by one number into the product in
        # single precision.
        weights = link.coef_ / estimator.spread_
        linked = weighted(graph, scores, weights, link.intercept_ - weights @ estimator.mean_)
        return probabilities_of(graph, linked, len(link.classes_))

    return emit
