import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.data.cut import cut, positions


def hashes(seed: int, n: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**63, n).astype(np.uint64)


def test_positions_are_uniform_and_depend_on_the_salt():
    place = positions(np.arange(100_000, dtype=np.uint64), 0)
    assert np.histogram(place, 10, (0, 1))[0] == pytest.approx(10_000, rel=0.05)
    other = positions(np.arange(100_000, dtype=np.uint64), 1)
    assert abs(np.corrcoef(place, other)[0, 1]) < 0.02


@given(st.integers(0, 1000), st.integers(20, 400), st.integers(2, 6))
@settings(max_examples=50, deadline=None)
def test_order_does_not_matter_and_equal_rows_go_together(seed, n, n_parts):
    rows = hashes(seed, n)
    rows[: n // 4] = rows[n // 2 : n // 2 + n // 4]
    strata = np.random.default_rng(seed).integers(0, 3, n)
    parts = cut(rows, [1 / n_parts] * n_parts, salt=seed, strata=strata)
    order = np.random.default_rng(seed + 1).permutation(n)
    unique = np.unique(rows, return_index=True)[1]
    lookup = dict(zip(rows[unique], parts[unique], strict=True))
    assert all(lookup[h] == part for h, part in zip(rows, parts, strict=True))
    # Without disagreeing duplicates the answer is the same whatever the order of the rows.
    clean = np.sort(unique)
    direct = cut(rows[clean], [1 / n_parts] * n_parts, salt=seed, strata=strata[clean])
    shuffled = np.random.default_rng(seed).permutation(len(clean))
    moved = cut(rows[clean][shuffled], [1 / n_parts] * n_parts, salt=seed, strata=strata[clean][shuffled])
    assert np.array_equal(direct[shuffled], moved)
    assert len(order) == n


@pytest.mark.parametrize("seed", range(20))
def test_each_stratum_keeps_its_share(seed):
    strata = np.repeat([0, 1, 2], [600, 150, 12])
    sealed = cut(hashes(seed, len(strata)), [0.8, 0.2], salt=seed, strata=strata)
    for stratum, size in enumerate([600, 150, 12]):
        held = sealed[strata == stratum].sum()
        assert abs(held - 0.2 * size) <= 2 * np.sqrt(0.16 * size) + 1
        assert held > 0


def test_new_rows_do_not_move_old_ones():
    old, new = hashes(1, 5000), hashes(2, 2500)
    before = cut(old, [0.8, 0.2], salt=0, strata=np.arange(5000) % 2)
    after = cut(np.r_[old, new], [0.8, 0.2], salt=0, strata=np.arange(7500) % 2)
    assert np.array_equal(before, after[:5000])


def test_all_rows_equal_share_one_part():
    assert len(set(cut(np.full(50, 7, dtype=np.uint64), [0.8, 0.2], salt=0))) == 1
