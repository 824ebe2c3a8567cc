"""The trials worth judging again on other cuts of the rows, so that the choice among them is not noise."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from holdfast.evaluate.bootstrap import score_by_parts
from holdfast.metrics.metric import Metric
from holdfast.search.trial import Outcome, Problem

# Beside each learner's best trial, this many of the best overall may ship.
BEST = 8


def contenders(outcomes: Sequence[Outcome], metric: Metric) -> list[Outcome]:
    """The first outcome, the baseline; then the best trial of each learner and the best of all, best first."""
    baseline, *others = outcomes
    ranked = sorted(others, key=lambda outcome: -metric.gain(outcome.score))
    best = {outcome.spec.number for outcome in ranked[:BEST]}
    learners = {outcome.spec.learner: outcome.spec.number for outcome in reversed(ranked)}
    return [baseline, *(each for each in ranked if each.spec.number in best | set(learners.values()))]


def joined(problem: Problem, repeats: Sequence[Outcome]) -> Outcome:
    """One outcome of what a trial showed on each repeat of the problem's folds, in their order."""
    first, predictions = repeats[0], np.concatenate([each.predictions for each in repeats])
    return replace(
        first,
        score=score_by_parts(problem.metric, problem.y[problem.judged], predictions, problem.parts),
        fold_scores=tuple(score for each in repeats for score in each.fold_scores),
        predictions=predictions,
        fit_seconds=float(np.mean([each.fit_seconds for each in repeats])),
        seconds=sum(each.seconds for each in repeats),
    )
