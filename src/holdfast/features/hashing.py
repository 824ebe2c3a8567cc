"""Hashed categories: each value falls in one of a few buckets, a column each (Weinberger et al., 2009)."""

from hashlib import blake2b

import numpy as np

from holdfast.arrays import Matrix32
from holdfast.data.columns import Columns
from holdfast.features.categories import MAX_VALUES, SEPARATOR
from holdfast.features.inputs import Inputs
from holdfast.graph import FLOAT, Graph

# Columns of the matrix for each hashed column of the data.
BUCKETS = 32


def bucket_of(column: str, value: str) -> int:
    """The bucket of a value: the same on every machine, and another one in another column.

    >>> bucket_of("city", "Paris")
    9
    """
    digest = blake2b(f"{column}{SEPARATOR}{value}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") % BUCKETS


class Hashed:
    """Category columns in buckets, missing being a value like others.

    Graphs have no hash function, so the model ships a table of the values it was trained on and their buckets; a value that
    is not in it falls in no bucket.
    """

    def __init__(self, names: list[str]) -> None:
        self._names = names

    def fit(self, columns: Columns) -> "Hashed":
        """Remember the buckets of the values that occur, the commonest of very many."""
        self._tables: list[dict[str, int]] = []
        for name in self._names:
            coded = columns.strings[name]
            counts = np.bincount(coded.codes + 1, minlength=len(coded.values) + 1)
            common = np.argsort(-counts, kind="stable")[:MAX_VALUES]
            values = ["" if k == 0 else str(coded.values[k - 1]) for k in common if counts[k]]
            self._tables.append({value: bucket_of(name, value) for value in values})
        return self

    def transform(self, columns: Columns) -> Matrix32:
        """Encode rows, shape (n_rows, len(names()))."""
        matrix = np.zeros((columns.n_rows, len(self._names) * BUCKETS), dtype=np.float32)
        for c, (name, table) in enumerate(zip(self._names, self._tables, strict=True)):
            bucket = columns.strings[name].look_up(table)
            rows = np.flatnonzero(bucket >= 0)
            matrix[rows, c * BUCKETS + bucket[rows]] = 1.0
        return matrix

    def names(self) -> list[str]:
        """Name of each matrix column."""
        return [f"{name} (bucket {bucket + 1})" for name in self._names for bucket in range(BUCKETS)]

    def sources(self) -> list[str]:
        """The feature behind each matrix column."""
        return [name for name in self._names for _ in range(BUCKETS)]

    def words(self) -> dict[str, str]:
        """How each column was prepared."""
        return {
            name: f"hashed: {len(table):,} values in {BUCKETS} buckets, a new value in none"
            for name, table in zip(self._names, self._tables, strict=True)
        }

    def question(self, column: int, threshold: float) -> tuple[str, bool]:
        """As of the encoder."""
        return f"{self._names[column // BUCKETS]} is in bucket {column % BUCKETS + 1}", False

    def emit(self, graph: Graph, inputs: Inputs) -> str:
        """Look values up in the table, and compare with each bucket's number."""
        prefixes = np.array([[f"{c}{SEPARATOR}" for c in range(len(self._names))]], dtype=object)
        joined = graph.add("StringConcat", graph.constant(prefixes), inputs.strings_of(graph, self._names))
        found = {f"{c}{SEPARATOR}{value}": b for c, table in enumerate(self._tables) for value, b in table.items()}
        buckets = graph.add(
            "LabelEncoder",
            joined,
            domain="ai.onnx.ml",
            keys_strings=list(found),
            values_int64s=list(found.values()),
            default_int64=-1,
        )
        each = graph.add("Unsqueeze", buckets, graph.constant(np.array([2])))
        same = graph.add("Cast", graph.add("Equal", each, graph.constant(np.arange(BUCKETS)[None, None, :])), to=FLOAT)
        return graph.add("Reshape", same, graph.constant(np.array([-1, len(self._names) * BUCKETS])))
