import numpy as np
import pytest
from sklearn import metrics as sk

from holdfast.arrays import decided
from holdfast.errors import RequestError
from holdfast.evaluate.decision import Wish, by_costs, by_threshold, choose, curve, read_wish
from holdfast.metrics.classification import CLASSIFICATION, F1, PRECISION, RECALL, ROC_AUC

METRICS = {each.name: each for each in CLASSIFICATION}


def draw(seed=0, n=150, positive=0.2):
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < positive).astype(np.int64)
    share = 1 / (1 + np.exp(-(rng.normal(size=n) + 1.5 * y - 1)))
    return y, share


def every_cut(share):
    ordered = np.unique(np.r_[0, share, 1])
    return (ordered[1:] + ordered[:-1]) / 2


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("name", "oracle"), [("f1", sk.f1_score), ("balanced_accuracy", sk.balanced_accuracy_score)])
def test_no_other_threshold_is_better(name, oracle, seed):
    y, share = draw(seed)
    found = choose(Wish(METRICS[name]), y, share)
    best = max(oracle(y, share > cut) for cut in every_cut(share))
    assert oracle(y, share > found.threshold) == pytest.approx(best)


@pytest.mark.parametrize("seed", range(5))
def test_a_bound_is_kept_and_the_other_score_is_as_high_as_it_gets(seed):
    y, share = draw(seed)
    found = choose(read_wish("recall>=0.9", [], F1), y, share)
    able = [cut for cut in every_cut(share) if sk.recall_score(y, share > cut) >= 0.9]
    assert sk.recall_score(y, share > found.threshold) >= 0.9
    best = max(sk.precision_score(y, share > cut) for cut in able)
    assert sk.precision_score(y, share > found.threshold) == pytest.approx(best)


def test_a_bound_out_of_reach_is_said():
    y, share = np.array([0, 1, 0, 1] * 20), np.tile([0.9, 0.2, 0.8, 0.3], 20)
    found = choose(read_wish("precision>=0.9", [], F1), y, share)
    assert "does not reach 0.9" in found.reason


def test_of_equal_thresholds_the_nearest_to_one_half_is_taken():
    y, share = np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.9, 0.95])
    assert choose(Wish(F1), y, share).threshold == pytest.approx(0.55)


def test_wishes_are_understood():
    metrics = list(CLASSIFICATION)
    assert read_wish("best", metrics, ROC_AUC).metric is F1
    assert read_wish("best", metrics, RECALL).metric is RECALL
    assert read_wish("matthews", metrics, ROC_AUC).metric.name == "matthews"
    found = read_wish("precision >= 90%", metrics, ROC_AUC)
    assert (found.metric, found.bound, found.least) == (RECALL, PRECISION, 0.9)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("f1_makro", "Did you mean 'f1_macro'"),
        ("roc_auc", "is unknown"),
        ("precision>=1.5", "at more than 0 and at most 1"),
        ("accuracy>=0.9", "expected one of precision, recall, specificity"),
        ("recall>=0", "at more than 0"),
        ("recall>=0.9.9", "at more than 0"),
    ],
)
def test_what_is_no_wish_is_said(asked, said):
    with pytest.raises(RequestError, match=said):
        read_wish(asked, list(CLASSIFICATION), ROC_AUC)


@pytest.mark.parametrize("threshold", [0.0, 1.0, 30.0, float("nan")])
def test_a_threshold_is_within_zero_and_one(threshold):
    with pytest.raises(RequestError, match="between 0 and 1"):
        by_threshold(threshold)


def test_costs_of_two_classes_are_a_threshold():
    decision = by_costs(np.array([[0.0, 1.0], [4.0, -1.0]]))
    assert decision.threshold == pytest.approx(1 / 6)
    share = np.random.default_rng(0).random(500)
    answers = decided(np.column_stack([1 - share, share]), decision.costs)
    assert (answers == (share > 1 / 6)).all()


def test_the_curve_is_what_scikit_learn_says():
    y, share = draw()
    for point in curve(y, share)[::10]:
        called = share > point["threshold"]
        assert point["recall"] == pytest.approx(sk.recall_score(y, called))
        assert point["f1"] == pytest.approx(sk.f1_score(y, called))
        if called.any():
            assert point["precision"] == pytest.approx(sk.precision_score(y, called))
        else:
            assert np.isnan(point["precision"])
