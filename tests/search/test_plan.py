"""Rows and folds that a search can afford."""

import pytest

from holdfast.search.plan import plan


@pytest.mark.parametrize(("rows", "columns"), [(500, 10), (80_000, 10), (160_000, 20), (800_000, 40)])
def test_one_repeat_asked_for_is_what_there_is_unasked(rows, columns):
    assert plan(rows, columns, 1, budget=60, repeats=1) == plan(rows, columns, 1, budget=60)


def test_repeats_are_as_asked():
    assert plan(80_000, 10, 1, budget=60, repeats=3).repeats == 3
    assert plan(80_000, 10, 1, budget=60, repeats=3).folds == 5
