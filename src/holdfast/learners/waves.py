"""Waves of a column: what a network sees beside the column itself, so that it can bend often and sharply. Needs PyTorch.

Periodic embeddings (Gorishniy et al., 2022) in the form of Holzmüller et al. (2024): cosines with learned frequencies and phases,
mixed linearly column by column.
"""

from math import pi
from typing import Any, NamedTuple

import numpy as np

from holdfast.arrays import Floats, Integers

# So many cosines a column, mixed to so many values; the first frequencies are normal, with so many turns in a unit.
N_COSINES, N_MIXED, TURNS = 16, 3, 0.1


class Cosines(NamedTuple):
    """Of values, cos(values[:, columns] * frequencies + phases): (n_cosines,) each."""

    columns: Integers
    frequencies: Floats
    phases: Floats


class Waves:
    """The waves of some columns, by number; `parameters` are torch's and learned."""

    def __init__(self, columns: Integers, generator: Any) -> None:
        import torch

        size, least = len(columns), N_COSINES**-0.5
        self.columns = torch.from_numpy(columns)
        self.frequencies = 2 * pi * TURNS * torch.randn((size, N_COSINES), generator=generator)
        self.phases = pi * (2 * torch.rand((size, N_COSINES), generator=generator) - 1)
        self.mix = least * (2 * torch.rand((size, N_COSINES, N_MIXED), generator=generator) - 1)
        self.shift = least * (2 * torch.rand((size, N_MIXED), generator=generator) - 1)

    @property
    def parameters(self) -> list[Any]:
        """All that is learned."""
        return [self.frequencies, self.phases, self.mix, self.shift]

    @property
    def n_outputs(self) -> int:
        """How many values they make of a row."""
        return len(self.columns) * N_MIXED

    def of(self, values: Any) -> Any:
        """The waves, (n_rows, n_outputs), of values (n_rows, n_columns)."""
        import torch

        cosines = torch.cos(values[:, self.columns, None] * self.frequencies + self.phases)
        return (torch.einsum("rck,ckm->rcm", cosines, self.mix) + self.shift).flatten(1)

    def folded(self, weights: Floats, scale: Floats) -> tuple[Cosines, Floats, Floats]:
        """The same in double for a layer that follows: the cosines, its weights for them, and what is added to its sums.

        weights: the layer's for the waves, (n_outputs of the waves, n_outputs). scale: each column's, (n_columns,).
        """
        frequencies, phases, mix, shift = (each.detach().numpy().astype(np.float64) for each in self.parameters)
        columns = self.columns.numpy()
        cosines = Cosines(np.repeat(columns, N_COSINES), (scale[columns, None] * frequencies).ravel(), phases.ravel())
        by_column = weights.reshape(len(columns), N_MIXED, -1)
        return cosines, (mix @ by_column).reshape(-1, weights.shape[1]), shift.ravel() @ weights


def bending(values: Floats) -> Integers:
    """Numbers of the columns that have more than two values: what has two can't bend.

    >>> bending(np.array([[0.0, 1.0, 3.0], [1.0, 1.0, 4.0], [1.0, 1.0, 5.0]])).tolist()
    [2]
    """
    return np.flatnonzero(((values != values.min(axis=0)) & (values != values.max(axis=0))).any(axis=0))
