"""The last fit when there is time for all of it, and when there is not."""

import time

import numpy as np
import pytest

from holdfast.compile.final import Member, Training, fit_and_compile
from holdfast.learners.catalogue import find
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
    assert (compiled.n_trees, compiled.n_planned, compiled.grown) == (80, 80, 1.0)
    np.testing.assert_array_equal(compiled.rows, np.arange(len(rows.y) - 300, len(rows.y)))
    assert compiled.proof.agrees
    assert compiled.seconds > 0


def test_a_deadline_stops_boosting_and_what_was_grown_is_whole(rows):
    compiled = fit_and_compile(rows, members("lightgbm", "xgboost"), 300, time.monotonic())
    assert compiled.n_members == 1
    assert 1 <= compiled.n_trees < compiled.n_planned == 40
    assert compiled.grown == compiled.n_trees / 40
    assert compiled.proof.agrees


def test_what_is_not_boosted_counts_as_grown(rows):
    logistic = Member("logistic", find("logistic", "classification").defaults, 1.0)
    assert fit_and_compile(rows, [logistic], 300, time.monotonic()).grown == 1.0
