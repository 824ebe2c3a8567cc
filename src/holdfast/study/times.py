"""Seconds that the end of a study takes, whatever it found; other steps name their share of the time where they are."""

# Kept back for writing the model, the report and the result.
WRITING = 4.0

# For compiling what few rows were fitted to, and proving it.
COMPILING = 3.0

# In less time than this, models and reports are smaller, and quicker to make.
ENOUGH_TIME = 30.0

# A new worker needs them before it can fit anything.
RESTART = 3.0


def writing(budget: float | None) -> float:
    """Seconds to keep back for writing, of a budget.

    >>> writing(None), writing(60.0), writing(15.0)
    (4.0, 4.0, 2.0)
    """
    return _of(WRITING, budget)


def compiling(budget: float | None) -> float:
    """Seconds to keep for compiling and proving once, of a budget."""
    return _of(COMPILING, budget)


def _of(seconds: float, budget: float | None) -> float:
    return seconds if budget is None else seconds * min(1.0, budget / ENOUGH_TIME)
