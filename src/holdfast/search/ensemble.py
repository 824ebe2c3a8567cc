"""Weights of models, learned on out-of-fold predictions: chosen greedily, or a stack close to those."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from holdfast.arrays import Flags, Floats
from holdfast.evaluate.pool import AVERAGE, Pool
from holdfast.metrics.metric import Metric
from holdfast.search.contenders import first_of_each

# Beyond this many rounds no measurable gain was found (AutoGluon's authors), and rows beyond this many only cost time.
ROUNDS = 25
MAX_ROWS = 10_000

# Greedy weights follow the noise of few rows. The plain average of the best models of so many learners counts beside them as much
# as so many rows do, up to this many; learners with less than this share of the best one's lead over the baseline are no part.
# On 24 sets (150, 400 and 1,500 rows to choose by, eight draws) that took 1.1, 0.7 and 0.5 % of the error away, on average.
STEADY, STEADY_ROWS, MOST_STEADY_ROWS, LEAST_LEAD = 3, 200, 4_000, 0.5

# An ensemble has no more members than this.
MAX_MEMBERS = 8

# A stack's weights may leave the greedy ones where rows speak for it: half of the squared distance costs as much as so many
# nats a row, or as much of the target's variance. A hundred times less or more changed no score measured.
PULL = 0.02

# A stack of many classes is fitted on fewer rows; its weights are few.
MOST_CELLS = 100_000


def greedy_weights(
    metric: Metric,
    y: Any,
    predictions: Sequence[Floats],
    costs: Sequence[Sequence[float]],
    *,
    max_costs: Sequence[float] = (),
    max_members: int = MAX_MEMBERS,
    pool: Pool = AVERAGE,
) -> Floats:
    """Choose weights (n_models,) summing to 1 whose average, on the pool's scale, scores best (Caruana et al., 2004).

    Models are added one at a time with replacement, best first, and the best prefix is kept. costs: one or more for each
    model, such as seconds and bytes; those of the distinct members may not add up to more than `max_costs`. When even the
    cheapest is dearer, that one is taken alone.
    """
    rows = np.linspace(0, len(y) - 1, min(len(y), MAX_ROWS)).astype(int)
    y, stacked = y[rows], np.stack([pool.scaled(each[rows]) for each in predictions])
    taken, most = _limits(costs, max_costs)
    counts, total = np.zeros(len(stacked)), np.zeros_like(stacked[0])
    best_gain, best_counts = -np.inf, counts.copy()
    for _ in range(ROUNDS):
        allowed = [k for k in range(len(stacked)) if _fits(k, counts > 0, taken, most, max_members)]
        if not allowed:
            break
        size = counts.sum() + 1
        gains = [metric.gain(metric.score(y, pool.answer((total + stacked[k]) / size))) for k in allowed]
        winner = int(np.argmax(gains))
        counts[allowed[winner]] += 1
        total += stacked[allowed[winner]]
        if gains[winner] > best_gain + 1e-12:
            best_gain, best_counts = gains[winner], counts.copy()
    if not best_counts.any():
        best_counts[int(np.argmin(taken[:, 0]))] = 1
    weights: Floats = best_counts / best_counts.sum()
    return weights


def steadied(
    weights: Floats,
    leads: Sequence[float],
    learners: Sequence[str],
    costs: Sequence[Sequence[float]],
    *,
    max_costs: Sequence[float],
    n_rows: int,
) -> Floats:
    """Pull weights (n_models,) towards the plain average of the best model of each of the best learners, as few rows ask for.

    leads: what each model gains over the baseline. learners: of which each is. n_rows: rows that the weights were chosen by.
    Models that would break the limits of `greedy_weights` are no part of the average.
    """
    if n_rows > MOST_STEADY_ROWS:
        return weights
    ranked = sorted(range(len(leads)), key=lambda k: -leads[k])
    (taken, most), members, steady = _limits(costs, max_costs), weights > 0, []
    for k in [ranked[place] for place in first_of_each([learners[k] for k in ranked])[:STEADY]]:
        if leads[k] >= LEAST_LEAD * leads[ranked[0]] and _fits(k, members, taken, most, MAX_MEMBERS):
            members[k] = True
            steady.append(k)
    if not steady:
        return weights
    average = np.bincount(steady, minlength=len(weights)) / len(steady)
    share = STEADY_ROWS / (STEADY_ROWS + n_rows)
    return (1 - share) * weights + share * average


def _limits(costs: Sequence[Sequence[float]], max_costs: Sequence[float]) -> tuple[Floats, Floats]:
    """What each model costs, (n_models, n_costs), and what they may cost together, (n_costs,)."""
    return np.asarray(costs, dtype=np.float64), np.array(max_costs or [np.inf] * len(costs[0]))


def _fits(k: int, members: Flags, taken: Floats, most: Floats, max_members: int) -> bool:
    """Whether a model is a member already, or may become one."""
    return bool(members[k]) or (int(members.sum()) < max_members and bool((members @ taken + taken[k] <= most).all()))


def stack(y: Any, predictions: Sequence[Floats], weights: Floats) -> tuple[Floats, Pool]:
    """Fit a linear stack (Breiman, 1996) of the models that have a weight: weights of at least 0, and what is added.

    y: class codes, of which probabilities' logarithms are added up to a multinomial regression, or values. weights:
    (n_models,), towards which the stack's are shrunk; those that are 0 stay 0.
    """
    members = np.flatnonzero(weights).tolist()
    size = 1 if predictions[0].ndim == 1 else predictions[0].shape[1]
    n_rows = min(len(y), MAX_ROWS, max(MOST_CELLS // size, 1))
    rows = np.linspace(0, len(y) - 1, n_rows).astype(int)
    pool = Pool(logs=predictions[0].ndim == 2)
    answers = np.stack([pool.scaled(predictions[k][rows]) for k in members])
    fit = _logistic if pool.logs else _ridge
    found, shift = fit(y[rows], answers, weights[members])
    stacked = np.zeros(len(weights))
    stacked[members] = found
    return stacked, Pool(pool.logs, tuple(shift.tolist()))


def _ridge(y: Floats, answers: Floats, towards: Floats) -> tuple[Floats, Floats]:
    """Least squares with weights of at least 0, shrunk towards those given."""
    from scipy.optimize import nnls

    means, spread = answers.mean(axis=1), float(y.std()) or 1.0
    pull = np.sqrt(0.5 * PULL * len(y)) * np.eye(len(towards))
    design = np.concatenate([(answers - means[:, None]).T / spread, pull])
    weights, _ = nnls(design, np.concatenate([(y - y.mean()) / spread, pull @ towards]))
    return weights, np.array([y.mean() - means @ weights])


def _logistic(y: Floats, logs: Floats, towards: Floats) -> tuple[Floats, Floats]:
    """Multinomial regression with one weight of at least 0 a model, shrunk towards those given, and a shift a class."""
    from scipy.optimize import minimize
    from scipy.special import log_softmax

    n_models, n_rows, n_classes = logs.shape
    centre = np.concatenate([towards, np.zeros(n_classes)])
    truth = np.eye(n_classes)[y]

    def loss(free: Floats) -> tuple[float, Floats]:
        said = log_softmax(np.tensordot(free[:n_models], logs, 1) + free[n_models:], axis=1)
        error, away = (np.exp(said) - truth) / n_rows, free - centre
        slope = np.concatenate([np.tensordot(logs, error, 2), error.sum(axis=0)])
        return float(-np.sum(said * truth) / n_rows + 0.5 * PULL * away @ away), slope + PULL * away

    bounds = [(0.0, None)] * n_models + [(None, None)] * n_classes
    found = minimize(loss, centre, jac=True, method="L-BFGS-B", bounds=bounds).x
    return found[:n_models], found[n_models:]
