"""Small tables for the common checks: real numbers from scikit-learn, with categories, dates, texts and gaps put in."""

from functools import cache
from typing import Any

import numpy as np

from holdfast.data.columns import Coded, Columns, Kind


@cache
def table(family: str, n_classes: int = 2) -> tuple[Columns, Any]:
    """Columns of every kind with gaps, and a target they have something to do with."""
    from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

    load = load_diabetes if family == "regression" else load_breast_cancer if n_classes == 2 else load_wine
    X, y = load(return_X_y=True)
    rng = np.random.default_rng(0)
    numbers = {f"x{k}": np.where(rng.random(len(X)) < 0.05, np.nan, X[:, k]) for k in range(min(8, X.shape[1]))}
    numbers["when"] = 1.5e9 + rng.integers(0, 400, len(X)) * 86_400.0
    numbers["when"][:5] = np.nan
    level = np.digitize(X[:, 2], np.quantile(X[:, 2], [0.25, 0.5, 0.75]))
    words = np.array(["low", "middle", "high", "top"], dtype=object)[level]
    many = np.array([f"v{value:02}" for value in rng.integers(0, 40, len(X))], dtype=object)
    texts = np.array(
        [" ".join(rng.choice(["alpha", "Beta", "gamma", "delta", word], 4)) for word in words], dtype=object
    )
    strings = {"level": coded(words, rng), "many": coded(many, rng), "note": coded(texts, rng)}
    kinds = {name: Kind.DATETIME if name == "when" else Kind.NUMBER for name in numbers}
    kinds |= {"level": Kind.CATEGORY, "many": Kind.CATEGORY, "note": Kind.TEXT}
    return Columns(numbers, strings, kinds), y.astype(np.float64 if family == "regression" else np.int64)


def coded(words: Any, rng: np.random.Generator) -> Coded:
    """Dictionary-encode words, one in twenty of them lost."""
    values, codes = np.unique(words.astype(str), return_inverse=True)
    codes = np.where(rng.random(len(words)) < 0.05, -1, codes)
    return Coded(codes.astype(np.int32), values.astype(object))


def unseen(columns: Columns) -> Columns:
    """The same rows with values training never saw: other categories and words, gaps, infinities and huge numbers."""
    numbers = {name: array.copy() for name, array in columns.numbers.items()}
    odd = [np.nan, np.inf, -np.inf, 1e300, -1e300, 1e-300, 0.0, -0.0]
    for array in numbers.values():
        array[: len(odd)] = odd
    strings = {
        name: Coded(
            each.codes,
            np.array([f"{value} ÿ" if k % 2 else value for k, value in enumerate(each.values)], dtype=object),
        )
        for name, each in columns.strings.items()
    }
    return Columns(numbers, strings, columns.kinds)
