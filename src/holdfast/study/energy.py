"""What a study cost in electricity, estimated from the processor time it was measured to use."""

import os
import time
from typing import Any

from holdfast.errors import HoldfastError
from holdfast.search.executor import Executor

# A busy core of a server, without the rest of the machine (Lannelongue, Grealey & Inouye, Green Algorithms, 2021).
WATTS_A_CORE = 12.0

# Seconds the worker gets to answer.
PATIENCE = 1.0


def processor_seconds() -> float:
    """Of this process, whatever it did, and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def energy(executor: Executor, before: float) -> dict[str, Any]:
    """Processor seconds of a study and its workers so far, and the watt hours they stand for.

    before: `processor_seconds` when the study began.
    """
    seconds = processor_seconds() - before
    try:
        worker, spent = executor.call(_spent, deadline=time.monotonic() + PATIENCE)
    except HoldfastError:
        worker, spent = os.getpid(), 0.0
    if worker != os.getpid():
        seconds += spent
    return {
        "processor_seconds": round(seconds, 1),
        "watt_hours": round(seconds * WATTS_A_CORE / 3600, 4),
        "estimate": f"processor time times {WATTS_A_CORE:g} W a busy core; the rest of the machine is not counted",
    }


def _spent(_state: Any) -> tuple[int, float]:
    return os.getpid(), time.process_time()
