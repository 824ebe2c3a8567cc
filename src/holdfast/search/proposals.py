"""What to try next: a fixed order first, then a tuner over the learners that did best."""

from collections.abc import Sequence
from typing import Any

from holdfast.errors import RequestError, nearest
from holdfast.learners.learner import Learner
from holdfast.learners.space import Choice, Dimension, Float, Int
from holdfast.metrics.metric import Metric
from holdfast.search.trial import Outcome, Spec

TUNERS = ("bayes", "random", "none")

# The tuner refines this many of the best learners.
REFINED = 3


class Proposals:
    """Proposes trials in an order that depends only on the seed and on what earlier trials scored.

    bayes: a tree-structured Parzen estimator (Bergstra et al., 2011) by Optuna; random: independent draws; none: each
    learner's first configuration only.
    """

    def __init__(self, learners: Sequence[Learner], *, metric: Metric, tuner: str = "bayes", seed: int = 0) -> None:
        if tuner not in TUNERS:
            raise RequestError(
                f"tuner {tuner!r} is unknown; expected one of {', '.join(TUNERS)}.{nearest(tuner, TUNERS)}"
            )
        self._first = list(learners)
        self._metric, self._tuner, self._seed = metric, tuner, seed
        self._number = 0
        self._study: Any = None
        self._asked: dict[int, Any] = {}
        self._refined: dict[str, Learner] = {}

    def next(self, outcomes: Sequence[Outcome]) -> Spec | None:
        """Propose one more trial, given what came out so far; None when there is nothing left to try."""
        if self._first:
            learner = self._first.pop(0)
            self._refined[learner.name] = learner
            return self._spec(learner.name, learner.defaults)
        if self._tuner == "none":
            return None
        if self._study is None and not self._open(outcomes):
            return None
        return self._ask()

    def report(self, spec: Spec, outcome: Outcome | None) -> None:
        """Tell the tuner what its proposal scored; None when it failed."""
        import optuna

        if (trial := self._asked.pop(spec.number, None)) is None:
            return
        if outcome is None:
            self._study.tell(trial, state=optuna.trial.TrialState.FAIL)
        else:
            self._study.tell(trial, self._metric.gain(outcome.score))

    def _spec(self, name: str, params: dict[str, Any]) -> Spec:
        self._number += 1
        return Spec(self._number, name, params)

    def _open(self, outcomes: Sequence[Outcome]) -> bool:
        """Start the tuner on the best learners that have something to tune, with what is known of them."""
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        ranked = sorted(outcomes, key=lambda outcome: -self._metric.gain(outcome.score))
        names = [outcome.spec.learner for outcome in ranked]
        best = [name for name in dict.fromkeys(names) if name in self._refined and self._refined[name].space][:REFINED]
        self._refined = {name: self._refined[name] for name in best}
        if not best:
            return False
        samplers = {
            "bayes": lambda: optuna.samplers.TPESampler(seed=self._seed, n_startup_trials=5),
            "random": lambda: optuna.samplers.RandomSampler(seed=self._seed),
        }
        self._study = optuna.create_study(direction="maximize", sampler=samplers[self._tuner]())
        for outcome in outcomes:
            if outcome.spec.learner in self._refined:
                self._study.add_trial(self._past(outcome))
        return True

    def _past(self, outcome: Outcome) -> Any:
        import optuna

        learner = self._refined[outcome.spec.learner]
        params = {f"{learner.name}.{name}": value for name, value in outcome.spec.params.items()}
        distributions = {f"{learner.name}.{name}": _distribution(each) for name, each in learner.space.items()}
        return optuna.trial.create_trial(
            params={"learner": learner.name, **params},
            distributions={
                "learner": optuna.distributions.CategoricalDistribution(list(self._refined)),
                **distributions,
            },
            value=self._metric.gain(outcome.score),
        )

    def _ask(self) -> Spec:
        trial = self._study.ask()
        name = trial.suggest_categorical("learner", list(self._refined))
        space = self._refined[name].space
        params = {key: trial._suggest(f"{name}.{key}", _distribution(each)) for key, each in space.items()}
        spec = self._spec(name, params)
        self._asked[spec.number] = trial
        return spec


def _distribution(dimension: Dimension) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(dimension, Float):
        return FloatDistribution(dimension.low, dimension.high, log=dimension.log)
    if isinstance(dimension, Int):
        return IntDistribution(dimension.low, dimension.high, log=dimension.log)
    assert isinstance(dimension, Choice)
    return CategoricalDistribution(dimension.options)
