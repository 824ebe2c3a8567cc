"""How a trial prepares columns and target: the learner's wishes, the user's choices, and those the search varies."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Matrix32
from holdfast.data.columns import Columns
from holdfast.features.encoder import Encoder
from holdfast.features.matrix import Matrix
from holdfast.features.preparation import Crossing, Preparation
from holdfast.features.select import select
from holdfast.learners.learner import Learner
from holdfast.learners.retransform import TRANSFORMS, Transform, fit_bend
from holdfast.learners.space import Choice

# Parameters of a trial that are not the learner's own: how its numbers are scaled, its categories encoded, whether columns
# are crossed, and how its target is bent.
SCALING, ENCODING, CROSSES, TARGET = "scaling", "encoding", "crosses", "target_transform"

# Encodings that leave what a learner wants of a category as it is, or add to it.
BESIDE = ("auto", "ngrams")


@dataclass(frozen=True)
class Choices:
    """What the search may choose from, the first by default; one option is no choice."""

    scalings: tuple[str, ...] = ("standard",)
    encodings: tuple[str, ...] = ("auto",)
    crosses: tuple[Crossing, ...] = ("none",)
    transforms: tuple[str, ...] = ("none",)


def with_choices(learner: Learner, choices: Choices) -> Learner:
    """The learner, searched over these choices too, where it has a use for them.

    A learner that models targets above 0 by itself keeps the target as it is; so does a baseline. Encodings and crosses are
    varied for trees, to which they are new, and scouted by the first of them; the spelling of categories is new to all. The first
    configurations try every target transform, and the first scaling.
    """
    space = dict(learner.space)
    if learner.wants.scaled and choices.scalings != ("standard",):
        space[SCALING] = Choice(choices.scalings, choices.scalings[0])
    trees = learner.wants.categories == "ordinal" and not learner.baseline
    if trees or learner.wants.scaled:
        encodings = tuple(each for each in choices.encodings if trees or each in BESIDE)
        if len(encodings) > 1:
            space[ENCODING] = Choice(encodings, encodings[0], scouted=True)
    if trees and len(choices.crosses) > 1:
        space[CROSSES] = Choice(choices.crosses, choices.crosses[0], scouted=True, costly=("arithmetic",))
    bends = learner.task == "regression" and learner.target == "any" and not learner.baseline
    if bends and choices.transforms != ("none",):
        space[TARGET] = Choice(choices.transforms, choices.transforms[0], each_first=True)
    return replace(learner, space=space)


def wanted(learner: Learner, params: Mapping[str, Any], preparation: Preparation) -> Matrix:
    """The matrix a trial is fitted on; a baseline's is nobody's choice."""
    if learner.baseline:
        return learner.wants
    asked = replace(
        preparation,
        scaling=params.get(SCALING, preparation.scaling),
        encoding=params.get(ENCODING, preparation.encoding),
        crossing=params.get(CROSSES, preparation.crossing),
    )
    return replace(learner.wants, asked=asked)


def transform_of(params: Mapping[str, Any]) -> Transform:
    """How a trial bends its target."""
    return next(each for each in TRANSFORMS if each == params.get(TARGET, "none"))


def own_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """What is left for the learner itself."""
    return {name: value for name, value in params.items() if name not in (SCALING, ENCODING, CROSSES, TARGET)}


def encode(
    wants: Matrix, transform: Transform, columns: Columns, y: Any, *, n_classes: int | None, seed: int
) -> tuple[Encoder, Matrix32]:
    """Fit an encoder on training rows, and choose the columns it keeps; returns it with the matrix of those rows."""
    encoder = Encoder(wants, seed=seed)
    if n_classes is None and transform != "none":
        y = fit_bend(transform, y).apply(y)
    matrix = encoder.fit_transform(columns, encoding_targets(y, n_classes))
    if wants.asked.selection is None:
        return encoder, matrix
    kept = select(wants.asked.selection, matrix, y, classes=n_classes is not None, seed=seed)
    encoder.keep(kept)
    return encoder, np.ascontiguousarray(matrix[:, kept])


def encoding_targets(y: Any, n_classes: int | None) -> Floats:
    """What target encoding averages, (n_rows, n_targets): standardised values, or each class but the first as 0/1."""
    if n_classes is None:
        spread = float(np.std(y))
        return np.asarray((y - np.mean(y)) / (spread if spread > 0 else 1.0), dtype=np.float64)[:, None]
    return np.asarray(y[:, None] == np.arange(1, n_classes), dtype=np.float64)
