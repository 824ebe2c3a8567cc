"""What a user asks of the columns: encodings, crosses, scalings by column; and that the graph makes the same."""

import numpy as np
import pytest
from encoders import coded, matrix_of
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures

from holdfast.data.columns import Columns, Kind
from holdfast.errors import RequestError
from holdfast.features.crosses import Cross, read_cross
from holdfast.features.encoder import Encoder
from holdfast.features.hashing import BUCKETS, bucket_of
from holdfast.features.made import Made
from holdfast.features.matrix import Matrix
from holdfast.features.preparation import ENCODINGS, Preparation, read_columns, read_selection
from holdfast.features.scale import SCALINGS
from holdfast.testing.data import table, unseen

CROSSES = (
    Cross("x0", "/", "x1"),
    Cross("x0", "*", "x2"),
    Cross("x1", "-", "x2"),
    Cross("level", "*", "many"),
    Cross("x0", "by", "many"),
)


def asking(**choices) -> Matrix:
    return Matrix(scaled=True, asked=Preparation(**choices))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("scaling", SCALINGS)
def test_the_graph_makes_the_same_matrix(encoding, scaling):
    columns, y = table("classification")
    encoder = Encoder(asking(encoding=encoding, scaling=scaling, crosses=CROSSES))
    matrix = encoder.fit_transform(columns, (y == 1).astype(float)[:, None])
    assert matrix.shape[1] == len(encoder.names()) == len(encoder.sources())
    assert np.isfinite(matrix).all()
    for rows in (columns, unseen(columns)):
        np.testing.assert_allclose(matrix_of(encoder, rows), encoder.transform(rows), rtol=1e-6, atol=1e-6)


def titles() -> tuple[Columns, np.ndarray]:
    """Job titles of which only one word counts, each title seldom."""
    rng = np.random.default_rng(0)
    ranks, places = rng.choice(["Chief", "Deputy", "Junior"], 400), rng.integers(0, 120, 400)
    title = coded([f"{rank} Officer {place:03}" for rank, place in zip(ranks, places, strict=True)])
    town = coded(rng.choice(["Oslo", "Rome"], 400).tolist())
    columns = Columns({}, {"title": title, "town": town}, dict.fromkeys(("title", "town"), Kind.CATEGORY))
    return columns, (ranks == "Chief").astype(float)


def test_words_of_a_category_stand_beside_its_numbers():
    columns, y = titles()
    encoder = Encoder(Matrix(missing="keep", categories="ordinal", asked=Preparation(encoding="words")))
    matrix = encoder.fit_transform(columns, y[:, None])
    names = encoder.names()
    assert "title: chief" in names
    assert "title (target mean)" in names
    assert not any(name.startswith("town:") for name in names)
    assert np.array_equal(matrix[:, names.index("title: chief")] > 0, y == 1)
    assert "words" in encoder.words()["title"]
    assert "target means" in encoder.words()["title"]
    np.testing.assert_allclose(matrix_of(encoder, columns), encoder.transform(columns), rtol=1e-6, atol=1e-6)


odd = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True, width=64),
    st.sampled_from([0.0, -0.0, 1e300, 5e-324, 3.4028234663852886e38, 1.401298464324817e-45]),
)
FITTED = {}


@given(
    st.lists(st.tuples(odd, odd, st.text(max_size=4), st.text(max_size=4)), min_size=1, max_size=8),
    st.sampled_from(ENCODINGS),
)
@settings(max_examples=60, deadline=None)
def test_adversarial_rows_come_out_equal(rows, encoding):
    if encoding not in FITTED:
        train, y = table("classification")
        FITTED[encoding] = Encoder(asking(encoding=encoding, scaling="power", crosses=CROSSES[:1] + CROSSES[3:]))
        FITTED[encoding].fit_transform(train.select(["x0", "x1", "level", "many"]), y[:, None].astype(float))
    words = [[row[k].replace("\0", "") for row in rows] for k in (2, 3)]
    columns = Columns(
        {"x0": np.array([row[0] for row in rows]), "x1": np.array([row[1] for row in rows])},
        {"level": coded(words[0]), "many": coded(words[1])},
        {"x0": Kind.NUMBER, "x1": Kind.NUMBER, "level": Kind.CATEGORY, "many": Kind.CATEGORY},
    )
    found, expected = matrix_of(FITTED[encoding], columns), FITTED[encoding].transform(columns)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_one_hot_agrees_with_scikit_learn():
    words = np.random.default_rng(0).choice(list("abcdefg"), 300)
    columns = Columns({}, {"c": coded(words)}, {"c": Kind.CATEGORY})
    encoder = Encoder(asking(encoding="onehot"))
    matrix = encoder.fit_transform(columns, np.zeros((300, 1)))
    oracle = OneHotEncoder(sparse_output=False).fit(words[:, None])
    order = [encoder.names().index(f"c = {value}") for value in oracle.categories_[0]]
    assert np.array_equal(matrix[:, order], oracle.transform(words[:, None]))


def test_target_encoding_of_training_rows_knows_nothing_of_their_own_answer():
    """Every value occurs twice and the target is noise: only a leak can make the encoding follow it."""
    rng = np.random.default_rng(0)
    words, target = [f"v{k // 2}" for k in range(2000)], rng.normal(size=2000)
    columns = Columns({}, {"c": coded(words)}, {"c": Kind.CATEGORY})
    encoder = Encoder(asking(encoding="target"))
    train = encoder.fit_transform(columns, target[:, None])
    assert encoder.names() == ["c (target mean)"]
    assert abs(np.corrcoef(train[:, 0], target)[0, 1]) < 0.1
    assert np.corrcoef(encoder.transform(columns)[:, 0], target)[0, 1] > 0.5


def test_hashing_ships_its_table_and_puts_the_unseen_nowhere():
    columns = Columns({}, {"c": coded(["Paris", "Rome", "Oslo", ""])}, {"c": Kind.CATEGORY})
    encoder = Encoder(asking(encoding="hashing"))
    matrix = encoder.fit_transform(columns, np.zeros((4, 1)))
    assert matrix.shape == (4, BUCKETS)
    assert matrix.argmax(axis=1).tolist() == [bucket_of("c", word) for word in ("Paris", "Rome", "Oslo", "")]
    other = Columns({}, {"c": coded(["Berlin", "Rome"])}, {"c": Kind.CATEGORY})
    assert encoder.transform(other).sum(axis=1).tolist() == [0, 1]
    assert "a new value in none" in encoder.words()["c"]


def test_products_agree_with_scikit_learn():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 50))
    columns = Columns({"a": a, "b": b}, {}, {"a": Kind.NUMBER, "b": Kind.NUMBER})
    made = Made([Cross("a", "*", "b")]).fit(columns).add(columns).numbers["a * b"]
    oracle = PolynomialFeatures(interaction_only=True, include_bias=False).fit_transform(np.column_stack([a, b]))
    assert np.array_equal(made, oracle[:, 2])


def test_a_division_by_nothing_is_a_gap():
    numbers = {"a": np.array([1.0, 0.0, 6.0]), "b": np.array([0.0, 0.0, 3.0])}
    columns = Columns(numbers, {}, dict.fromkeys("ab", Kind.NUMBER))
    encoder = Encoder(Matrix(asked=Preparation(crosses=(Cross("a", "/", "b"),))))
    encoder.fit_transform(columns, np.zeros((3, 1)))
    assert encoder.transform(columns)[:, encoder.names().index("a / b is missing")].tolist() == [1, 1, 0]


def test_joint_categories_tell_pairs_apart():
    strings = {"a": coded(["x", "x", "y", "y"] * 3), "b": coded(["p", "q", "p", ""] * 3)}
    columns = Columns({}, strings, dict.fromkeys("ab", Kind.CATEGORY))
    encoder = Encoder(Matrix(asked=Preparation(crosses=(Cross("a", "*", "b"),))))
    encoder.fit_transform(columns, np.zeros((12, 1)))
    assert {"a * b = x * p", "a * b = x * q", "a * b = y * p", "a * b = y * "} <= set(encoder.names())


def test_a_column_can_have_its_own_way():
    columns, y = table("classification")
    asked = Preparation(columns=(("x0", "scale", "minmax"), ("many", "encode", "ordinal")))
    encoder = Encoder(Matrix(scaled=True, asked=asked))
    matrix = encoder.fit_transform(columns, y[:, None].astype(float))
    place = encoder.names().index("x0")
    assert (matrix[:, place].min(), matrix[:, place].max()) == (0, 1)
    assert "many (code)" in encoder.names()


def test_two_values_are_not_bent_unless_named():
    bending, named = Preparation(scaling="quantile"), Preparation(columns=(("flag", "scale", "power"),))
    assert bending.scaling_of("flag", Kind.BOOLEAN) == "standard"
    assert bending.scaling_of("size", Kind.NUMBER) == "quantile"
    assert named.scaling_of("flag", Kind.BOOLEAN) == "power"
    assert Preparation(scaling="minmax").scaling_of("flag", Kind.BOOLEAN) == "minmax"


def test_a_cross_of_positive_columns_may_be_negative():
    numbers = {"a": np.linspace(1, 2, 50), "b": np.linspace(2, 1, 50)}
    columns = Columns(numbers, {}, dict.fromkeys("ab", Kind.NUMBER))
    encoder = Encoder(asking(scaling="box_cox", crosses=(Cross("a", "-", "b"),)))
    encoder.fit_transform(columns, np.zeros((50, 1)))
    assert encoder.words()["a - b"] == "as it is, scaled: power"
    assert len(np.unique(encoder.transform(columns)[:, encoder.names().index("a - b")])) == 50


KINDS = {
    "city": Kind.CATEGORY,
    "shop-id": Kind.CATEGORY,
    "price": Kind.NUMBER,
    "area": Kind.NUMBER,
    "day": Kind.DATETIME,
}


def test_crosses_are_read_whatever_names_hold():
    assert read_cross("city*shop-id", KINDS) == Cross("city", "*", "shop-id")
    assert read_cross("price / area", KINDS) == Cross("price", "/", "area")
    assert read_cross("day-day", KINDS) == Cross("day", "-", "day")
    assert read_cross("price/city", KINDS) == Cross("price", "/", "city")
    assert read_cross(" price by shop-id", KINDS) == Cross("price", "by", "shop-id")
    assert read_cross("sold by by by by", {"sold by": Kind.NUMBER, "by by": Kind.CATEGORY}).second == "by by"


@pytest.mark.parametrize(
    ("read", "says"),
    [
        (lambda: read_cross("city*price", KINDS), "joins a category and a number"),
        (lambda: read_cross("city-city", KINDS), "joins a category and a category"),
        (lambda: read_cross("cty*price", KINDS), "expected two columns"),
        (
            lambda: read_cross("city by price", KINDS),
            "joins a category and a number column; .* a number and a category \\(by or /\\)",
        ),
        (lambda: read_cross("price by area", KINDS), "joins a number and a number"),
        (lambda: read_cross("day by city", KINDS), "joins a datetime and a category"),
        (lambda: read_cross("pricebycity", KINDS), "or by between them"),
        (
            lambda: read_cross("price by city", KINDS | {"price by city": Kind.NUMBER}),
            "has the name of a column; rename that column",
        ),
        (lambda: read_selection("lasso"), "expected one of l1"),
        (lambda: read_selection("rfe:none"), "how many columns"),
        (lambda: read_columns({"prise": {"scale": "robust"}}, KINDS), "Did you mean 'price'"),
        (lambda: read_columns({"price": {"scale": "rubost"}}, KINDS), "Did you mean 'robust'"),
        (lambda: read_columns({"price": {"encode": "onehot"}}, KINDS), "say scale instead"),
        (lambda: read_columns({"price": {"fill": "0"}}, KINDS), "expected scale or encode"),
    ],
)
def test_a_wrong_request_is_named(read, says):
    with pytest.raises(RequestError, match=says):
        read()
