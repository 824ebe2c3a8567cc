"""Fitting a learner to what another model says of the rows, beside their labels (Bucila et al., 2006; Hinton et al., 2015).

Every trial and final fit calls `fit_pipeline`; without a teacher it is `fit_labels` of `learners/pipeline.py`.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Matrix32
from holdfast.features.encoder import Encoder
from holdfast.learners.learner import Learner
from holdfast.learners.pipeline import Pipeline, fit_labels

# What the teacher says counts this much, the truth the rest: teachers are sure of rows they were fitted on, and where they are
# wrong the truth holds the student back. Half, with twice the trees, was as good as labels or better on each of five sets.
TEACHER = 0.5

# A class that a row is given less of than this share of what rows have on average adds work and tells nothing; with many
# classes, rows are copied this many times on average at most.
LEAST, MOST_COPIES = 0.01, 4


def fit_pipeline(
    learner: Learner,
    params: Mapping[str, Any],
    encoder: Encoder,
    matrix: Matrix32,
    y: Any,
    answers: Floats | None,
    *,
    n_classes: int | None,
    weights: Floats | None = None,
    **settings: Any,
) -> Pipeline:
    """Fit a learner to a teacher's answers beside the labels: values (n_rows,), or probabilities (n_rows, n_classes).

    Without answers it is fitted to the labels alone. The other parameters are those of `fit_labels`. What is learned lies
    halfway between answers and truth. Probabilities are learned as copies of a row, one a class, that weigh what the class is
    given: the loss is then the cross-entropy with them, whatever the learner. So for classes the learner must take weights.
    Values are kept within the range of y, which the learner can model.
    """
    if answers is None:
        return fit_labels(learner, params, encoder, matrix, y, n_classes=n_classes, weights=weights, **settings)
    truth = y if n_classes is None else np.eye(n_classes)[y]
    mixed = TEACHER * answers + (1 - TEACHER) * truth
    if n_classes is None:
        copies, targets, shares = np.arange(len(mixed)), np.clip(mixed, y.min(), y.max()), None
    else:
        copies, targets, shares = copied(mixed)
    if weights is not None:
        shares = weights[copies] if shares is None else shares * weights[copies]
    return fit_labels(
        learner, params, encoder, matrix[copies], targets, n_classes=n_classes, weights=shares, **settings
    )


def copied(probabilities: Floats) -> tuple[Any, Any, Floats]:
    """Rows, class codes and weights that stand for probabilities (n_rows, n_classes); every class that occurs is kept.

    >>> rows, classes, weights = copied(np.array([[0.9, 0.1], [0.001, 0.999]]))
    >>> rows.tolist(), classes.tolist(), weights.tolist()
    ([0, 0, 1], [0, 1, 1], [0.9, 0.1, 0.999])
    """
    n_classes = probabilities.shape[1]
    relative = probabilities / np.maximum(probabilities.mean(axis=0), np.finfo(np.float64).tiny)
    kept = relative >= max(LEAST, float(np.quantile(relative, max(0.0, 1 - MOST_COPIES / n_classes))))
    kept[relative.argmax(axis=0), np.arange(n_classes)] = True
    rows, classes = np.nonzero(kept & (probabilities > 0))
    return rows, classes, probabilities[rows, classes]
