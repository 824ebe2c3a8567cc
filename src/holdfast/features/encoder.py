"""From typed columns to the matrix a learner wants, fitted on training rows only."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from holdfast.arrays import Floats, Integers, Matrix32
from holdfast.data.columns import Columns, Kind
from holdfast.features.arithmetic import draw_crosses
from holdfast.features.blank import Blank
from holdfast.features.categories import Categories
from holdfast.features.dates import Dates
from holdfast.features.evidence import find_crosses
from holdfast.features.hashing import Hashed
from holdfast.features.inputs import Inputs
from holdfast.features.joints import find_joints
from holdfast.features.made import Made
from holdfast.features.matrix import Matrix, beside
from holdfast.features.ngrams import NGrams, is_spelled
from holdfast.features.numeric import Numeric
from holdfast.features.scale import Scaling
from holdfast.features.text import Text, Words, of_words
from holdfast.graph import Graph


class Block(Protocol):
    """Some of the columns, encoded in one way."""

    def transform(self, columns: Columns) -> Matrix32:
        """Encode rows."""

    def names(self) -> list[str]:
        """Name of each matrix column."""

    def sources(self) -> list[str]:
        """The feature behind each matrix column."""

    def words(self) -> dict[str, str]:
        """How each feature was prepared."""

    def question(self, column: int, threshold: float) -> tuple[str, bool]:
        """What a cut of a matrix column asks, and whether values up to the threshold are its yes."""

    def emit(self, graph: Graph, inputs: Inputs) -> str:
        """Add the same arithmetic to a graph."""


class Encoder:
    """Numbers, dates, categories and texts, side by side in one float32 matrix.

    Shapes: columns with n_rows rows in, (n_rows, len(names())) out. `emit` adds arithmetic to a graph that gives the same
    matrix, bit for bit.

    >>> import numpy as np
    >>> columns = Columns({"age": np.array([20.0, np.nan, 40.0])}, {}, {"age": Kind.NUMBER})
    >>> encoder = Encoder(Matrix(missing="impute"))
    >>> encoder.fit_transform(columns, np.zeros((3, 1))).tolist()
    [[20.0, 0.0], [30.0, 1.0], [40.0, 0.0]]
    >>> encoder.names()
    ['age', 'age is missing']
    """

    def __init__(self, wants: Matrix, seed: int = 0) -> None:
        self._wants, self._seed = wants, seed
        self._blocks: list[Block] = []
        self._kept: Integers | None = None

    def fit_transform(self, columns: Columns, targets: Floats) -> Matrix32:
        """Fit on training rows and return their matrix; target averages of these rows are taken out of fold.

        targets: (n_rows, n_targets) float64, what target encoding averages: the standardised value for regression, one
        column per class but the first for classification.
        """
        asked = self._wants.asked
        found = find_crosses(columns, targets, self._seed) if asked.crossing == "auto" else ()
        drawn = draw_crosses(columns, asked.drawn, self._seed) if asked.crossing == "arithmetic" else ()
        joints = find_joints(columns, targets.shape[1]) if asked.crossing == "pairs" else ()
        self._drawn = {cross.name for cross in drawn}
        self._made = Made((*asked.crosses, *found, *drawn), joints).fit(columns)
        columns = self._made.add(columns)
        self._blocks, parts = [], []
        for block in self._make(columns):
            if isinstance(block, Categories | NGrams | Text):
                part = block.fit_transform(columns, targets)
            else:
                part = block.fit(columns).transform(columns)
            if part.shape[1]:
                self._blocks.append(block)
                parts.append(part)
        if not parts:
            self._blocks.append(Blank().fit(columns))
            parts.append(self._blocks[0].transform(columns))
        return beside(*parts)

    def keep(self, kept: Integers) -> None:
        """From now on give only these columns of the matrix, by number."""
        self._kept = kept

    def transform(self, columns: Columns) -> Matrix32:
        """Encode other rows; a value never seen in training is treated like a rare one."""
        columns = self._made.add(columns)
        matrix = beside(*[block.transform(columns) for block in self._blocks])
        return matrix if self._kept is None else np.ascontiguousarray(matrix[:, self._kept])

    def names(self) -> list[str]:
        """Name of each matrix column, such as `age`, `age is missing`, `city = Paris`."""
        return self._of_kept([name for block in self._blocks for name in block.names()])

    def sources(self) -> list[str]:
        """For each matrix column, the feature it came from."""
        return self._of_kept([name for block in self._blocks for name in block.sources()])

    def words(self) -> dict[str, str]:
        """How each feature was prepared, in words; numbers joined at random are told together."""
        kept = set(self.sources())
        words: dict[str, str] = {}
        for name, how in (each for block in self._blocks for each in block.words().items()):
            words[name] = f"{words[name]}; {how}" if name in words else how
        words |= {name: f"{what}; {words[name]}" for name, what in self._made.words().items()}
        told = {name: how if name in kept else "not selected" for name, how in words.items() if name not in self._drawn}
        if joined := len(self._drawn & kept):
            told["numbers in pairs"] = f"{joined} products, ratios, sums and differences, drawn at random"
        return told

    def question(self, column: int, threshold: float) -> tuple[str, bool]:
        """Say what a tree's cut of a matrix column asks, and whether values up to the threshold are its yes.

        >>> import numpy as np
        >>> columns = Columns({"age": np.array([20.0, np.nan, 40.0])}, {}, {"age": Kind.NUMBER})
        >>> encoder = Encoder(Matrix(missing="impute"))
        >>> encoder.fit_transform(columns, np.zeros((3, 1))).shape
        (3, 2)
        >>> encoder.question(0, 25.0), encoder.question(1, 0.5)
        (('age ≤ 25', True), ('age is missing', False))
        """
        asked = column
        column = column if self._kept is None else int(self._kept[column])
        for block in self._blocks:
            width = len(block.names())
            if column < width:
                return block.question(column, threshold)
            column -= width
        raise IndexError(f"there is no matrix column {asked}; expected one of {len(self.names())}")

    def emit(self, graph: Graph, inputs: Inputs) -> str:
        """Add the fitted encoder to a graph; returns a float tensor (rows, n_columns) equal to `transform`."""
        inputs = self._made.emit(graph, inputs)
        parts = [block.emit(graph, inputs) for block in self._blocks]
        matrix = parts[0] if len(parts) == 1 else graph.add("Concat", *parts, axis=1)
        return matrix if self._kept is None else graph.add("Gather", matrix, graph.constant(self._kept), axis=1)

    def _of_kept(self, words: list[str]) -> list[str]:
        return words if self._kept is None else [words[k] for k in self._kept]

    def _scaling(self, name: str, kind: Kind) -> Scaling:
        scaling = self._wants.asked.scaling_of(name, kind) if self._wants.scaled else "standard"
        # A cross of positive columns may be negative, which Box and Cox's transform can't take.
        crossed = scaling == "box_cox" and any(cross.name == name for cross in self._made.crosses)
        return "power" if crossed else scaling

    def _make(self, columns: Columns) -> list[Numeric | Dates | Categories | Hashed | Words | NGrams | Text]:
        asked, blocks = self._wants.asked, list[Numeric | Dates | Categories | Hashed | Words | NGrams | Text]()
        numbers = columns.of_kind(Kind.NUMBER, Kind.BOOLEAN)
        ways = [self._scaling(name, columns.kinds[name]) for name in numbers]
        for scaling in dict.fromkeys(ways):
            blocks.append(Numeric(self._wants, _of(numbers, ways, scaling), scaling))
        if dates := columns.of_kind(Kind.DATETIME):
            blocks.append(Dates(self._wants, dates))
        joined = list(self._made.joints)
        categories = [name for name in columns.of_kind(Kind.CATEGORY) if name not in joined]
        codes = [asked.encoding_of(name) for name in categories]
        worded = [name for name in _of(categories, codes, "words") if of_words(columns.strings[name])]
        spelled = [name for name in _of(categories, codes, "ngrams") if is_spelled(columns.strings[name])]
        # Words and spelling stand beside what else is known of a value.
        codes = ["auto" if code in ("words", "ngrams") else code for code in codes]
        for encoding in dict.fromkeys(codes):
            names = _of(categories, codes, encoding)
            blocks.append(
                Hashed(names) if encoding == "hashing" else Categories(self._wants, names, self._seed, encoding)
            )
        if joined:
            # They have too many values for anything but averages and counts.
            blocks.append(Categories(self._wants, joined, self._seed, "target", counted=True))
        blocks += [Words(name) for name in worded]
        blocks += [NGrams(name, self._seed) for name in spelled]
        blocks += [Text(name, self._seed) for name in columns.of_kind(Kind.TEXT)]
        return blocks


def _of(names: list[str], ways: Sequence[str], way: str) -> list[str]:
    return [name for name, each in zip(names, ways, strict=True) if each == way]
