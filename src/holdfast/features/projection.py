"""What texts have to say, in few columns: their weighted terms on singular vectors, and a ridge's answers out of fold."""

from functools import partial
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers, Matrix32
from holdfast.features.scale import standard
from holdfast.features.target_means import FOLDS, averaged_targets, folds
from holdfast.graph import FLOAT, Graph

# The ridge's penalty, in rows.
PENALTY = 1.0

# Columns that spread less than this are rounding errors: of the first vector's strength, and of targets, whose spread is about 1.
LEAST_SPREAD = 1e-6

# Answers are rounded to this grid, so that sums in another order give the same.
GRID = 2.0**16


class Projection:
    """Weighted terms on their first singular vectors, beside what a ridge on all of them says of each target.

    The vectors are those of latent semantic analysis (Deerwester et al., 1990); the ridge's answers for rows of training are
    out of fold. Each distinct text is one row of terms, a sparse matrix (n_texts, n_terms); codes (n_rows,) say which text a
    row has. Every column has mean 0 and spread 1. After `fit_transform`: `n_directions` columns of vectors, then one for each of
    `targets`, the numbers of the targets answered: all, or the commonest classes.
    """

    def __init__(self, directions: int, seed: int) -> None:
        self._most, self._seed = directions, seed

    def fit_transform(self, terms: Any, codes: Integers, targets: Floats) -> Matrix32:
        """Learn from training rows and encode them; targets (n_rows, n_targets)."""
        counts = np.bincount(codes, minlength=terms.shape[0]).astype(np.float64)
        directions = _directions(terms, counts, self._most, self._seed)
        self.n_directions, self.targets = directions.shape[1], averaged_targets(targets)
        ridge = partial(_ridge, terms, codes, targets[:, self.targets])
        weights, start = ridge(np.ones(len(codes), dtype=bool))
        weights = np.concatenate([directions, weights], axis=1)
        start = np.append(np.zeros(self.n_directions), start)
        answers = (terms @ weights + start)[codes]
        centre, spread = standard(answers)
        spread[spread < LEAST_SPREAD] = 1.0
        self._weights, self._start = weights / spread, (start - centre) / spread
        fold = folds(len(codes), self._seed)
        for number in range(FOLDS):
            weights, start = ridge(fold != number)
            answers[fold == number, self.n_directions :] = (terms @ weights + start)[codes[fold == number]]
        return _rounded((answers - centre) / spread)

    def transform(self, terms: Any) -> Matrix32:
        """Encode texts, one row of terms each."""
        return _rounded(terms @ self._weights + self._start)

    def names(self, column: str, terms: str) -> list[str]:
        """Name of each column made of a column's terms, such as `title (spelling 1)`, `title (target by spelling)`."""
        several = len(self.targets) > 1
        return [
            *(f"{column} ({terms} {k + 1})" for k in range(self.n_directions)),
            *(f"{column} (target by {terms}{f' {k + 1}' if several else ''})" for k in self.targets),
        ]

    def emit(self, graph: Graph, terms: str) -> str:
        """The same for terms as a dense double tensor."""
        projected = graph.add("MatMul", terms, graph.constant(self._weights))
        answers = graph.add("Add", projected, graph.constant(self._start[None, :]))
        grid, half = graph.constant(np.float64(GRID)), graph.constant(np.float64(0.5))
        whole = graph.add("Floor", graph.add("Add", graph.add("Mul", answers, grid), half))
        return graph.add("Cast", graph.add("Div", whole, grid), to=FLOAT)


def _directions(terms: Any, counts: Floats, most: int, seed: int) -> Floats:
    """The first right singular vectors of the rows' terms, (n_terms, n_directions)."""
    from sklearn.decomposition import TruncatedSVD

    n = min(most, *(size - 1 for size in terms.shape))
    if n < 1:
        return np.zeros((terms.shape[1], 0))
    found = TruncatedSVD(n, random_state=seed).fit(terms * np.sqrt(counts)[:, None])
    strong: Floats = found.components_[found.singular_values_ > LEAST_SPREAD * found.singular_values_[0]].T
    return strong


def _ridge(terms: Any, codes: Integers, targets: Floats, rows: Any) -> tuple[Floats, Floats]:
    """Weights (n_terms, n_targets) and constants (n_targets,) of a ridge on these rows, added up by text."""
    from sklearn.linear_model import Ridge

    counts = np.bincount(codes[rows], minlength=terms.shape[0]).astype(np.float64)
    sums = [np.bincount(codes[rows], weights=target[rows], minlength=terms.shape[0]) for target in targets.T]
    seen = counts > 0
    means = np.stack(sums, axis=1)[seen] / counts[seen, None]
    model = Ridge(PENALTY, solver="sparse_cg").fit(terms[seen], means, sample_weight=counts[seen])
    return model.coef_.reshape(targets.shape[1], -1).T, np.broadcast_to(model.intercept_, targets.shape[1])


def _rounded(answers: Floats) -> Matrix32:
    return (np.floor(answers * GRID + 0.5) / GRID).astype(np.float32)
