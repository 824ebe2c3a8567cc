"""Numbers joined at random: which, and that the graph makes the same of them."""

import numpy as np
from encoders import matrix_of

from holdfast.data.columns import Columns, Kind
from holdfast.features.arithmetic import MOST_NUMBERS, draw_crosses
from holdfast.features.encoder import Encoder
from holdfast.features.matrix import Matrix
from holdfast.features.preparation import Preparation
from holdfast.testing.data import table, unseen


def columns_of(numbers: dict[str, list[float]]) -> Columns:
    return Columns(
        {name: np.array(values) for name, values in numbers.items()}, {}, dict.fromkeys(numbers, Kind.NUMBER)
    )


def test_every_pair_is_joined_in_five_ways_where_they_are_few():
    columns = columns_of({"a": [1.0, 2.0, -3.0], "b": [4.0, 0.0, 6.0]})
    encoder = Encoder(Matrix(missing="keep", asked=Preparation(crossing="arithmetic")))
    matrix = encoder.fit_transform(columns, np.zeros((3, 1)))
    assert encoder.names() == ["a", "b", "a * b", "a / b", "a + b", "a - b", "b / a"]
    np.testing.assert_array_equal(matrix[0], np.float32([1, 4, 4, 0.25, 5, -3, 4]))
    assert np.isnan(matrix[1, 3])  # divided by zero
    assert encoder.words() == {
        "a": "as it is",
        "b": "as it is",
        "numbers in pairs": "5 products, ratios, sums and differences, drawn at random",
    }


def test_a_draw_is_of_as_many_as_were_asked_for_and_the_same_again():
    columns = columns_of({f"x{k}": [float(k)] for k in range(30)})
    drawn = draw_crosses(columns, 50, seed=1)
    assert len(set(drawn)) == 50
    assert drawn == draw_crosses(columns, 50, seed=1)
    assert drawn != draw_crosses(columns, 50, seed=2)
    assert len({name for cross in drawn for name in (cross.first, cross.second)}) > 20


def test_pairs_of_thousands_of_numbers_are_not_listed():
    columns = columns_of({f"x{k}": [float(k)] for k in range(5_000)})
    drawn = draw_crosses(columns, 10**6, seed=0)
    assert len({name for cross in drawn for name in (cross.first, cross.second)}) == MOST_NUMBERS
    assert len(drawn) == 5 * MOST_NUMBERS * (MOST_NUMBERS - 1) / 2


def test_a_column_is_not_hidden_by_a_cross_of_its_name():
    columns = columns_of({"a": [1.0], "b": [2.0], "a + b": [7.0]})
    assert "a + b" not in [cross.name for cross in draw_crosses(columns, 100, seed=0)]


def test_the_graph_makes_the_same_matrix_to_the_last_bit():
    columns, y = table("regression")
    for missing in ("impute", "keep"):
        encoder = Encoder(Matrix(missing=missing, categories="ordinal", asked=Preparation(crossing="arithmetic")))
        assert encoder.fit_transform(columns, y[:, None]).shape[1] > 20
        for rows in (columns, unseen(columns), columns.take(np.array([3]))):
            assert np.array_equal(matrix_of(encoder, rows), encoder.transform(rows), equal_nan=True)
