"""How many rows and folds a search can afford: decided from sizes and budget alone, so that it is repeatable."""

from dataclasses import dataclass

# Cells (rows x columns) that one first-choice trial digests per second on two cores, measured with the default LightGBM
# configuration; each class beyond two costs about half as much again.
CELLS_PER_SECOND = 1.0e6

# A single trial should take no more than this share of the budget, so that several learners get a turn.
TRIAL_SHARE = 1 / 12

FEWEST_FOLDS = 3
FEWEST_ROWS = 10_000


@dataclass(frozen=True)
class Plan:
    """rows: how many development rows the search uses (None for all). folds: how many; holdout: judge on one only."""

    rows: int | None
    folds: int
    holdout: bool
    reason: str


def plan(n_rows: int, n_columns: int, n_outputs: int, *, budget: float | None, folds: int) -> Plan:
    """Fit the search to the budget: first fewer folds, then one fold, then a sample of the rows.

    >>> plan(1_000, 10, 1, budget=60, folds=5).folds
    5
    >>> plan(1_000_000, 40, 20, budget=60, folds=5).holdout
    True
    """
    if budget is None:
        return Plan(None, folds, False, f"{folds} folds, as asked")
    affordable = CELLS_PER_SECOND * TRIAL_SHARE * budget
    row_cells = max(1, n_columns) * (1.0 if n_outputs == 1 else 1 + n_outputs / 2)
    cells = n_rows * row_cells
    if cells * folds <= affordable:
        return Plan(None, folds, False, f"{folds} folds: {n_rows:,} rows leave time for it")
    if cells * FEWEST_FOLDS <= affordable and folds > FEWEST_FOLDS:
        return Plan(None, FEWEST_FOLDS, False, f"{FEWEST_FOLDS} folds instead of {folds}, to keep the budget")
    if cells <= affordable or n_rows <= FEWEST_ROWS:
        return Plan(None, folds, True, f"one fold of {folds} is judged, to keep the budget")
    rows = max(FEWEST_ROWS, int(affordable / row_cells))
    if rows >= n_rows:
        return Plan(None, folds, True, f"one fold of {folds} is judged, to keep the budget")
    return Plan(rows, folds, True, f"searched on {rows:,} of {n_rows:,} rows and one fold, to keep the budget")
