"""Requests that are here together are scored together: the graph takes 16 rows in four times the time of one.

Nothing is waited for. As long as a turn of the event loop brings more rows they join those before, and a row that came alone
is scored alone, so batching costs a lone client a turn of the loop (microseconds), not a time window.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from holdfast.arrays import Floats
from holdfast.serve.door import Rows
from holdfast.serve.shelf import Served

LOG = logging.getLogger("holdfast.serve")

# Rows scored in one go on the event loop, which answers no one meanwhile.
MOST_ROWS = 64


# Called with the answers, or with what went wrong.
Done: TypeAlias = Callable[[Floats | Exception], None]


class Batch:
    """The rows of one model that wait for the end of this turn of the loop."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._waiting: list[tuple[Rows, Done]] = []

    def add(self, rows: Rows, done: Done) -> None:
        """Score rows together with others of this turn; the same answers as alone."""
        if not self._waiting:
            loop = asyncio.get_running_loop()
            loop.call_soon(self._later, loop, 1)
        self._waiting.append((rows, done))

    async def answers(self, rows: Rows) -> Floats:
        """Do as `add`, and wait for the answers."""
        future: asyncio.Future[Floats] = asyncio.get_running_loop().create_future()

        def done(answers: Floats | Exception) -> None:
            if future.done():
                return  # whoever asked has gone
            if isinstance(answers, Exception):
                future.set_exception(answers)
            else:
                future.set_result(answers)

        self.add(rows, done)
        return await future

    def _later(self, loop: asyncio.AbstractEventLoop, known: int) -> None:
        """Score, unless this turn brought more: then the next may, too."""
        if known < len(self._waiting) < MOST_ROWS:
            loop.call_soon(self._later, loop, len(self._waiting))
            return
        waiting, self._waiting = self._waiting, []
        while waiting:
            count, size = 1, len(waiting[0][0].numbers)
            while count < len(waiting) and size + len(waiting[count][0].numbers) <= MOST_ROWS:
                size += len(waiting[count][0].numbers)
                count += 1
            self._together(waiting[:count])
            waiting = waiting[count:]

    def _together(self, waiting: list[tuple[Rows, Done]]) -> None:
        try:
            if len(waiting) == 1:
                answers = self._served.answers(waiting[0][0])
            else:
                numbers = np.concatenate([rows.numbers for rows, _ in waiting])
                strings = np.concatenate([rows.strings for rows, _ in waiting])
                answers = self._served.model.answers(numbers, strings)
        except Exception as error:  # whatever it is, it belongs to the one request that caused it
            if len(waiting) == 1:
                _tell(waiting[0][1], error)
                return
            for each in waiting:
                self._together([each])
            return
        start = 0
        for rows, done in waiting:
            _tell(done, answers[start : start + len(rows.numbers)])
            start += len(rows.numbers)


def _tell(done: Done, answers: Floats | Exception) -> None:
    """Give one request its answers; a fault there is no other request's."""
    try:
        done(answers)
    except Exception:
        LOG.exception("an answer could not be given")
