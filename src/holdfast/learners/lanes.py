"""Fits side by side, each in a thread of its own; the libraries let go of Python's lock while they fit."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits

Item = TypeVar("Item")
Found = TypeVar("Found")


def side_by_side(work: Callable[[Item], Found], items: Sequence[Item], lanes: int) -> list[Found]:
    """What the work makes of each item, in their order, so many at a time.

    >>> side_by_side(abs, [-1, -2, -3], lanes=2)
    [1, 2, 3]
    """
    # Linear algebra takes a thread a processor, in each lane: they would wait for each other. Four small networks in two lanes
    # took 3.6 s instead of 1.6, and beside other work 19 s instead of 2.4.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(lanes) as pool:
        return list(pool.map(work, items))
