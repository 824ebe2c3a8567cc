import time
from types import SimpleNamespace

import numpy as np
import pytest

from holdfast.errors import CompileError, OverrunError
from holdfast.study.growing import Pace, first, grow


class World:
    """Fits that take `fixed` seconds and `a_row` for each row, on a clock of its own."""

    def __init__(self, monkeypatch, fixed, a_row, fails_from=10**9, done=1.0, failure=OverrunError, differs_from=10**9):
        self.now, self.fixed, self.a_row, self.fails_from, self.done = 0.0, fixed, a_row, fails_from, done
        self.failure, self.differs_from = failure, differs_from
        self.asked = []
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def fit(self, rows, soft, stop):
        self.asked.append(rows)
        seconds = self.fixed + self.a_row * rows
        self.now = min(self.now + seconds, stop)
        if rows >= self.fails_from or self.now >= stop:
            raise self.failure("stopped at its deadline")
        proof = SimpleNamespace(agrees=rows < self.differs_from)
        done = self.done if len(self.asked) > 1 else 1.0
        return SimpleNamespace(rows=np.arange(rows), seconds=seconds, done=done, proof=proof)


def test_all_rows_at_once_when_the_search_says_that_they_fit(monkeypatch):
    world = World(monkeypatch, 0.1, 1e-4)
    assert len(grow(world.fit, 5_000, (4_000, 0.5), 60.0, 70.0).rows) == 5_000
    assert world.asked == [5_000]


def test_without_a_deadline_all_rows_are_fitted_once(monkeypatch):
    world = World(monkeypatch, 0.1, 1.0)
    forever = float("inf")
    assert len(grow(world.fit, 50_000, (4_000, 0.5), forever, forever).rows) == 50_000
    assert world.asked == [50_000]


def test_a_pessimistic_estimate_wastes_no_time(monkeypatch):
    # Nearly all of a small fit's second is the same for any number of rows: in proportion, 500,000 rows would take 50 s.
    world = World(monkeypatch, 0.95, 5e-6)
    assert len(grow(world.fit, 500_000, (10_000, 1.0), 20.0, 26.0).rows) == 500_000
    assert world.now < 20.0


@pytest.mark.parametrize(
    "trouble",
    [
        {"fails_from": 100_000},
        {"fails_from": 100_000, "failure": CompileError},
        {"differs_from": 100_000},
        {"done": 0.3},
    ],
)
def test_a_larger_fit_that_fails_does_not_cost_the_model(monkeypatch, trouble):
    world = World(monkeypatch, 0.5, 5e-5, **trouble)
    held = grow(world.fit, 500_000, (10_000, 1.0), 20.0, 26.0)
    assert len(held.rows) == world.asked[0] < world.asked[1]


def test_a_first_fit_that_fails_is_an_error(monkeypatch):
    world = World(monkeypatch, 100.0, 1e-4)
    with pytest.raises(OverrunError):
        grow(world.fit, 5_000, (4_000, 0.5), 60.0, 70.0)


def test_few_rows_come_first_only_where_much_is_unknown():
    assert first(100_000, (80_000, 10.0), 10.0) == (60_000, 1.0)
    assert first(1_000_000, (10_000, 1.0), 0.001) == (2_000, 1.0)


def test_a_pace_is_never_free_nor_steeper_than_in_proportion():
    assert Pace.through((1_000, 2.0), (10_000, 1.0)).rows_in(10.0) == 190_000
    assert Pace.through((1_000, 0.01), (10_000, 1.0)) == Pace(0.0, 1e-4)
    assert Pace.through((10_000, 1.0), (10_000, 2.0)).rows_in(4.0) == 20_000
    assert Pace(1.0, 1.0).rows_in(0.5) == 0
