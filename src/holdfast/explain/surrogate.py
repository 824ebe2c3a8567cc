"""A small tree that answers nearly as a model does, so that its gist can be read (Craven & Shavlik, 1996)."""

from dataclasses import dataclass

import numpy as np

from holdfast.arrays import Floats, likeliest
from holdfast.data.columns import Columns
from holdfast.features.encoder import Encoder
from holdfast.features.matrix import Matrix
from holdfast.learners.drawing import Node, drawn
from holdfast.learners.trees import read

DEPTH = 3

# A leaf holds this share of the rows at least: smaller ones tell of a few rows.
SMALLEST_LEAF = 0.02


@dataclass(frozen=True)
class Surrogate:
    """The tree, and how faithful it is on rows it was not fitted on.

    explained: share of the model's variance between rows that the tree gives too (R²). agreement: share of rows to which both
    give the same class; None for numbers.
    """

    tree: Node
    explained: float
    agreement: float | None


def surrogate(
    columns: Columns, answers: Floats, others: Columns, others_answers: Floats, *, seed: int = 0
) -> Surrogate | None:
    """Fit a tree to a model's answers, and compare the two on other rows; None when the model says the same of all.

    answers, others_answers: (n_rows,) numbers or (n_rows, n_classes) probabilities.
    """
    from sklearn.tree import DecisionTreeRegressor

    wanted, truth = (each if each.ndim == 2 else each[:, None] for each in (answers, others_answers))
    spread, scale = ((truth - truth.mean(axis=0)) ** 2).sum(), float(np.std(wanted))
    if not spread > 0 or not scale > 0:
        return None
    encoder = Encoder(Matrix(), seed=seed)
    matrix = encoder.fit_transform(columns, (wanted - wanted.mean(axis=0)) / scale)
    leaf = max(5, round(SMALLEST_LEAF * len(wanted)))
    model = DecisionTreeRegressor(max_depth=DEPTH, min_samples_leaf=leaf, random_state=seed).fit(matrix, wanted)
    said = model.predict(encoder.transform(others)).reshape(truth.shape)
    tree = read(model.tree_, np.asarray(model.tree_.value[:, :, 0], dtype=np.float64))
    return Surrogate(
        drawn(tree, encoder, np.asarray(model.tree_.n_node_samples, dtype=np.float64)),
        float(1 - ((truth - said) ** 2).sum() / spread),
        None if answers.ndim == 1 else float(np.mean(likeliest(said) == likeliest(truth))),
    )
