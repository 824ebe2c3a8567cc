import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from holdfast.metrics.classification import (
    accuracy,
    average_precision,
    balanced_accuracy,
    brier,
    confusion,
    f1,
    f1_macro,
    f1_weighted,
    g_mean,
    jaccard,
    kappa,
    log_loss,
    matthews,
    precision,
    recall,
    roc_auc,
    specificity,
)


def draw(seed: int, n_classes: int, n_rows: int = 200):
    """Random answers with many ties, every class present."""
    rng = np.random.default_rng(seed)
    y = np.r_[np.arange(n_classes), rng.integers(0, n_classes, n_rows)]
    raw = np.round(rng.dirichlet(np.ones(n_classes), len(y)), 2) + 1e-3
    return y, raw / raw.sum(axis=1, keepdims=True), rng.integers(0, 4, len(y)).astype(float) + 1e-9


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3, 7])
@pytest.mark.parametrize("seed", range(5))
def test_labels_scores_equal_scikit_learn(seed, n_classes, weighted):
    y, probabilities, weights = draw(seed, n_classes)
    labels, w = probabilities.argmax(axis=1), weights if weighted else None
    average = "binary" if n_classes == 2 else "macro"
    options = {"average": average, "sample_weight": w, "zero_division": 0}
    assert accuracy(y, labels, w) == pytest.approx(sk.accuracy_score(y, labels, sample_weight=w))
    assert balanced_accuracy(y, labels, w) == pytest.approx(sk.balanced_accuracy_score(y, labels, sample_weight=w))
    assert precision(y, labels, w) == pytest.approx(sk.precision_score(y, labels, **options))
    assert recall(y, labels, w) == pytest.approx(sk.recall_score(y, labels, **options))
    assert f1(y, labels, w) == pytest.approx(sk.f1_score(y, labels, **options))
    assert matthews(y, labels, w) == pytest.approx(sk.matthews_corrcoef(y, labels, sample_weight=w))
    assert jaccard(y, labels, w) == pytest.approx(sk.jaccard_score(y, labels, **options))
    assert f1_macro(y, labels, w) == pytest.approx(sk.f1_score(y, labels, **{**options, "average": "macro"}))
    assert f1_weighted(y, labels, w) == pytest.approx(sk.f1_score(y, labels, **{**options, "average": "weighted"}))
    assert kappa(y, labels, w) == pytest.approx(sk.cohen_kappa_score(y, labels, sample_weight=w))
    found = sk.recall_score(y, labels, average=None, sample_weight=w, zero_division=0)
    assert g_mean(y, labels, w) == pytest.approx(np.prod(found) ** (1 / len(found)))
    tables = sk.multilabel_confusion_matrix(y, labels, sample_weight=w)
    spared = tables[:, 0, 0] / tables[:, 0].sum(axis=1)
    assert specificity(y, labels, w) == pytest.approx(spared[1] if n_classes == 2 else spared.mean())
    assert confusion(y, labels, w) == pytest.approx(sk.confusion_matrix(y, labels, sample_weight=w))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3, 7])
@pytest.mark.parametrize("seed", range(5))
def test_probability_scores_equal_scikit_learn(seed, n_classes, weighted):
    y, p, weights = draw(seed, n_classes)
    w = weights if weighted else None
    given = p[:, 1] if n_classes == 2 else p
    assert roc_auc(y, p, w) == pytest.approx(
        sk.roc_auc_score(y, given, sample_weight=w, multi_class="ovr") if n_classes == 2 else one_vs_rest(y, p, w)
    )
    assert log_loss(y, p, w) == pytest.approx(sk.log_loss(y, p, sample_weight=w))
    if n_classes == 2:
        assert average_precision(y, p, w) == pytest.approx(sk.average_precision_score(y, given, sample_weight=w))
        assert brier(y, p, w) == pytest.approx(sk.brier_score_loss(y, given, sample_weight=w))


def one_vs_rest(y, p, w):
    return np.mean([sk.roc_auc_score(y == k, p[:, k], sample_weight=w) for k in range(p.shape[1])])


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=30))
@settings(max_examples=100, deadline=None)
def test_auc_is_the_share_of_pairs_in_order(rows):
    y, ranking = np.array([r[0] for r in rows]).astype(int), np.array([r[1] for r in rows]) / 5
    p = np.column_stack([1 - ranking, ranking])
    positives, negatives = ranking[y == 1], ranking[y == 0]
    if not len(positives) or not len(negatives):
        assert np.isnan(roc_auc(y, p))
        return
    pairs = [(a > b) + (a == b) / 2 for a in positives for b in negatives]
    assert roc_auc(y, p) == pytest.approx(np.mean(pairs))


def test_a_certain_mistake_costs_much_but_not_infinity():
    assert 30 < log_loss(np.array([1]), np.array([[1.0, 0.0]])) < 40


def test_guessing_scores_nothing():
    y, labels = np.array([0, 1, 0, 1]), np.zeros(4, dtype=int)
    assert matthews(y, labels) == 0
    assert balanced_accuracy(y, labels) == 0.5
    assert precision(y, labels) == recall(y, labels) == f1(y, labels) == 0
