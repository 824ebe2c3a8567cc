"""The last fit: all members on one set of rows, compiled to one graph, and proven equal."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np

from holdfast.arrays import Floats, Integers, Matrix32
from holdfast.compile.assemble import assemble
from holdfast.compile.prove import CHUNK, Proof, prove
from holdfast.data.columns import Columns
from holdfast.evaluate.calibrate import UNCALIBRATED, Calibrator
from holdfast.evaluate.pool import AVERAGE, Pool
from holdfast.features.encoder import Encoder
from holdfast.features.matrix import Matrix
from holdfast.features.preparation import Preparation
from holdfast.learners.catalogue import find
from holdfast.learners.drawing import Node, drawn_pipeline
from holdfast.learners.lanes import side_by_side
from holdfast.learners.pipeline import Pipeline
from holdfast.learners.preparing import encode, transform_of, wanted
from holdfast.learners.soft import fit_pipeline
from holdfast.tasks.task import Family

# Encoders and the matrices they made of the rows fitted on, by what a learner wants and how the target is bent.
Encoded: TypeAlias = dict[tuple[Matrix, str], tuple[Encoder, Matrix32]]

# Of the time a student has, its teacher takes this much at most.
TEACHING_SHARE = 0.75

# Of the time until the soft deadline, this much is for fitting where it isn't known how long compiling and proving take.
FITTING_SHARE = 0.75

# Where there is a deadline, the proof takes no longer than this share of what fitting took, or these seconds.
PROOF_SHARE, PROOF_SECONDS = 0.1, 1.0


@dataclass(frozen=True)
class Member:
    """A learner by name, its parameters, its weight among the members, and its part of the time, in seconds or any unit.

    copies: as many fits with other seeds make it up at most, as time allows. teacher: where there are any, it is fitted to what
    they say of the rows, joined by `pool`, beside the labels.
    """

    learner: str
    params: Mapping[str, Any]
    weight: float
    seconds: float = 1.0
    copies: int = 1
    teacher: tuple["Member", ...] = ()
    pool: Pool = AVERAGE


@dataclass
class Training:
    """The rows of a final fit.

    y: int64 class codes or float64 values (n_rows,). order: row numbers in the order in which a sample takes them, so
    that a smaller sample is part of a larger one. rows: which rows of the whole dataset these are. lanes: fits side by side;
    n_jobs: threads of a fit that has none beside it.
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
    lanes: int = 1
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

    rows: sorted row numbers of the whole dataset. n_members: how many of the members asked for are in the graph. prepared:
    how their columns and target were. tree: how to draw the model, where it is a single tree. seconds: for encoding and
    fitting each member once, side by side as far as the training has lanes. n_trees, n_planned: rounds of all members that
    are boosted; fewer than planned where time ran out. done: the share that the member furthest behind learned of what it was
    to learn. copies: fits with other seeds that the heaviest of the members which vary by it is an average of. compiling:
    seconds for compiling one fit of each member, and proving it on the fewest rows.
    """

    onnx: bytes
    proof: Proof
    rows: Integers
    n_members: int
    prepared: tuple[Prepared, ...] = ()
    tree: Node | None = None
    seconds: float = 0.0
    n_trees: int = 0
    n_planned: int = 0
    done: float = 1.0
    copies: int = 1
    compiling: float = 0.0


def fit_and_compile(
    training: Training,
    members: Sequence[Member],
    n_rows: int,
    soft: float,
    calibrator: Calibrator = UNCALIBRATED,
    costs: Floats | None = None,
    pool: Pool = AVERAGE,
    compiling: float | None = None,
) -> Compiled:
    """Fit the members, most important first, on the first `n_rows` rows of the order; assemble the graph and prove it.

    pool: joins the members' answers. calibrator: applied to what they say together. Both are part of the graph. costs: by which
    the graph's label is decided, as in `arrays.decided`. compiling: seconds that compiling and proving take at least, for one fit
    of each member, where that is known.

    The soft deadline (time.monotonic) is for all of it: boosting stops with the trees it has when its part of the time is
    over; further members are left out then and the others' weights raised; the proof runs over the rows fitted on as far as
    time allows. Raises CompileError when a learner has no compiled form.
    """
    began = time.monotonic()
    rows = np.sort(training.order[:n_rows])
    columns = training.columns if len(rows) == len(training.order) else training.columns.take(rows)
    end = _until(soft, FITTING_SHARE) if compiling is None else soft - compiling
    fits, prepared = _fit(training, columns, rows, members, end, compiling or 0.0, {})
    pipelines = _joined(fits, sum(member.weight for member in members))
    fitted = time.monotonic()
    graph = assemble(pipelines, columns.kinds, training.n_classes, calibrator, costs, pool)
    assembled = time.monotonic()
    enough = assembled + max(PROOF_SECONDS, PROOF_SHARE * (fitted - began))
    until = soft if soft == float("inf") else min(soft, enough)
    proof = prove(graph, pipelines, columns, calibrator, costs, pool, deadline=until)
    least = assembled - fitted + (time.monotonic() - assembled) * min(1.0, CHUNK / proof.rows)
    tree = drawn_pipeline(pipelines[0][0]) if len(pipelines) == 1 else None
    boosted = [each.estimator for each, _ in pipelines if hasattr(each.estimator, "n_planned_")]
    trees, planned = sum(each.n_trees_ for each in boosted), sum(each.n_planned_ for each in boosted)
    done = float(min(getattr(each.estimator, "done_", 1.0) for each, _ in pipelines))
    copies = max(len(each.pipelines) for each in fits)
    return Compiled(
        onnx=graph,
        proof=proof,
        rows=training.rows[rows],
        n_members=len(fits),
        prepared=tuple(prepared),
        tree=tree,
        seconds=_seconds_side_by_side(training, fits),
        n_trees=trees,
        n_planned=planned,
        done=done,
        copies=copies,
        compiling=least / copies,
    )


@dataclass
class _Fitted:
    """A member, what it is fitted on, how long a fit took, and its fits so far. answers: its teacher's, where it has one."""

    member: Member
    encoder: Encoder
    matrix: Matrix32
    seconds: float
    pipelines: list[Pipeline]
    answers: Floats | None = None


def _fit(
    training: Training,
    columns: Columns,
    rows: Integers,
    members: Sequence[Member],
    end: float,
    compiling: float,
    encoded: Encoded,
) -> tuple[list[_Fitted], list[Prepared]]:
    """Every member once, as far as there is time; then again with other seeds, as long as a whole round ends in time.

    end: of fits, if each member is fitted once. compiling: by so many seconds sooner for each further round. encoded: matrices
    that are there already, and those that are made.
    """
    prepared: dict[tuple[Matrix, str], Prepared] = {}
    fitted: list[_Fitted] = []
    waiting = sorted(members, key=lambda each: -each.weight)
    while waiting and not (fitted and time.monotonic() > end):
        together, ahead = waiting[: training.lanes], sum(member.seconds for member in waiting)
        share = sum(member.seconds for member in together) / ahead
        waiting = waiting[training.lanes :]
        begun = [_begin(training, columns, rows, member, _until(end, share), encoded, prepared) for member in together]
        # What was encoded is for later members, too, so that it takes of their time as well.
        _fit_copies(training, begun, rows, _until(end, share))
        fitted += begun
    copies = 1
    while varying := [each for each in fitted if each.member.copies > copies]:
        if time.monotonic() + _seconds_side_by_side(training, varying) > end - copies * compiling:
            break
        _fit_copies(training, varying, rows, float("inf"))
        copies += 1
    return fitted, list(prepared.values())


def _begin(
    training: Training,
    columns: Columns,
    rows: Integers,
    member: Member,
    deadline: float,
    encoded: Encoded,
    prepared: dict[tuple[Matrix, str], Prepared],
) -> _Fitted:
    """A member before its first fit: its columns encoded, and its teacher's answers, where it has one."""
    began, learner = time.monotonic(), find(member.learner, training.family)
    key = (wanted(learner, member.params, training.preparation), transform_of(member.params))
    if key not in encoded:
        encoded[key] = encode(*key, columns, training.y[rows], n_classes=training.n_classes, seed=training.seed)
    encoder, matrix = encoded[key]
    known = prepared.get(key) or Prepared((), key[1], matrix.shape[1], encoder.words())
    prepared[key] = replace(known, learners=tuple(dict.fromkeys((*known.learners, member.learner))))
    each = _Fitted(member, encoder, matrix, 0.0, [])
    if member.teacher:
        until = began + TEACHING_SHARE * (deadline - began)
        each.answers = _taught(training, columns, rows, member, until, encoded)
    each.seconds = time.monotonic() - began
    return each


def _until(end: float, share: float) -> float:
    """The moment at which this share of the time left will be over."""
    now = time.monotonic()
    return now + share * (end - now)


def _seconds_side_by_side(training: Training, fitted: Sequence[_Fitted]) -> float:
    """Seconds that one fit of each takes: all of them shared out evenly, or the longest."""
    seconds = [each.seconds for each in fitted]
    return max(sum(seconds) / training.lanes, *seconds)


def _fit_copies(training: Training, fitted: Sequence[_Fitted], rows: Integers, deadline: float) -> None:
    """One more fit of each, so many side by side as the training has lanes, of one thread each."""
    if training.lanes == 1 or len(fitted) == 1:
        for each in fitted:
            _fit_copy(training, each, rows, deadline, training.n_jobs)
        return
    side_by_side(lambda each: _fit_copy(training, each, rows, deadline, 1), fitted, training.lanes)


def _fit_copy(training: Training, fitted: _Fitted, rows: Integers, deadline: float, n_jobs: int) -> None:
    began, member, learner = time.monotonic(), fitted.member, find(fitted.member.learner, training.family)
    pipeline = fit_pipeline(
        learner,
        member.params,
        fitted.encoder,
        fitted.matrix,
        training.y[rows],
        fitted.answers,
        n_classes=training.n_classes,
        weights=None if training.weights is None else training.weights[rows],
        seed=training.seed + len(fitted.pipelines),
        n_jobs=n_jobs,
        deadline=deadline,
    )
    if not fitted.pipelines:
        fitted.seconds += time.monotonic() - began
    fitted.pipelines.append(pipeline)


def _taught(
    training: Training, columns: Columns, rows: Integers, student: Member, end: float, encoded: Encoded
) -> Floats:
    """Fit a student's teacher on the rows, and give what it says of them."""
    fitted, _ = _fit(training, columns, rows, student.teacher, end, 0.0, encoded)
    raised = sum(each.weight for each in student.teacher) / sum(each.member.weight for each in fitted)
    said = [each.pipelines[0].predict_encoded(each.matrix) for each in fitted]
    return student.pool.join(said, [raised * each.member.weight for each in fitted])


def _joined(fitted: Sequence[_Fitted], total: float) -> list[tuple[Pipeline, float]]:
    """All fits with their weights; those of members that are there are raised to the total of all."""
    raised = total / sum(each.member.weight for each in fitted)
    return [
        (pipeline, each.member.weight * raised / len(each.pipelines)) for each in fitted for pipeline in each.pipelines
    ]
