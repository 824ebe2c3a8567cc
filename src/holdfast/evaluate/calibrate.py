"""Probabilities that mean what they say: a calibrator fitted on out-of-fold predictions, chosen by out-of-fold loss."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers
from holdfast.graph import Graph

# Probabilities are kept this far from 0 and 1, so that their logarithms exist.
TINY = 1e-7

# Isotonic steps are drawn through at most this many points, from at least this many rows.
MAX_KNOTS, FEWEST_ROWS = 100, 1_000

# What is not flat rises by at least this, so that no two rows change places or become equal.
SLOPE = 1e-4

BINS = 15


@dataclass(frozen=True)
class Calibrator:
    """Turns probabilities (n_rows, n_classes) into calibrated ones, in NumPy or compiled.

    method: "none", "temperature" (Guo et al., 2017), "platt" (Platt, 1999; two classes) or "isotonic" (Zadrozny & Elkan,
    2002). scale, shift: of the log odds or logarithms. knots: for each class (one for two), the points (x, y) a line is
    drawn through.
    """

    method: str = "none"
    scale: float = 1.0
    shift: float = 0.0
    knots: tuple[tuple[Floats, Floats], ...] = ()

    def apply(self, probabilities: Floats) -> Floats:
        """Calibrate, shape as given."""
        from scipy.special import expit, softmax

        p = np.clip(probabilities, TINY, 1 - TINY)
        if self.method == "temperature":
            return np.asarray(softmax(self.scale * np.log(p), axis=1))
        if self.method == "platt":
            odds = self.scale * (np.log(p[:, 1:]) - np.log(1 - p[:, 1:])) + self.shift
            first = expit(odds)
            return np.concatenate([1 - first, first], axis=1)
        if self.method == "isotonic":
            drawn = np.column_stack(
                [np.interp(p[:, k], x, y) for k, (x, y) in zip(self._classes(), self.knots, strict=True)]
            )
            if len(self.knots) == 1:
                return np.concatenate([1 - drawn, drawn], axis=1)
            return np.asarray(drawn / drawn.sum(axis=1, keepdims=True))
        return probabilities

    def emit(self, graph: Graph, probabilities: str) -> str:
        """Add the same arithmetic to a graph; double tensor (rows, n_classes) in and out."""
        if self.method == "none":
            return probabilities
        low, high = graph.constant(np.float64(TINY)), graph.constant(np.float64(1 - TINY))
        p = graph.add("Clip", probabilities, low, high)
        axes, one = graph.constant(np.array([1])), graph.constant(np.float64(1.0))
        if self.method == "temperature":
            powers = graph.add("Mul", graph.add("Log", p), graph.constant(np.float64(self.scale)))
            return graph.add("Softmax", powers, axis=1)
        if self.method == "platt":
            second = graph.add("Gather", p, axes, axis=1)
            odds = graph.add("Sub", graph.add("Log", second), graph.add("Log", graph.add("Sub", one, second)))
            odds = graph.add("Mul", odds, graph.constant(np.float64(self.scale)))
            first = graph.add("Sigmoid", graph.add("Add", odds, graph.constant(np.float64(self.shift))))
            return graph.add("Concat", graph.add("Sub", one, first), first, axis=1)
        drawn = [self._emit_line(graph, p, k, x, y) for k, (x, y) in zip(self._classes(), self.knots, strict=True)]
        if len(drawn) == 1:
            return graph.add("Concat", graph.add("Sub", one, drawn[0]), drawn[0], axis=1)
        joined = graph.add("Concat", *drawn, axis=1)
        return graph.add("Div", joined, graph.add("ReduceSum", joined, axes, keepdims=1))

    def _classes(self) -> range:
        return range(1, 2) if len(self.knots) == 1 else range(len(self.knots))

    def _emit_line(self, graph: Graph, p: str, k: int, x: Floats, y: Floats) -> str:
        """A line through points is the sum of what each stretch adds."""
        column = graph.add("Gather", p, graph.constant(np.array([k])), axis=1)
        passed = graph.add("Sub", column, graph.constant(x[None, :-1]))
        zero = graph.constant(np.float64(0.0))
        passed = graph.add("Max", passed, zero)
        passed = graph.add("Min", passed, graph.constant(np.diff(x)[None, :]))
        slopes = (np.diff(y) / np.diff(x))[:, None]
        return graph.add("Add", graph.add("MatMul", passed, graph.constant(slopes)), graph.constant(np.float64(y[0])))


UNCALIBRATED = Calibrator()


@dataclass(frozen=True)
class Calibration:
    """The calibrator chosen, and what it does to rows that did not choose it: log loss and calibration error."""

    calibrator: Calibrator
    log_loss_before: float
    log_loss_after: float
    error_before: float
    error_after: float

    def to_json(self) -> dict[str, Any]:
        """As result.json holds it."""
        return {
            "method": self.calibrator.method,
            "log_loss_before": self.log_loss_before,
            "log_loss_after": self.log_loss_after,
            "error_before": self.error_before,
            "error_after": self.error_after,
        }


def calibrate(y: Integers, probabilities: Floats, parts: Sequence[Integers]) -> Calibration:
    """Choose and fit a calibrator on out-of-fold probabilities (n_rows, n_classes) of classes y (n_rows,).

    Each method is fitted on all parts but one and judged on that one, by log loss. "none" stays unless another is better
    by more than one standard error of the difference.
    """
    if len(parts) == 1:
        parts = [parts[0][::2], parts[0][1::2]]
    plain = _losses(y, probabilities)
    best, after = "none", probabilities
    least = 0.0
    for method, fit in _methods(y, probabilities).items():
        judged = probabilities.copy()
        for part in parts:
            rest = np.setdiff1d(np.arange(len(y)), part)
            judged[part] = fit(y[rest], probabilities[rest]).apply(probabilities[part])
        gain = plain - _losses(y, judged)
        error = float(gain.std() / np.sqrt(len(gain)))
        if gain.mean() > max(error, 1e-4) and gain.mean() > least:
            best, after, least = method, judged, float(gain.mean())
    chosen = UNCALIBRATED if best == "none" else _methods(y, probabilities)[best](y, probabilities)
    return Calibration(
        chosen,
        float(plain.mean()),
        float(_losses(y, after).mean()),
        calibration_error(y, probabilities),
        calibration_error(y, after),
    )


def calibration_error(y: Integers, probabilities: Floats) -> float:
    """Expected calibration error of the class answered, over bins of equal size (Naeini, Cooper & Hauskrecht, 2015)."""
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == y
    order = np.argsort(sure, kind="stable")
    bins = [each for each in np.array_split(order, BINS) if len(each)]
    return float(sum(abs(sure[each].mean() - right[each].mean()) * len(each) for each in bins) / max(1, len(y)))


def _methods(y: Integers, probabilities: Floats) -> dict[str, Callable[[Integers, Floats], Calibrator]]:
    methods: dict[str, Callable[[Integers, Floats], Calibrator]] = {"temperature": _temperature}
    if probabilities.shape[1] == 2:
        methods["platt"] = _platt
    if len(y) >= FEWEST_ROWS and probabilities.shape[1] <= 10:
        methods["isotonic"] = _isotonic
    return methods


def _losses(y: Integers, probabilities: Floats) -> Floats:
    return -np.log(np.clip(probabilities[np.arange(len(y)), y], TINY, 1.0))


def _temperature(y: Integers, probabilities: Floats) -> Calibrator:
    from scipy.optimize import minimize_scalar

    def loss(logarithm: float) -> float:
        return float(_losses(y, Calibrator("temperature", float(np.exp(logarithm))).apply(probabilities)).mean())

    found = minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded")
    return Calibrator("temperature", float(np.exp(found.x)))


def _platt(y: Integers, probabilities: Floats) -> Calibrator:
    from scipy.optimize import minimize

    def loss(weights: Floats) -> float:
        return float(_losses(y, Calibrator("platt", float(weights[0]), float(weights[1])).apply(probabilities)).mean())

    found = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-8})
    return Calibrator("platt", float(max(found.x[0], 1e-3)), float(found.x[1]))


def _isotonic(y: Integers, probabilities: Floats) -> Calibrator:
    classes = [1] if probabilities.shape[1] == 2 else range(probabilities.shape[1])
    return Calibrator("isotonic", knots=tuple(_line(probabilities[:, k], (y == k).astype(np.float64)) for k in classes))


def _line(x: Floats, hit: Floats) -> tuple[Floats, Floats]:
    """Points of a rising line through the means of isotonic steps."""
    from sklearn.isotonic import IsotonicRegression

    x = np.clip(x, TINY, 1 - TINY)
    steps = IsotonicRegression(y_min=0.0, y_max=1.0).fit(x, hit)
    level = steps.predict(x)
    means = np.array([[x[level == value].mean(), value] for value in np.unique(level)])
    if len(means) > MAX_KNOTS:
        means = means[np.unique(np.linspace(0, len(means) - 1, MAX_KNOTS).astype(int))]
    xs = np.concatenate([[0.0], means[:, 0], [1.0]])
    ys = np.concatenate([[means[0, 1]], means[:, 1], [means[-1, 1]]])
    kept = np.concatenate([[True], np.diff(xs) > 1e-9])
    xs, ys = xs[kept], ys[kept]
    # Steps of nothing but one class would say "impossible"; a new row may still surprise.
    n = len(x)
    ys = (ys * n + 0.5) / (n + 1.0)
    return xs, np.asarray((1 - SLOPE) * ys + SLOPE * xs)
