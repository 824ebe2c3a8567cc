"""One configuration of one learner, fitted and judged on every fold."""

import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from threading import Lock
from typing import Any, NamedTuple

import numpy as np

from holdfast.arrays import Floats, Integers, Matrix32
from holdfast.data.columns import Columns
from holdfast.data.folds import Fold
from holdfast.errors import OverrunError
from holdfast.evaluate.bootstrap import score_by_parts
from holdfast.evaluate.pool import AVERAGE, Pool
from holdfast.features.encoder import Encoder
from holdfast.features.matrix import Matrix
from holdfast.features.preparation import Preparation
from holdfast.learners.catalogue import find
from holdfast.learners.lanes import side_by_side
from holdfast.learners.learner import Learner
from holdfast.learners.pipeline import Pipeline
from holdfast.learners.preparing import encode, transform_of, wanted
from holdfast.learners.soft import fit_pipeline
from holdfast.learners.watching import Watched, best_together, watched_losses
from holdfast.metrics.metric import Metric
from holdfast.search.bar import Bar
from holdfast.tasks.task import Family, Task

# Encoded folds are kept for the next learner that wants the same matrix, up to this many bytes.
CACHE_BYTES = 3 << 30
CACHE_LOCK = Lock()

# So many fitted pipelines of the first fold are kept, those of the best trials, to be weighed and looked into after the search.
FIRST_FOLDS = 25

# Of its part of the time until the deadline, a fold's booster may take this much; the rest is for predicting and scoring.
PROMPT = 0.8

# What is learned from out-of-fold predictions is judged on so many groups of folds at most, as each costs a fit.
GROUPS = 5


@dataclass(frozen=True)
class Spec:
    """What is tried: a learner by name and its parameters.

    number: the trial's place in the study. share: below 1, a glance: this share of the first fold's training rows.
    teacher: other configurations with their weights, joined by `pool`; where there are any, the learner is fitted to what they
    say of the training rows once fitted to them, instead of to their labels.
    """

    number: int
    learner: str
    params: Mapping[str, Any]
    share: float = 1.0
    teacher: tuple[tuple["Spec", float], ...] = ()
    pool: Pool = AVERAGE


@dataclass(frozen=True)
class Outcome:
    """What a trial showed.

    predictions: out of fold, for the rows of `Problem.judged`, in that order. fit_rows: mean rows fitted on per fold.
    fit_seconds: mean per fold, encoding included. settled: parameters a fit on more rows should use instead.
    seconds: for all folds together. complexity, varies: the learner's.
    """

    spec: Spec
    score: float
    fold_scores: tuple[float, ...]
    predictions: Floats
    settled: Mapping[str, int]
    fit_rows: float
    fit_seconds: float
    rows_per_second: float
    seconds: float
    complexity: int = 3
    varies: bool = False

    @property
    def params(self) -> dict[str, Any]:
        """Parameters for the final fit."""
        return {**self.spec.params, **self.settled}

    @property
    def settled_spec(self) -> Spec:
        """The same trial with those, for a fold that has to be fitted again."""
        return replace(self.spec, params=self.params)


@dataclass(frozen=True)
class Pruned:
    """A trial that was stopped after some folds. gain: what it would have come to if it had kept its distance."""

    spec: Spec
    gain: float
    folds: int
    seconds: float


@dataclass
class Problem:
    """Everything a trial needs; it lives in the worker, which keeps the encoded folds between trials.

    y: int64 class codes or float64 values (n_rows,). preparation: what the user asked of the columns. n_jobs: threads of a
    fit that is alone; lanes: folds fitted side by side, one thread each, which takes less time than all threads on one.
    """

    columns: Columns
    y: Any
    folds: list[Fold]
    task: Task
    metric: Metric
    seed: int = 0
    n_jobs: int = 1
    lanes: int = 1
    weights: Floats | None = None
    preparation: Preparation = field(default_factory=Preparation)
    encoded: "OrderedDict[tuple[Matrix, str, int], EncodedFold]" = field(default_factory=OrderedDict, repr=False)
    first_fold: dict[int, tuple[float, Pipeline]] = field(default_factory=dict, repr=False)

    @property
    def judged(self) -> Integers:
        """Rows that have an out-of-fold prediction, sorted; with repeats, those of each repeat after the last one's."""
        return np.concatenate(list(self._by_repeat().values()))

    @property
    def parts(self) -> list[Integers]:
        """For each fold, the places of its validation rows in `judged`."""
        starts, start = {}, 0
        by_repeat = self._by_repeat()
        for repeat, rows in by_repeat.items():
            starts[repeat], start = start, start + len(rows)
        return [starts[fold.repeat] + np.searchsorted(by_repeat[fold.repeat], fold.valid) for fold in self.folds]

    @property
    def test_share(self) -> float:
        """Rows judged over rows fitted on, of a fold on average."""
        return float(np.mean([len(fold.valid) / len(fold.train) for fold in self.folds]))

    @property
    def once(self) -> "Problem":
        """The problem with the folds of the first repeat, whose places come first in `judged`: each row once."""
        return replace(self, folds=[fold for fold in self.folds if fold.repeat == self.folds[0].repeat])

    @property
    def apart(self) -> list[Integers]:
        """Places in `judged` in a few groups of whole folds, no row in two of them; a single fold's rows are dealt out."""
        judged, cut = self.judged, self.once.parts
        if len(cut) == 1:
            return [cut[0][k::GROUPS] for k in range(min(GROUPS, len(judged)))]
        rows = [judged[np.concatenate(cut[k::GROUPS])] for k in range(min(GROUPS, len(cut)))]
        return [np.flatnonzero(np.isin(judged, each)) for each in rows]

    def watched(self, number: int, valid: Matrix32) -> Watched:
        """A fold's validation rows, encoded, for its learner to watch."""
        rows = self.folds[number].valid
        return Watched(valid, self.y[rows], np.ones(len(rows)) if self.weights is None else self.weights[rows])

    def keep_first(self, number: int, gain: float, pipeline: Pipeline) -> None:
        """Keep what a trial of some gain fitted on the first fold, if it is among the best."""
        self.first_fold[number] = (gain, pipeline)
        if len(self.first_fold) > FIRST_FOLDS:
            del self.first_fold[min(self.first_fold, key=lambda each: self.first_fold[each][0])]

    def _by_repeat(self) -> dict[int, Integers]:
        repeats = dict.fromkeys(fold.repeat for fold in self.folds)
        return {
            repeat: np.sort(np.concatenate([fold.valid for fold in self.folds if fold.repeat == repeat]))
            for repeat in repeats
        }

    def __getstate__(self) -> dict[str, Any]:
        """Travel without the caches."""
        return {**self.__dict__, "encoded": OrderedDict(), "first_fold": {}}


@dataclass(frozen=True)
class EncodedFold:
    """A fold's matrices, as one kind of learner wants them."""

    encoder: Encoder
    train: Matrix32
    valid: Matrix32
    seconds: float


def warm_up(state: object, names: Sequence[str], family: Family) -> None:
    """Import learners, and the libraries that those installed need, so that no trial has to wait for it."""
    for name in names:
        learner = find(name, family)
        if learner.library is not None and learner.installed:
            import_module(learner.library)


def run_trial(
    problem: Problem, spec: Spec, deadline: float, bar: Bar | None = None, most: float = float("inf")
) -> Outcome | Pruned:
    """Fit and judge on every fold; gives up early (OverrunError) when the first fold shows that time won't suffice.

    deadline (time.monotonic), most: what can stop learning does, with what it has, when a fold's part of the time until then,
    or of so many seconds, is over. bar: what the trial must keep up with, or it is stopped and only what its first folds
    showed is returned.
    """
    learner = find(spec.learner, problem.task.family)
    warm_up(problem, (spec.learner,), problem.task.family)  # so that the first of its trials doesn't look slow
    whole = spec.share >= 1
    folds = problem.folds if whole else problem.folds[:1]
    judged = problem.judged if whole else folds[0].valid
    parts = problem.parts if whole else [np.arange(len(judged))]
    width = problem.task.n_classes
    predictions = np.full((len(judged),) if width is None else (len(judged), width), np.nan)
    done = list[_Judged]()
    began, lanes = time.monotonic(), min(problem.lanes, len(folds))
    for start in range(0, len(folds), lanes):
        numbers, now = range(start, min(start + lanes, len(folds))), time.monotonic()
        until = now + PROMPT * (min(deadline, began + most) - now) * len(numbers) / (len(folds) - start)
        done += _side_by_side(problem, learner, spec, numbers, until)
        taken, left = time.monotonic() - began, len(folds) - len(done)
        if bar is not None and left:
            gains = [problem.metric.gain(score) for score in _scores(problem, folds, _answers(folds, done))]
            if bar.clearly_above(gains):
                return Pruned(spec, bar.expected(gains), len(done), taken)
        if time.monotonic() + taken / len(done) * left > deadline:
            raise OverrunError(
                f"{len(done)} of {len(folds)} folds took {taken:.1f} s; the others would not fit in the budget"
            )
    answers = _answers(folds, done)
    for part, each in zip(parts, answers, strict=True):
        predictions[part] = each
    score = score_by_parts(problem.metric, problem.y[judged], predictions, parts)
    if whole:
        problem.keep_first(spec.number, problem.metric.gain(score), done[0].pipeline)
    return Outcome(
        spec=spec,
        score=score,
        fold_scores=tuple(_scores(problem, folds, answers)),
        predictions=predictions,
        settled=learner.settle([each.pipeline.estimator for each in done]),
        fit_rows=spec.share * float(np.mean([len(fold.train) for fold in folds])),
        fit_seconds=sum(each.fit_seconds for each in done) / len(folds),
        rows_per_second=len(judged) / max(sum(each.predict_seconds for each in done), 1e-6),
        seconds=time.monotonic() - began,
        complexity=learner.complexity,
        varies=learner.varies,
    )


class _Judged(NamedTuple):
    """A fold's fitted pipeline, its validation rows encoded, and what it answers for them."""

    pipeline: Pipeline
    valid: Matrix32
    answers: Floats
    fit_seconds: float
    predict_seconds: float


def _side_by_side(
    problem: Problem, learner: Learner, spec: Spec, numbers: Sequence[int], until: float
) -> list[_Judged]:
    """Fit and judge some folds at once."""
    watching = spec.share >= 1 and len(problem.folds) > 1 and not spec.teacher

    def judged(number: int) -> _Judged:
        encoded = encode_fold(problem, learner, spec.params, number)
        start = time.monotonic()
        # Where other folds are judged, too, they say how long this one learns; its own rows alone would flatter it.
        watched = problem.watched(number, encoded.valid) if watching else None
        pipeline = fit_fold(problem, learner, spec, number, encoded, until, watched)
        middle = time.monotonic()
        answers = pipeline.predict_encoded(encoded.valid)
        return _Judged(pipeline, encoded.valid, answers, middle - start + encoded.seconds, time.monotonic() - middle)

    if len(numbers) == 1:
        return [judged(numbers[0])]
    return side_by_side(judged, numbers, len(numbers))


def _answers(folds: Sequence[Fold], done: Sequence[_Judged]) -> list[Floats]:
    """What each fold done answers; one that watched its own rows, after as many rounds as the others of its repeat found best."""
    estimators, repeats = [each.pipeline.estimator for each in done], [fold.repeat for fold in folds]
    answers = []
    for number, each in enumerate(done):
        others = [other for k, other in enumerate(estimators) if k != number and repeats[k] == repeats[number]]
        rounds = best_together(others)
        if rounds is None or watched_losses(estimators[number]) is None:
            answers.append(each.answers)
        else:
            estimators[number].keep(rounds)
            answers.append(each.pipeline.predict_encoded(each.valid))
    return answers


def _scores(problem: Problem, folds: Sequence[Fold], answers: Sequence[Floats]) -> list[float]:
    """The scores of the folds that have answers, the first of all."""
    return [problem.metric.score(problem.y[fold.valid], each) for fold, each in zip(folds, answers, strict=False)]


def fit_first_fold(problem: Problem, learner: Learner, spec: Spec) -> Pipeline:
    """Give the pipeline a trial fitted on the first fold; fitted again when the worker is not the one that did it."""
    if spec.number not in problem.first_fold:
        encoded = encode_fold(problem, learner, spec.params, 0)
        problem.keep_first(spec.number, float("inf"), fit_fold(problem, learner, spec, 0, encoded))
    return problem.first_fold[spec.number][1]


def fit_fold(
    problem: Problem,
    learner: Learner,
    spec: Spec,
    number: int,
    encoded: EncodedFold,
    until: float = float("inf"),
    watched: Watched | None = None,
) -> Pipeline:
    """Fit a trial's configuration on a fold's training rows, or on its share of them.

    until: boosting stops then. watched: as in `fit_labels`.
    """
    train, matrix = problem.folds[number].train, encoded.train
    if spec.share < 1:
        few = rows_fitted(problem, spec, len(train))
        train, matrix = train[few], matrix[few]
    return fit_pipeline(
        learner,
        spec.params,
        encoded.encoder,
        matrix,
        problem.y[train],
        _taught(problem, spec, number) if spec.teacher else None,
        n_classes=problem.task.n_classes,
        weights=None if problem.weights is None else problem.weights[train],
        seed=problem.seed,
        n_jobs=problem.n_jobs if problem.lanes == 1 else 1,
        deadline=until,
        watched=watched,
    )


def _taught(problem: Problem, spec: Spec, number: int) -> Floats:
    """What a trial's teacher, fitted on the fold's training rows, says of them; of the trial's share of both."""
    said = []
    for member, _ in spec.teacher:
        learner = find(member.learner, problem.task.family)
        encoded = encode_fold(problem, learner, member.params, number)
        pipeline = fit_fold(problem, learner, replace(member, share=spec.share), number, encoded)
        few = rows_fitted(problem, spec, len(problem.folds[number].train))
        said.append(pipeline.predict_encoded(encoded.train[few]))
    return spec.pool.join(said, [weight for _, weight in spec.teacher])


def score_fold(problem: Problem, learner: Learner, spec: Spec, number: int) -> tuple[float, float]:
    """Fit a configuration on a fold's training rows, or its share; score it on those rows, and on the validation rows."""
    fold, encoded = problem.folds[number], encode_fold(problem, learner, spec.params, number)
    pipeline = fit_fold(problem, learner, spec, number, encoded)
    few = rows_fitted(problem, spec, len(fold.train))
    fitted = problem.metric.score(problem.y[fold.train[few]], pipeline.predict_encoded(encoded.train[few]))
    return float(fitted), float(problem.metric.score(problem.y[fold.valid], pipeline.predict_encoded(encoded.valid)))


def rows_fitted(problem: Problem, spec: Spec, n_rows: int) -> Integers:
    """Places of a trial's share of n_rows training rows: the same for every configuration, so that they can be compared."""
    if spec.share >= 1:
        return np.arange(n_rows)
    few = np.random.default_rng(problem.seed).permutation(n_rows)[: max(1, round(spec.share * n_rows))]
    return np.sort(few)


def encode_fold(problem: Problem, learner: Learner, params: Mapping[str, Any], number: int) -> EncodedFold:
    """Encode a fold for a trial, or return it from the cache; the encoder sees the fold's training rows only."""
    wants, transform = wanted(learner, params, problem.preparation), transform_of(params)
    key = (wants, transform, number)
    with CACHE_LOCK:
        if key in problem.encoded:
            problem.encoded.move_to_end(key)
            return problem.encoded[key]
    began, fold = time.monotonic(), problem.folds[number]
    encoder, train = encode(
        wants,
        transform,
        problem.columns.take(fold.train),
        problem.y[fold.train],
        n_classes=problem.task.n_classes,
        seed=problem.seed,
    )
    valid = encoder.transform(problem.columns.take(fold.valid))
    made = EncodedFold(encoder, train, valid, time.monotonic() - began)
    with CACHE_LOCK:
        problem.encoded[key] = made
        while sum(each.train.nbytes + each.valid.nbytes for each in problem.encoded.values()) > CACHE_BYTES:
            if len(problem.encoded) == 1:
                break
            problem.encoded.popitem(last=False)
    return made
