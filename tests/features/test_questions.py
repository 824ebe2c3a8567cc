"""What a tree's cuts ask, in words, against the columns themselves."""

import re

import numpy as np
import pytest

from holdfast.data.columns import Coded, Columns, Kind
from holdfast.features.encoder import Encoder
from holdfast.features.matrix import Matrix
from holdfast.features.preparation import Preparation

RNG = np.random.default_rng(0)
N = 400
AGE = np.where(np.arange(N) % 10 == 0, np.nan, RNG.normal(40, 10, N))
CITY = Coded(
    RNG.choice(12, N, p=[0.3, 0.2, *[0.05] * 10]).astype(np.int32),
    np.array([f"c{k:02}" for k in range(12)], dtype=object),
)
COLUMNS = Columns(
    {"age": AGE, "year": 2e9 + RNG.normal(size=N), "member": (AGE > 40).astype(float)},
    {"city": CITY},
    {"age": Kind.NUMBER, "year": Kind.NUMBER, "member": Kind.BOOLEAN, "city": Kind.CATEGORY},
)
TARGETS = RNG.normal(size=(N, 1)) + CITY.codes[:, None] % 3
TARGET_MEANS = Matrix(asked=Preparation(encoding="target"))


def holds(question: str) -> np.ndarray:
    """Answer a question from the columns themselves."""
    if found := re.fullmatch(r"(\w+) is missing", question):
        return np.isnan(COLUMNS.numbers[found[1]])
    if question.endswith("is true"):
        return COLUMNS.numbers["member"] == 1
    if found := re.fullmatch(r"city (?:=|is one of) (.*)", question):
        return np.isin(COLUMNS.strings["city"].strings().astype(str), found[1].split(", "))
    name, threshold = question.split(" ≤ ")
    values = COLUMNS.numbers[name]
    return np.nan_to_num(values, nan=float(np.nanmedian(values))) <= float(threshold)


@pytest.mark.parametrize("wants", [Matrix(), Matrix(scaled=True), Matrix(categories="ordinal"), TARGET_MEANS])
def test_the_words_say_which_rows_answer_yes(wants):
    encoder = Encoder(wants)
    encoder.fit_transform(COLUMNS, TARGETS)
    matrix = encoder.transform(COLUMNS)
    for column in range(matrix.shape[1]):
        values = np.unique(matrix[:, column])
        # Between two values; at the lower end, so that a set of values is not cut short to "or 3 more".
        cut = float(values[:2].mean()) if len(values) < 20 else float(values[20:22].mean())
        question, low_is_yes = encoder.question(column, cut)
        done = (matrix[:, column] <= cut) == low_is_yes
        # Thresholds are shown rounded: a row on the line may be told the other way.
        assert np.mean(holds(question) == done) > (0.99 if "≤" in question else 0.9999), question


def test_long_sets_are_cut_short_and_the_smaller_side_is_named():
    encoder = Encoder(Matrix(categories="ordinal"))
    encoder.fit_transform(COLUMNS, TARGETS)
    column = encoder.names().index("city (code)")
    assert encoder.question(column, 0.5) == ("city = c00", True)
    question, low_is_yes = encoder.question(column, 5.5)
    assert question.endswith("or 3 more")
    assert low_is_yes
    assert encoder.question(column, 10.5)[1] is False


def test_there_is_no_question_beyond_the_matrix():
    encoder = Encoder(Matrix())
    encoder.fit_transform(COLUMNS, TARGETS)
    with pytest.raises(IndexError, match="no matrix column 1000"):
        encoder.question(1000, 0.5)
