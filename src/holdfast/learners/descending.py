"""How the network of `realmlp` learns: Adam with steps that grow and shrink in cycles, the best place kept. Needs PyTorch."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from math import cos, log2, pi, sqrt
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers
from holdfast.learners.network import Rows
from holdfast.learners.waves import Cosines, Waves, bending

# Adam's memory of squared gradients is short, for so are the fits.
BETAS = (0.9, 0.95)

# The scaling of the columns takes larger steps than the weights; biases and waves take smaller ones.
SCALE_STEP, BIAS_STEP, WAVES_STEP = 6.0, 0.1, 0.5

BATCH, N_LAYERS = 256, 3

# The share of each layer's units that a step does without.
DROPPED = 0.15

# Steps grow with the root of the rows: four times as many rows as these take twice as many.
ROWS_OF_FEWEST = 1_000

# The schedule goes through this many cycles, each twice as long as the one before; at the end of each the network is at rest.
N_CYCLES = 4

# Where time is short, strides along the schedule are longer, up to so many times, so that it ends all the same when this share of
# the time has passed: only at rest is a network worth anything. How long a step takes is known after a few. With three quarters
# of the steps the loss was 26, 7 and 2 % less than after the cycles that are whole by then (letter_recognition,
# california_housing, satellite_landsat).
MOST_STRIDE, CAUTION, FEWEST_STEPS = 5.0, 0.95, 20


@dataclass(frozen=True)
class Learned:
    """A network in double, its scalings multiplied in.

    layers: weights (n_inputs, n_outputs) and bias (n_outputs,) of each; the first has as inputs the values, then the cosines.
    """

    layers: list[tuple[Floats, Floats]]
    waves: Cosines


class Network:
    """Layers in the tangent-kernel scaling, over columns that are scaled as it learns.

    Every weight starts as a standard normal and a layer's sums are divided by the root of its inputs, so that one step size
    suits all layers; the last layer starts at zero, so that the first answer is `start`, (n_outputs,). waving: numbers of the
    columns that are seen as waves, too.
    """

    def __init__(
        self, n_inputs: int, *, start: Floats, classifier: bool, width: int, waving: Integers, generator: Any
    ) -> None:
        import torch

        self.classifier = classifier
        self.waves = Waves(waving, generator) if len(waving) else None
        n_waves = 0 if self.waves is None else self.waves.n_outputs
        sizes = [n_inputs + n_waves, *[width] * N_LAYERS, len(start)]
        self.scale = torch.ones(n_inputs)
        self.weights = [torch.randn(shape, generator=generator) for shape in pairwise(sizes)]
        self.biases = [torch.randn(size, generator=generator) for size in sizes[1:]]
        self.weights[-1].zero_()
        self.biases[-1].copy_(torch.from_numpy(start))
        for each, _ in self.parameters:
            each.requires_grad_(True)

    @property
    def parameters(self) -> list[tuple[Any, float]]:
        """All that is learned, each with the size of its steps beside those of the weights."""
        weights, biases = [(each, 1.0) for each in self.weights], [(each, BIAS_STEP) for each in self.biases]
        waves = [] if self.waves is None else [(each, WAVES_STEP) for each in self.waves.parameters]
        return [(self.scale, SCALE_STEP), *weights, *biases, *waves]

    def scores(self, values: Any, dropping: Any = None) -> Any:
        """The last sums, (n_rows, n_outputs), of values (n_rows, n_inputs); `dropping` draws the units left out."""
        import torch

        values = values * self.scale
        if self.waves is not None:
            values = torch.cat([values, self.waves.of(values)], dim=1)
        for layer, (weights, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            if layer:
                values = self.activation(values)
            if layer and dropping is not None:
                values = values * (torch.rand(values.shape, generator=dropping) >= DROPPED) / (1 - DROPPED)
            values = torch.addmm(bias, values, weights, alpha=len(weights) ** -0.5)
        return values

    @property
    def activation(self) -> Any:
        """What units make of their sums: as found best for each by Holzmüller et al. (2024)."""
        from torch.nn import functional

        return functional.selu if self.classifier else functional.mish

    def loss(self, rows: Rows, dropping: Any = None) -> Any:
        """Squared errors, or cross-entropy: their weighted mean. dropping: as in `scores`."""
        from torch.nn import functional

        scores = self.scores(rows.values, dropping)
        if scores.shape[1] > 1:
            losses = functional.cross_entropy(scores, rows.target, reduction="none")
        elif self.classifier:
            losses = functional.binary_cross_entropy_with_logits(scores[:, 0], rows.target.float(), reduction="none")
        else:
            losses = functional.mse_loss(scores[:, 0], rows.target, reduction="none")
        return (losses * rows.weights).mean()

    def learned(self) -> Learned:
        """All of it in double, in the fewest steps: the mixing of waves is part of the first layer."""
        first, *rest = [_double(each) / sqrt(len(each)) for each in self.weights]
        bias, *biases = [_double(each) for each in self.biases]
        scale = _double(self.scale)
        cosines = Cosines(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))
        own, waved = scale[:, None] * first[: len(scale)], first[len(scale) :]
        if self.waves is not None:
            cosines, waved, shift = self.waves.folded(waved, scale)
            bias = bias + shift
        return Learned([(np.concatenate([own, waved]), bias), *zip(rest, biases, strict=True)], cosines)


def descend(
    rows: Rows,
    inner: Rows | None,
    *,
    start: Floats,
    classifier: bool,
    n_cycles: int,
    seed: int,
    n_jobs: int,
    width: int,
    learning_rate: float,
    steps: int,
    waves: bool,
    deadline: float = float("inf"),
) -> tuple[list[Learned], Floats, int]:
    """Learn from the rows for so many cycles of the schedule; returns what was learned after each, and how many there were.

    inner: rows not learned from, whose losses after each cycle are returned, too; without them there are none. start: as in
    `Network`. steps: as in `n_steps`. waves: whether columns that can bend are seen as waves, too. deadline
    (time.monotonic): cycles are shortened to end by then; no further step is taken, and a cycle that was not finished is returned
    only if there is no other.
    """
    import torch

    with _threads(n_jobs):
        generator = torch.Generator().manual_seed(seed)
        waving = bending(rows.values) if waves else np.zeros(0, dtype=np.int64)
        network = Network(
            rows.values.shape[1], start=start, classifier=classifier, width=width, waving=waving, generator=generator
        )
        groups = [{"params": [each], "size": size} for each, size in network.parameters]
        adam = torch.optim.Adam(groups, lr=learning_rate, betas=BETAS, fused=True)
        train, valid = _tensors(rows), None if inner is None else _tensors(inner)
        batches, total = _batches(len(rows), generator), n_steps(len(rows), steps)
        places, losses, place = list[Learned](), list[float](), 0.0
        strides = Strides(round(cycle_end(n_cycles) * total), time.monotonic(), deadline)
        for cycle in range(1, n_cycles + 1):
            while place < round(cycle_end(cycle) * total):
                if time.monotonic() > deadline:
                    return places or [network.learned()], np.array(losses or [0.0]), cycle - 1
                for group in adam.param_groups:
                    group["lr"] = learning_rate * group["size"] * schedule(place / total)
                adam.zero_grad()
                network.loss(train.take(next(batches)), generator).backward()
                adam.step()
                place += strides.next(place)
            places.append(network.learned())
            if valid is not None:
                with torch.no_grad():
                    losses.append(float(network.loss(valid)))
    return places, np.array(losses), n_cycles


@dataclass
class Strides:
    """How far along the schedule, to its `end`, each step goes, so that all is done by the deadline (of time.monotonic)."""

    end: float
    began: float
    deadline: float
    steps: int = 0

    def next(self, place: float) -> float:
        """From this place on: 1, or more where time is short."""
        self.steps += 1
        taken, most = time.monotonic() - self.began, CAUTION * (self.deadline - self.began)
        affordable = self.steps / max(taken, 1e-9) * max(most - taken, 1e-9)
        return 1.0 if self.steps < FEWEST_STEPS else min(max(1.0, (self.end - place) / affordable), MOST_STRIDE)


def schedule(done: float) -> float:
    """The step size at a share of the way, between 0 and 1.

    >>> [round(schedule(done), 6) for done in (0.0, 2**0.5 / 15 - 1 / 15, cycle_end(1), cycle_end(2), cycle_end(4))]
    [0.0, 1.0, 0.0, 0.0, 0.0]
    """
    return 0.5 - 0.5 * cos(2 * pi * log2(1 + (2**N_CYCLES - 1) * done))


def cycle_end(cycle: int) -> float:
    """The share of the way at which a cycle ends, the first being number 1.

    >>> cycle_end(1), cycle_end(4)
    (0.06666666666666667, 1.0)
    """
    return (2.0**cycle - 1) / (2.0**N_CYCLES - 1)


def n_steps(n_rows: int, fewest: int) -> int:
    """How many batches a fit on so many rows learns from; fewest: on 1,000 rows and less.

    >>> n_steps(100, 300), n_steps(4_000, 300)
    (300, 600)
    """
    return round(fewest * max(1.0, sqrt(n_rows / ROWS_OF_FEWEST)))


def _batches(n_rows: int, generator: Any) -> Iterator[Any]:
    """Row numbers, batch after batch, each row once before any comes again; a rest too small for a batch is left out."""
    import torch

    size = min(BATCH, n_rows)
    while True:
        order = torch.randperm(n_rows, generator=generator)
        yield from order[: n_rows // size * size].split(size)


def _tensors(rows: Rows) -> Rows:
    """The same as torch's tensors: codes of classes stay whole."""
    import torch

    whole = np.issubdtype(rows.target.dtype, np.integer)
    target = torch.from_numpy(rows.target.astype(np.int64 if whole else np.float32))
    values, weights = (torch.from_numpy(each.astype(np.float32)) for each in (rows.values, rows.weights))
    return Rows(values, target, weights)


def _double(tensor: Any) -> Floats:
    doubled: Floats = tensor.detach().numpy().astype(np.float64)
    return doubled


@contextmanager
def _threads(n_jobs: int) -> Iterator[None]:
    """So many threads for torch, and afterwards as many as before."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(n_jobs)
    try:
        yield
    finally:
        torch.set_num_threads(before)
