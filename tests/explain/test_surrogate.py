import numpy as np
import pytest

from holdfast.data.columns import Columns, Kind
from holdfast.explain.surrogate import surrogate

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(2, 800))
COLUMNS = Columns({"a": A, "b": B}, {}, dict.fromkeys("ab", Kind.NUMBER))
FIRST, REST = np.arange(500), np.arange(500, 800)


def on_both(answers):
    return surrogate(COLUMNS.take(FIRST), answers[FIRST], COLUMNS.take(REST), answers[REST])


def test_a_model_that_is_a_small_tree_is_found():
    found = on_both(np.where(A > 0.5, np.where(B > 0, 3.0, 2.0), 1.0))
    assert found.explained > 0.95
    assert found.agreement is None
    assert found.tree.question.startswith("a ≤ 0.")
    assert {round(leaf.value[0], 6) for leaf in found.tree.leaves} >= {1.0, 2.0, 3.0}


def test_fidelity_is_measured_on_other_rows():
    """A tree finds something in noise on the rows it is fitted on, and nothing on others."""
    assert on_both(RNG.normal(size=800)).explained < 0.05


def test_classes_are_compared_by_the_likeliest():
    share = 1 / (1 + np.exp(-3 * A))
    found = on_both(np.column_stack([1 - share, share]))
    assert found.agreement > 0.9
    assert 0.8 < found.explained < 1
    assert all(sum(leaf.value) == pytest.approx(1) for leaf in found.tree.leaves)


def test_a_model_that_always_says_the_same_has_none():
    assert on_both(np.full(800, 2.0)) is None
