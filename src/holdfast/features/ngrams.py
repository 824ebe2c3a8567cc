"""Categories by their spelling: n-grams of characters, so that values which look alike, and new ones, stand together."""

from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers, Matrix32, Strings
from holdfast.data.columns import Coded, Columns
from holdfast.features.inputs import Inputs
from holdfast.features.projection import Projection
from holdfast.features.tfidf import emit_weighted, rarity
from holdfast.graph import INT64, Graph

# A category of more values than this, which are as long as this on average, is spelled; of fewer, target means tell enough. More
# characters than these take too long.
MANY_SPELLED, LONG, MOST_CHARACTERS = 30, 3.0, 500_000

# Lengths of n-grams; the commonest so many of them are told apart, each of at least so many values.
LENGTHS, MAX_GRAMS, FEWEST_VALUES = (2, 3, 4), 3_000, 2

# Singular vectors that n-grams are projected on.
DIRECTIONS = 10

# Values that are looked up, the commonest; all others are spelled anew.
MAX_LOOKED_UP = 5_000


def is_spelled(coded: Coded) -> bool:
    """Whether a category's values are many, and long enough that they may resemble each other.

    >>> titles = np.array([f"Officer {rank}" for rank in range(40)], dtype=object)
    >>> is_spelled(Coded(np.arange(40), titles)), is_spelled(Coded(np.arange(20), titles))
    (True, False)
    """
    used = coded.used
    n_characters = sum(len(value) for value in coded.values[used])
    return len(used) > MANY_SPELLED and LONG * len(used) <= n_characters <= MOST_CHARACTERS


class NGrams:
    """One column of categories by the n-grams of its values (Cerda & Varoquaux, 2020).

    Their counts, weighted by how rare they are (TF-IDF), are projected as `Projection` says. Case is folded.
    """

    def __init__(self, name: str, seed: int) -> None:
        self._name, self._projection = name, Projection(DIRECTIONS, seed)

    def fit_transform(self, columns: Columns, targets: Floats) -> Matrix32:
        """Learn n-grams and projection from training rows and encode them; targets (n_rows, n_targets)."""
        codes, values = _compact(columns.strings[self._name])
        counts = np.bincount(codes, minlength=len(values)).astype(np.float64)
        self._characters = _numbered({character for value in values for character in value})
        self._learn_grams(values, counts)
        if not self._grams:
            self._names = []
            return np.zeros((len(codes), 0), dtype=np.float32)
        common = np.sort(np.argsort(-counts, kind="stable")[:MAX_LOOKED_UP])
        self._known = [str(value) for value in values[common]]
        encoded = self._projection.fit_transform(self._weighted(values), codes, targets)
        self._names = self._projection.names(self._name, "spelling")
        return encoded

    def transform(self, columns: Columns) -> Matrix32:
        """Encode rows, shape (n_rows, len(names()))."""
        codes, values = _compact(columns.strings[self._name])
        return self._spelled(values)[codes]

    def names(self) -> list[str]:
        """Name of each matrix column."""
        return self._names

    def sources(self) -> list[str]:
        """The feature behind each matrix column."""
        return [self._name] * len(self._names)

    def words(self) -> dict[str, str]:
        """How the column was prepared."""
        return {
            self._name: f"by its spelling, {len(self._grams):,} n-grams of characters (TF-IDF) in {len(self._names)} columns"
        }

    def question(self, column: int, threshold: float) -> tuple[str, bool]:
        """As of the encoder."""
        return f"{self._names[column]} ≤ {threshold:.4g}", True

    def emit(self, graph: Graph, inputs: Inputs) -> str:
        """Look known values up; number the characters of others, count, weight, normalise and project their n-grams."""
        texts = graph.add("Reshape", inputs.strings_of(graph, [self._name]), graph.constant(np.array([-1])))
        known = graph.add(
            "LabelEncoder", texts, domain="ai.onnx.ml",
            keys_strings=self._known, values_int64s=list(range(len(self._known))), default_int64=-1,
        )  # fmt: skip
        new = graph.add("Less", known, graph.constant(np.array(0)))
        places = graph.add("Reshape", graph.add("NonZero", new), graph.constant(np.array([-1])))
        # One blank value more keeps the tensors two-dimensional when there is no new one.
        others = graph.add(
            "Concat", graph.add("Gather", texts, places), graph.constant(np.array([""], dtype=object)), axis=0
        )
        every = graph.add(
            "Concat",
            graph.constant(self._spelled(np.array(self._known, dtype=object))),
            self._emit_spelled(graph, others),
            axis=0,
        )
        so_many = graph.add("CumSum", graph.add("Cast", new, to=INT64), graph.constant(np.array(0)))
        behind = graph.add("Add", so_many, graph.constant(np.array(len(self._known) - 1)))
        return graph.add("Gather", every, graph.add("Where", new, behind, known), axis=0)

    def _emit_spelled(self, graph: Graph, texts: str) -> str:
        """What `_spelled` gives, in the graph."""
        blank = graph.constant(np.array([" "], dtype=object))
        padded = graph.add("StringConcat", graph.add("StringConcat", blank, texts), blank)
        characters = graph.add(
            "Tokenizer", padded, domain="com.microsoft", mark=0, mincharnum=1, pad_value="", tokenexp="(?s)."
        )
        numbers = graph.add(
            "LabelEncoder", characters, domain="ai.onnx.ml", keys_strings=list(self._characters),
            values_int64s=list(self._characters.values()), default_int64=-1,
        )  # fmt: skip
        pool = [gram for length in LENGTHS for gram in self._grams if len(gram) == length]
        starts = [sum(len(gram) for gram in pool if len(gram) < length) for length in range(1, max(LENGTHS) + 1)]
        counts = graph.add(
            "TfIdfVectorizer", numbers, mode="TF", min_gram_length=min(LENGTHS), max_gram_length=max(LENGTHS),
            max_skip_count=0, ngram_counts=starts, ngram_indexes=[self._grams[gram] for gram in pool],
            pool_int64s=[number for gram in pool for number in gram],
        )  # fmt: skip
        weighted = emit_weighted(graph, counts, self._rarity)
        return self._projection.emit(graph, weighted)

    def _spelled(self, values: Strings) -> Matrix32:
        return self._projection.transform(self._weighted(values))

    def _learn_grams(self, values: Strings, counts: Floats) -> None:
        """Choose n-grams, the commonest of those that several values share, and weigh each by how rare it is among the rows."""
        shared: dict[tuple[int, ...], float] = {}
        n_values: dict[tuple[int, ...], int] = {}
        for value, count in zip(values, counts, strict=True):
            for gram in set(self._grams_of(value)):
                shared[gram] = shared.get(gram, 0.0) + count
                n_values[gram] = n_values.get(gram, 0) + 1
        several = [gram for gram in shared if n_values[gram] >= FEWEST_VALUES]
        chosen = sorted(sorted(several, key=lambda gram: (-shared[gram], gram))[:MAX_GRAMS])
        self._grams = {gram: place for place, gram in enumerate(chosen)}
        seen = np.array([shared[gram] for gram in chosen])
        self._rarity = rarity(seen, counts.sum())

    def _grams_of(self, value: str) -> list[tuple[int, ...]]:
        """The n-grams of a value's characters, as their numbers; a blank stands before and behind it."""
        numbers = [self._characters.get(character, -1) for character in f" {value} "]
        return [tuple(numbers[k : k + n]) for n in LENGTHS for k in range(len(numbers) - n + 1)]

    def _weighted(self, values: Strings) -> Any:
        """Weighted counts of n-grams, of length 1, a sparse matrix (n_values, n_grams)."""
        from scipy.sparse import csr_array
        from sklearn.preprocessing import normalize

        found = [[self._grams[gram] for gram in self._grams_of(value) if gram in self._grams] for value in values]
        places = np.array([place for each in found for place in each], dtype=np.int64)
        rows = np.repeat(np.arange(len(values)), [len(each) for each in found])
        weights = self._rarity[places]
        return normalize(csr_array((weights, (rows, places)), shape=(len(values), len(self._grams))))


def _compact(coded: Coded) -> tuple[Integers, Strings]:
    """Codes and values of only what occurs, a missing value being "", the first."""
    used, codes = np.unique(coded.codes, return_inverse=True)
    return codes.astype(np.int64), np.append(coded.values, "").astype(object)[used]


def _numbered(characters: set[str]) -> dict[str, int]:
    """A number for each character, the same for its cases; blanks pad values."""
    folded = sorted({character.lower() for character in characters} | {" "})
    numbers = {character: number for number, character in enumerate(folded)}
    forms = {form: each.lower() for each in sorted(characters) for form in (each, each.lower(), each.upper())}
    return numbers | {form: numbers[lower] for form, lower in forms.items() if len(form) == 1}
