"""Linear regression that finds for itself how much to shrink, or which features to take in."""

from holdfast.learners.learner import Learner
from holdfast.learners.linear import SCALED, emit_values, regressor
from holdfast.learners.space import Float, Int

bayesian_ridge = Learner(
    name="bayesian_ridge",
    complexity=1,
    task="regression",
    summary="Ridge that estimates its own shrinkage from the rows; nothing to tune, good when rows are few.",
    reference="MacKay, 1992; Tipping, 2001",
    make=regressor("BayesianRidge"),
    wants=SCALED,
    emit=emit_values,
    max_columns=2_000,
    opt_in=True,
    instead="ridge",
)

lars = Learner(
    name="lars",
    complexity=1,
    task="regression",
    summary="Takes features in one by one, the most telling first; use it when few of many features matter.",
    reference="Efron et al., 2004",
    also=("least_angle",),
    make=regressor("Lars"),
    wants=SCALED,
    space={"n_nonzero_coefs": Int(1, 100, log=True, default=10)},
    emit=emit_values,
    max_columns=2_000,
    weighted=False,
    opt_in=True,
    instead="lasso",
)

lasso_lars = Learner(
    name="lasso_lars",
    complexity=1,
    task="regression",
    summary="Lasso solved feature by feature along its path; exact, and quick when few features matter.",
    reference="Efron et al., 2004",
    make=regressor("LassoLars", max_iter=1_000),
    wants=SCALED,
    space={"alpha": Float(1e-4, 1.0, log=True, default=0.01)},
    emit=emit_values,
    max_columns=2_000,
    weighted=False,
    opt_in=True,
    instead="lasso",
)
