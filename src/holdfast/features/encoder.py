"""From typed columns to the matrix a learner wants, fitted on training rows only."""

from dataclasses import dataclass

from holdfast.arrays import Floats, Matrix32
from holdfast.data.columns import Columns
from holdfast.features.matrix import Matrix
from holdfast.graph import Graph


@dataclass(frozen=True)
class Inputs:
    """The graph's two inputs: all numeric columns side by side (double), all string columns side by side.

    numbers: tensor (rows, len(number_names)) of double, NaN where missing; strings: tensor (rows, len(string_names)),
    the empty string where missing. Either is None when the model has no such column.
    """

    numbers: str | None
    number_names: tuple[str, ...]
    strings: str | None
    string_names: tuple[str, ...]


class Encoder:
    """CONTRACT (to be implemented): blocks of columns -> float32 matrix."""

    def __init__(self, wants: Matrix, seed: int = 0) -> None: ...

    def fit_transform(self, columns: Columns, targets: Floats) -> Matrix32:
        """Fit on training rows and return their matrix; target encodings of these rows are made out of fold.

        targets: (n_rows, n_targets) float64, what target encoding averages: the standardised value for regression,
        one column per class but the first for classification.
        """
        raise NotImplementedError

    def transform(self, columns: Columns) -> Matrix32:
        """Encode other rows; values never seen in training are treated as the encoder was told to treat rare ones."""
        raise NotImplementedError

    def names(self) -> list[str]:
        """Name of each matrix column, such as `age`, `age is missing`, `city = Paris`."""
        raise NotImplementedError

    def sources(self) -> list[str]:
        """For each matrix column, the feature it came from."""
        raise NotImplementedError

    def emit(self, graph: Graph, inputs: Inputs) -> str:
        """Add the fitted encoder to a graph; returns a float tensor (rows, n_columns) equal to `transform`."""
        raise NotImplementedError
