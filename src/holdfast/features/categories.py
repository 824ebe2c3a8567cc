"""Category columns: one-hot, codes by frequency, and out-of-fold target encoding."""

from dataclasses import dataclass

import numpy as np

from holdfast.arrays import Flags, Floats, Integers, Matrix32
from holdfast.data.columns import Coded, Columns
from holdfast.features.inputs import Inputs
from holdfast.features.matrix import Matrix
from holdfast.features.numeric import FLOAT
from holdfast.graph import Graph

# Separates a column's number from its value in the compiled lookup table; it does not occur in text data.
SEPARATOR = "\x1f"

# An "ordinal" column with more values than this is target-encoded too: trees can't cut many codes apart.
MANY_VALUES = 8

# Values kept per column at most, and targets averaged at most (the commonest classes).
MAX_VALUES, MAX_TARGETS = 20_000, 10

# Weight of the prior, in rows, and number of folds, of the target encoding (Micci-Barreca, 2001).
SMOOTHING, FOLDS = 10.0, 5


@dataclass(frozen=True)
class _Column:
    """What was learned of a column: the values it tells apart (most frequent first), "" for missing."""

    name: str
    values: list[str]
    rare: bool
    one_hot: bool
    target: bool


class Categories:
    """All category columns. Every value has a number; numbers are looked up, compared or averaged.

    Values too rare to tell apart, and values never seen, have no number (-1) and share one treatment.
    """

    def __init__(self, wants: Matrix, names: list[str], seed: int) -> None:
        self._wants, self._names, self._seed = wants, names, seed

    def fit_transform(self, columns: Columns, targets: Floats) -> Matrix32:
        """Learn values and averages from training rows and encode them, averages out of fold."""
        self._learn([columns.strings[name] for name in self._names])
        codes = self._codes(columns)
        self._which = np.sort(np.argsort(-targets.mean(axis=0), kind="stable")[:MAX_TARGETS])
        averaged = self._learn_averages(codes, targets[:, self._which])
        return np.concatenate([self._plain(codes), averaged], axis=1)

    def transform(self, columns: Columns) -> Matrix32:
        """Encode rows, shape (n_rows, len(names()))."""
        codes = self._codes(columns)
        looked_up = self._table[self._rows_of(codes)].reshape(len(codes), -1)
        return np.concatenate([self._plain(codes), looked_up], axis=1)

    def names(self) -> list[str]:
        """Name of each matrix column."""
        one_hot = [f"{self._columns[c].name} = {self._label(c, code)}" for c, code in self._hot]
        ranks = [f"{self._columns[c].name} (code)" for c in self._ranked]
        means = [f"{self._columns[c].name} (target mean)" for c in self._averaged for _ in self._which]
        return [*one_hot, *ranks, *means]

    def sources(self) -> list[str]:
        """The feature behind each matrix column."""
        places = [*(c for c, _ in self._hot), *self._ranked, *(c for c in self._averaged for _ in self._which)]
        return [self._columns[c].name for c in places]

    def emit(self, graph: Graph, inputs: Inputs) -> str:
        """Look all columns up in one table of "column, value", then compare and gather."""
        prefixes = np.array([[f"{c}{SEPARATOR}" for c in range(len(self._columns))]], dtype=object)
        joined = graph.add("StringConcat", graph.constant(prefixes), inputs.strings_of(graph, self._names))
        keys = [f"{c}{SEPARATOR}{value}" for c, column in enumerate(self._columns) for value in column.values]
        codes = graph.add(
            "LabelEncoder",
            joined,
            domain="ai.onnx.ml",
            keys_strings=keys or [SEPARATOR],
            values_int64s=list(range(len(keys))) or [-1],
            default_int64=-1,
        )
        parts = []
        if self._hot:
            which = graph.constant(np.array([c for c, _ in self._hot]))
            wanted = graph.constant(np.array([[code for _, code in self._hot]]))
            parts.append(
                graph.add("Cast", graph.add("Equal", graph.add("Gather", codes, which, axis=1), wanted), to=FLOAT)
            )
        if self._ranked:
            parts.append(self._emit_ranks(graph, codes))
        if self._averaged:
            parts.append(self._emit_averages(graph, codes))
        return parts[0] if len(parts) == 1 else graph.add("Concat", *parts, axis=1)

    def _emit_ranks(self, graph: Graph, codes: str) -> str:
        which = graph.constant(np.array(self._ranked))
        chosen = graph.add("Gather", codes, which, axis=1)
        ranks = graph.add("Sub", chosen, graph.constant(self._starts[self._ranked][None, :]))
        minus_one = graph.constant(np.int64(-1))
        return graph.add("Cast", graph.add("Max", ranks, minus_one), to=FLOAT)

    def _emit_averages(self, graph: Graph, codes: str) -> str:
        chosen = graph.add("Gather", codes, graph.constant(np.array(self._averaged)), axis=1)
        unseen = graph.add("Less", chosen, graph.constant(np.int64(0)))
        default = graph.constant(self._defaults[None, :])
        rows = graph.add("Where", unseen, default, chosen)
        found = graph.add("Gather", graph.constant(self._table), rows, axis=0)
        return graph.add("Reshape", found, graph.constant(np.array([-1, len(self._averaged) * self._table.shape[1]])))

    def _learn(self, coded: list[Coded]) -> None:
        self._columns: list[_Column] = []
        for name, column in zip(self._names, coded, strict=True):
            counts = np.bincount(column.codes + 1, minlength=len(column.values) + 1)
            least = max(2, min(10, len(column.codes) // 1000))
            order = np.argsort(-counts, kind="stable")
            kept = [int(k) for k in order if counts[k] >= least][:MAX_VALUES]
            values = ["" if k == 0 else str(column.values[k - 1]) for k in kept]
            rare = bool(counts.sum() > counts[kept].sum())
            many = len(values) > self._wants.max_one_hot
            one_hot = self._wants.categories == "one_hot" and not many
            target = many if self._wants.categories == "one_hot" else len(values) > MANY_VALUES
            self._columns.append(_Column(name, values, rare, one_hot, target))
        sizes = [len(column.values) for column in self._columns]
        self._starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)[: len(sizes)]
        self._size = int(sum(sizes))
        self._hot = [
            (c, code) for c, column in enumerate(self._columns) if column.one_hot for code in self._hot_codes(c)
        ]
        self._ranked = [] if self._wants.categories == "one_hot" else list(range(len(self._columns)))
        self._averaged = [c for c, column in enumerate(self._columns) if column.target]
        self._defaults = self._size + np.arange(len(self._averaged), dtype=np.int64)

    def _hot_codes(self, c: int) -> list[int]:
        """Codes with a column of their own; of two values that are all there is, one column tells enough."""
        column, start = self._columns[c], int(self._starts[c])
        codes = list(range(start, start + len(column.values)))
        if len(codes) == 2 and not column.rare:
            return codes[1:]
        return [*codes, -1] if column.rare else codes

    def _label(self, c: int, code: int) -> str:
        if code < 0:
            return "rare"
        return self._columns[c].values[code - self._starts[c]] or "missing"

    def _codes(self, columns: Columns) -> Integers:
        """Number of each row's value among all columns' values, -1 when it has none; shape (n_rows, n_columns)."""
        codes = np.empty((columns.n_rows, len(self._names)), dtype=np.int64)
        for c, column in enumerate(self._columns):
            coded = columns.strings[column.name]
            known = {value: int(self._starts[c]) + k for k, value in enumerate(column.values)}
            lookup = np.array([*(known.get(value, -1) for value in coded.values), known.get("", -1)], dtype=np.int64)
            codes[:, c] = lookup[coded.codes]
        return codes

    def _plain(self, codes: Integers) -> Matrix32:
        """One-hot columns, then ranks by frequency."""
        which, wanted = [c for c, _ in self._hot], np.array([code for _, code in self._hot], dtype=np.int64)
        hot = (codes[:, which] == wanted).astype(np.float32)
        ranks = np.maximum(codes[:, self._ranked] - self._starts[self._ranked], -1).astype(np.float32)
        return np.concatenate([hot, ranks], axis=1)

    def _rows_of(self, codes: Integers) -> Integers:
        chosen = codes[:, self._averaged]
        return np.where(chosen < 0, self._defaults, chosen)

    def _learn_averages(self, codes: Integers, targets: Floats) -> Matrix32:
        """Fill the lookup table from all rows; encode these rows by folds that leave their own target out."""
        rows = self._rows_of(codes)
        n_rows, width = len(codes), targets.shape[1]
        fold = np.random.default_rng(self._seed).permutation(n_rows) % FOLDS
        self._table = np.zeros((self._size + len(self._averaged), width), dtype=np.float32)
        encoded = np.zeros((n_rows, len(self._averaged), width), dtype=np.float32)
        for k in range(width):
            for c in range(len(self._averaged)):
                column = rows[:, c]
                found, out_of_fold = _averages(column, targets[:, k], fold, len(self._table))
                seen = _present(column, len(self._table))
                seen[self._defaults[c]] = True
                self._table[seen, k] = found[seen]
                encoded[:, c, k] = out_of_fold
        return encoded.reshape(n_rows, -1)


def _averages(rows: Integers, target: Floats, fold: Integers, size: int) -> tuple[Floats, Floats]:
    """Smoothed mean of the target per table row, and for each data row the same from the other folds."""
    keyed = fold * size + rows
    counts = np.bincount(keyed, minlength=FOLDS * size).reshape(FOLDS, size)
    sums = np.bincount(keyed, weights=target, minlength=FOLDS * size).reshape(FOLDS, size)
    total_count, total_sum = counts.sum(axis=0), sums.sum(axis=0)
    prior = target.mean() if len(target) else 0.0
    full = (total_sum + SMOOTHING * prior) / (total_count + SMOOTHING)
    others_count, others_sum = total_count - counts, total_sum - sums
    others_rows = np.maximum(others_count.sum(axis=1), 1)
    priors = others_sum.sum(axis=1) / others_rows
    partial = (others_sum + SMOOTHING * priors[:, None]) / (others_count + SMOOTHING)
    return full, partial[fold, rows]


def _present(rows: Integers, size: int) -> Flags:
    present = np.zeros(size, dtype=bool)
    present[rows] = True
    return present
