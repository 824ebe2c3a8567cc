"""The last fit: all members on one set of rows, compiled to one graph, and proven equal."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers
from holdfast.compile.assemble import assemble
from holdfast.compile.prove import Proof, prove
from holdfast.data.columns import Columns
from holdfast.evaluate.calibrate import UNCALIBRATED, Calibrator
from holdfast.evaluate.pool import AVERAGE, Pool
from holdfast.features.encoder import Encoder
from holdfast.features.matrix import Matrix
from holdfast.features.preparation import Preparation
from holdfast.learners.catalogue import find
from holdfast.learners.drawing import Node, drawn_pipeline
from holdfast.learners.pipeline import Pipeline, fit_estimator
from holdfast.learners.preparing import encode, transform_of, wanted
from holdfast.tasks.task import Family


@dataclass(frozen=True)
class Member:
    """A learner by name, its parameters, and its weight among the members."""

    learner: str
    params: Mapping[str, Any]
    weight: float


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
    pool: Pool = AVERAGE,
) -> Compiled:
    """Fit the members, most important first, on the first `n_rows` rows of the order; assemble the graph and prove it.

    pool: joins the members' answers. calibrator: applied to what they say together. Both are part of the graph. costs: by which
    the graph's label is decided, as in `arrays.decided`.

    When the soft deadline (time.monotonic) has passed, further members are left out and the others' weights raised; the
    proof runs over all the rows fitted on as far as it allows. Raises CompileError when a
    learner has no compiled form.
    """
    rows = np.sort(training.order[:n_rows])
    columns = training.columns if len(rows) == len(training.order) else training.columns.take(rows)
    pipelines, prepared = _fit(training, columns, rows, members, soft)
    graph = assemble(pipelines, columns.kinds, training.n_classes, calibrator, costs, pool)
    proof = prove(graph, pipelines, columns, calibrator, costs, pool, deadline=soft)
    tree = drawn_pipeline(pipelines[0][0]) if len(pipelines) == 1 else None
    return Compiled(graph, proof, training.rows[rows], len(pipelines), tuple(prepared), tree)


def _fit(
    training: Training, columns: Columns, rows: Integers, members: Sequence[Member], soft: float
) -> tuple[list[tuple[Pipeline, float]], list[Prepared]]:
    encoded: dict[tuple[Matrix, str], tuple[Encoder, Any]] = {}
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
            prepared[key] = Prepared((), transform, encoded[key][1].shape[1], encoded[key][0].words())
        encoder, matrix = encoded[key]
        prepared[key] = replace(prepared[key], learners=tuple(dict.fromkeys((*prepared[key].learners, member.learner))))
        pipeline = fit_estimator(
            learner,
            member.params,
            encoder,
            matrix,
            y,
            n_classes=training.n_classes,
            weights=weights,
            seed=training.seed,
            n_jobs=training.n_jobs,
        )
        fitted.append((pipeline, member.weight))
    raised = sum(member.weight for member in members) / sum(weight for _, weight in fitted)
    return [(pipeline, weight * raised) for pipeline, weight in fitted], list(prepared.values())
