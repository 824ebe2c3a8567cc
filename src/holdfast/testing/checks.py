"""What every learner must do, as functions of its declaration; an AssertionError says what it failed to."""

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Matrix32
from holdfast.compile.assemble import assemble
from holdfast.compile.prove import prove
from holdfast.data.columns import Columns
from holdfast.features.encoder import Encoder
from holdfast.learners.catalogue import find
from holdfast.learners.learner import Learner
from holdfast.learners.pipeline import Pipeline, fit_labels
from holdfast.learners.preparing import encoding_targets
from holdfast.learners.space import Choice
from holdfast.metrics.classification import BRIER
from holdfast.metrics.regression import RMSE
from holdfast.model.inspect import inspect
from holdfast.testing.data import table, unseen

# Processor seconds that a first configuration may take on 2,000 rows and 20 columns.
PATIENCE = 20.0

# What the answers to believe weigh, where all weigh one on average.
TRUSTED = 1.8


def fit(
    learner: Learner,
    columns: Columns,
    y: Any,
    *,
    seed: int = 0,
    n_classes: int | None = None,
    weights: Floats | None = None,
) -> Pipeline:
    """Fit a learner's first configuration."""
    if learner.task == "classification" and n_classes is None:
        n_classes = int(y.max()) + 1
    encoder = Encoder(learner.wants, seed=seed)
    matrix = encoder.fit_transform(columns, encoding_targets(y, n_classes))
    return fit_labels(learner, learner.defaults, encoder, matrix, y, n_classes=n_classes, weights=weights, seed=seed)


@cache
def _fitted(name: str, family: str, n_classes: int) -> Pipeline:
    columns, y = table(family, n_classes)
    return fit(find(name, family), columns, y)


def _pipeline(learner: Learner, n_classes: int = 2) -> Pipeline:
    if learner is find(learner.name, learner.task):
        return _fitted(learner.name, learner.task, n_classes)
    return fit(learner, *table(learner.task, n_classes))


def _loss(learner: Learner, y: Any, *, shuffled: bool) -> tuple[float, float]:
    """Loss of the learner and of its baseline on rows it was not fitted on."""
    columns, _ = table(learner.task)
    rows = np.random.default_rng(0).permutation(len(y))
    train, valid = np.sort(rows[: len(y) // 2]), np.sort(rows[len(y) // 2 :])
    if shuffled:
        y = np.random.default_rng(1).permutation(y)
    metric = BRIER if learner.task == "classification" else RMSE
    baseline = find("prior" if learner.task == "classification" else "mean", learner.task)
    losses = [
        metric.score(y[valid], fit(each, columns.take(train), y[train]).predict(columns.take(valid)))
        for each in (learner, baseline)
    ]
    return losses[0], losses[1]


def check_declaration(learner: Learner) -> None:
    """It says what it is for and where it comes from, and starts inside its own space."""
    assert learner.summary.endswith(".")
    assert learner.reference
    for name, dimension in learner.space.items():
        if isinstance(dimension, Choice):
            assert dimension.default in dimension.options, name
        else:
            assert dimension.low <= dimension.default <= dimension.high, name
    assert learner.library is None or learner.extra, "a library without the extra that installs it"


def check_beats_the_baseline(learner: Learner) -> None:
    """Where there is something to learn, it learns it."""
    if not learner.baseline:
        own, base = _loss(learner, table(learner.task)[1], shuffled=False)
        assert own < 0.95 * base, f"loss {own:.3f}, the baseline's is {base:.3f}"


def check_learns_nothing_from_noise(learner: Learner) -> None:
    """On a shuffled target no learner can do better than the baseline, beyond luck."""
    own, base = _loss(learner, table(learner.task)[1], shuffled=True)
    assert own > 0.93 * base, f"loss {own:.3f} on noise, the baseline's is {base:.3f}"


def check_weights_are_heeded(learner: Learner) -> None:
    """Of two contrary answers to each row, it believes the one that weighs more; or it declares that it takes no weights."""
    if not learner.weighted:
        return
    columns, truth = table(learner.task)
    twice = columns.take(np.tile(np.arange(len(truth)), 2))
    y = np.concatenate([truth, truth.max() + truth.min() - truth])
    metric = BRIER if learner.task == "classification" else RMSE
    trusting, doubting = (
        metric.score(truth, fit(learner, twice, y, weights=weights).predict(columns))
        for weights in (np.repeat([TRUSTED, 2 - TRUSTED], len(truth)), np.repeat([2 - TRUSTED, TRUSTED], len(truth)))
    )
    assert trusting < 0.95 * doubting, f"loss {trusting:.3f} with the weight on the truth, else {doubting:.3f}"


def check_same_seed_same_answer(learner: Learner) -> None:
    """Two fits with one seed agree to the last bit."""
    columns, y = table(learner.task)
    assert np.array_equal(
        fit(learner, columns, y, seed=3).predict(columns), fit(learner, columns, y, seed=3).predict(columns)
    )


def check_a_row_alone_equals_the_row_in_a_batch(learner: Learner) -> None:
    """What is predicted of a row does not depend on its company."""
    columns, _ = table(learner.task)
    pipeline, rows = _pipeline(learner), np.arange(0, columns.n_rows, 61)
    together = pipeline.predict(columns)[rows]
    alone = np.concatenate([pipeline.predict(columns.take(np.array([row]))) for row in rows])
    np.testing.assert_allclose(alone, together, rtol=1e-6, atol=1e-9)


def check_input_is_left_untouched(learner: Learner) -> None:
    """Neither fit nor predict writes into what it was given."""
    columns, y = table(learner.task)
    encoder = Encoder(learner.wants)
    matrix = encoder.fit_transform(columns, encoding_targets(y, 2 if learner.task == "classification" else None))
    before: Matrix32 = matrix.copy()
    matrix.setflags(write=False)
    target = y.copy()
    target.setflags(write=False)
    n_classes = 2 if learner.task == "classification" else None
    fit_labels(learner, learner.defaults, encoder, matrix, target, n_classes=n_classes).predict_encoded(matrix)
    assert np.array_equal(matrix, before, equal_nan=True)


def check_answers_are_whole(learner: Learner) -> None:
    """Values are finite, probabilities are shares of one; gaps and unseen values are survived."""
    columns, _ = table(learner.task)
    answers = _pipeline(learner).predict(unseen(columns))
    assert np.isfinite(answers).all()
    if learner.task == "classification":
        assert (answers >= 0).all()
        np.testing.assert_allclose(answers.sum(axis=1), 1.0, atol=1e-6)


def check_compiled_equals_fitted(learner: Learner) -> None:
    """The graph answers as the fitted model does, on training rows and on odd ones, for two and for three classes."""
    if learner.emit is None:
        return
    for n_classes in (2, 3) if learner.task == "classification" else (2,):
        columns, _ = table(learner.task, n_classes)
        pipeline = _pipeline(learner, n_classes)
        graph = assemble([(pipeline, 1.0)], columns.kinds, pipeline.n_classes)
        inspect(graph)  # as whoever loads it does
        for rows in (columns, unseen(columns), columns.take(np.array([0]))):
            proof = prove(graph, [(pipeline, 1.0)], rows)
            assert proof.agrees, str(proof)


def check_a_missing_class_is_survived(learner: Learner) -> None:
    """Training rows that lack a class still give a probability for it: none."""
    if learner.task == "classification":
        columns, y = table(learner.task, 3)
        rows = np.flatnonzero(y != 1)
        pipeline = fit(learner, columns.take(rows), y[rows], n_classes=3)
        answers = pipeline.predict(columns)
        assert answers.shape == (len(y), 3)
        assert (answers[:, 1] == 0).all()
        assert (
            learner.emit is None
            or prove(assemble([(pipeline, 1.0)], columns.kinds, 3), [(pipeline, 1.0)], columns).agrees
        )


def check_little_data_is_survived(learner: Learner) -> None:
    """A dozen rows, one column, a constant column."""
    columns, y = table(learner.task)
    few = np.r_[np.flatnonzero(y <= np.median(y))[:6], np.flatnonzero(y > np.median(y))[:6]]
    if learner.task == "classification":
        few = np.r_[np.flatnonzero(y == 0)[:6], np.flatnonzero(y == 1)[:6]]
    for names in (["x0"], ["x0", "level"], list(columns.kinds)):
        part = columns.select(names).take(few)
        part = Columns({**part.numbers, "x0": np.ones(len(few))}, part.strings, part.kinds) if len(names) == 2 else part
        assert np.isfinite(fit(learner, part, y[few]).predict(part)).all()


def check_time(learner: Learner) -> None:
    """The first configuration is done in reasonable time."""
    rng = np.random.default_rng(0)
    X, noise = rng.normal(size=(2_000, 20)).astype(np.float32), rng.normal(size=2_000)
    y: Any = X[:, 0] + noise if learner.task == "regression" else (X[:, 0] + noise > 0).astype(np.int64)
    began = time.process_time()
    y = y if learner.target == "any" else np.exp(y)
    learner.make(seed=0, n_jobs=1, **learner.defaults).fit(X, y)
    assert time.process_time() - began < PATIENCE


CHECKS: tuple[Callable[[Learner], None], ...] = (
    check_declaration,
    check_beats_the_baseline,
    check_learns_nothing_from_noise,
    check_weights_are_heeded,
    check_same_seed_same_answer,
    check_a_row_alone_equals_the_row_in_a_batch,
    check_input_is_left_untouched,
    check_answers_are_whole,
    check_compiled_equals_fitted,
    check_a_missing_class_is_survived,
    check_little_data_is_survived,
    check_time,
)


def waived(learner: Learner, check: Callable[[Learner], None]) -> str | None:
    """The reason why a learner need not pass a check, if it declares one."""
    return learner.waives.get(check.__name__)
