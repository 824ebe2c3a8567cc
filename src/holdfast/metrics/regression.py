"""Scores for numeric answers: y and values are (n_rows,) in the target's unit, weights (n_rows,) or None."""

from typing import Any

import numpy as np

from holdfast.arrays import Floats
from holdfast.metrics.metric import Metric


def squared_errors(y: Floats, values: Floats) -> Floats:
    """What RMSE is the root of the mean of."""
    return np.asarray((y - values) ** 2)


def absolute_errors(y: Floats, values: Floats) -> Floats:
    """What the mean absolute error is the mean of."""
    return np.abs(y - values)


def rmse(y: Floats, values: Floats, weights: Floats | None = None) -> float:
    """Root of the mean squared error, in the target's unit; large misses weigh most."""
    return float(np.sqrt(np.average(squared_errors(y, values), weights=weights)))


def mae(y: Floats, values: Floats, weights: Floats | None = None) -> float:
    """Mean absolute error, in the target's unit: how far off a typical answer is."""
    return float(np.average(absolute_errors(y, values), weights=weights))


def median_error(y: Floats, values: Floats, weights: Floats | None = None) -> float:
    """Half of the answers are off by less than this, in the target's unit."""
    misses = np.abs(y - values)
    if weights is None:
        return float(np.median(misses))
    order = np.argsort(misses, kind="stable")
    reached = np.cumsum(weights[order])
    return float(misses[order][np.searchsorted(reached, reached[-1] / 2)])


def r2(y: Floats, values: Floats, weights: Floats | None = None) -> float:
    """Share of the target's variance explained: 1 is perfect, 0 is no better than the mean."""
    spread = np.average((y - np.average(y, weights=weights)) ** 2, weights=weights)
    return float(1 - np.average((y - values) ** 2, weights=weights) / spread) if spread > 0 else float("nan")


def mape(y: Floats, values: Floats, weights: Floats | None = None) -> float:
    """Mean absolute error as a share of the true value; undefined where the target is zero."""
    if np.any(y == 0):
        return float("nan")
    return float(np.average(np.abs((y - values) / y), weights=weights))


def smape(y: Floats, values: Floats, weights: Floats | None = None) -> float:
    """Mean absolute error as a share of the mean of true and predicted size, from 0 to 2 (Makridakis, 1993)."""
    sizes = (np.abs(y) + np.abs(values)) / 2
    misses = np.divide(np.abs(y - values), sizes, out=np.zeros(len(y)), where=sizes > 0)
    return float(np.average(misses, weights=weights))


def wape(y: Floats, values: Floats, weights: Floats | None = None) -> float:
    """Sum of the absolute errors as a share of the sum of the true sizes: MAPE that zeros don't spoil."""
    size = np.average(np.abs(y), weights=weights)
    return float(np.average(np.abs(y - values), weights=weights) / size) if size > 0 else float("nan")


def max_error(y: Floats, values: Floats, weights: Floats | None = None) -> float:
    """The largest miss, in the target's unit."""
    misses = np.abs(y - values)
    return float(np.max(misses if weights is None else misses[weights > 0]))


def explained_variance(y: Floats, values: Floats, weights: Floats | None = None) -> float:
    """Share of the target's variance explained when a constant shift of all answers is forgiven."""
    misses = y - values
    left = np.average((misses - np.average(misses, weights=weights)) ** 2, weights=weights)
    spread = np.average((y - np.average(y, weights=weights)) ** 2, weights=weights)
    return float(1 - left / spread) if spread > 0 else float("nan")


def poisson_deviance(y: Floats, values: Floats, weights: Floats | None = None) -> float:
    """Mean deviance of counts: misses matter less where much was expected; for targets of 0 or more, answers above 0."""
    if np.any(y < 0) or np.any(values <= 0):
        return float("nan")
    logs = np.log(np.divide(y, values, out=np.ones(len(y)), where=y > 0))
    return float(np.average(2 * (y * logs - y + values), weights=weights))


def gamma_deviance(y: Floats, values: Floats, weights: Floats | None = None) -> float:
    """Mean deviance of amounts: misses matter by their share of the answer; for targets and answers above 0."""
    if np.any(y <= 0) or np.any(values <= 0):
        return float("nan")
    return float(np.average(2 * (np.log(values / y) + y / values - 1), weights=weights))


def rmsle(y: Floats, values: Floats, weights: Floats | None = None) -> float:
    """Root of the mean squared error of log(1 + value): relative misses; for targets above -1."""
    if np.any(y <= -1):
        return float("nan")
    return rmse(np.log1p(y), np.log1p(np.maximum(values, -1 + 1e-9)), weights)


def pinball(y: Floats, values: Floats, weights: Floats | None = None) -> float:
    """Pinball loss of the median: half the mean absolute error (Koenker & Bassett, 1978)."""
    return mae(y, values, weights) / 2


def _metric(function: Any, title: str, best: float = 0.0, **facts: Any) -> Metric:
    return Metric(
        **facts,
        name=function.__name__,
        title=title,
        summary=function.__doc__.splitlines()[0],
        function=function,
        takes="values",
        greater_is_better=best == 1.0,
        best=best,
    )


RMSE = _metric(rmse, "RMSE", losses=squared_errors, is_root=True)
MAE = _metric(mae, "MAE", losses=absolute_errors)
REGRESSION = (
    RMSE,
    MAE,
    _metric(r2, "R²", best=1.0),
    _metric(median_error, "median absolute error"),
    _metric(mape, "MAPE"),
    _metric(smape, "SMAPE"),
    _metric(wape, "WAPE"),
    _metric(rmsle, "RMSLE"),
    _metric(pinball, "pinball loss at the median"),
    _metric(explained_variance, "explained variance", best=1.0),
    _metric(max_error, "largest error"),
    _metric(poisson_deviance, "Poisson deviance"),
    _metric(gamma_deviance, "gamma deviance"),
)
