"""What the trials of a search tell of the parameters: which of them matter, and which values did well."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.learners.space import Choice, Dimension
from holdfast.metrics.metric import Metric
from holdfast.search.trial import Outcome
from holdfast.search.tuners import Space, unit_of

# Fewer trials of a learner than this say nothing of its parameters.
FEWEST = 10

# fANOVA's time grows with the square of the trials; so many trials and trees take half a second and give the same order.
MOST, TREES = 64, 32


@dataclass(frozen=True)
class Slice:
    """One parameter of a learner: its share of the scores' variance over trials, and its value in each trial.

    log: whether it was searched on a logarithmic scale. options: its values where it has a few, else none.
    """

    name: str
    importance: float
    log: bool
    options: tuple[str, ...]
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Slices:
    """The learner tried most often: trial numbers and scores, and its parameters, the one that matters most first."""

    learner: str
    trials: tuple[int, ...]
    scores: tuple[float, ...]
    parameters: tuple[Slice, ...]


def slices(outcomes: Sequence[Outcome], spaces: Mapping[str, Space], metric: Metric, *, seed: int = 0) -> Slices | None:
    """Take apart the trials of the learner with most of them; None when it has too few, or all score the same.

    spaces: of the learners by name. Importances are by fANOVA (Hutter et al., 2014).
    """
    finite = [each for each in outcomes if np.isfinite(each.score) and spaces.get(each.spec.learner)]
    counts = Counter(each.spec.learner for each in finite)
    if not counts:
        return None
    learner, n_trials = counts.most_common(1)[0]
    tried = [each for each in finite if each.spec.learner == learner]
    varied = {
        name: dimension
        for name, dimension in spaces[learner].items()
        if len({repr(each.spec.params[name]) for each in tried}) > 1
    }
    if n_trials < FEWEST or not varied or len({each.score for each in tried}) == 1:
        return None
    some = [tried[k] for k in np.unique(np.linspace(0, n_trials - 1, min(n_trials, MOST)).astype(int))]
    found = _importances(some, varied, metric, seed)
    parameters = [
        Slice(
            name,
            found.get(name, 0.0),
            not isinstance(dimension, Choice) and dimension.log,
            tuple(str(option) for option in dimension.options) if isinstance(dimension, Choice) else (),
            tuple(str(value) if isinstance(dimension, Choice) else value for value in _values(tried, name)),
        )
        for name, dimension in varied.items()
    ]
    return Slices(
        learner,
        tuple(each.spec.number for each in tried),
        tuple(each.score for each in tried),
        tuple(sorted(parameters, key=lambda each: -each.importance)),
    )


def _values(tried: Sequence[Outcome], name: str) -> list[Any]:
    return [each.spec.params[name] for each in tried]


def _importances(tried: Sequence[Outcome], space: Space, metric: Metric, seed: int) -> dict[str, float]:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize")
    for each in tried:
        placed = {name: _placed(dimension, each.spec.params[name]) for name, dimension in space.items()}
        study.add_trial(
            optuna.trial.create_trial(
                params={name: value for name, (value, _) in placed.items()},
                distributions={name: distribution for name, (_, distribution) in placed.items()},
                value=metric.gain(each.score),
            )
        )
    evaluator = optuna.importance.FanovaImportanceEvaluator(n_trees=TREES, seed=seed)
    found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return {name: float(share) for name, share in found.items()}


def _placed(dimension: Dimension, value: Any) -> tuple[Any, Any]:
    """A value and its distribution; ranges as the search saw them, for fANOVA itself knows no logarithmic scale."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    if isinstance(dimension, Choice):
        return value, CategoricalDistribution(dimension.options)
    return unit_of(dimension, value), FloatDistribution(0.0, 1.0)
