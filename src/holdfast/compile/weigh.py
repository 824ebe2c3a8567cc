"""What a compiled model takes: room on disk, and time for one row."""

import time
from dataclasses import dataclass

import numpy as np

from holdfast.compile.prove import feeds_of, open_session
from holdfast.data.columns import Columns

# The median of this many answers, or of as many as fit in the time; the first few are not counted.
ANSWERS, SECONDS, WARM = 200, 0.2, 10


@dataclass(frozen=True)
class Weight:
    """size: bytes of the graph. latency: seconds it takes to answer one row, by the median."""

    size: int
    latency: float


def weigh(onnx: bytes, columns: Columns) -> Weight:
    """Weigh a graph that `assemble` made, by one row at a time of `columns`, on one thread."""
    session = open_session(onnx, threads=1)
    output = session.get_outputs()[0].name
    feeds = [feeds_of(session, columns.take(np.array([row]))) for row in range(min(columns.n_rows, WARM))]
    taken: list[float] = []
    began = time.perf_counter()
    while len(taken) < WARM + ANSWERS and (len(taken) <= WARM or time.perf_counter() - began < SECONDS):
        given = feeds[len(taken) % len(feeds)]
        start = time.perf_counter()
        session.run([output], given)
        taken.append(time.perf_counter() - start)
    return Weight(len(onnx), float(np.median(taken[WARM:])))
