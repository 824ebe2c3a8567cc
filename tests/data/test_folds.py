import numpy as np
import pytest

from holdfast.data.folds import make_folds
from holdfast.data.seal import split

HASHES = np.random.default_rng(0).integers(0, 2**63, 600).astype(np.uint64)


def test_every_row_is_judged_once():
    folds = make_folds(HASHES, n_folds=5, strata=np.arange(600) % 3)
    assert sorted(np.concatenate([fold.valid for fold in folds])) == list(range(600))
    for fold in folds:
        assert not set(fold.train) & set(fold.valid)
        assert len(fold.valid) == pytest.approx(120, abs=40)


def test_classes_keep_their_share():
    strata = (np.arange(600) % 10 == 0).astype(int)
    for fold in make_folds(HASHES, n_folds=5, strata=strata):
        assert strata[fold.valid].sum() == pytest.approx(12, abs=7)


def test_groups_are_never_divided():
    groups = np.repeat(np.arange(60, dtype=np.uint64), 10)
    for fold in make_folds(HASHES, n_folds=4, groups=groups):
        assert not set(groups[fold.train]) & set(groups[fold.valid])


def test_time_goes_forward():
    time = np.random.default_rng(1).permutation(600).astype(float)
    folds = make_folds(HASHES, n_folds=5, time=time)
    assert len(folds) == 5
    for fold in folds:
        assert time[fold.train].max() < time[fold.valid].min()


def test_a_holdout_is_one_of_the_folds():
    one, *rest = make_folds(HASHES, n_folds=5, holdout=True)
    assert not rest
    assert np.array_equal(one.valid, make_folds(HASHES, n_folds=5)[0].valid)


def test_folds_do_not_repeat_the_seal():
    sealed = set(split(HASHES, share=0.2).sealed)
    shares = [len(sealed & set(fold.valid)) / len(fold.valid) for fold in make_folds(HASHES, n_folds=5)]
    assert max(shares) < 0.4
