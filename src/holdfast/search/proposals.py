"""What to try next: a learned order first, then a tuner over the learners that did best."""

from collections.abc import Mapping, Sequence
from typing import Any

from holdfast.errors import RequestError, nearest
from holdfast.learners.learner import Learner
from holdfast.learners.portfolio import first_configurations
from holdfast.metrics.metric import Metric
from holdfast.search.gaussian import Gaussian
from holdfast.search.trial import Outcome, Pruned, Spec
from holdfast.search.tuners import Asked, Grid, Halving, Known, Sampled, Tuner

TUNERS = ("bayes", "gp", "random", "grid", "halving", "none")

# The tuner refines this many of the best learners.
REFINED = 3


class Proposals:
    """Proposes trials in an order that depends only on the seed and on what earlier trials scored.

    bayes: a tree-structured Parzen estimator; gp: a Gaussian process; random: independent draws; grid: every combination of
    a few values; halving: many on few rows, the best on all (Hyperband); none: each learner's default configuration only.
    learned: start with the learned order of configurations, instead of each learner's default one. foremost: a learner whose
    first configuration comes before all others'.
    """

    def __init__(
        self,
        learners: Sequence[Learner],
        *,
        metric: Metric,
        tuner: str = "bayes",
        learned: bool = False,
        foremost: str | None = None,
        seed: int = 0,
    ) -> None:
        if tuner not in TUNERS:
            raise RequestError(
                f"tuner {tuner!r} is unknown; expected one of {', '.join(TUNERS)}.{nearest(tuner, TUNERS)}"
            )
        self._first = first_configurations(learners, learned=learned and tuner != "none")
        places = [place for place, (name, _) in enumerate(self._first) if name == foremost]
        if places:
            self._first.insert(0, self._first.pop(places[0]))
        self._learners = {learner.name: learner for learner in learners}
        self.metric, self._kind, self._seed = metric, tuner, seed
        self._number = 0
        self._tuner: Tuner | None = None
        self._asked: dict[int, Asked] = {}

    def next(self, outcomes: Sequence[Outcome]) -> Spec | None:
        """Propose one more trial, given what came out so far; None when there is nothing left to try."""
        self._number += 1
        if self._first:
            name, params = self._first.pop(0)
            return Spec(self._number, name, self._settled(name, params, outcomes))
        if self._tuner is None:
            self._tuner = self._open(outcomes)
        asked = None if self._tuner is None else self._tuner.ask()
        if asked is None:
            return None
        self._asked[self._number] = asked
        return Spec(self._number, asked.learner, asked.params, asked.share)

    def _settled(self, name: str, params: Mapping[str, Any], outcomes: Sequence[Outcome]) -> dict[str, Any]:
        """Choices that a configuration leaves open are made as in the learner's best trial so far, else as in any's."""
        made, learner = dict(params), self._learners[name]
        ranked = sorted(outcomes, key=lambda outcome: -self.metric.gain(outcome.score))
        ranked.sort(key=lambda outcome: outcome.spec.learner != name)
        for key in learner.space:
            known = (outcome.spec.params[key] for outcome in ranked if key in outcome.spec.params)
            made.setdefault(key, next(known, learner.defaults[key]))
        return made

    def refines(self, spec: Spec) -> bool:
        """Whether the trial is the tuner's; else it is a learner's first."""
        return spec.number in self._asked

    def report(self, spec: Spec, found: Outcome | Pruned | None) -> None:
        """Tell the tuner what its proposal scored, or would have; None when it failed."""
        asked = self._asked.pop(spec.number, None)
        if asked is None or self._tuner is None:
            return
        gain = found.gain if isinstance(found, Pruned) else None if found is None else self.metric.gain(found.score)
        self._tuner.tell(asked, gain)

    def _open(self, outcomes: Sequence[Outcome]) -> Tuner | None:
        """Start the tuner on the best learners that have something to tune, with what is known of them."""
        ranked = sorted(outcomes, key=lambda outcome: -self.metric.gain(outcome.score))
        names = dict.fromkeys(outcome.spec.learner for outcome in ranked if outcome.spec.learner in self._learners)
        spaces = {
            name: self._learners[name].space
            for name in [name for name in names if self._learners[name].space][:REFINED]
        }
        known = [
            Known(outcome.spec.learner, outcome.spec.params, self.metric.gain(outcome.score))
            for outcome in outcomes
            if outcome.spec.learner in spaces
        ]
        if not spaces or self._kind == "none":
            return None
        if self._kind == "grid":
            return Grid(spaces)
        if self._kind == "halving":
            return Halving(spaces, seed=self._seed)
        if self._kind == "gp":
            return Gaussian(spaces, known, seed=self._seed)
        return Sampled(spaces, known, seed=self._seed, parzen=self._kind == "bayes")
