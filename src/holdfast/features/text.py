"""Texts, and categories of words: how often each frequent word occurs, by how rare it is (TF-IDF; Salton & Buckley, 1988)."""

import re
from collections import Counter
from itertools import chain

import numpy as np

from holdfast.arrays import Floats, Matrix32, Strings
from holdfast.data.columns import Coded, Columns
from holdfast.features.categories import MANY_VALUES
from holdfast.features.inputs import Inputs
from holdfast.features.tfidf import emit_weighted, rarity
from holdfast.graph import FLOAT, Graph

# The same words in Python and in the graph: runs of letters, digits and underscores, two or longer.
PYTHON_WORD, GRAPH_WORD = re.compile(r"\w{2,}"), r"[\pL\pN_]+"

# Words per column at most, fewer when the matrix would hold more cells than this.
MAX_WORDS, MAX_CELLS = 600, 100_000_000

# A category of many values, of so many words on average, has words worth telling apart; so many of them at most.
WORDS_A_VALUE, MAX_CATEGORY_WORDS = 1.5, 100

# Values of a category whose words are counted to find that out.
LOOKED_AT = 1_000

# Texts counted at a time: the counts are whole and double before they are single.
CHUNK = 5_000


def of_words(coded: Coded) -> bool:
    """Whether the values of a category are made of words that they share.

    >>> ranks = np.array([f"Officer {rank} of Police" for rank in range(10)], dtype=object)
    >>> of_words(Coded(np.arange(10), ranks)), of_words(Coded(np.arange(2), ranks))
    (True, False)
    """
    used = np.flatnonzero(np.bincount(coded.codes + 1, minlength=1)[1:])
    looked_at = coded.values[used[:: max(1, len(used) // LOOKED_AT)]]
    n_words = sum(len(PYTHON_WORD.findall(value)) for value in looked_at)
    return len(used) > MANY_VALUES and n_words >= WORDS_A_VALUE * len(looked_at)


class Text:
    """One column of texts as a dense matrix of words, the commonest `most`.

    Case is folded by listing each word's spellings: as seen in training, lower, Title and UPPER case. Any other spelling
    is an unknown word, in Python and in the graph alike.
    """

    def __init__(self, name: str, most: int = MAX_WORDS) -> None:
        self._name, self._most = name, most

    def fit(self, columns: Columns) -> "Text":
        """Learn the most frequent words, their spellings and their weights from training rows."""
        coded = columns.strings[self._name]
        counts = np.bincount(coded.codes + 1, minlength=len(coded.values) + 1)[1:]
        rows_with: Counter[str] = Counter()
        spelled: set[str] = set()
        for text, count in zip(coded.values, counts, strict=True):
            if not count:
                continue
            words = set(PYTHON_WORD.findall(text))
            spelled |= words
            for word in set(map(str.lower, words)):
                rows_with[word] += int(count)
        n_rows = len(coded.codes)
        width = int(min(self._most, max(20, MAX_CELLS // max(1, n_rows))))
        least = 2 if n_rows < 1000 else 5
        ranked = sorted((word for word, count in rows_with.items() if count >= least), key=lambda w: (-rows_with[w], w))
        self._words = sorted(ranked[:width])
        known = set(self._words)
        spellings = {word: {word, word.title(), word.upper()} for word in self._words}
        for word in spelled:
            if word.lower() in known:
                spellings[word.lower()].add(word)
        self._numbers: dict[str, int] = {}
        for number, word in enumerate(self._words):
            for spelling in sorted(spellings[word]):
                self._numbers.setdefault(spelling, number)
        seen = np.array([rows_with[word] for word in self._words], dtype=np.float64)
        self._weights = rarity(seen, n_rows)
        return self

    def transform(self, columns: Columns) -> Matrix32:
        """Encode rows, shape (n_rows, len(names()))."""
        coded = columns.strings[self._name]
        used = np.flatnonzero(np.bincount(coded.codes + 1, minlength=1)[1:])
        encoded = np.zeros((len(used) + 1, len(self._words)), dtype=np.float32)
        for start in range(0, len(used), CHUNK):
            part = used[start : start + CHUNK]
            encoded[start : start + len(part)] = self._weighted(coded.values[part])
        # The last row is for missing texts, whose code is -1.
        place = np.full(len(coded.values) + 1, len(used))
        place[used] = np.arange(len(used))
        matrix: Matrix32 = encoded[place[coded.codes]]
        return matrix

    def names(self) -> list[str]:
        """Name of each matrix column."""
        return [f"{self._name}: {word}" for word in self._words]

    def sources(self) -> list[str]:
        """The feature behind each matrix column."""
        return [self._name] * len(self._words)

    def words(self) -> dict[str, str]:
        """How the column was prepared."""
        return {self._name: f"as its {len(self._words):,} commonest words, weighted by how rare they are (TF-IDF)"}

    def question(self, column: int, threshold: float) -> tuple[str, bool]:
        """As of the encoder."""
        return f"{self.names()[column]} ≤ {threshold:.4g}", True

    def emit(self, graph: Graph, inputs: Inputs) -> str:
        """Split, number, count, weight and normalise the words in the graph."""
        texts = graph.add("Reshape", inputs.strings_of(graph, [self._name]), graph.constant(np.array([-1])))
        words = graph.add(
            "Tokenizer", texts, domain="com.microsoft", mark=0, mincharnum=2, pad_value="", tokenexp=GRAPH_WORD
        )
        numbers = graph.add(
            "LabelEncoder",
            words,
            domain="ai.onnx.ml",
            keys_strings=list(self._numbers),
            values_int64s=list(self._numbers.values()),
            default_int64=-1,
        )
        # One column that is never a word keeps the tensor two-dimensional when no text has any.
        blank = graph.add(
            "LabelEncoder", texts, domain="ai.onnx.ml", keys_strings=[""], values_int64s=[-1], default_int64=-1
        )
        blank = graph.add("Reshape", blank, graph.constant(np.array([-1, 1])))
        counts = graph.add(
            "TfIdfVectorizer",
            graph.add("Concat", numbers, blank, axis=1),
            mode="TF",
            min_gram_length=1,
            max_gram_length=1,
            max_skip_count=0,
            ngram_counts=[0],
            ngram_indexes=list(range(len(self._words))),
            pool_int64s=list(range(len(self._words))),
        )
        return graph.add("Cast", emit_weighted(graph, counts, self._weights), to=FLOAT)

    def _weighted(self, texts: Strings) -> Floats:
        """Weighted counts of the words in each text, of length 1; shape (n_texts, n_words)."""
        words = [PYTHON_WORD.findall(text) for text in texts]
        numbers = np.array([self._numbers.get(word, -1) for word in chain.from_iterable(words)], dtype=np.int64)
        rows = np.repeat(np.arange(len(texts)), [len(each) for each in words])
        width = len(self._words)
        cells = (rows * width + numbers)[numbers >= 0]
        weighted = np.bincount(cells, minlength=len(texts) * width).reshape(len(texts), width) * self._weights
        length = np.sqrt((weighted * weighted).sum(axis=1, keepdims=True))
        return np.asarray(weighted / np.maximum(length, 1e-12))
