"""Ways to choose what to try next within a search space."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from holdfast.learners.space import Choice, Dimension, Float, Int

Space: TypeAlias = Mapping[str, Dimension]

# A grid has this many points on a range.
POINTS = 3


class Known(NamedTuple):
    """A configuration that was tried on all rows, and its gain: the score, larger is better."""

    learner: str
    params: Mapping[str, Any]
    gain: float


class Asked(NamedTuple):
    """A configuration to try. share: of the training rows, on the first fold alone when below 1. token: the tuner's own."""

    learner: str
    params: dict[str, Any]
    share: float = 1.0
    token: Any = None


class Tuner(Protocol):
    """Proposes configurations of some learners, best learner first, and hears what they gained."""

    def ask(self) -> Asked | None:
        """Propose one; None when there is nothing left."""

    def tell(self, asked: Asked, gain: float | None) -> None:
        """Hear what it gained; None when it failed."""


class Sampled:
    """Optuna's samplers: a tree-structured Parzen estimator (Bergstra et al., 2011) or independent draws."""

    def __init__(self, spaces: Mapping[str, Space], known: Sequence[Known], *, seed: int, parzen: bool) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._spaces = spaces
        sampler = (
            optuna.samplers.TPESampler(seed=seed, n_startup_trials=5)
            if parzen
            else optuna.samplers.RandomSampler(seed=seed)
        )
        self._study = optuna.create_study(direction="maximize", sampler=sampler)
        names = optuna.distributions.CategoricalDistribution(list(spaces))
        for each in known:
            ranges = {f"{each.learner}.{key}": _distribution(one) for key, one in spaces[each.learner].items()}
            params = {f"{each.learner}.{key}": value for key, value in each.params.items()}
            self._study.add_trial(
                optuna.trial.create_trial(
                    params={"learner": each.learner, **params},
                    distributions={"learner": names, **ranges},
                    value=each.gain,
                )
            )

    def ask(self) -> Asked:
        """Draw a learner and its parameters."""
        trial = self._study.ask()
        name = trial.suggest_categorical("learner", list(self._spaces))
        space = self._spaces[name]
        params = {key: trial._suggest(f"{name}.{key}", _distribution(each)) for key, each in space.items()}
        return Asked(name, params, token=trial)

    def tell(self, asked: Asked, gain: float | None) -> None:
        """Pass on what was gained."""
        import optuna

        if gain is None:
            self._study.tell(asked.token, state=optuna.trial.TrialState.FAIL)
        else:
            self._study.tell(asked.token, gain)


class Grid:
    """Every combination of a few points of each range; those that change the fewest parameters first.

    >>> grid = Grid({"ridge": {"alpha": Float(0.01, 100.0, default=1.0, log=True)}})
    >>> [grid.ask().params, grid.ask().params, grid.ask()]
    [{'alpha': 0.01}, {'alpha': 100.0}, None]
    """

    def __init__(self, spaces: Mapping[str, Space]) -> None:
        self._left = iter(
            Asked(name, params)
            for changes in range(1, 100)
            for name, space in spaces.items()
            for params in _changed(space, changes)
        )

    def ask(self) -> Asked | None:
        """Give the next combination."""
        return next(self._left, None)

    def tell(self, asked: Asked, gain: float | None) -> None:
        """A grid doesn't learn."""


class Halving:
    """Successive halving (Jamieson & Talwalkar, 2016) in the brackets of Hyperband (Li et al., 2017).

    Random configurations are judged on a ninth of the first fold's training rows, the best third of them on a third, and
    the best third of those on all rows of all folds.
    """

    BRACKETS = ((9, 1 / 9), (5, 1 / 3), (3, 1.0))

    def __init__(self, spaces: Mapping[str, Space], *, seed: int) -> None:
        self._spaces, self._random = spaces, np.random.default_rng(seed)
        self._bracket = 0
        self._waiting: list[Asked] = []
        self._heard: list[tuple[float, int, Asked]] = []
        self._begin()

    def _begin(self) -> None:
        size, share = self.BRACKETS[self._bracket % len(self.BRACKETS)]
        self._bracket += 1
        names = list(self._spaces)
        for _ in range(size):
            name = names[int(self._random.integers(len(names)))]
            self._waiting.append(
                Asked(name, {key: drawn(each, self._random) for key, each in self._spaces[name].items()}, share)
            )

    def ask(self) -> Asked:
        """Give the next of this rung, or of the next."""
        if not self._waiting:
            # A rung has one share; trials on all rows are the last.
            ranked = [each for _, _, each in sorted(self._heard, key=lambda heard: (-heard[0], heard[1]))]
            promoted = ranked[: max(1, len(ranked) // 3)] if ranked and ranked[0].share < 1 else []
            self._heard = []
            self._waiting = [each._replace(share=min(1.0, 3 * each.share)) for each in promoted]
            if not self._waiting:
                self._begin()
        return self._waiting.pop(0)

    def tell(self, asked: Asked, gain: float | None) -> None:
        """Remember it until the rung is full."""
        if gain is not None:
            self._heard.append((gain, len(self._heard), asked))


def drawn(dimension: Dimension, random: np.random.Generator) -> Any:
    """Draw one value at random."""
    if isinstance(dimension, Choice):
        return dimension.options[int(random.integers(len(dimension.options)))]
    return placed(dimension, float(random.random()))


def placed(dimension: Float | Int, unit: float) -> Any:
    """Give the value at a place in [0, 1] of a range.

    >>> placed(Int(1, 100, default=5, log=True), 0.5)
    10
    """
    low, high = float(dimension.low), float(dimension.high)
    value = low * (high / low) ** unit if dimension.log else low + unit * (high - low)
    value = min(max(value, low), high)
    return round(value) if isinstance(dimension, Int) else value


def unit_of(dimension: Float | Int, value: float) -> float:
    """Give the place of a value in [0, 1]; `placed` backwards."""
    low, high = float(dimension.low), float(dimension.high)
    if high == low:
        return 0.5
    if dimension.log:
        low, high, value = np.log(low), np.log(high), np.log(value)
    return float((value - low) / (high - low))


def _points(dimension: Dimension) -> list[Any]:
    """A few values of a range, without the default."""
    if isinstance(dimension, Choice):
        points = list(dimension.options)
    else:
        points = list(dict.fromkeys(placed(dimension, float(unit)) for unit in np.linspace(0, 1, POINTS)))
        nearest = min(points, key=lambda point: abs(unit_of(dimension, point) - unit_of(dimension, dimension.default)))
        points.remove(nearest)  # the default stands for it
    return [point for point in points if point != dimension.default]


def _changed(space: Space, changes: int) -> Iterator[dict[str, Any]]:
    defaults = {key: each.default for key, each in space.items()}
    for names in combinations(space, changes):
        for values in product(*(_points(space[name]) for name in names)):
            yield {**defaults, **dict(zip(names, values, strict=True))}


def _distribution(dimension: Dimension) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(dimension, Float):
        return FloatDistribution(dimension.low, dimension.high, log=dimension.log)
    if isinstance(dimension, Int):
        return IntDistribution(dimension.low, dimension.high, log=dimension.log)
    return CategoricalDistribution(dimension.options)
