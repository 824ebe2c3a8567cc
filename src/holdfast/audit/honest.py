"""How much better a random split looks than the honest one: measured on the same rows, by models fitted on as many."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from holdfast.arrays import Floats, Hashes, Integers
from holdfast.audit.quick import FOLDS, explained, fit_predict, out_of_fold

# A random split is called flattering when the honest one leaves this much more unexplained, and the difference is this
# many standard errors from nothing.
FLATTERING, SIGMAS = 0.05, 3.5

# Rows of time are judged in this many stretches, each by what came before; the first share of the rows only teaches.
STRETCHES, TAUGHT = 3, 0.4

# The file is cut in this many stretches, to see whether neighbours are alike.
STRETCHES_OF_FILE = 15

# Standard errors are taken over at most this many blocks of rows that belong together.
BLOCKS = 40


@dataclass(frozen=True)
class Optimism:
    """What the random split and the honest split explain (1 is everything), and the difference in standard errors."""

    random: float
    honest: float
    sigmas: float

    @property
    def matters(self) -> bool:
        """Whether the random split is measurably too good."""
        more = (1 - self.honest) / max(1 - self.random, 1e-3) - 1
        return more >= FLATTERING and self.random - self.honest >= 0.005 and self.sigmas >= SIGMAS


def by_groups(x: Floats, y: Floats, fold: Integers, groups: Hashes) -> Optimism:
    """Compare folds of rows with folds of whole groups.

    x (n_rows, n_columns), y (n_rows, n_targets), fold: the random fold of each row, groups: its group's name, (n_rows,).
    """
    names, group = np.unique(groups, return_inverse=True)
    by_row = out_of_fold(x, y, fold)
    # Groups are dealt out by size, the largest first, so that folds are of one size.
    sizes = np.bincount(group)
    together = np.empty(len(names), dtype=np.int64)
    together[np.argsort(-sizes, kind="stable")] = np.arange(len(names)) % FOLDS
    by_group = out_of_fold(x, y, together[group])
    return _compare(y, by_row, by_group, group)


def by_time(x: Floats, y: Floats, fold: Integers, when: Floats) -> Optimism:
    """Compare answers for stretches of time by models of the past with answers by models of any time, past or future."""
    order = np.argsort(np.nan_to_num(when, nan=-np.inf), kind="stable")
    starts = (np.linspace(TAUGHT, 1, STRETCHES + 1) * len(order)).astype(np.int64)
    rng = np.random.default_rng(0)
    judged: list[Integers] = []
    past, anytime = [], []
    for start, stop in pairwise(starts):
        before, stretch = order[:start], order[start:stop]
        past.append(fit_predict(x, y, before, stretch))
        answers = np.empty_like(y[stretch])
        for k in range(FOLDS):
            asked, others = fold[stretch] == k, np.flatnonzero(fold != k)
            train = np.sort(rng.choice(others, min(len(before), len(others)), replace=False))
            answers[asked] = fit_predict(x, y, train, stretch[asked])
        anytime.append(answers)
        judged.append(stretch)
    rows = np.concatenate(judged)
    blocks = np.arange(len(rows)) * BLOCKS // len(rows)
    return _compare(y[rows], np.concatenate(anytime), np.concatenate(past), blocks)


def by_stretches(x: Floats, y: Floats, by_row: Floats) -> Optimism:
    """Compare what folds of rows answered, (n_rows, n_targets), with folds of stretches of the file."""
    stretch = np.arange(len(y)) * STRETCHES_OF_FILE // len(y)
    return _compare(y, by_row, out_of_fold(x, y, stretch % FOLDS), stretch)


def _compare(y: Floats, random: Floats, honest: Floats, blocks: Integers) -> Optimism:
    gains = ((y - honest) ** 2 - (y - random) ** 2).sum(axis=1)
    if len(np.unique(blocks)) > BLOCKS * 4:
        blocks = np.random.default_rng(0).permutation(int(blocks.max()) + 1)[blocks] % (BLOCKS * 4)
    total = np.bincount(blocks, weights=gains)
    used = np.bincount(blocks) > 0
    n = int(used.sum())
    # The error of a mean over rows that come in blocks (Liang & Zeger, 1986).
    mean = gains.sum() / len(gains)
    centred = total[used] - mean * np.bincount(blocks)[used]
    error = np.sqrt((centred**2).sum() * n / max(1, n - 1)) / len(gains)
    return Optimism(explained(y, random), explained(y, honest), float(mean / error) if error > 0 else 0.0)
