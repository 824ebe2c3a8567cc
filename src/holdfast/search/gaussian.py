"""Bayesian search by a Gaussian process: try what is expected to improve most on the best so far (Jones et al., 1998)."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from holdfast.arrays import Floats
from holdfast.learners.space import Choice
from holdfast.search.tuners import Asked, Known, Space, drawn, placed, unit_of

# Configurations of a learner drawn at random before a process is fitted to what they gained.
RANDOM_FIRST = 4

# Candidates whose expected improvement is compared: anywhere, and near the best.
ANYWHERE, NEAR, STEP = 500, 200, 0.1

# A process takes time that grows with the cube of its points; older ones are left out.
MOST_POINTS = 200


class Gaussian:
    """One process a learner, over its parameters in the unit cube; the learner that promises most is tried."""

    def __init__(self, spaces: Mapping[str, Space], known: Sequence[Known], *, seed: int) -> None:
        self._spaces = spaces
        self._random = np.random.default_rng(seed)
        self._known: dict[str, list[tuple[dict[str, Any], float]]] = {name: [] for name in spaces}
        for each in known:
            self._remember(each.learner, dict(each.params), each.gain)
        self._drawn = dict.fromkeys(spaces, 0)

    def ask(self) -> Asked:
        """Draw a few at random for each learner, then climb the expected improvement."""
        for name, space in self._spaces.items():
            if self._drawn[name] < RANDOM_FIRST:
                self._drawn[name] += 1
                return Asked(name, self._random_params(space))
        promises = [self._promise(name) for name in self._spaces]
        _, name, params = max(promises, key=lambda promise: promise[0])
        return Asked(name, params)

    def tell(self, asked: Asked, gain: float | None) -> None:
        """Remember it."""
        if gain is not None:
            self._remember(asked.learner, asked.params, gain)

    def _remember(self, learner: str, params: dict[str, Any], gain: float) -> None:
        """One that couldn't be scored says nothing."""
        if np.isfinite(gain):
            self._known[learner].append((params, gain))

    def _random_params(self, space: Space) -> dict[str, Any]:
        return {key: drawn(each, self._random) for key, each in space.items()}

    def _promise(self, name: str) -> tuple[float, str, dict[str, Any]]:
        from scipy.stats import norm
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import Matern, WhiteKernel

        space, known = self._spaces[name], self._known[name][-MOST_POINTS:]
        candidates = [self._random_params(space) for _ in range(ANYWHERE)]
        if len(known) < 2:
            return np.inf, name, candidates[0]
        best_params, _ = max(known, key=lambda each: each[1])
        candidates += [self._beside(space, best_params) for _ in range(NEAR)]
        gains = np.array([gain for _, gain in known])
        spread = float(gains.std()) or 1.0
        kernel = Matern(length_scale=0.3, length_scale_bounds=(0.05, 5.0), nu=2.5) + WhiteKernel(0.1, (1e-4, 1.0))
        process = GaussianProcessRegressor(kernel, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a length or noise at its bound is no news
            process.fit(_units(space, [params for params, _ in known]), (gains - gains.mean()) / spread)
        mean, error = process.predict(_units(space, candidates), return_std=True)
        best_everywhere = max(gain for each in self._known.values() for _, gain in each)
        above = mean * spread + gains.mean() - best_everywhere
        error = np.maximum(error * spread, 1e-12)
        improvement = above * norm.cdf(above / error) + error * norm.pdf(above / error)
        place = int(improvement.argmax())
        return float(improvement[place]), name, candidates[place]

    def _beside(self, space: Space, params: Mapping[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, each in space.items():
            if isinstance(each, Choice):
                made[key] = params[key] if self._random.random() < 0.8 else drawn(each, self._random)
            else:
                unit = unit_of(each, params[key]) + STEP * float(self._random.normal())
                made[key] = placed(each, min(max(unit, 0.0), 1.0))
        return made


def _units(space: Space, many: Sequence[Mapping[str, Any]]) -> Floats:
    """Configurations as points: ranges by their place, choices as one 0 or 1 for each option."""
    rows = []
    for params in many:
        row: list[float] = []
        for key, each in space.items():
            if isinstance(each, Choice):
                row += [float(params[key] == option) for option in each.options]
            else:
                row.append(unit_of(each, params[key]))
        rows.append(row)
    return np.array(rows)
