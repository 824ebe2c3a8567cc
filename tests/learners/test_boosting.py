"""What boosters stop by, where they watch no rows."""

import numpy as np
import pytest

from holdfast.learners.boosting import inner_cut


@pytest.mark.parametrize("sizes", [[6] * 50, [200, 100], [8, 1, 300], [2, 2]])
def test_some_rows_are_held_out_and_every_class_is_left_to_learn(sizes):
    y = np.repeat(np.arange(len(sizes)), sizes)
    train, held = inner_cut(y, classifier=True, seed=0)
    assert len(held)
    assert sorted([*train, *held]) == list(range(len(y)))
    assert set(y[train]) == set(y)
