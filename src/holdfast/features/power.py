"""Power transforms: one family of curves for columns and targets that lean to one side, and its inverse."""

import numpy as np

from holdfast.arrays import Floats
from holdfast.graph.tensor import Number, at_least, clip, exp, log

# Larger numbers are cut off here, well inside float32: neither the cast nor a sum over many rows makes an infinity.
LARGEST = 1e30

# A curve that reaches further than this over the training rows is not used: its variance would not fit in a double.
FURTHEST = 1e140

# An exponent nearer to 0 than this is the logarithm: the difference would be lost to rounding.
NEARLY_ZERO = 1e-8


def box_cox(values: Number, exponent: Floats, lowest: Floats) -> Number:
    """(x^a - 1) / a, or log x where a is 0 (Box & Cox, 1964); values are raised to `lowest`, which is positive.

    Shapes: values (n_rows, n_columns), exponent and lowest (n_columns,).

    >>> box_cox(np.array([[4.0, 1.0]]), np.array([0.5, 0.0]), np.array([1.0, 1.0])).tolist()
    [[2.0, 0.0]]
    """
    return _curve(log(at_least(values, lowest)), exponent)


def yeo_johnson(values: Number, exponent: Floats) -> Number:
    """Box and Cox's curve through 1 + x with exponent a, mirrored with 2 - a below zero (Yeo & Johnson, 2000).

    Shapes: values (n_rows, n_columns), exponent (n_columns,). Where a is 0 and no value negative this is log(1 + x).
    """
    above, below = clip(values, 0.0, LARGEST), clip(values * -1.0, 0.0, LARGEST)
    return _curve(log(above + 1.0), exponent) - _curve(log(below + 1.0), 2.0 - exponent)


def yeo_johnson_inverse(values: Number, exponent: Floats) -> Number:
    """Undo `yeo_johnson`; values must be ones that it can give.

    >>> yeo_johnson_inverse(yeo_johnson(np.array([[-2.0, 3.0]]), np.array([0.5, 0.5])), np.array([0.5, 0.5])).round(9).tolist()
    [[-2.0, 3.0]]
    """
    above, below = clip(values, 0.0, LARGEST), clip(values * -1.0, 0.0, LARGEST)
    return _uncurved(above, exponent) - _uncurved(below, 2.0 - exponent)


def _curve(logs: Number, exponent: Floats) -> Number:
    """From log x to (x^a - 1) / a, or log x itself; one of the two terms is multiplied by 0."""
    straight, safe = _straight(exponent)
    return logs * straight + (exp(logs * safe) - 1.0) * ((1.0 - straight) / safe)


def _uncurved(values: Number, exponent: Floats) -> Number:
    """(1 + a u)^(1 / a) - 1, or exp(u) - 1 where a is 0, for u of at least 0."""
    straight, safe = _straight(exponent)
    inner = values * (safe * (1.0 - straight)) + 1.0
    logs = log(clip(inner, 1e-300, LARGEST)) * (1.0 / safe)
    return exp(values * straight + logs * (1.0 - straight)) - 1.0


def _straight(exponent: Floats) -> tuple[Floats, Floats]:
    """1 where the exponent is as good as 0, else 0; and the exponents with 1 in those places, safe to divide by."""
    straight: Floats = (np.abs(exponent) < NEARLY_ZERO).astype(np.float64)
    return straight, np.where(straight > 0, 1.0, exponent)


def fitted_exponents(values: Floats, method: str) -> Floats:
    """The exponent that makes each column most like a normal one, (n_columns,), by maximum likelihood.

    values: (n_rows, n_columns), NaN where missing. method: "yeo_johnson" or "box_cox". A column for which the likelihood
    asks for more than doubles can hold keeps its shape (exponent 1).
    """
    from sklearn.preprocessing import PowerTransformer

    exponents = np.ones(values.shape[1])
    for k, column in enumerate(values.T):
        present = column[~np.isnan(column)]
        if len(present) < 2 or present.min() == present.max():
            continue
        transformer = PowerTransformer(method=method.replace("_", "-"), standardize=False)
        with np.errstate(all="ignore"):
            try:
                found = float(transformer.fit(present[:, None]).lambdas_[0])
            except (ValueError, RuntimeError):  # the search for it left what doubles can hold
                continue
            made = transformer.transform(present[:, None])
        if np.abs(made).max() < FURTHEST and np.ptp(made) > 0:
            exponents[k] = found
    return exponents
