"""Scores for class answers. y holds class codes 0..K-1; for two classes, code 1 is the positive one.

Labels are class codes (n_rows,); probabilities are (n_rows, K). Weights are (n_rows,) or None. Where scikit-learn keeps
the formula it is used; the ranking scores are ours because bootstrap intervals ask for them hundreds of times.
"""

from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers
from holdfast.metrics.metric import Metric


def accuracy(y: Integers, labels: Integers, weights: Floats | None = None) -> float:
    """Share of rows whose class was named."""
    return float(np.average(y == labels, weights=weights))


def balanced_accuracy(y: Integers, labels: Integers, weights: Floats | None = None) -> float:
    """Mean over the classes of the share found: a rare class counts as much as a common one."""
    table = confusion(y, labels, weights)
    support = table.sum(axis=1)
    return float(np.mean(np.diag(table)[support > 0] / support[support > 0]))


def precision(y: Integers, labels: Integers, weights: Floats | None = None) -> float:
    """Of the rows called positive, the share that are (mean over classes when there are more than two)."""
    return _per_class(y, labels, weights)[0]


def recall(y: Integers, labels: Integers, weights: Floats | None = None) -> float:
    """Of the positive rows, the share that was found (mean over classes when there are more than two)."""
    return _per_class(y, labels, weights)[1]


def f1(y: Integers, labels: Integers, weights: Floats | None = None) -> float:
    """Harmonic mean of precision and recall (mean over classes when there are more than two)."""
    return _per_class(y, labels, weights)[2]


def f1_macro(y: Integers, labels: Integers, weights: Floats | None = None) -> float:
    """Mean over the classes of F1, for two classes too: a rare class counts as much as a common one."""
    hit, actual, called = _margins(confusion(y, labels, weights))
    seen = actual + called > 0
    return float(np.mean(2 * hit[seen] / (actual + called)[seen]))


def f1_weighted(y: Integers, labels: Integers, weights: Floats | None = None) -> float:
    """F1 of each class, weighted by how common it is."""
    hit, actual, called = _margins(confusion(y, labels, weights))
    return float(np.average(_share(2 * hit, actual + called), weights=actual))


def specificity(y: Integers, labels: Integers, weights: Floats | None = None) -> float:
    """Of the negative rows, the share not called positive (mean over classes when there are more than two)."""
    table = confusion(y, labels, weights, n_classes=_size(y, labels))
    hit, actual, called = _margins(table)
    found = _share(table.sum() - actual - called + hit, table.sum() - actual)
    return float(found[1] if len(table) == 2 else found[actual + called > 0].mean())


def g_mean(y: Integers, labels: Integers, weights: Floats | None = None) -> float:
    """Geometric mean over the classes of the share found: 0 when one is never found (Kubat & Matwin, 1997)."""
    hit, actual, _ = _margins(confusion(y, labels, weights))
    found = hit[actual > 0] / actual[actual > 0]
    return float(np.exp(np.mean(np.log(found)))) if found.all() else 0.0


def kappa(y: Integers, labels: Integers, weights: Floats | None = None) -> float:
    """Agreement beyond what chance alone gives the same answers; 0 for guessing (Cohen, 1960)."""
    hit, actual, called = _margins(confusion(y, labels, weights))
    total = actual.sum()
    chance = actual @ called / total**2
    return float((hit.sum() / total - chance) / (1 - chance)) if chance < 1 else 0.0


def jaccard(y: Integers, labels: Integers, weights: Floats | None = None) -> float:
    """Of the rows that are or are called positive, the share that are both (mean over classes when more than two)."""
    table = confusion(y, labels, weights, n_classes=_size(y, labels))
    hit, actual, called = _margins(table)
    found = _share(hit, actual + called - hit)
    return float(found[1] if len(table) == 2 else found[actual + called > 0].mean())


def matthews(y: Integers, labels: Integers, weights: Floats | None = None) -> float:
    """Correlation between the classes and the answers, from -1 to 1; 0 for guessing (Gorodkin, 2004)."""
    table = confusion(y, labels, weights)
    total, correct = table.sum(), np.trace(table)
    actual, called = table.sum(axis=1), table.sum(axis=0)
    spread = np.sqrt(total**2 - np.sum(actual**2)) * np.sqrt(total**2 - np.sum(called**2))
    return float((correct * total - actual @ called) / spread) if spread > 0 else 0.0


def surprises(y: Integers, probabilities: Floats) -> Floats:
    """What log loss is the mean of, in nats."""
    chosen = probabilities[np.arange(len(y)), y] / probabilities.sum(axis=1)
    return np.asarray(-np.log(np.clip(chosen, 1e-15, 1.0)))


def log_loss(y: Integers, probabilities: Floats, weights: Floats | None = None) -> float:
    """Mean surprise at the class that came true, in nats; punishes confident mistakes hardest."""
    return float(np.average(surprises(y, probabilities), weights=weights))


def brier(y: Integers, probabilities: Floats, weights: Floats | None = None) -> float:
    """Mean squared error of the probabilities (Brier, 1950); for two classes, of the positive one's."""
    if probabilities.shape[1] == 2:
        return float(np.average((probabilities[:, 1] - y) ** 2, weights=weights))
    truth = np.zeros_like(probabilities)
    truth[np.arange(len(y)), y] = 1.0
    return float(np.average(((probabilities - truth) ** 2).sum(axis=1), weights=weights))


def roc_auc(y: Integers, probabilities: Floats, weights: Floats | None = None) -> float:
    """Chance that a positive row is ranked above a negative one; 0.5 is guessing.

    With more than two classes, the mean over classes of one against the rest, for classes that occur.

    >>> roc_auc(np.array([0, 0, 1, 1]), np.array([[0.9, 0.1], [0.6, 0.4], [0.65, 0.35], [0.2, 0.8]]))
    0.75
    """
    return _one_against_rest(_binary_auc, y, probabilities, weights)


def average_precision(y: Integers, probabilities: Floats, weights: Floats | None = None) -> float:
    """Area under the precision-recall curve, as a step sum; guessing gives the positive class's share."""
    return _one_against_rest(_binary_average_precision, y, probabilities, weights)


def confusion(y: Integers, labels: Integers, weights: Floats | None = None, n_classes: int | None = None) -> Floats:
    """Count rows by class (down) and answer (across), shape (K, K)."""
    size = n_classes or int(max(y.max(initial=0), labels.max(initial=0))) + 1
    counts = np.bincount(y * size + labels, weights=weights, minlength=size * size)
    return counts.reshape(size, size).astype(np.float64)


def _per_class(y: Integers, labels: Integers, weights: Floats | None) -> tuple[float, float, float]:
    table = confusion(y, labels, weights, n_classes=_size(y, labels))
    hit, actual, called = _margins(table)
    precisions, recalls, f1s = _share(hit, called), _share(hit, actual), _share(2 * hit, actual + called)
    which = slice(1, 2) if len(table) == 2 else (actual + called) > 0
    return float(precisions[which].mean()), float(recalls[which].mean()), float(f1s[which].mean())


def _size(y: Integers, labels: Integers) -> int:
    return max(2, int(max(y.max(initial=0), labels.max(initial=0))) + 1)


def _margins(table: Floats) -> tuple[Floats, Floats, Floats]:
    """Rows answered rightly, rows there are, and rows called so, by class."""
    return np.diag(table).copy(), table.sum(axis=1), table.sum(axis=0)


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _one_against_rest(score: Any, y: Integers, probabilities: Floats, weights: Floats | None) -> float:
    weights = np.ones(len(y)) if weights is None else weights
    if probabilities.shape[1] == 2:
        return float(score(y == 1, probabilities[:, 1], weights))
    scores = [score(y == k, probabilities[:, k], weights) for k in np.unique(y[weights > 0])]
    return float(np.mean(scores)) if scores else float("nan")


def _ranked(positive: Any, ranking: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Weight of positives and of negatives at each distinct value of the ranking, highest first."""
    order = np.argsort(-ranking, kind="stable")
    ordered = ranking[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(ordered) else np.zeros(0, dtype=int)
    hits, all_ = (weights * positive)[order], weights[order]
    positives = np.add.reduceat(hits, starts)
    return positives, np.add.reduceat(all_, starts) - positives


def _binary_auc(positive: Any, ranking: Floats, weights: Floats) -> float:
    positives, negatives = _ranked(positive, ranking, weights)
    total = positives.sum() * negatives.sum()
    if total <= 0:
        return float("nan")
    below = negatives.sum() - np.cumsum(negatives)
    return float((positives @ (below + negatives / 2)) / total)


def _binary_average_precision(positive: Any, ranking: Floats, weights: Floats) -> float:
    positives, negatives = _ranked(positive, ranking, weights)
    if positives.sum() <= 0:
        return float("nan")
    found, called = np.cumsum(positives), np.cumsum(positives + negatives)
    return float(np.divide(found, called, out=np.zeros_like(found), where=called > 0) @ positives / positives.sum())


def _metric(function: Any, title: str, takes: Any, best: float = 1.0, **facts: Any) -> Metric:
    name = function.__name__
    summary = function.__doc__.splitlines()[0]
    return Metric(
        name=name,
        title=title,
        summary=summary,
        function=function,
        takes=takes,
        greater_is_better=best == 1.0,
        best=best,
        **facts,
    )


ROC_AUC = _metric(roc_auc, "ROC AUC", "probabilities", is_ranking=True)
LOG_LOSS = _metric(log_loss, "log loss", "probabilities", best=0.0, losses=surprises)
BRIER = _metric(brier, "Brier score", "probabilities", best=0.0)
F1 = _metric(f1, "F1", "labels")
PRECISION = _metric(precision, "precision", "labels")
RECALL = _metric(recall, "recall", "labels")
SPECIFICITY = _metric(specificity, "specificity", "labels")
CLASSIFICATION = (
    ROC_AUC,
    LOG_LOSS,
    _metric(accuracy, "accuracy", "labels", is_share=True),
    _metric(balanced_accuracy, "balanced accuracy", "labels"),
    F1,
    _metric(f1_macro, "F1, mean over classes", "labels"),
    _metric(f1_weighted, "F1, weighted by class", "labels"),
    PRECISION,
    RECALL,
    SPECIFICITY,
    _metric(g_mean, "G-mean", "labels"),
    _metric(jaccard, "Jaccard index", "labels"),
    _metric(matthews, "Matthews correlation", "labels"),
    _metric(kappa, "Cohen's kappa", "labels"),
    _metric(average_precision, "average precision", "probabilities", is_ranking=True),
    BRIER,
)
