"""What to try next: a learned order first, then a tuner over the learners that did best."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

from holdfast.errors import RequestError, nearest
from holdfast.learners.learner import Learner
from holdfast.learners.portfolio import first_configurations, learned_seconds
from holdfast.learners.space import Choice, costly, holds
from holdfast.metrics.metric import Metric
from holdfast.search.gaussian import Gaussian
from holdfast.search.trial import Outcome, Pruned, Spec
from holdfast.search.tuners import Asked, Grid, Halving, Known, Sampled, Tuner

TUNERS = ("bayes", "gp", "random", "grid", "halving", "none")

# The tuner refines this many of the best learners.
REFINED = 3

# A first configuration that is expected to take more than this share of the time left is put off; one of the learner that is
# ahead so far may take more, unless all that is new about it is a choice of columns.
LARGE, LARGE_AHEAD = 0.3, 0.5


class Proposals:
    """Proposes trials in an order that depends only on the seed and on what earlier trials scored.

    bayes: a tree-structured Parzen estimator; gp: a Gaussian process; random: independent draws; grid: every combination of
    a few values; halving: many on few rows, the best on all (Hyperband); none: each learner's default configuration only.
    rows: start with the order of configurations that was learned on about so many rows, instead of each learner's default
    one. n_outputs: the task's. foremost: a learner whose first configuration comes before all others'.
    """

    def __init__(
        self,
        learners: Sequence[Learner],
        *,
        metric: Metric,
        tuner: str = "bayes",
        rows: float | None = None,
        n_outputs: int = 1,
        foremost: str | None = None,
        seed: int = 0,
    ) -> None:
        if tuner not in TUNERS:
            raise RequestError(
                f"tuner {tuner!r} is unknown; expected one of {', '.join(TUNERS)}.{nearest(tuner, TUNERS)}"
            )
        firsts = first_configurations(learners, None if tuner == "none" else rows)
        places = [place for place, (name, _) in enumerate(firsts) if name == foremost]
        if places:
            firsts.insert(0, firsts.pop(places[0]))
        self._first = [Spec(number, name, params) for number, (name, params) in enumerate(firsts, start=1)]
        self._learners = {learner.name: learner for learner in learners}
        self.metric, self._kind, self._seed, self._rows = metric, tuner, seed, rows
        self._n_outputs = n_outputs
        self._number = len(firsts)
        self._tuner: Tuner | None = None
        self._asked: dict[int, Asked] = {}

    def next(self, outcomes: Sequence[Outcome], left: float = float("inf")) -> Spec | None:
        """Propose one more trial, given what came out so far; None when there is nothing left to try.

        left: seconds for all trials to come. First configurations that would take a large part of it wait for shorter ones,
        and then, unless their learner was not tried yet, for the tuner, if it has an idea.
        """
        paces, tried = self._paces(outcomes), {outcome.spec.learner for outcome in outcomes}
        taking = [self._seconds(spec, outcomes, paces) for spec in self._first]
        ahead = max(outcomes, key=lambda outcome: self.metric.gain(outcome.score)).spec.learner if outcomes else None
        foremost = [spec.learner == ahead and not self._scouts(spec) for spec in self._first]
        most = [left * (LARGE_AHEAD if each else LARGE) for each in foremost]
        short = (k for k, seconds in enumerate(taking) if seconds <= most[k])
        new = (k for k, spec in enumerate(self._first) if spec.learner not in tried and taking[k] <= left)
        place = next(short, next(new, None))
        if place is None:
            if self._tuner is None:
                self._tuner = self._open(outcomes)
            asked = None if self._tuner is None else self._tuner.ask()
            if asked is not None:
                self._number += 1
                self._asked[self._number] = asked
                return Spec(self._number, asked.learner, asked.params, asked.share)
        if not self._first:
            return None
        spec = self._first.pop(place or 0)
        return replace(spec, params=self._settled(spec.learner, spec.params, outcomes))

    def expected(self, spec: Spec, outcomes: Sequence[Outcome]) -> float:
        """Seconds that a trial will take: as long as the learner's others here, if it takes as long as they do elsewhere.

        A learner that was not tried here yet goes as the middle one of the others. For a trial that was not timed elsewhere, what
        the learner's trials took on average; 0 when there are none.
        """
        return self._seconds(spec, outcomes, self._paces(outcomes))

    def _paces(self, outcomes: Sequence[Outcome]) -> dict[str, float]:
        """How many times as long each learner's trials take here as elsewhere.

        By learner, as what slows one down, such as many columns of words, leaves others as they were.
        """
        timed: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for outcome in outcomes:
            learned = self._learned_seconds(outcome.spec)
            if learned is not None:
                timed[outcome.spec.learner].append((outcome.seconds, learned))
        return {name: sum(here for here, _ in each) / sum(there for _, there in each) for name, each in timed.items()}

    def _seconds(self, spec: Spec, outcomes: Sequence[Outcome], paces: Mapping[str, float]) -> float:
        learned = self._learned_seconds(spec)
        if learned is not None and paces:
            return learned * (paces[spec.learner] if spec.learner in paces else median(paces.values()))
        taken = [outcome.seconds for outcome in outcomes if outcome.spec.learner == spec.learner]
        return sum(taken) / len(taken) if taken else 0.0

    def _learned_seconds(self, spec: Spec) -> float | None:
        if self._rows is None or spec.learner not in self._learners:
            return None
        learner = self._learners[spec.learner]
        seconds = learned_seconds(learner, spec.params, self._rows)
        return seconds * self._n_outputs if seconds is not None and learner.by_class else seconds

    def _scouts(self, spec: Spec) -> bool:
        """Whether it tries an option of a choice that other configurations leave open."""
        space = self._learners[spec.learner].space
        choices = [space[key] for key in spec.params if key in space]
        return any(isinstance(each, Choice) and each.left_open for each in choices)

    def _settled(self, name: str, params: Mapping[str, Any], outcomes: Sequence[Outcome]) -> dict[str, Any]:
        """Choices that a configuration leaves open are made as in the learner's best trial so far, else as in any's."""
        made, learner = dict(params), self._learners[name]
        ranked = sorted(outcomes, key=lambda outcome: -self.metric.gain(outcome.score))
        ranked.sort(key=lambda outcome: outcome.spec.learner != name)
        for key, dimension in learner.space.items():
            known = (outcome.spec.params[key] for outcome in ranked if key in outcome.spec.params)
            quick = (each for each in known if holds(dimension, each) and each not in costly(dimension))
            made.setdefault(key, next(quick, learner.defaults[key]))
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
