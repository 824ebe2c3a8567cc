from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.errors import ModelError
from holdfast.model.schema import Field, Schema
from holdfast.model.shapley import Background, shapley

SCHEMA = Schema((Field("a", "number"), Field("word", "category"), Field("b", "number"), Field("c", "number")))
RNG = np.random.default_rng(0)
GIVEN = {
    "a": RNG.normal(size=16).tolist(),
    "word": ["p", "q", "", "q"] * 4,
    "b": [None, *RNG.normal(size=15).tolist()],
    "c": RNG.normal(size=16).tolist(),
}
BACKGROUND = Background.from_json(GIVEN, SCHEMA)


def linear(numbers, strings):
    return np.nan_to_num(numbers) @ np.array([2.0, -1.0, 0.0]) + 3.0 * (strings[:, 0] == "p")


def tangled(numbers, strings):
    a, b, c = np.nan_to_num(numbers).T
    score = a * b + np.where(strings[:, 0] == "p", c, -a)
    return np.column_stack([score, np.tanh(score), -score])


def explained(ask, n_pairs=16, rows=3):
    numbers = RNG.normal(size=(rows, 3))
    strings = np.array([["p"], ["q"], ["new"]][:rows], dtype=object)
    return numbers, strings, shapley(ask, SCHEMA, BACKGROUND, numbers, strings, n_pairs=n_pairs)


def test_a_sum_is_taken_apart_exactly():
    numbers, strings, found = explained(linear)
    means = np.nan_to_num(BACKGROUND.numbers).mean(axis=0)
    share = (BACKGROUND.strings[:, 0] == "p").mean()
    expected = np.column_stack(
        [
            2.0 * (numbers[:, 0] - means[0]),
            3.0 * ((strings[:, 0] == "p") - share),
            -1.0 * (numbers[:, 1] - means[1]),
            np.zeros(3),
        ]
    )
    np.testing.assert_allclose(found.values[:, :, 0], expected, atol=1e-12)
    np.testing.assert_allclose(found.base, linear(BACKGROUND.numbers, BACKGROUND.strings).mean())


@pytest.mark.parametrize("ask", [linear, tangled])
def test_base_and_values_add_up_to_the_answer(ask):
    numbers, strings, found = explained(ask, n_pairs=7)
    answers = ask(numbers, strings)
    answers = answers if answers.ndim == 2 else answers[:, None]
    np.testing.assert_allclose(found.base + found.values.sum(axis=1), answers, atol=1e-12)
    np.testing.assert_array_equal(found.answers, answers)


def test_many_orders_come_near_all_orders():
    numbers, strings = RNG.normal(size=(1, 3)), np.array([["p"]], dtype=object)
    exact = np.zeros((4, 3))
    numeric = {0: 0, 2: 1, 3: 2}
    for order in permutations(range(4)):
        cells, words = BACKGROUND.numbers.copy(), BACKGROUND.strings.copy()
        before = tangled(cells, words).mean(axis=0)
        for field in order:
            if field == 1:
                words[:] = strings[0]
            else:
                cells[:, numeric[field]] = numbers[0, numeric[field]]
            after = tangled(cells, words).mean(axis=0)
            exact[field] += (after - before) / 24
            before = after
    found = shapley(tangled, SCHEMA, BACKGROUND, numbers, strings, n_pairs=1_600)
    assert np.abs(found.values[0] - exact).max() < 0.06
    far = np.abs(found.values[0] - exact) / np.maximum(found.errors[0], 1e-9)
    assert far[found.errors[0] > 1e-9].max() < 4


@settings(deadline=None, max_examples=25)
@given(st.floats(-5, 5), st.floats(-5, 5))
def test_what_does_not_matter_adds_nothing_and_twins_add_alike(x, y):
    def symmetric(numbers, strings):
        a, b, _ = np.nan_to_num(numbers).T
        return a * b + a + b

    twins = Background(np.repeat(np.linspace(-1, 1, 8)[:, None], 3, axis=1), BACKGROUND.strings[:8])
    numbers, strings = np.array([[x, x, y]]), np.array([["p"]], dtype=object)
    found = shapley(symmetric, SCHEMA, twins, numbers, strings, n_pairs=8)
    assert found.values[0, 1, 0] == 0
    assert found.values[0, 3, 0] == 0
    many = shapley(symmetric, SCHEMA, twins, numbers, strings, n_pairs=400)
    error = max(many.errors[0, 0, 0], 1e-9)
    assert abs(many.values[0, 0, 0] - many.values[0, 2, 0]) < 8 * error + 1e-9


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        {},
        {"a": [1.0]},
        {**GIVEN, "a": [1.0]},
        {**GIVEN, "a": ["x"] * 16},
        {**GIVEN, "word": [1] * 16},
        {name: [] for name in GIVEN},
    ],
)
def test_what_is_no_background_is_refused(given):
    with pytest.raises(ModelError, match="background"):
        Background.from_json(given, SCHEMA)
