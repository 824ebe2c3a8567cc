"""Categories that are joined: which they are, that they are averages and counts, and that the graph makes the same."""

import numpy as np
import pytest
from encoders import coded, matrix_of
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.data.columns import Coded, Columns, Kind
from holdfast.features.crosses import JOINT, Cross
from holdfast.features.encoder import Encoder
from holdfast.features.joints import MOST_MEANS, find_joints
from holdfast.features.made import Made, join
from holdfast.features.matrix import Matrix
from holdfast.features.preparation import ENCODINGS, Preparation
from holdfast.features.target_means import folds, target_means

PAIRS = Matrix(categories="ordinal", missing="keep", asked=Preparation(crossing="pairs"))
TRIPLE = ("city * shop", "city * colour", "shop * colour", "city * shop * colour")


def columns_of(*widths: int, n_rows: int = 400) -> Columns:
    """Independent categories of so many values each, one row in twenty missing."""
    rng = np.random.default_rng(0)
    strings = {}
    for k, width in enumerate(widths):
        codes = np.where(rng.random(n_rows) < 0.05, -1, rng.integers(0, width, n_rows))
        strings[f"c{k}"] = Coded(codes.astype(np.int32), np.array([f"v{v:03}" for v in range(width)], dtype=object))
    return Columns({}, strings, dict.fromkeys(strings, Kind.CATEGORY))


def shops(n_rows: int = 600) -> tuple[Columns, np.ndarray]:
    """A city of many, a shop of many and a colour; only the city and the shop together say who buys."""
    rng = np.random.default_rng(0)
    city, shop, colour = (rng.integers(0, k, n_rows) for k in (20, 15, 3))
    buys = (city * 7 + shop * 3) % 5 < 2
    strings = {
        "city": coded([f"t{k}" if k else "" for k in city]),
        "shop": coded([f"s{k}" for k in shop]),
        "colour": coded([["red", "green", "blue"][k] for k in colour]),
    }
    numbers = {"size": rng.normal(size=n_rows)}
    kinds = {"size": Kind.NUMBER} | dict.fromkeys(strings, Kind.CATEGORY)
    return Columns(numbers, strings, kinds), buys[:, None].astype(float)


@pytest.mark.parametrize(
    ("widths", "expected"),
    [
        ((30,), set()),
        ((5, 6), set()),
        ((30, 3), {"c0 c1"}),
        ((30, 1), {"c0 c1"}),  # missing is a value like others
        ((30, 3, 4), {"c0 c1", "c0 c2", "c0 c1 c2"}),
    ],
)
def test_pairs_have_a_column_of_many_values(widths, expected):
    assert {" ".join(joint) for joint in find_joints(columns_of(*widths), 1)} == expected


def test_the_columns_with_most_values_are_joined_and_many_classes_join_fewer():
    wide = columns_of(*range(20, 30))
    assert find_joints(wide, 1)[-1] == ("c4", "c5", "c6", "c7", "c8", "c9")
    numbers = [len(find_joints(wide, n_targets)) for n_targets in range(1, 100)]
    assert numbers[0] == 16
    assert numbers == sorted(numbers, reverse=True)
    assert all(each * min(n_targets, 10) <= MOST_MEANS for n_targets, each in enumerate(numbers, 1))
    assert numbers[-1] == 4


def test_values_seen_once_make_no_column_wide():
    once = Columns({}, {c: coded([f"{c}{k}" for k in range(50)]) for c in "ab"}, dict.fromkeys("ab", Kind.CATEGORY))
    assert find_joints(once, 1) == ()


def test_joined_values_are_the_rows_values_side_by_side():
    columns, _ = shops()
    parts = [columns.strings[name] for name in ("city", "shop", "colour")]
    found, words = join(parts), [part.strings() for part in parts]
    assert found.strings().tolist() == [JOINT.join(each) for each in zip(*words, strict=True)]
    assert found.values.tolist() == sorted(set(found.strings()))


def test_joints_bring_target_means_and_the_number_of_rows_alike():
    columns, targets = shops()
    encoder = Encoder(PAIRS)
    matrix = encoder.fit_transform(columns, targets)
    made = [name for name in encoder.names() if " * " in name]
    assert made == [f"{name} ({what})" for name in TRIPLE for what in ("target mean", "rows alike")]
    assert encoder.sources()[-len(made) :] == [name for name in TRIPLE for _ in range(2)]
    assert encoder.words()["city * shop"].startswith("target means, out of fold: ")
    # The oracle: averages of the pairs numbered one by one.
    pairs = np.unique(
        [f"{a}|{b}" for a, b in zip(columns.strings["city"].codes, columns.strings["shop"].codes, strict=True)],
        return_inverse=True,
    )[1]
    means, out_of_fold = target_means(pairs, targets, folds(len(pairs), seed=0), pairs.max() + 1)
    place = encoder.names().index(made[0])
    np.testing.assert_allclose(matrix[:, place], out_of_fold[:, 0].astype(np.float32))
    np.testing.assert_allclose(encoder.transform(columns)[:, place], means[pairs, 0].astype(np.float32))
    counts = np.bincount(pairs)[pairs]
    assert counts.min() < counts.max()
    np.testing.assert_allclose(matrix[:, place + 1], np.log(counts), rtol=1e-6)
    np.testing.assert_allclose(encoder.transform(columns)[:, place + 1], np.log(counts + 1), rtol=1e-6)


def test_no_row_is_like_one_whose_pair_is_new():
    columns, targets = shops()
    encoder = Encoder(PAIRS)
    encoder.fit_transform(columns, targets)
    new = {"city": coded(["t1"]), "shop": coded(["never seen"]), "colour": coded(["red"])}
    row = Columns({"size": np.zeros(1)}, new, columns.kinds)
    alike = [place for place, name in enumerate(encoder.names()) if "(rows alike)" in name]
    shared = [encoder.transform(row)[0, place] for place in alike]
    assert [value > 0 for value in shared] == [False, True, False, False]
    np.testing.assert_array_equal(matrix_of(encoder, row), encoder.transform(row))


def test_a_pair_that_was_crossed_by_name_is_not_made_twice():
    columns, targets = shops()
    cross = Cross("city", "*", "shop")
    assert list(Made([cross], [("city", "shop"), ("city", "colour")]).fit(columns).joints) == ["city * colour"]
    named = Columns({}, {"city * shop": columns.strings["city"]}, {"city * shop": Kind.CATEGORY})
    assert not Made((), [("city", "shop")]).fit(named).joints
    encoder = Encoder(Matrix(asked=Preparation(crosses=(cross,), crossing="pairs")))
    encoder.fit_transform(columns, targets)
    assert len(set(encoder.names())) == len(encoder.names())


def test_the_question_of_a_joint_names_its_values():
    columns, targets = shops()
    encoder = Encoder(PAIRS)
    values = np.unique(encoder.fit_transform(columns, targets)[:, encoder.names().index("city * shop (target mean)")])
    question, _ = encoder.question(encoder.names().index("city * shop (target mean)"), float(values[1]))
    assert question.startswith("city * shop is one of t")


def test_each_class_has_its_means():
    columns, targets = shops()
    three = np.concatenate([targets, columns.numbers["size"][:, None] > 0], axis=1)
    encoder = Encoder(PAIRS)
    matrix = encoder.fit_transform(columns, three)
    assert sum(" * " in name for name in encoder.names()) == 3 * len(TRIPLE)
    np.testing.assert_array_equal(matrix_of(encoder, columns), encoder.transform(columns))
    assert np.isfinite(matrix).all()


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("wants", [PAIRS, Matrix(scaled=True)])
def test_the_graph_makes_the_same_beside_every_encoding(encoding, wants):
    columns, targets = shops()
    asked = Preparation(encoding=encoding, crosses=(Cross("city", "*", "colour"),), crossing="pairs")
    encoder = Encoder(Matrix(scaled=wants.scaled, categories=wants.categories, missing=wants.missing, asked=asked))
    encoder.fit_transform(columns, targets)
    np.testing.assert_allclose(matrix_of(encoder, columns), encoder.transform(columns), rtol=1e-6, atol=1e-6)


@pytest.fixture(scope="module")
def fitted() -> Encoder:
    columns, targets = shops()
    encoder = Encoder(PAIRS)
    encoder.fit_transform(columns, targets)
    return encoder


word = st.one_of(st.sampled_from(["t1", "t2", "s1", "s2", "red", "green", ""]), st.text(max_size=4))


@given(st.lists(st.tuples(word, word, word), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_adversarial_words_come_out_equal(fitted, rows):
    strings = {
        name: coded([row[k].replace("\0", "") for row in rows]) for k, name in enumerate(("city", "shop", "colour"))
    }
    kinds = {"size": Kind.NUMBER} | dict.fromkeys(strings, Kind.CATEGORY)
    columns = Columns({"size": np.zeros(len(rows))}, strings, kinds)
    assert np.array_equal(matrix_of(fitted, columns), fitted.transform(columns))
