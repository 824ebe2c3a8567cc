"""The last fit when there is time for all of it, and when there is not."""

import time
from dataclasses import replace

import numpy as np
import pytest

from holdfast.compile.final import Member, Training, fit_and_compile
from holdfast.compile.prove import feeds_of, open_session
from holdfast.learners.catalogue import find
from holdfast.learners.pipeline import fit_labels
from holdfast.learners.preparing import encode
from holdfast.testing.data import table


def members(*names, n_trees=40):
    return [
        Member(name, {**find(name, "classification").defaults, "n_trees": n_trees}, weight)
        for name, weight in zip(names, (0.6, 0.4), strict=False)
    ]


@pytest.fixture(scope="module")
def rows():
    columns, y = table("classification")
    every = np.arange(len(y))
    return Training(columns, y, every, every[::-1].copy(), "classification", 2)


def test_with_time_all_rounds_are_done_on_the_rows_asked_for(rows):
    compiled = fit_and_compile(rows, members("lightgbm", "xgboost"), 300, float("inf"))
    assert (compiled.n_trees, compiled.n_planned, compiled.done) == (80, 80, 1.0)
    np.testing.assert_array_equal(compiled.rows, np.arange(len(rows.y) - 300, len(rows.y)))
    assert compiled.proof.agrees
    assert compiled.seconds > 0


def test_a_deadline_stops_boosting_and_what_was_done_is_whole(rows):
    compiled = fit_and_compile(rows, members("lightgbm", "xgboost"), 300, time.monotonic())
    assert compiled.n_members == 1
    assert 1 <= compiled.n_trees < compiled.n_planned == 40
    assert compiled.done == compiled.n_trees / 40
    assert compiled.proof.agrees


def test_what_is_not_boosted_counts_as_done(rows):
    logistic = Member("logistic", find("logistic", "classification").defaults, 1.0)
    assert fit_and_compile(rows, [logistic], 300, time.monotonic()).done == 1.0


def test_copies_with_other_seeds_are_averaged(rows):
    [one] = members("lightgbm")
    together = fit_and_compile(rows, [replace(one, weight=1.0, copies=3)], len(rows.y), float("inf"))
    assert (together.copies, together.n_members, together.n_trees) == (3, 1, 120)
    learner = find("lightgbm", "classification")
    encoder, matrix = encode(learner.wants, "none", rows.columns, rows.y, n_classes=2, seed=0)
    fits = [fit_labels(learner, one.params, encoder, matrix, rows.y, n_classes=2, seed=seed) for seed in range(3)]
    mean = np.mean([fit.predict(rows.columns) for fit in fits], axis=0)
    session = open_session(together.onnx)
    [answered] = session.run(["probabilities"], feeds_of(session, rows.columns))
    np.testing.assert_allclose(answered, mean, atol=1e-12)
    assert np.abs(answered - fits[0].predict(rows.columns)).max() > 1e-3


def test_fits_side_by_side_are_the_same_fits(rows):
    asked = [replace(each, copies=2) for each in members("lightgbm", "xgboost", "catboost")]
    alone = fit_and_compile(rows, asked, 300, float("inf"))
    together = fit_and_compile(replace(rows, lanes=2), asked, 300, float("inf"))
    assert together.onnx == alone.onnx
    assert (together.copies, together.n_trees) == (alone.copies, alone.n_trees)


def test_the_member_furthest_behind_says_how_much_was_learned(rows):
    quick, slow = members("lightgbm", "xgboost")
    slow = replace(slow, params={**slow.params, "n_trees": 1_000_000})
    compiled = fit_and_compile(rows, [quick, slow], 300, time.monotonic() + 1)
    assert compiled.n_members == 2
    assert compiled.done == (compiled.n_trees - 40) / 1_000_000 < 0.5


def test_copies_are_a_use_for_time_that_is_there_and_no_need(rows):
    [one] = members("lightgbm", n_trees=2_000)
    began = time.monotonic()
    once = fit_and_compile(rows, [one], 300, began + 1e6)
    seconds = once.seconds
    few = fit_and_compile(rows, [replace(one, copies=1_000)], 300, time.monotonic() + 6 * seconds)
    assert 1 < few.copies < 20
    assert few.done == 1.0


def test_no_copies_are_fitted_that_there_is_no_time_to_compile(rows):
    [one] = members("lightgbm")
    once = fit_and_compile(rows, [one], 300, float("inf"))
    assert once.compiling > 0
    copied = [replace(one, copies=3)]
    known = {
        seconds: fit_and_compile(rows, copied, 300, time.monotonic() + 60, compiling=seconds) for seconds in (1, 25)
    }
    assert [each.copies for each in known.values()] == [3, 2]
