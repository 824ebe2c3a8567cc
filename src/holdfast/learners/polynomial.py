"""Polynomial regression: products of features, weighted and summed."""

import warnings
from itertools import combinations, combinations_with_replacement
from math import comb
from typing import Any, Self

import numpy as np

from holdfast.graph import DOUBLE, Graph
from holdfast.learners.learner import Learner
from holdfast.learners.linear import SCALED, InDouble
from holdfast.learners.probabilities import probabilities_of
from holdfast.learners.space import Choice, Float

# Products grow with the columns to the power of the degree: only as many columns are multiplied, the most telling ones,
# as give no more products than this.
MOST_PRODUCTS = 1_000


class Polynomial(InDouble):
    """A linear model of the columns and their products.

    Columns are held within the training rows' range, outside of which a polynomial runs away; products are standardised,
    so that they are shrunk alike.
    """

    def __init__(self, estimator: Any, *, degree: int, squares: bool) -> None:
        super().__init__(estimator)
        self.degree, self.squares = degree, squares

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Choose the products, and fit their weights."""
        X = X.astype(np.float64)
        self.low_, self.high_ = X.min(axis=0), X.max(axis=0)
        self.products_ = self._products(_most_telling(X, y))
        terms = self._terms(X)
        spread = terms.std(axis=0)
        self.mean_, self.spread_ = terms.mean(axis=0), np.where(spread > 1e-12, spread, 1.0)
        super().fit((terms - self.mean_) / self.spread_, y, sample_weight)
        return self

    def predict(self, X: Any) -> Any:
        """Predict values."""
        return super().predict(self._standard(X))

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities."""
        return super().predict_proba(self._standard(X))

    def _products(self, order: Any) -> list[Any]:
        """For each degree, which columns to multiply: (n_products, degree)."""
        choose = combinations_with_replacement if self.squares else combinations
        degrees = range(2, self.degree + 1)

        def count(n_columns: int) -> int:
            return sum(comb(n_columns + (degree - 1 if self.squares else 0), degree) for degree in degrees)

        most = max(n_columns for n_columns in range(len(order) + 1) if count(n_columns) <= MOST_PRODUCTS)
        products = [np.array(list(choose(np.sort(order[:most]), degree))) for degree in degrees]
        return [each for each in products if len(each)]

    def _terms(self, X: Any) -> Any:
        X = np.clip(X, self.low_, self.high_)
        return np.concatenate([X, *(X[:, each].prod(axis=2) for each in self.products_)], axis=1)

    def _standard(self, X: Any) -> Any:
        return (self._terms(X.astype(np.float64)) - self.mean_) / self.spread_


def _most_telling(X: Any, y: Any) -> Any:
    """Columns by how strongly they go with the target, strongest first: correlation, or the F ratio of its classes."""
    from sklearn.feature_selection import f_classif, f_regression

    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a constant column: it comes last
        strength = (f_classif if y.dtype.kind in "iu" else f_regression)(X, y)[0]
    return np.argsort(-np.nan_to_num(strength, nan=-1.0, posinf=1e300), kind="stable")


def emit_polynomial(graph: Graph, matrix: str, estimator: Any) -> str:
    """The same products, their weights, and for classes the logistic or the softmax."""
    model = estimator.estimator
    X = graph.add("Cast", matrix, to=DOUBLE)
    X = graph.add("Max", graph.add("Min", X, graph.constant(estimator.high_)), graph.constant(estimator.low_))
    terms = [X]
    for products in estimator.products_:
        value = graph.add("Gather", X, graph.constant(products[:, 0]), axis=1)
        for column in products.T[1:]:
            value = graph.add("Mul", value, graph.add("Gather", X, graph.constant(column), axis=1))
        terms.append(value)
    joined = graph.add("Concat", *terms, axis=1)
    standard = graph.add("Sub", joined, graph.constant(estimator.mean_))
    standard = graph.add("Div", standard, graph.constant(estimator.spread_))
    weights, intercept = np.atleast_2d(model.coef_), np.reshape(model.intercept_, (1, -1))
    product = graph.add("MatMul", standard, graph.constant(np.ascontiguousarray(weights.T)))
    scores = graph.add("Add", product, graph.constant(intercept))
    if estimator.classes_ is None:
        return scores
    return probabilities_of(graph, scores, len(estimator.classes_))


def _make_classifier(*, seed: int, n_jobs: int, degree: int, squares: bool, **params: Any) -> Polynomial:
    from sklearn.linear_model import LogisticRegression

    return Polynomial(LogisticRegression(max_iter=200, **params), degree=degree, squares=squares)


def _make_regressor(*, seed: int, n_jobs: int, degree: int, squares: bool, **params: Any) -> Polynomial:
    from sklearn.linear_model import Ridge

    return Polynomial(Ridge(random_state=seed, **params), degree=degree, squares=squares)


SUMMARY = "Weights for features, their squares and products, shrunk; for curves and interactions that are to be read."
SPACE = {"degree": Choice((2, 3), default=2), "squares": Choice((True, False), default=True)}

polynomial_classifier = Learner(
    name="polynomial",
    complexity=2,
    task="classification",
    summary=SUMMARY,
    reference="Gergonne, 1815; le Cessie & van Houwelingen, 1992",
    make=_make_classifier,
    wants=SCALED,
    space={**SPACE, "C": Float(1e-5, 1e1, log=True, default=1e-2)},
    emit=emit_polynomial,
    max_rows=50_000,
    max_columns=2_000,
    opt_in=True,
    instead="logistic",
)

polynomial_regressor = Learner(
    name="polynomial",
    complexity=2,
    task="regression",
    summary=SUMMARY,
    reference="Gergonne, 1815; Hoerl & Kennard, 1970",
    make=_make_regressor,
    wants=SCALED,
    space={**SPACE, "alpha": Float(1e-2, 1e5, log=True, default=1e2)},
    emit=emit_polynomial,
    max_rows=200_000,
    max_columns=2_000,
    opt_in=True,
    instead="ridge",
)
