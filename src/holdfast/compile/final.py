"""The last fit: all members on one set of rows, compiled to one graph, and proven equal."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

from holdfast.arrays import Floats, Integers
from holdfast.compile.assemble import assemble
from holdfast.compile.prove import Proof, prove
from holdfast.data.columns import Columns
from holdfast.evaluate.calibrate import UNCALIBRATED, Calibrator
from holdfast.features.encoder import Encoder
from holdfast.features.matrix import Matrix
from holdfast.features.preparation import Preparation
from holdfast.learners.catalogue import find
from holdfast.learners.drawing import Node, drawn_pipeline
from holdfast.learners.pipeline import Pipeline, fit_estimator
from holdfast.learners.preparing import encode, transform_of, wanted
from holdfast.learners.soft import fit_to_answers
from holdfast.tasks.task import Family

# Encoders and the matrices they made of the rows fitted on, by what a learner wants and how the target is bent.
Encoded: TypeAlias = dict[tuple[Matrix, str], tuple[Encoder, Any]]


@dataclass(frozen=True)
class Member:
    """A learner by name, its parameters, and its weight in the average.

    teacher: where there are any, it is fitted to what their average says of the rows, instead of to the labels.
    """

    learner: str
    params: Mapping[str, Any]
    weight: float
    teacher: tuple["Member", ...] = ()


@dataclass
class Training:
    """The rows of a final fit.

    y: int64 class codes or float64 values (n_rows,). order: row numbers in the order in which a sample takes them, so
    that a smaller sample is part of a larger one. rows: which rows of the whole dataset these are.
    """

    columns: Columns
    y: Any
    rows: Integers
    order: Integers
    family: Family
    n_classes: int | None
    weights: Floats | None = None
    seed: int = 0
    n_jobs: int = 1
    preparation: Preparation = field(default_factory=Preparation)


@dataclass(frozen=True)
class Prepared:
    """How some members' columns and target were prepared: by feature, in words; and how wide a matrix that made."""

    learners: tuple[str, ...]
    target: str
    width: int
    words: Mapping[str, str]


@dataclass(frozen=True)
class Compiled:
    """A graph, the proof that it answers as the fitted pipelines do, the rows fitted on, and what it took.

    rows: sorted row numbers of the whole dataset. n_members: how many of the members asked for are in the graph.
    prepared: how their columns and target were. tree: how to draw the model, where it is a single tree.
    """

    onnx: bytes
    proof: Proof
    rows: Integers
    n_members: int
    prepared: tuple[Prepared, ...] = ()
    tree: Node | None = None


def fit_and_compile(
    training: Training,
    members: Sequence[Member],
    n_rows: int,
    soft: float,
    calibrator: Calibrator = UNCALIBRATED,
    costs: Floats | None = None,
) -> Compiled:
    """Fit the members, most important first, on the first `n_rows` rows of the order; assemble the graph and prove it.

    calibrator: applied to the average of the members, and part of the graph. costs: by which the graph's label is decided, as
    in `arrays.decided`.

    When the soft deadline (time.monotonic) has passed, further members are left out and the others' weights raised; the
    proof runs over all the rows fitted on as far as it allows. Raises CompileError when a
    learner has no compiled form.
    """
    rows = np.sort(training.order[:n_rows])
    columns = training.columns if len(rows) == len(training.order) else training.columns.take(rows)
    pipelines, prepared = _fit(training, columns, rows, members, soft, {})
    graph = assemble(pipelines, columns.kinds, training.n_classes, calibrator, costs)
    proof = prove(graph, pipelines, columns, calibrator, costs, deadline=soft)
    tree = drawn_pipeline(pipelines[0][0]) if len(pipelines) == 1 else None
    return Compiled(graph, proof, training.rows[rows], len(pipelines), tuple(prepared), tree)


def _fit(
    training: Training, columns: Columns, rows: Integers, members: Sequence[Member], soft: float, encoded: Encoded
) -> tuple[list[tuple[Pipeline, float]], list[Prepared]]:
    """Fit the members and say how their columns were prepared; matrices that are there already are in `encoded`."""
    prepared: dict[tuple[Matrix, str], Prepared] = {}
    fitted: list[tuple[Pipeline, float]] = []
    y = training.y[rows]
    weights = None if training.weights is None else training.weights[rows]
    for member in sorted(members, key=lambda each: -each.weight):
        if fitted and time.monotonic() > soft:
            break
        learner = find(member.learner, training.family)
        wants, transform = wanted(learner, member.params, training.preparation), transform_of(member.params)
        key = (wants, transform)
        if key not in encoded:
            encoded[key] = encode(wants, transform, columns, y, n_classes=training.n_classes, seed=training.seed)
        encoder, matrix = encoded[key]
        known = prepared.get(key) or Prepared((), transform, matrix.shape[1], encoder.words())
        prepared[key] = replace(known, learners=tuple(dict.fromkeys((*known.learners, member.learner))))
        settings: dict[str, Any] = {
            "n_classes": training.n_classes,
            "weights": weights,
            "seed": training.seed,
            "n_jobs": training.n_jobs,
        }
        if member.teacher:
            answers = _taught(training, columns, rows, member.teacher, soft, encoded)
            pipeline = fit_to_answers(learner, member.params, encoder, matrix, y, answers, **settings)
        else:
            pipeline = fit_estimator(learner, member.params, encoder, matrix, y, **settings)
        fitted.append((pipeline, member.weight))
    total = sum(weight for _, weight in fitted)
    return [(pipeline, weight / total) for pipeline, weight in fitted], list(prepared.values())


def _taught(
    training: Training, columns: Columns, rows: Integers, teacher: Sequence[Member], soft: float, encoded: Encoded
) -> Floats:
    """Fit a teacher on the rows, and give what it says of them."""
    fitted, _ = _fit(training, columns, rows, teacher, soft, encoded)
    matrices = {id(encoder): matrix for encoder, matrix in encoded.values()}
    said = [weight * pipeline.predict_encoded(matrices[id(pipeline.encoder)]) for pipeline, weight in fitted]
    return np.asarray(np.sum(said, axis=0))
