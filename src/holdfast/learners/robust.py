"""Linear regression that listens less to far-off rows."""

from holdfast.learners.learner import Learner
from holdfast.learners.linear import SCALED, emit_values, regressor
from holdfast.learners.space import Float

huber = Learner(
    name="huber",
    complexity=1,
    task="regression",
    summary="Least squares that listens less to far-off rows; use it when the target has outliers.",
    reference="Huber, 1964",
    make=regressor("HuberRegressor", max_iter=500),
    wants=SCALED,
    space={
        "epsilon": Float(1.05, 3.0, default=1.35),
        "alpha": Float(1e-6, 1e2, log=True, default=1e-4),
    },
    emit=emit_values,
    max_columns=2_000,
    opt_in=True,
    instead="ridge",
)

# A linear programme with a constraint a row: its time grows faster than the rows.
quantile = Learner(
    name="quantile",
    complexity=1,
    task="regression",
    summary="A line through the middle: the median, not the mean; use it when absolute error counts.",
    reference="Koenker & Bassett, 1978",
    also=("least_absolute_deviations", "lad"),
    make=regressor("QuantileRegressor", quantile=0.5, solver="highs"),
    wants=SCALED,
    space={"alpha": Float(1e-6, 1e-1, log=True, default=1e-3)},
    emit=emit_values,
    max_rows=10_000,
    max_columns=500,
    opt_in=True,
    instead="huber",
)
