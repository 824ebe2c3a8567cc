import numpy as np
import pytest
from sklearn.model_selection import LeaveOneGroupOut, RepeatedStratifiedKFold

from holdfast.data.folds import leave_one_group_out, make_folds
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


@pytest.mark.parametrize("judged", [1, 2])
def test_those_that_are_judged_are_some_of_the_folds(judged):
    every, some = make_folds(HASHES, n_folds=5), make_folds(HASHES, n_folds=5, judged=judged)
    assert len(some) == judged
    assert all(np.array_equal(one.valid, other.valid) for one, other in zip(some, every, strict=False))
    time = np.arange(600.0)
    last = make_folds(HASHES, n_folds=5, time=time, judged=judged)
    assert len(last) == judged
    assert last[-1].valid.max() == 599


def test_folds_do_not_repeat_the_seal():
    sealed = set(split(HASHES, share=0.2).sealed)
    shares = [len(sealed & set(fold.valid)) / len(fold.valid) for fold in make_folds(HASHES, n_folds=5)]
    assert max(shares) < 0.4


def test_repeats_are_cut_as_scikit_learn_does():
    """Each repeat judges every row once, classes keep their share, and no two repeats are cut alike."""
    strata = np.arange(600) % 3
    ours = make_folds(HASHES, n_folds=5, repeats=3, strata=strata)
    theirs = list(RepeatedStratifiedKFold(n_splits=5, n_repeats=3).split(strata, strata))
    assert len(ours) == len(theirs) == 15
    for repeat in range(3):
        for cut in ([ours[5 * repeat + k].valid for k in range(5)], [theirs[5 * repeat + k][1] for k in range(5)]):
            assert sorted(np.concatenate(cut)) == list(range(600))
    assert [fold.repeat for fold in ours] == [0] * 5 + [1] * 5 + [2] * 5
    for fold in ours:
        assert not set(fold.train) & set(fold.valid)
        assert np.bincount(strata[fold.valid]) == pytest.approx([40, 40, 40], abs=16)
    same = [len(set(ours[j].valid) & set(ours[5 + k].valid)) for j in range(5) for k in range(5)]
    assert max(same) < 60
    assert np.array_equal(ours[0].valid, make_folds(HASHES, n_folds=5, strata=strata)[0].valid)


def test_repeats_never_divide_groups():
    groups = np.repeat(np.arange(60, dtype=np.uint64), 10)
    for fold in make_folds(HASHES, n_folds=4, repeats=3, groups=groups):
        assert not set(groups[fold.train]) & set(groups[fold.valid])


def test_one_group_out_is_scikit_learns():
    groups = np.random.default_rng(2).integers(0, 7, 600).astype(np.uint64)
    theirs = list(LeaveOneGroupOut().split(groups, groups=groups))
    ours = leave_one_group_out(groups)
    assert len(ours) == len(theirs) == 7
    for fold, (train, valid) in zip(ours, theirs, strict=True):
        assert np.array_equal(fold.train, train)
        assert np.array_equal(fold.valid, valid)


def test_one_group_alone_leaves_nothing_to_fit():
    assert leave_one_group_out(np.zeros(5, dtype=np.uint64)) == []
