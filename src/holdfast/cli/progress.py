"""Progress on standard error: a live line on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(budget: float | None, started: float) -> Iterator[Callable[[str], None]]:
    """Give a function that shows what is going on, with the time used and the time promised."""
    promised = "" if budget is None else f" of {budget:.0f} s"

    def stamp(message: str) -> str:
        return f"[{time.monotonic() - started:5.1f} s{promised}] {message}"

    if not sys.stderr.isatty():
        yield lambda message: print(stamp(message), file=sys.stderr, flush=True)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False)
    with console.status("starting") as status:
        yield lambda message: status.update(Text(stamp(message)))
