"""How many rows and folds a search can afford: decided from sizes and budget alone, so that it is repeatable."""

from dataclasses import dataclass

# Cells (rows x columns) that one first-choice trial digests per second on two cores, measured with the default LightGBM
# configuration; each class beyond two costs about half as much again.
CELLS_PER_SECOND = 1.0e6

# Where rows are sampled, cells are counted by the trees they are for: boosting grows one a class each round, in fewer rounds
# where there are many, so that from three classes on it is three times as many, and from eighteen on a sixth of the classes.
MOST_FOLD, FEWER_ROUNDS = 3.0, 6.0

# A single trial should take no more than this share of the budget, so that several learners get a turn.
TRIAL_SHARE = 1 / 12

# With more rows than this, two folds tell as much as five where time is short: less than so many seconds for a thousand rows.
MANY_ROWS, SECONDS_A_THOUSAND = 10_000, 15.0

DEFAULT_FOLDS = 5
FEWEST_FOLDS = 3
FEWEST_ROWS = 10_000


@dataclass(frozen=True)
class Plan:
    """How a search judges.

    rows: how many development rows it uses (None for all). folds: how many, and repeats, how many times the rows are cut
    so; judged: how many of the folds are judged, None for all.
    """

    rows: int | None
    folds: int
    judged: int | None
    reason: str
    repeats: int = 1


def plan(
    n_rows: int,
    n_columns: int,
    n_outputs: int,
    *,
    budget: float | None,
    folds: int | None = None,
    repeats: int | None = None,
) -> Plan:
    """Fit the search to the budget: first fewer folds, then one fold, then a sample of the rows.

    Folds or repeats that were asked for are kept, and only the rows are sampled.

    >>> plan(1_000, 10, 1, budget=60).folds
    5
    >>> plan(20_000, 10, 1, budget=60).judged, plan(1_000_000, 40, 20, budget=60).judged
    (2, 1)
    >>> plan(1_000_000, 40, 1, budget=60, folds=10).reason
    '10 folds, as asked; searched on 12,500 of 1,000,000 rows, to keep the budget'
    """
    affordable = _affordable_cells(budget)
    row_cells = max(1, n_columns) * _times_as_long(n_outputs)
    if folds is not None or (repeats or 1) > 1:
        return _as_asked(n_rows, affordable / row_cells, folds or DEFAULT_FOLDS, repeats or 1)
    cells, folds = n_rows * row_cells, DEFAULT_FOLDS
    short = budget is not None and 1_000 * budget < SECONDS_A_THOUSAND * n_rows
    if short and n_rows > MANY_ROWS and 2 * cells <= affordable:
        return Plan(None, folds, 2, f"two folds of {folds} are judged: they hold rows enough, and more can be tried")
    if cells * folds <= affordable:
        return Plan(None, folds, None, f"{folds} folds: {n_rows:,} rows leave time for it")
    if cells * FEWEST_FOLDS <= affordable:
        return Plan(None, FEWEST_FOLDS, None, f"{FEWEST_FOLDS} folds instead of {folds}, to keep the budget")
    trees = min(row_cells / max(1, n_columns), max(MOST_FOLD, n_outputs / FEWER_ROUNDS))
    rows = max(FEWEST_ROWS, int(affordable / (max(1, n_columns) * trees)))
    if rows >= n_rows:
        return Plan(None, folds, 1, f"one fold of {folds} is judged, to keep the budget")
    return Plan(rows, folds, 1, f"searched on {rows:,} of {n_rows:,} rows and one fold, to keep the budget")


def spare_columns(decided: Plan, n_rows: int, n_columns: int, n_outputs: int, budget: float | None) -> float:
    """How many columns more leave a trial within its share of the budget.

    >>> spare_columns(plan(1_000, 10, 1, budget=60), 1_000, 10, 1, 60)
    990.0
    """
    fits = (decided.judged or decided.folds) * decided.repeats
    cells = (decided.rows or n_rows) * fits * _times_as_long(n_outputs)
    return max(0.0, _affordable_cells(budget) / cells - n_columns)


def _affordable_cells(budget: float | None) -> float:
    """Cells that a trial digests within its share of the budget."""
    return float("inf") if budget is None else CELLS_PER_SECOND * TRIAL_SHARE * budget


def _times_as_long(n_outputs: int) -> float:
    return 1.0 if n_outputs == 1 else 1 + n_outputs / 2


def _as_asked(n_rows: int, affordable_rows: float, folds: int, repeats: int) -> Plan:
    said = f"{folds} folds, as asked" if repeats == 1 else f"{folds} folds, cut {repeats} times, as asked"
    if n_rows * folds * repeats <= affordable_rows or n_rows <= FEWEST_ROWS:
        return Plan(None, folds, None, said, repeats)
    rows = min(n_rows, max(FEWEST_ROWS, int(affordable_rows / (folds * repeats))))
    said = f"{said}; searched on {rows:,} of {n_rows:,} rows, to keep the budget"
    return Plan(rows, folds, None, said, repeats)
