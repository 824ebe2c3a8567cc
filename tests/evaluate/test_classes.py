import numpy as np
import pytest
from scipy.stats import beta
from sklearn import metrics as sk

from holdfast.evaluate.classes import by_class

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 4, 300)
LABELS = np.where(RNG.random(300) < 0.6, Y, RNG.integers(0, 3, 300))


def test_scores_equal_scikit_learn():
    found = by_class(Y, LABELS, 4)
    precision, recall, f1, support = sk.precision_recall_fscore_support(Y, LABELS, labels=range(4))
    assert [each.precision.score for each in found] == pytest.approx(precision.tolist())
    assert [each.recall.score for each in found] == pytest.approx(recall.tolist())
    assert [each.f1.score for each in found] == pytest.approx(f1.tolist())
    assert [each.support for each in found] == support.tolist()
    assert [each.called for each in found] == np.bincount(LABELS, minlength=4).tolist()


def test_intervals_are_exact():
    first = by_class(Y, LABELS, 4)[0]
    hits = int(((Y == 0) & (LABELS == 0)).sum())
    missed = int((Y == 0).sum()) - hits
    ends = beta.ppf(0.025, hits, missed + 1), beta.ppf(0.975, hits + 1, missed)
    assert (first.recall.low, first.recall.high) == pytest.approx(ends)


def test_a_class_without_rows_has_no_score():
    last = by_class(Y, LABELS, 5)[4]
    assert last.support == last.called == 0
    assert np.isnan(last.recall.score)
    assert np.isnan(last.f1.low)


def test_f1_is_covered_as_often_as_promised():
    held, table = 0, np.array([0.5, 0.2, 0.1, 0.2])  # truth and answer: 00, 01, 10, 11
    truth = 2 * 0.2 / (2 * 0.2 + 0.3)
    for seed in range(300):
        cell = np.random.default_rng(seed).choice(4, 120, p=table)
        found = by_class(cell // 2, cell % 2, 2)[1].f1
        held += found.low <= truth <= found.high
    assert held >= 0.93 * 300


def test_rows_that_belong_together_widen_the_interval():
    y, labels, blocks = (np.repeat(each, 10) for each in (Y, LABELS, np.arange(300)))
    alone, together = by_class(y, labels, 4)[0].recall, by_class(y, labels, 4, blocks=blocks)[0].recall
    assert together.score == pytest.approx(alone.score)
    assert together.high - together.low > 2 * (alone.high - alone.low)
