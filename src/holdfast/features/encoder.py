"""From typed columns to the matrix a learner wants, fitted on training rows only."""

from holdfast.arrays import Floats, Matrix32
from holdfast.data.columns import Columns, Kind
from holdfast.features.blank import Blank
from holdfast.features.categories import Categories
from holdfast.features.dates import Dates
from holdfast.features.inputs import Inputs
from holdfast.features.matrix import Matrix, beside
from holdfast.features.numeric import Numeric
from holdfast.features.text import Text
from holdfast.graph import Graph


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
        self._blocks: list[Numeric | Dates | Categories | Text | Blank] = []

    def fit_transform(self, columns: Columns, targets: Floats) -> Matrix32:
        """Fit on training rows and return their matrix; target averages of these rows are taken out of fold.

        targets: (n_rows, n_targets) float64, what target encoding averages: the standardised value for regression, one
        column per class but the first for classification.
        """
        self._blocks, parts = [], []
        for block in self._make(columns):
            if isinstance(block, Categories):
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

    def transform(self, columns: Columns) -> Matrix32:
        """Encode other rows; a value never seen in training is treated like a rare one."""
        return beside(*[block.transform(columns) for block in self._blocks])

    def names(self) -> list[str]:
        """Name of each matrix column, such as `age`, `age is missing`, `city = Paris`."""
        return [name for block in self._blocks for name in block.names()]

    def sources(self) -> list[str]:
        """For each matrix column, the feature it came from."""
        return [name for block in self._blocks for name in block.sources()]

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
        for block in self._blocks:
            width = len(block.names())
            if column < width:
                return block.question(column, threshold)
            column -= width
        raise IndexError(f"the matrix has {len(self.names())} columns; expected the number of one of them")

    def emit(self, graph: Graph, inputs: Inputs) -> str:
        """Add the fitted encoder to a graph; returns a float tensor (rows, n_columns) equal to `transform`."""
        parts = [block.emit(graph, inputs) for block in self._blocks]
        return parts[0] if len(parts) == 1 else graph.add("Concat", *parts, axis=1)

    def _make(self, columns: Columns) -> list[Numeric | Dates | Categories | Text | Blank]:
        blocks: list[Numeric | Dates | Categories | Text | Blank] = []
        if numbers := columns.of_kind(Kind.NUMBER, Kind.BOOLEAN):
            blocks.append(Numeric(self._wants, numbers))
        if dates := columns.of_kind(Kind.DATETIME):
            blocks.append(Dates(self._wants, dates))
        if categories := columns.of_kind(Kind.CATEGORY):
            blocks.append(Categories(self._wants, categories, self._seed))
        blocks += [Text(name) for name in columns.of_kind(Kind.TEXT)]
        return blocks
