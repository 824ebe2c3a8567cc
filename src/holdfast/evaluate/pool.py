"""How the answers of several models become one: averaged, averaged as logarithms, or stacked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.arrays import Floats
from holdfast.evaluate.calibrate import TINY
from holdfast.graph import Graph


@dataclass(frozen=True)
class Pool:
    """Joins answers (n_rows,) or (n_rows, n_classes) by weights, in NumPy or compiled.

    logs: logarithms of probabilities are added up and made probabilities again (the logarithmic opinion pool; Genest &
    Zidek, 1986). shift: what a stack (Wolpert, 1992) adds to the sum, for each class or once; its weights need not add up
    to 1.

    >>> sure, unsure = np.array([[0.01, 0.99]]), np.array([[0.5, 0.5]])
    >>> AVERAGE.join([sure, unsure], [0.5, 0.5]).round(3).tolist()
    [[0.255, 0.745]]
    >>> Pool(logs=True).join([sure, unsure], [0.5, 0.5]).round(3).tolist()
    [[0.091, 0.909]]
    """

    logs: bool = False
    shift: tuple[float, ...] = ()

    @property
    def name(self) -> str:
        """As result.json calls it."""
        return "stack" if self.shift else "log_average" if self.logs else "average"

    def scaled(self, answers: Floats) -> Floats:
        """Answers on the scale on which they are added up, shape as given."""
        return np.log(np.clip(answers, TINY, 1 - TINY)) if self.logs else answers

    def answer(self, total: Floats) -> Floats:
        """What a weighted sum of scaled answers says, shape as given."""
        from scipy.special import softmax

        shifted = total + np.array(self.shift) if self.shift else total
        return np.asarray(softmax(shifted, axis=1)) if self.logs else shifted

    def join(self, answers: Sequence[Floats], weights: Sequence[float] | Floats) -> Floats:
        """Join the answers of several models, one array each; shape as one of them."""
        scaled = [weight * self.scaled(each) for each, weight in zip(answers, weights, strict=True)]
        return self.answer(np.asarray(np.sum(scaled, axis=0)))

    def emit(self, graph: Graph, answers: Sequence[str], weights: Sequence[float]) -> str:
        """Add the same arithmetic to a graph; double tensors (rows, 1) or (rows, n_classes) in, one out."""
        if self == AVERAGE and len(answers) == 1:
            return answers[0]
        total = ""
        for answer, weight in zip(answers, weights, strict=True):
            weighed = graph.add("Mul", self._emit_scaled(graph, answer), graph.constant(np.float64(weight)))
            total = graph.add("Add", total, weighed) if total else weighed
        if self.shift:
            total = graph.add("Add", total, graph.constant(np.array([self.shift])))
        return graph.add("Softmax", total, axis=1) if self.logs else total

    def _emit_scaled(self, graph: Graph, answer: str) -> str:
        if not self.logs:
            return answer
        low, high = graph.constant(np.float64(TINY)), graph.constant(np.float64(1 - TINY))
        return graph.add("Log", graph.add("Clip", answer, low, high))

    def to_json(self) -> dict[str, Any]:
        """As result.json holds it."""
        return {"how": self.name, "shift": list(self.shift)}


AVERAGE = Pool()
