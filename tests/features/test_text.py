"""Texts by their words: told in few columns, out of fold, and the same in the graph."""

import pickle

import numpy as np
import pytest
from encoders import coded, matrix_of
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from holdfast.data.columns import Coded, Columns, Kind
from holdfast.features.encoder import Encoder
from holdfast.features.matrix import Matrix
from holdfast.features.preparation import Preparation
from holdfast.features.text import DIRECTIONS, Text, directions
from holdfast.features.vocabulary import LEAST, Split, Vocabulary

GOOD, BAD = ("superb", "moving", "clever"), ("dull", "clumsy", "endless")


def texts_of(texts: list[str]) -> Columns:
    return Columns({}, {"t": coded(texts)}, {"t": Kind.TEXT})


def reviews(n_rows: int = 600, seed: int = 0) -> tuple[Columns, np.ndarray]:
    """Reviews of twenty words, two of which say what is thought; one in fifty says nothing."""
    rng = np.random.default_rng(seed)
    liked = rng.integers(0, 2, n_rows)
    plain = [f"word{k}" for k in range(300)]
    texts = [" ".join([*rng.choice(plain, 18), *rng.choice(GOOD if each else BAD, 2)]) for each in liked]
    return texts_of([text if k % 50 else "" for k, text in enumerate(texts)]), liked[:, None].astype(float)


@pytest.fixture(scope="module")
def fitted() -> tuple[Text, np.ndarray]:
    block = Text("t", seed=0)
    columns, liked = reviews()
    return block, block.fit_transform(columns, liked)


def test_new_texts_are_told_by_their_words(fitted):
    block, _ = fitted
    columns, liked = reviews(seed=1)
    said = block.transform(columns)[:, block.names().index("t (target by words)")]
    assert np.corrcoef(said, liked[:, 0])[0, 1] > 0.9
    new = block.transform(texts_of(["Superb, and CLEVER.", "dull", "nothing known here"]))[:, -1]
    assert new[0] > new[2] > new[1]


def test_columns_are_directions_and_targets(fitted):
    block, matrix = fitted
    assert matrix.shape == (600, directions(1) + 1) == (600, len(block.names()))
    assert block.names()[0] == "t (words 1)"
    assert block.sources() == ["t"] * len(block.names())
    assert "commonest words (TF-IDF)" in block.words()["t"]
    three = Text("t", seed=0)
    three.fit_transform(reviews()[0], np.eye(3)[np.arange(600) % 3])
    assert three.names()[DIRECTIONS + 3 :] == [
        "t (target by words 1)",
        "t (target by words 2)",
        "t (target by words 3)",
    ]


def test_noise_gains_nothing_out_of_fold():
    columns, _ = reviews()
    noise = np.random.default_rng(1).normal(size=(600, 1))
    block = Text("t", seed=0)
    out_of_fold = block.fit_transform(columns, noise)[:, -1]
    seen = block.transform(columns)[:, -1]
    assert abs(np.corrcoef(out_of_fold, noise[:, 0])[0, 1]) < 0.15 < np.corrcoef(seen, noise[:, 0])[0, 1]


def test_what_no_word_tells_is_told_by_none():
    """Each text has both answers, as often: what the ridge says differs by rounding errors alone, which are not scaled up."""
    columns, _ = reviews(100)
    answers = np.random.default_rng(0).normal(size=(100, 1))
    twice, contrary = columns.take(np.tile(np.arange(100), 2)), np.concatenate([answers, 1.7 - answers])
    matrix = Text("t", seed=0).fit_transform(twice, (contrary - contrary.mean()) / contrary.std())
    assert np.abs(matrix).max() < 100
    few = texts_of(["one two", "two one", "one", "two"] * 10)
    matrix = Text("t", seed=0).fit_transform(few, np.zeros((40, 1)))
    assert np.isfinite(matrix).all()
    assert np.abs(matrix).max() < 100


def test_weights_are_those_of_scikit_learn():
    texts = [text for text in reviews(1_200)[0].strings["t"].strings() if text]
    vocabulary = Vocabulary("t", 10_000)
    weighted, place = vocabulary.fit(coded(texts)).weighted(coded(texts))
    oracle = TfidfVectorizer(token_pattern=r"\w{2,}", min_df=LEAST).fit(texts)
    assert vocabulary.words == oracle.get_feature_names_out().tolist()
    np.testing.assert_allclose(weighted.toarray()[place], oracle.transform(texts).toarray(), rtol=1e-9, atol=1e-12)


def test_words_count_whatever_their_case():
    texts = coded(["Free money", "free MONEY now now", "hello world", "hello there", ""])
    vocabulary = Vocabulary("t", 100).fit(texts)
    weighted, place = vocabulary.weighted(texts)
    assert vocabulary.words == ["free", "hello", "money"]
    matrix = weighted.toarray()[place]
    assert matrix[0].tolist() == pytest.approx([2**-0.5, 0, 2**-0.5])
    assert matrix[4].tolist() == [0, 0, 0]


def test_texts_without_words_leave_no_column():
    encoder = Encoder(Matrix())
    assert encoder.fit_transform(texts_of(["?", "!", "", "..."]), np.zeros((4, 1))).shape == (4, 1)
    assert not encoder.names()[0].startswith("t (")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=5))
def test_the_graph_makes_the_same_of_any_text(fitted_encoder, texts):
    columns = texts_of(texts)
    assert np.array_equal(matrix_of(fitted_encoder, columns), fitted_encoder.transform(columns))


@pytest.fixture(scope="module")
def fitted_encoder() -> Encoder:
    encoder = Encoder(Matrix())
    encoder.fit_transform(*reviews())
    return encoder


def test_the_graph_makes_the_same_of_words_of_categories():
    columns = Columns({}, {"c": reviews()[0].strings["t"]}, {"c": Kind.CATEGORY})
    encoder = Encoder(Matrix(asked=Preparation(encoding="words")))
    encoder.fit_transform(columns, np.zeros((600, 1)))
    assert "c: superb" in encoder.names()
    assert np.array_equal(matrix_of(encoder, columns), encoder.transform(columns))


def test_a_text_is_split_once_for_all_rows_and_columns_made_of_it():
    texts = coded(["one two", "two three", ""])
    split = texts.once(Split)
    assert texts.take(np.array([0, 1])).once(Split) is split
    first = split.of(np.array([1]))[0]
    assert split.of(np.array([0, 1]))[1] is first
    assert [split.spellings[k] for k in first] == ["two", "three"]
    travelled: Coded = pickle.loads(pickle.dumps(texts))
    again = travelled.once(Split)
    assert again is not split
    assert [again.spellings[k] for k in again.of(np.array([1]))[0]] == ["two", "three"]
