"""Texts, and categories of words, by the words they are made of."""

import numpy as np

from holdfast.arrays import Floats, Matrix32
from holdfast.data.columns import Coded, Columns
from holdfast.features.categories import MANY_VALUES
from holdfast.features.inputs import Inputs
from holdfast.features.projection import Projection
from holdfast.features.vocabulary import PYTHON_WORD, Vocabulary
from holdfast.graph import FLOAT, Graph

# Words of a text at most, and columns they are projected on: one more for each target, as there are more classes to tell apart.
MAX_WORDS = 4_000
DIRECTIONS, MAX_DIRECTIONS = 20, 100

# A category of many values, of so many words on average, has words worth telling apart; so many of them at most.
WORDS_A_VALUE, MAX_CATEGORY_WORDS = 1.5, 100

# Values of a category whose words are counted to find that out.
LOOKED_AT = 1_000


def of_words(coded: Coded) -> bool:
    """Whether the values of a category are made of words that they share.

    >>> ranks = np.array([f"Officer {rank} of Police" for rank in range(10)], dtype=object)
    >>> of_words(Coded(np.arange(10), ranks)), of_words(Coded(np.arange(2), ranks))
    (True, False)
    """
    used = coded.used
    looked_at = coded.values[used[:: max(1, len(used) // LOOKED_AT)]]
    n_words = sum(len(PYTHON_WORD.findall(value)) for value in looked_at)
    return len(used) > MANY_VALUES and n_words >= WORDS_A_VALUE * len(looked_at)


def directions(n_targets: int) -> int:
    """How many singular vectors texts are projected on.

    >>> directions(1), directions(76)
    (21, 96)
    """
    return min(DIRECTIONS + n_targets, MAX_DIRECTIONS)


class Words:
    """One column of categories as a dense matrix of its commonest words, each row of length 1."""

    def __init__(self, name: str) -> None:
        self._name, self._vocabulary = name, Vocabulary(name, MAX_CATEGORY_WORDS)

    def fit(self, columns: Columns) -> "Words":
        """Learn the words from training rows."""
        self._vocabulary.fit(columns.strings[self._name])
        return self

    def transform(self, columns: Columns) -> Matrix32:
        """Encode rows, shape (n_rows, len(names()))."""
        weighted, text = self._vocabulary.weighted(columns.strings[self._name])
        matrix: Matrix32 = weighted.toarray().astype(np.float32)[text]
        return matrix

    def names(self) -> list[str]:
        """Name of each matrix column."""
        return [f"{self._name}: {word}" for word in self._vocabulary.words]

    def sources(self) -> list[str]:
        """The feature behind each matrix column."""
        return [self._name] * len(self._vocabulary.words)

    def words(self) -> dict[str, str]:
        """How the column was prepared."""
        n_words = len(self._vocabulary.words)
        return {self._name: f"as its {n_words:,} commonest words, weighted by how rare they are (TF-IDF)"}

    def question(self, column: int, threshold: float) -> tuple[str, bool]:
        """As of the encoder."""
        return f"{self.names()[column]} ≤ {threshold:.4g}", True

    def emit(self, graph: Graph, inputs: Inputs) -> str:
        """The same in the graph."""
        return graph.add("Cast", self._vocabulary.emit(graph, inputs), to=FLOAT)


class Text:
    """One column of texts by its words, in few columns, as `Projection` says."""

    def __init__(self, name: str, seed: int) -> None:
        self._name, self._seed, self._vocabulary = name, seed, Vocabulary(name, MAX_WORDS)

    def fit_transform(self, columns: Columns, targets: Floats) -> Matrix32:
        """Learn words and projection from training rows and encode them; targets (n_rows, n_targets)."""
        coded, self._names = columns.strings[self._name], list[str]()
        if not self._vocabulary.fit(coded).words:
            return np.zeros((len(coded.codes), 0), dtype=np.float32)
        self._projection = Projection(directions(targets.shape[1]), self._seed)
        encoded = self._projection.fit_transform(*self._vocabulary.weighted(coded), targets)
        self._names = self._projection.names(self._name, "words")
        return encoded

    def transform(self, columns: Columns) -> Matrix32:
        """Encode rows, shape (n_rows, len(names()))."""
        weighted, text = self._vocabulary.weighted(columns.strings[self._name])
        return self._projection.transform(weighted)[text]

    def names(self) -> list[str]:
        """Name of each matrix column."""
        return self._names

    def sources(self) -> list[str]:
        """The feature behind each matrix column."""
        return [self._name] * len(self._names)

    def words(self) -> dict[str, str]:
        """How the column was prepared."""
        n_words = len(self._vocabulary.words)
        return {self._name: f"by its {n_words:,} commonest words (TF-IDF) in {len(self._names)} columns"}

    def question(self, column: int, threshold: float) -> tuple[str, bool]:
        """As of the encoder."""
        return f"{self._names[column]} ≤ {threshold:.4g}", True

    def emit(self, graph: Graph, inputs: Inputs) -> str:
        """The same in the graph."""
        return self._projection.emit(graph, self._vocabulary.emit(graph, inputs))
