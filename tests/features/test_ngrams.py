"""Categories by their spelling: new values stand near those they resemble, and the graph makes the same of any string."""

import numpy as np
import pytest
from encoders import coded, matrix_of
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from holdfast.data.columns import Coded, Columns, Kind
from holdfast.features.encoder import Encoder
from holdfast.features.matrix import Matrix
from holdfast.features.ngrams import DIRECTIONS, NGrams, is_spelled
from holdfast.features.preparation import Preparation

RANKS = {"Chief": 3.0, "Deputy": 1.0, "Assistant": -1.0, "Trainee": -3.0}


def titles_of(titles: list[str]) -> Columns:
    return Columns({}, {"title": coded(titles)}, {"title": Kind.CATEGORY})


def staff(n_rows: int = 500, seed: int = 0) -> tuple[Columns, np.ndarray]:
    """Job titles, most of them seldom; the pay is their rank's, with noise. One row in a hundred has none."""
    rng = np.random.default_rng(seed)
    ranks = rng.choice(list(RANKS), n_rows)
    titles = [f"{rank} {rng.choice(['Clerk', 'Mechanic', 'Nurse'])} {rng.integers(100):02}" for rank in ranks]
    pay = np.array([RANKS[rank] for rank in ranks]) + rng.normal(scale=0.3, size=n_rows)
    return titles_of([title if k % 100 else "" for k, title in enumerate(titles)]), pay[:, None]


@pytest.fixture(scope="module")
def fitted() -> NGrams:
    block = NGrams("title", seed=0)
    columns, pay = staff()
    block.fit_transform(columns, (pay - pay.mean()) / pay.std())
    return block


def test_a_new_title_is_paid_as_its_words_are(fitted):
    columns, pay = staff(seed=1)
    said = fitted.transform(columns)[:, fitted.names().index("title (target by spelling)")]
    assert np.corrcoef(said, pay[:, 0])[0, 1] > 0.95
    new = fitted.transform(titles_of(["chief gardener", "TRAINEE GARDENER", "Chef Nurse 7"]))[:, -1]
    assert new[0] > new[1] + 1
    assert new[2] > new[1]


def test_noise_gains_nothing_out_of_fold():
    columns, _ = staff()
    noise = np.random.default_rng(1).normal(size=(500, 1))
    block = NGrams("title", seed=0)
    out_of_fold = block.fit_transform(columns, noise)[:, -1]
    seen = block.transform(columns)[:, -1]
    assert abs(np.corrcoef(out_of_fold, noise[:, 0])[0, 1]) < 0.15 < np.corrcoef(seen, noise[:, 0])[0, 1]


def test_weights_are_those_of_scikit_learn():
    columns, _ = staff()
    strings = [f" {title.lower()} " for title in columns.strings["title"].strings()]
    block = NGrams("title", seed=0)
    block.fit_transform(columns, np.zeros((500, 1)))
    found = block._weighted(columns.strings["title"].strings()).toarray()
    # The oracle's n-grams, in the order of their characters' numbers, which is the alphabet's.
    oracle = TfidfVectorizer(analyzer="char", ngram_range=(2, 4), min_df=1).fit(strings)
    alphabet = {number: character for character, number in block._characters.items() if character == character.lower()}
    order = ["".join(alphabet[number] for number in gram) for gram in block._grams]
    chosen = TfidfVectorizer(analyzer="char", ngram_range=(2, 4), vocabulary=order).fit(strings)
    assert set(order) <= set(oracle.get_feature_names_out())
    np.testing.assert_allclose(found, chosen.transform(strings).toarray(), rtol=1e-9, atol=1e-12)


def test_columns_have_mean_0_and_spread_1(fitted):
    columns, _ = staff()
    matrix = fitted.transform(columns).astype(float)
    assert matrix.shape == (500, DIRECTIONS + 1)
    np.testing.assert_allclose(matrix.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(matrix.std(axis=0), 1, atol=1e-4)


def test_spelling_stands_beside_what_is_known_of_a_value():
    columns, pay = staff()
    encoder = Encoder(Matrix(missing="keep", categories="ordinal", asked=Preparation(encoding="ngrams")))
    encoder.fit_transform(columns, pay)
    assert encoder.names()[:2] == ["title (code)", "title (target mean)"]
    assert set(encoder.sources()) == {"title"}
    assert "by its spelling" in encoder.words()["title"]
    assert "target means" in encoder.words()["title"]
    assert encoder.question(5, 0.25) == ("title (spelling 4) ≤ 0.25", True)


def test_each_class_is_told_by_the_spelling():
    columns, pay = staff()
    classes = np.concatenate([pay > 1, pay < -1], axis=1).astype(float)
    encoder = Encoder(Matrix(scaled=True, asked=Preparation(encoding="ngrams")))
    encoder.fit_transform(columns, classes)
    assert [name for name in encoder.names() if "target by" in name] == [
        "title (target by spelling 1)",
        "title (target by spelling 2)",
    ]
    np.testing.assert_array_equal(matrix_of(encoder, columns), encoder.transform(columns))


def test_few_short_or_very_long_values_are_not_spelled():
    def column(values):
        return Coded(np.arange(len(values), dtype=np.int32), np.array(values, dtype=object))

    assert is_spelled(column([f"title {k}" for k in range(40)]))
    assert not is_spelled(column([f"title {k}" for k in range(20)]))
    assert not is_spelled(column([f"{k:02}" for k in range(40)]))
    assert not is_spelled(column([f"{k:020000}" for k in range(40)]))


def test_values_that_share_nothing_make_no_column():
    one = [chr(0x4E00 + 7 * k) * 3 for k in range(40)]
    block = NGrams("title", seed=0)
    assert block.fit_transform(titles_of(one), np.arange(40.0)[:, None]).shape == (40, 0)
    asked = Preparation(encoding="ngrams")
    encoder = Encoder(Matrix(asked=asked))
    encoder.fit_transform(titles_of(one), np.arange(40.0)[:, None])
    assert not any("spelling" in name for name in encoder.names())


ENCODERS: dict[str, Encoder] = {}


@given(
    st.lists(
        st.one_of(st.text(max_size=12), st.sampled_from(["Chief Clerk 07", "İstanbul", "ǅ chief", ""])), min_size=1
    )
)
@settings(max_examples=80, deadline=None)
def test_any_string_comes_out_equal(titles):
    if not ENCODERS:
        columns, pay = staff()
        ENCODERS["it"] = Encoder(Matrix(asked=Preparation(encoding="ngrams")))
        ENCODERS["it"].fit_transform(columns, pay)
    rows = titles_of([title.replace("\0", "") for title in titles])
    np.testing.assert_array_equal(matrix_of(ENCODERS["it"], rows), ENCODERS["it"].transform(rows))
