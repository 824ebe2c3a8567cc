"""The proof that a compiled graph answers as the fitted pipelines do."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers, decided, worth
from holdfast.data.columns import Columns
from holdfast.errors import CompileError
from holdfast.evaluate.calibrate import UNCALIBRATED, Calibrator
from holdfast.evaluate.pool import AVERAGE, Pool
from holdfast.learners.pipeline import Pipeline

# Probabilities, and values in units of the target's spread, may differ by this much and no more.
TOLERANCE = 1e-5

CHUNK = 2_000


@dataclass(frozen=True)
class Proof:
    """How far the compiled answers are from the fitted ones, on how many rows.

    max_abs_difference: of probabilities, or of values in the target's unit. allowed: what it may be at most.
    labels_differ: rows whose class differs though its probabilities were not tied.
    """

    rows: int
    max_abs_difference: float
    allowed: float
    labels_differ: int

    @property
    def agrees(self) -> bool:
        """Whether the graph may ship."""
        return self.max_abs_difference <= self.allowed and self.labels_differ == 0


def prove(
    onnx: bytes,
    members: Sequence[tuple[Pipeline, float]],
    columns: Columns,
    calibrator: Calibrator = UNCALIBRATED,
    costs: Floats | None = None,
    pool: Pool = AVERAGE,
    *,
    deadline: float = float("inf"),
) -> Proof:
    """Score rows both ways, chunk by chunk, until the rows or the time (time.monotonic) run out.

    Raises CompileError when ONNX Runtime can't load or run the graph.
    """
    session = open_session(onnx)
    outputs = [each.name for each in session.get_outputs()]
    classes = members[0][0].n_classes
    worst, spread, differ, done = 0.0, 1.0, 0, 0
    fitted_values = []
    for start in range(0, columns.n_rows, CHUNK):
        if done and time.monotonic() > deadline:
            break
        chunk = columns.take(np.arange(start, min(start + CHUNK, columns.n_rows)))
        fitted = pool.join([pipeline.predict(chunk) for pipeline, _ in members], [weight for _, weight in members])
        fitted = fitted if classes is None else calibrator.apply(fitted)
        compiled, *labels = _answer(session, outputs, feeds_of(session, chunk))
        difference = np.abs(compiled - fitted)
        worst = max(worst, float(np.max(difference, initial=0.0))) if np.isfinite(difference).all() else float("inf")
        if classes is None:
            fitted_values.append(fitted)
        else:
            differ += _labels_differ(fitted, labels[0], costs)
        done += chunk.n_rows
    if classes is None:
        spread = max(float(np.std(np.concatenate(fitted_values))), members[0][0].scale.spread)
    return Proof(done, worst, TOLERANCE * spread, differ)


def open_session(onnx: bytes, threads: int = 0) -> Any:
    """Open a graph in ONNX Runtime; threads: 0 leaves their number to it. CompileError when it doesn't take the graph."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = threads
    try:
        return onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise CompileError(f"ONNX Runtime does not take the compiled graph: {error}; please report this") from error


def _answer(session: Any, outputs: list[str], feeds: dict[str, Any]) -> list[Any]:
    try:
        answers: list[Any] = session.run(outputs, feeds)
    except Exception as error:
        raise CompileError(f"the compiled graph fails on training rows: {error}; please report this") from error
    return answers


def feeds_of(session: Any, columns: Columns) -> dict[str, Any]:
    """What a graph takes, of rows as a pipeline sees them."""
    feeds: dict[str, Any] = {}
    if columns.numbers:
        feeds["numbers"] = np.column_stack(list(columns.numbers.values()))
    if columns.strings:
        feeds["strings"] = np.column_stack([coded.strings() for coded in columns.strings.values()])
    taken = {each.name for each in session.get_inputs()}
    return {name: array for name, array in feeds.items() if name in taken}


def _labels_differ(fitted: Floats, compiled: Integers, costs: Floats | None) -> int:
    labels, valued = decided(fitted, costs), fitted if costs is None else fitted @ worth(costs)
    rows = np.arange(len(fitted))
    tied = np.abs(valued[rows, labels] - valued[rows, compiled]) <= TOLERANCE
    return int(np.sum((labels != compiled) & ~tied))
