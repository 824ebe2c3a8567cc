"""How the networks of `realmlp` learn: Adam down a schedule that goes up and down, the best place kept. Needs PyTorch."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from math import cos, log2, pi, sqrt
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers

# Adam's memory of squared gradients is short, for so are the fits.
BETAS = (0.9, 0.95)

# Steps of the scaling of columns and of the biases, beside those of the weights.
SCALE_STEP, BIAS_STEP = 6.0, 0.1

BATCH = 256
N_MEMBERS, N_LAYERS = 4, 3

# Steps grow with the root of the rows: 1,000 take about FEWEST_STEPS, 10,000 three times as many.
FEWEST_STEPS, ROWS_OF_FEWEST, MOST_STEPS = 300, 1_000, 1_500

# So often on the way the network is looked at on the inner cut.
LOOKS = 50

Layers = list[tuple[Floats, Floats]]


@dataclass(frozen=True)
class Batch:
    """Rows to learn from: scaled values (n_rows, n_columns), targets and weights (n_rows,)."""

    values: Any
    target: Any
    weights: Any

    def take(self, rows: Integers) -> "Batch":
        """Some of the rows."""
        return Batch(self.values[rows], self.target[rows], self.weights[rows])

    def tensors(self, *, whole: bool) -> "Batch":
        """The same as torch's tensors; whole: the targets are class codes."""
        import torch

        target = torch.from_numpy(np.asarray(self.target, dtype=np.int64 if whole else np.float32))
        values, weights = (torch.from_numpy(each.astype(np.float32)) for each in (self.values, self.weights))
        return Batch(values, target, weights)

    def __len__(self) -> int:
        return len(self.target)


class Members:
    """Networks of equal shape side by side, their weights (members, inputs, outputs) in the tangent-kernel scaling.

    Every weight starts as a standard normal and a layer's sums are divided by the root of its inputs, so that one step size
    suits all layers; the last layer starts at zero, so that the first answer is the mean.
    """

    def __init__(
        self, n_inputs: int, n_outputs: int, *, start: float, classifier: bool, width: int, generator: Any
    ) -> None:
        import torch

        self.classifier = classifier
        sizes = [n_inputs, *[width] * N_LAYERS, n_outputs]
        shapes = list(pairwise(sizes))
        self.scale = torch.ones(N_MEMBERS, 1, n_inputs, requires_grad=True)
        self.weights = [torch.randn(N_MEMBERS, *shape, generator=generator) for shape in shapes]
        self.biases = [torch.randn(N_MEMBERS, 1, outputs, generator=generator) for _, outputs in shapes]
        self.weights[-1].zero_()
        self.biases[-1].fill_(start)
        for each in (*self.weights, *self.biases):
            each.requires_grad_(True)

    @property
    def parameters(self) -> list[Any]:
        """All that is learned."""
        return [self.scale, *self.weights, *self.biases]

    @property
    def step_sizes(self) -> list[float]:
        """How far each of the parameters steps, beside the others."""
        return [SCALE_STEP, *[1.0] * len(self.weights), *[BIAS_STEP] * len(self.biases)]

    def scores(self, values: Any) -> Any:
        """The last sums, (members, n_rows, n_outputs), of values (n_rows, n_inputs)."""
        import torch

        bend = torch.nn.functional.selu if self.classifier else torch.nn.functional.mish
        values = values * self.scale
        for layer, (weights, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            values = torch.baddbmm(bias, bend(values) if layer else values, weights, alpha=weights.shape[1] ** -0.5)
        return values

    def layers(self) -> Layers:
        """Weights and biases in double, the scalings multiplied in: what is left are plain layers."""
        doubled = [
            [each.detach().numpy().astype(np.float64) for each in group] for group in (self.weights, self.biases)
        ]
        doubled[0][0] *= self.scale.detach().numpy().astype(np.float64).transpose(0, 2, 1)
        return [(weights / sqrt(weights.shape[1]), bias) for weights, bias in zip(*doubled, strict=True)]


def descend(
    rows: Batch,
    inner: Batch | None,
    *,
    classes: int | None,
    stop: float | None,
    seed: int,
    n_jobs: int,
    width: int,
    learning_rate: float,
) -> tuple[Layers, float]:
    """Learn from the rows; returns the layers as they were at the best place, and that place as a share of the schedule.

    inner: where the best place is looked for; without it, it is `stop`. classes: how many, None for regression.
    """
    import torch

    with _threads(n_jobs):
        generator = torch.Generator().manual_seed(seed)
        members = Members(
            rows.values.shape[1],
            1 if classes is None or classes == 2 else classes,
            start=_start(rows, classes),
            classifier=classes is not None,
            width=width,
            generator=generator,
        )
        many = classes is not None and classes > 2
        train, total = rows.tensors(whole=many), n_steps(len(rows))
        valid = None if inner is None else inner.tensors(whole=many)
        last = total if stop is None else max(1, round(stop * total))
        every, best, kept, place = max(1, total // LOOKS), float("inf"), members.layers(), last
        optimizer = torch.optim.Adam(
            [{"params": [each]} for each in members.parameters], lr=learning_rate, betas=BETAS, fused=True
        )
        for step, chosen in zip(range(last), _batches(len(rows), generator), strict=False):
            for group, size in zip(optimizer.param_groups, members.step_sizes, strict=True):
                group["lr"] = learning_rate * size * schedule(step / total)
            optimizer.zero_grad()
            _loss(members, train.take(chosen)).backward()
            optimizer.step()
            if valid is not None and ((step + 1) % every == 0 or step + 1 == last):
                with torch.no_grad():
                    loss = float(_loss(members, valid))
                if loss < best:
                    best, kept, place = loss, members.layers(), step + 1
    return (members.layers() if valid is None else kept), place / total


def schedule(done: float) -> float:
    """The step size at a share of the way, between 0 and 1: four waves, each twice as long as the one before.

    >>> [round(schedule(done), 6) for done in (0.0, 1 / 15, 3 / 15, 1.0)]
    [0.0, 0.0, 0.0, 0.0]
    """
    return 0.5 - 0.5 * cos(2 * pi * log2(1 + 15 * done))


def n_steps(n_rows: int) -> int:
    """How many batches a fit on so many rows learns from.

    >>> n_steps(100), n_steps(4_000), n_steps(1_000_000)
    (300, 600, 1500)
    """
    return round(min(MOST_STEPS, FEWEST_STEPS * max(1.0, sqrt(n_rows / ROWS_OF_FEWEST))))


def _batches(n_rows: int, generator: Any) -> Iterator[Any]:
    """Row numbers, batch after batch, each row once before any comes again; a rest too small for a batch is left out."""
    import torch

    size = min(BATCH, n_rows)
    while True:
        order = torch.randperm(n_rows, generator=generator)
        yield from order[: n_rows // size * size].split(size)


def _start(rows: Batch, classes: int | None) -> float:
    """The last layer's first answer: for two classes the log odds of their shares, else nothing."""
    if classes != 2:
        return 0.0
    share = float(np.average(rows.target, weights=rows.weights))
    return float(np.log((share + 1e-3) / (1 - share + 1e-3)))


def _loss(members: Members, rows: Batch) -> Any:
    """Squared errors, or cross-entropy, of each member's answers: their weighted mean."""
    from torch.nn import functional

    scores = members.scores(rows.values)
    if scores.shape[2] > 1:
        losses = functional.cross_entropy(
            scores.flatten(0, 1), rows.target.repeat(len(scores)), reduction="none"
        ).unflatten(0, scores.shape[:2])
    else:
        loss = functional.binary_cross_entropy_with_logits if members.classifier else functional.mse_loss
        losses = loss(scores[..., 0], rows.target.expand(len(scores), -1), reduction="none")
    return (losses * rows.weights).mean()


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
