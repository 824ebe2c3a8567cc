"""Requests that are here together are scored together: the graph takes 16 rows in twice the time of one.

Nothing is waited for. A row joins those that came in with the same turn of the event loop, and a row that came alone is
scored alone, so batching costs a lone client a turn of the loop (microseconds), not a time window.
"""

import asyncio

import numpy as np

from holdfast.arrays import Floats
from holdfast.serve.door import Rows
from holdfast.serve.shelf import Served

# Rows scored in one go on the event loop, which answers no one meanwhile.
MOST_ROWS = 64


class Batch:
    """The rows of one model that wait for the end of this turn of the loop."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._waiting: list[tuple[Rows, asyncio.Future[Floats]]] = []

    async def answers(self, rows: Rows) -> Floats:
        """Score rows together with others of this turn; the same answers as alone, in order."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Floats] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._score)
        self._waiting.append((rows, future))
        return await future

    def _score(self) -> None:
        waiting, self._waiting = [each for each in self._waiting if not each[1].done()], []
        while waiting:
            count, size = 1, len(waiting[0][0].numbers)
            while count < len(waiting) and size + len(waiting[count][0].numbers) <= MOST_ROWS:
                size += len(waiting[count][0].numbers)
                count += 1
            self._together(waiting[:count])
            waiting = waiting[count:]

    def _together(self, waiting: list[tuple[Rows, asyncio.Future[Floats]]]) -> None:
        try:
            if len(waiting) == 1:
                waiting[0][1].set_result(self._served.answers(waiting[0][0]))
                return
            numbers = np.concatenate([rows.numbers for rows, _ in waiting])
            strings = np.concatenate([rows.strings for rows, _ in waiting])
            answers = self._served.model.answers(numbers, strings)
        except Exception as error:  # whatever it is, it belongs to the one request that caused it
            if len(waiting) == 1:
                waiting[0][1].set_exception(error)
                return
            for each in waiting:
                self._together([each])
            return
        start = 0
        for rows, future in waiting:
            future.set_result(answers[start : start + len(rows.numbers)])
            start += len(rows.numbers)
