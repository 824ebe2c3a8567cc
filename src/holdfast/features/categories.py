"""Category columns: one-hot, codes by frequency, and out-of-fold target encoding."""

from dataclasses import dataclass

import numpy as np

from holdfast.arrays import Codes, Floats, Integers, Matrix32
from holdfast.data.columns import Coded, Columns
from holdfast.features.crosses import JOINT
from holdfast.features.inputs import Inputs
from holdfast.features.matrix import Matrix, beside
from holdfast.features.preparation import Encoding
from holdfast.features.scale import standard
from holdfast.features.target_means import averaged_targets, folds, target_means
from holdfast.graph import DOUBLE, FLOAT, Graph, Tensor

# Separates a column's number from its value in the compiled lookup table; it does not occur in text data.
SEPARATOR = "\x1f"

# An "ordinal" column with more values than this is target-encoded too: trees can't cut many codes apart.
MANY_VALUES = 8

# Values kept per column at most; where they are counted, whether one was seen before tells much, so that more are kept.
MAX_VALUES, MAX_COUNTED = 20_000, 100_000

# A column of more values than this is target-encoded where a learner wants it one-hot; where the user does, it has so many
# values of its own, and the others are rare.
MAX_ONE_HOT, MAX_ASKED_ONE_HOT = 20, 500

# A question about a set of values names so many of them.
MOST_NAMED = 3


@dataclass(frozen=True)
class _Column:
    """What was learned of a column: the values it tells apart (most frequent first), "" for missing.

    n_coded: so many of them have a code; those behind are rare, and only target means tell them apart. rare: there are more.
    """

    name: str
    values: list[str]
    n_coded: int
    rare: bool
    one_hot: bool
    ranked: bool
    target: bool


class Categories:
    """All category columns. A column's values are numbered by frequency; numbers are looked up, compared or averaged.

    Values too rare to tell apart, and values never seen, have no number (-1) and share one treatment. encoding: what the
    user asked for; "auto" is as the learner wants. counted: beside its averages a value has the number of rows that share it,
    log(1 + n), where a training row is not counted itself: a new value is one that no other row has.
    """

    def __init__(
        self, wants: Matrix, names: list[str], seed: int, encoding: Encoding = "auto", *, counted: bool = False
    ) -> None:
        self._wants, self._names, self._seed, self._encoding, self._counted = wants, names, seed, encoding, counted

    def fit_transform(self, columns: Columns, targets: Floats) -> Matrix32:
        """Learn values and averages from training rows and encode them, averages out of fold."""
        self._learn([columns.strings[name] for name in self._names])
        codes = self._codes(columns)
        self._which = averaged_targets(targets)
        averaged = self._learn_averages(codes, targets[:, self._which])
        if self._wants.scaled:
            self._centre, self._spread = standard(self._ranks(codes).astype(np.float64))
        return beside(self._plain(codes), averaged)

    def transform(self, columns: Columns) -> Matrix32:
        """Encode rows, shape (n_rows, len(names()))."""
        codes = self._codes(columns)
        rows = np.where(codes < 0, self._defaults, codes + self._starts)[:, self._averaged]
        averaged = self._table[rows].reshape(len(codes), rows.shape[1] * self._table.shape[1])
        return beside(self._plain(codes), averaged)

    def names(self) -> list[str]:
        """Name of each matrix column."""
        one_hot = [f"{self._columns[c].name} = {self._label(c, code)}" for c, code in self._hot]
        ranks = [f"{self._columns[c].name} (code)" for c in self._ranked]
        which = [f" {k + 1}" for k in self._which] if len(self._which) > 1 else [""]
        learned = [*(f"target mean{k}" for k in which), *(["rows alike"] if self._counted else [])]
        return [*one_hot, *ranks, *(f"{self._columns[c].name} ({what})" for c in self._averaged for what in learned)]

    def sources(self) -> list[str]:
        """The feature behind each matrix column."""
        places = [*(c for c, _ in self._hot), *self._ranked, *np.repeat(self._averaged, self._table.shape[1])]
        return [self._columns[c].name for c in places]

    def words(self) -> dict[str, str]:
        """How each column was prepared."""
        counted = ", and how many rows share it" if self._counted else ""
        return {column.name: f"{_words(column)}{counted}" for column in self._columns}

    def question(self, column: int, threshold: float) -> tuple[str, bool]:
        """As of the encoder: a cut of codes or of averages parts the values in two sets, of which the smaller is named."""
        if column < len(self._hot):
            return self.names()[column], False
        c, numbers, rare, others = self._numbered(column - len(self._hot))
        learned = self._columns[c]
        low = [self._label(c, int(code)) for code in np.flatnonzero(numbers <= threshold)]
        high = [self._label(c, int(code)) for code in np.flatnonzero(numbers > threshold)]
        if others:
            (low if rare <= threshold else high).append(self._label(c, -1))
        named = low if 0 < len(low) <= len(high) or not high else high
        more = f" or {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
        link = "is one of" if len(named) > 1 else "="
        return f"{learned.name} {link} {', '.join(named[:MOST_NAMED])}{more}", named is low

    def _numbered(self, column: int) -> tuple[int, Floats, float, bool]:
        """Of a matrix column of codes or averages: the category column behind it, its values' numbers, that of others, if any."""
        if column < len(self._ranked):
            c = self._ranked[column]
            learned = self._columns[c]
            others = learned.rare or learned.n_coded < len(learned.values)
            return c, np.arange(learned.n_coded, dtype=np.float64), -1.0, others
        place, target = divmod(column - len(self._ranked), self._table.shape[1])
        c = self._averaged[place]
        start = self._starts[c]
        numbers = self._table[start : start + len(self._columns[c].values), target].astype(np.float64)
        return c, numbers, float(self._table[self._defaults[c], target]), self._columns[c].rare

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
            wanted = [code if code < 0 else int(self._starts[c]) + code for c, code in self._hot]
            chosen = graph.add("Gather", codes, which, axis=1)
            same = graph.add("Equal", chosen, graph.constant(np.array([wanted])))
            parts.append(graph.add("Cast", same, to=FLOAT))
        if self._ranked:
            parts.append(self._emit_ranks(graph, codes))
        if self._averaged:
            parts.append(self._emit_averages(graph, codes))
        return parts[0] if len(parts) == 1 else graph.add("Concat", *parts, axis=1)

    def _emit_ranks(self, graph: Graph, codes: str) -> str:
        which = graph.constant(np.array(self._ranked))
        chosen = graph.add("Gather", codes, which, axis=1)
        ranks = graph.add("Sub", chosen, graph.constant(self._starts[self._ranked][None, :]))
        coded = graph.constant(self._n_coded[None, :])
        ranks = graph.add("Where", graph.add("Less", ranks, coded), ranks, graph.constant(np.int64(-1)))
        ranks = graph.add("Max", ranks, graph.constant(np.int64(-1)))
        if self._wants.scaled:
            ranks = ((Tensor(graph, graph.add("Cast", ranks, to=DOUBLE)) - self._centre) / self._spread).name
        return graph.add("Cast", ranks, to=FLOAT)

    def _emit_averages(self, graph: Graph, codes: str) -> str:
        chosen = graph.add("Gather", codes, graph.constant(np.array(self._averaged)), axis=1)
        unseen = graph.add("Less", chosen, graph.constant(np.int64(0)))
        default = graph.constant(self._defaults[None, self._averaged])
        rows = graph.add("Where", unseen, default, chosen)
        found = graph.add("Gather", graph.constant(self._table), rows, axis=0)
        return graph.add("Reshape", found, graph.constant(np.array([-1, len(self._averaged) * self._table.shape[1]])))

    def _learn(self, coded: list[Coded]) -> None:
        self._columns = [self._column(name, each) for name, each in zip(self._names, coded, strict=True)]
        self._numbers = [{value: k for k, value in enumerate(column.values)} for column in self._columns]
        ends = np.cumsum([len(column.values) for column in self._columns], dtype=np.int64)
        self._starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
        # Behind all values' rows the table has one for each column's rare and unseen values.
        self._defaults = ends[-1] + np.arange(len(self._columns), dtype=np.int64)
        self._hot = [(c, k) for c, column in enumerate(self._columns) if column.one_hot for k in self._hot_codes(c)]
        self._ranked = [c for c, column in enumerate(self._columns) if column.ranked]
        self._n_coded = np.array([self._columns[c].n_coded for c in self._ranked], dtype=np.int64)
        self._averaged = [c for c, column in enumerate(self._columns) if column.target]

    def _column(self, name: str, coded: Coded) -> _Column:
        counts = np.bincount(coded.codes + 1, minlength=len(coded.values) + 1)
        order = np.argsort(-counts, kind="stable")
        frequent = int((counts >= max(2, min(10, len(coded.codes) // 1000))).sum())
        n_coded = min(frequent, MAX_ASKED_ONE_HOT if self._encoding == "onehot" else MAX_VALUES)
        if self._encoding != "auto":
            one_hot, ranked, target = (self._encoding == each for each in ("onehot", "ordinal", "target"))
        elif self._wants.categories == "one_hot":
            one_hot, ranked = n_coded <= MAX_ONE_HOT, False
            target = not one_hot
        else:
            one_hot, ranked, target = False, True, n_coded > MANY_VALUES
        # Codes of rare values would mean nothing, but what the few rows of one answered does.
        n_seen = int((counts > 0).sum())
        n_values = min(n_seen, MAX_COUNTED if self._counted else MAX_VALUES) if target else n_coded
        values = ["" if k == 0 else str(coded.values[k - 1]) for k in order[:n_values]]
        return _Column(name, values, n_coded, n_seen > n_values, one_hot, ranked, target)

    def _hot_codes(self, c: int) -> list[int]:
        """Codes with a column of their own; of two values that are all there is, one column tells enough."""
        column = self._columns[c]
        codes = list(range(len(column.values)))
        if len(codes) == 2 and not column.rare:
            return codes[1:]
        return [*codes, -1] if column.rare else codes

    def _label(self, c: int, code: int) -> str:
        if code < 0:
            return "rare"
        return self._columns[c].values[code].replace(JOINT, " * ") or "missing"

    def _codes(self, columns: Columns) -> Codes:
        """Number of each row's value in its column, -1 when it has none; shape (n_rows, n_columns)."""
        codes = np.empty((columns.n_rows, len(self._names)), dtype=np.int32, order="F")
        for c, numbers in enumerate(self._numbers):
            codes[:, c] = columns.strings[self._names[c]].look_up(numbers)
        return codes

    def _plain(self, codes: Codes) -> Matrix32:
        """One-hot columns, then ranks by frequency."""
        matrix = np.zeros((len(codes), len(self._hot) + len(self._ranked)), dtype=np.float32)
        places = [np.full(len(column.values) + 1, -1) for column in self._columns]
        for place, (c, code) in enumerate(self._hot):
            places[c][code] = place
        for c in {c for c, _ in self._hot}:
            where = places[c][codes[:, c]]
            rows = np.flatnonzero(where >= 0)
            matrix[rows, where[rows]] = 1.0
        ranks = self._ranks(codes)
        matrix[:, len(self._hot) :] = (ranks - self._centre) / self._spread if self._wants.scaled else ranks
        return matrix

    def _ranks(self, codes: Codes) -> Codes:
        """Codes of the columns that have one, -1 for what is too rare."""
        ranks = codes[:, self._ranked]
        return np.where(ranks < self._n_coded, ranks, np.int32(-1))

    def _learn_averages(self, codes: Codes, targets: Floats) -> Matrix32:
        """Fill the lookup table from all rows; encode these rows by folds that leave their own target out."""
        n_rows, n_targets = targets.shape
        width = n_targets + self._counted
        targets, fold = np.asfortranarray(targets), folds(n_rows, self._seed)
        self._table = np.zeros((self._defaults[-1] + 1, width), dtype=np.float32)
        encoded = np.zeros((n_rows, len(self._averaged), width), dtype=np.float32)
        for place, c in enumerate(self._averaged):
            n_values, start = len(self._columns[c].values), self._starts[c]
            local: Integers = np.where(codes[:, c] < 0, n_values, codes[:, c]).astype(np.int64)
            means, encoded[:, place, :n_targets] = target_means(local, targets, fold, n_values + 1)
            self._table[start : start + n_values, :n_targets] = means[:-1]
            self._table[self._defaults[c], :n_targets] = means[-1]
            if self._counted:
                counts = np.append(np.bincount(local, minlength=n_values + 1)[:n_values], 1)
                self._table[start : start + n_values, -1] = np.log1p(counts[:-1])
                encoded[:, place, -1] = np.log1p(counts[local] - 1)
        return encoded.reshape(n_rows, len(self._averaged) * width)


def _words(column: _Column) -> str:
    ways = (
        (column.one_hot, "one-hot"),
        (
            column.ranked,
            "numbered by frequency" + (", rare ones together," if column.n_coded < len(column.values) else ""),
        ),
        (column.target, "target means, out of fold"),
    )
    rare = ", rare ones together" if column.rare else ""
    return f"{' and '.join(way for used, way in ways if used)}: {len(column.values):,} values{rare}"
