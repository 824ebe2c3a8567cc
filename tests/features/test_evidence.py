"""Crosses found by evidence: those that were put in, and none in noise or sums."""

import numpy as np
import pytest
from encoders import coded, matrix_of

from holdfast.data.columns import Columns, Kind
from holdfast.features import evidence
from holdfast.features.crosses import Cross
from holdfast.features.encoder import Encoder
from holdfast.features.evidence import find_crosses
from holdfast.features.matrix import Matrix
from holdfast.features.preparation import Preparation


def columns_of(n_rows: int = 2000) -> Columns:
    """Independent columns, but for a and e: the mean of a is higher by one from value to value of e."""
    rng = np.random.default_rng(0)
    numbers = {name: rng.uniform(1, 3, n_rows) for name in "abcd"}
    strings = {name: coded(list(rng.choice(list("xyz"), n_rows))) for name in ("e", "f")}
    numbers["a"] = numbers["a"] + strings["e"].codes
    return Columns(numbers, strings, dict.fromkeys("abcd", Kind.NUMBER) | dict.fromkeys("ef", Kind.CATEGORY))


def standardised(values) -> np.ndarray:
    noise = np.random.default_rng(1).normal(size=len(values)) * 0.3 * values.std()
    return ((values + noise - values.mean()) / values.std())[:, None]


@pytest.mark.parametrize(
    ("made", "pair"),
    [
        (lambda c: c.numbers["a"] / c.numbers["c"] ** 2, {"a", "c"}),
        (lambda c: (c.numbers["b"] - 2) * (c.numbers["d"] - 2), {"b", "d"}),
        (lambda c: np.abs(c.numbers["a"] - c.numbers["d"]), {"a", "d"}),
        (lambda c: (c.strings["e"].codes == c.strings["f"].codes) * 1.0, {"e", "f"}),
        (lambda c: np.abs(c.numbers["a"] - c.strings["e"].codes), {"a", "e"}),
    ],
    ids=["ratio", "product", "difference", "categories", "group"],
)
def test_a_pair_that_matters_is_found(made, pair):
    columns = columns_of()
    found = find_crosses(columns, standardised(made(columns)), seed=0)
    assert {found[0].first, found[0].second} == pair


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_found_in_noise_or_in_a_sum(seed):
    columns, rng = columns_of(), np.random.default_rng(seed)
    assert find_crosses(columns, rng.normal(size=(2000, 2)), seed=seed) == ()
    total = columns.numbers["a"] + np.log(columns.numbers["b"]) + columns.strings["e"].codes
    assert find_crosses(columns, standardised(total), seed=seed) == ()


def test_what_is_found_joins_what_was_asked_and_is_compiled():
    columns = columns_of()
    asked = Preparation(crosses=(Cross("e", "*", "f"),), crossing="auto")
    encoder = Encoder(Matrix(asked=asked))
    target = standardised((columns.numbers["b"] - 2) * (columns.numbers["d"] - 2))
    matrix = encoder.fit_transform(columns, target)
    assert {"e * f", "b", "d"} < set(encoder.sources())
    assert any(name.startswith("b ") and name.endswith(" d") for name in encoder.sources())
    assert np.array_equal(matrix_of(encoder, columns), matrix)


def test_fewer_rows_are_looked_at_where_there_are_many_columns():
    def wide(n_columns: int) -> Columns:
        return Columns(
            {f"x{k}": np.zeros(1) for k in range(n_columns)}, {}, {f"x{k}": Kind.NUMBER for k in range(n_columns)}
        )

    rows = [evidence._enough(wide(n_columns)) for n_columns in (2, 250, 5_000)]
    assert rows == [evidence.MOST_ROWS, 10_000, evidence.LEAST_ROWS]
