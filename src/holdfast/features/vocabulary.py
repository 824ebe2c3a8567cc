"""The words of texts: which there are, however they are spelled, and how rare each is (TF-IDF; Salton & Buckley, 1988)."""

import re
from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np

from holdfast.arrays import Integers, Strings
from holdfast.data.columns import Coded
from holdfast.features.inputs import Inputs
from holdfast.features.tfidf import emit_weighted, rarity
from holdfast.graph import Graph

# The same words in Python and in the graph: runs of letters, digits and underscores, two or longer.
PYTHON_WORD, GRAPH_WORD = re.compile(r"\w{2,}"), r"[\pL\pN_]+"

# A word is known when at least so many rows have it: of few rows, and of more.
FEW_ROWS, LEAST_OF_FEW, LEAST = 1_000, 2, 5


class Split:
    """The words of a column's texts: each text is split once, when it is first asked for, whichever rows it stands in."""

    def __init__(self, texts: Strings) -> None:
        self._texts, self._lock = texts, Lock()
        self._spelled: list[Integers | None] = [None] * len(texts)
        self._numbers, self._lower = dict[str, int](), dict[str, int]()
        self._lower_of: list[int] = []

    def of(self, places: Integers) -> list[Integers]:
        """For each of these texts the numbers of its words as spelled, in order."""
        with self._lock:  # folds that are encoded side by side share it
            return [self._split(place) for place in places.tolist()]

    @property
    def spellings(self) -> Sequence[str]:
        """Words as spelled, by number."""
        return list(self._numbers)

    @property
    def lower(self) -> Sequence[str]:
        """Words in lower case, by number."""
        return list(self._lower)

    @property
    def lower_of(self) -> Integers:
        """For each spelling, the number of the word in lower case."""
        return np.array(self._lower_of, dtype=np.int64)

    def _split(self, place: int) -> Integers:
        if (known := self._spelled[place]) is not None:
            return known
        numbers = [self._number(word) for word in PYTHON_WORD.findall(self._texts[place])]
        made = self._spelled[place] = np.array(numbers, dtype=np.int32)
        return made

    def _number(self, word: str) -> int:
        if word not in self._numbers:
            self._numbers[word] = len(self._numbers)
            self._lower_of.append(self._lower.setdefault(word.lower(), len(self._lower)))
        return self._numbers[word]

    def __reduce__(self) -> tuple[type["Split"], tuple[Strings]]:
        """Travel without what was split."""
        return Split, (self._texts,)


class Vocabulary:
    """The commonest words of one column of texts.

    Case is folded by listing each word's spellings: as seen in training, lower, Title and UPPER case. Any other spelling
    is an unknown word, in Python and in the graph alike. After `fit`: `words`, sorted.
    """

    def __init__(self, name: str, most: int) -> None:
        self._name, self._most = name, most

    def fit(self, coded: Coded) -> "Vocabulary":
        """Learn the most frequent words, their spellings and their weights from training rows."""
        used = coded.used
        split, text, spelled = _words_of(coded, used)
        lower, spellings, lower_of = split.lower, split.spellings, split.lower_of
        # A word counts once a text, however often it is there, and a text as often as it is.
        n_words, n_rows = len(lower), np.bincount(coded.codes + 1)[1:][used]
        in_text, word = np.divmod(np.unique(text * n_words + lower_of[spelled]), max(1, n_words))
        rows_with = np.bincount(word, n_rows[in_text], n_words).astype(np.float64)
        least = LEAST_OF_FEW if len(coded.codes) < FEW_ROWS else LEAST
        ranked = sorted(np.flatnonzero(rows_with >= least).tolist(), key=lambda k: (-rows_with[k], lower[k]))
        chosen = sorted(ranked[: self._most], key=lambda k: lower[k])
        self.words = [lower[k] for k in chosen]
        written = {k: {lower[k], lower[k].title(), lower[k].upper()} for k in chosen}
        for each in np.unique(spelled).tolist():
            if (k := int(lower_of[each])) in written:
                written[k].add(spellings[each])
        self._numbers: dict[str, int] = {}
        for number, k in enumerate(chosen):
            for spelling in sorted(written[k]):
                self._numbers.setdefault(spelling, number)
        self._rarity = rarity(rows_with[chosen], len(coded.codes))
        return self

    def weighted(self, coded: Coded) -> tuple[Any, Integers]:
        """Weighted counts of words, each distinct text's of length 1, sparse (n_texts, n_words); and each row's text.

        The last text is that of rows that have none.
        """
        from scipy.sparse import csr_array
        from sklearn.preprocessing import normalize

        used = coded.used
        split, text, spelled = _words_of(coded, used)
        numbers = np.array([self._numbers.get(word, -1) for word in split.spellings], dtype=np.int64)[spelled]
        text, numbers = text[numbers >= 0], numbers[numbers >= 0]
        counts = csr_array((np.ones(len(text)), (text, numbers)), shape=(len(used) + 1, len(self.words)))
        counts.data *= self._rarity[counts.indices]
        places = np.full(len(coded.values) + 1, len(used))
        places[used] = np.arange(len(used))
        return normalize(counts), places[coded.codes]

    def emit(self, graph: Graph, inputs: Inputs) -> str:
        """Split, number, count, weight and normalise the words in the graph; dense double (rows, n_words)."""
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
            ngram_indexes=list(range(len(self.words))),
            pool_int64s=list(range(len(self.words))),
        )
        return emit_weighted(graph, counts, self._rarity)


def _words_of(coded: Coded, used: Integers) -> tuple[Split, Integers, Integers]:
    """The words of some of a column's texts, one after another: the text of each, and its number as spelled."""
    split = coded.once(Split)
    words = split.of(used)
    text = np.repeat(np.arange(len(used)), [len(each) for each in words])
    return split, text, np.concatenate([np.zeros(0, dtype=np.int64), *words]).astype(np.int64)
