"""A small network with the tricks that made networks strong on tables: fitted by PyTorch, answered without it."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from holdfast.arrays import Floats
from holdfast.features.matrix import Matrix
from holdfast.graph.tensor import Number, clip, columns, cos, exp, sqrt
from holdfast.learners.descending import N_CYCLES, descend
from holdfast.learners.learner import Learner
from holdfast.learners.network import Layered, Rows, emit_network, settle_rounds
from holdfast.learners.space import Choice, Float, Int

# Values are pulled in smoothly, to within this many quartile ranges of the median.
REACH = 3.0

# The constants that keep mean and variance from layer to layer (Klambauer et al., 2017).
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


class RealMLP(Layered):
    """A network over the columns, scaled robustly; a round is a cycle of its schedule."""

    few_rows_rounds = 2

    def scores(self, values: Number) -> Number:
        """The last sums, (n_rows, n_outputs), of the matrix in double."""
        values, activation = self._scaled(values), selu if self.classifier else mish
        (weights, bias), *others = self.learned_.layers
        waves = self.learned_.waves
        n_columns = len(weights) - len(waves.columns)
        sums: Number = values @ weights[:n_columns] + bias
        if len(waves.columns):
            sums = sums + cos(columns(values, waves.columns) * waves.frequencies + waves.phases) @ weights[n_columns:]
        for weights, bias in others:
            sums = activation(sums) @ weights + bias
        return sums

    def _scaled(self, values: Number) -> Number:
        return pulled_in((values - self.centre_) / self.spread_)

    def _learn(self, rows: Rows, inner: Rows | None, n_rounds: int | None) -> tuple[list[Any], Floats, float]:
        self.centre_, self.spread_ = robust(rows.values)
        n_cycles = n_rounds or N_CYCLES
        places, losses, ended = descend(
            replace(rows, values=self._scaled(rows.values)),
            None if inner is None else replace(inner, values=self._scaled(inner.values)),
            start=self._start(rows),
            classifier=self.classifier,
            n_cycles=n_cycles,
            seed=self.seed,
            n_jobs=self.n_jobs,
            deadline=self.deadline,
            **self.params,
        )
        return places, losses, ended / n_cycles

    def _start(self, rows: Rows) -> Floats:
        """The first answer: the mean, or the log of what share each class has, one row of each added."""
        if self.classes_ is None:
            return np.array([np.average(rows.target, weights=rows.weights)])
        shares = np.log(np.bincount(rows.target, rows.weights) + 1)
        return shares[1:] - shares[:1] if len(shares) == 2 else shares


def robust(values: Floats) -> tuple[Floats, Floats]:
    """Median and quartile range of each column, or half its range where the quartiles are equal; 1 for a constant.

    >>> centre, spread = robust(np.array([[0.0, 5.0, 0.0], [2.0, 5.0, 0.0], [4.0, 5.0, 0.0], [9.0, 5.0, 0.0], [6.0, 5.0, 8.0]]))
    >>> centre.tolist(), spread.tolist()
    ([4.0, 5.0, 0.0], [4.0, 1.0, 4.0])
    """
    low, centre, high = np.quantile(values, [0.25, 0.5, 0.75], axis=0)
    half = (values.max(axis=0) - values.min(axis=0)) / 2
    spread = np.where(high > low, high - low, half)
    return centre, np.where(spread > 0, spread, 1.0)


def pulled_in(values: Number) -> Number:
    """Small values as they are, large ones bent smoothly so that none reaches REACH.

    >>> pulled_in(np.array([0.0, 3.0, 1e6])).round(3).tolist()
    [0.0, 2.121, 3.0]
    """
    return values / sqrt(values * values * (1 / REACH**2) + 1.0)


def selu(values: Number) -> Number:
    """The scaled exponential linear unit."""
    below = clip(values, -np.inf, 0.0)
    return (values - below) * SELU_SCALE + (exp(below) - 1.0) * (SELU_SCALE * SELU_ALPHA)


def mish(values: Number) -> Number:
    """A value times the hyperbolic tangent of its softplus (Misra, 2019), by one exponential."""
    # Beyond 20 it is the value itself, to the last bit, and the square would soon be too large.
    power = exp(clip(values, -np.inf, 20.0))
    product = power * (power + 2.0)
    return values * (product / (product + 2.0))


def _declare(task: Any, *, classifier: bool) -> Learner:
    return Learner(
        name="realmlp",
        task=task,
        summary="A network tuned for tables; errs otherwise than trees do, so that together they are better.",
        reference="Holzmüller, Grinsztajn & Steinwart, 2024",
        also=("tabular_network", "torch"),
        make=partial(RealMLP, classifier=classifier),
        wants=Matrix(scaled=True),
        space={
            "width": Choice((64, 128, 256), default=128),
            "learning_rate": Float(5e-3, 0.2, log=True, default=0.04 if classifier else 0.025),
            "steps": Int(300, 1_200, log=True, default=600 if classifier else 300),
            "waves": Choice((False, True), default=not classifier),
        },
        emit=emit_network,
        settle=settle_rounds,
        varies=True,
        max_rows=30_000,
        max_columns=1_000,
        library="torch",
        extra="torch",
    )


realmlp_classifier = _declare("classification", classifier=True)
realmlp_regressor = _declare("regression", classifier=False)
