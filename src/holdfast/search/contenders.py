"""The trials worth judging again on other cuts of the rows, so that the choice among them is not noise."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from holdfast.evaluate.bootstrap import score_by_parts
from holdfast.metrics.metric import Metric
from holdfast.search.trial import Outcome, Problem

# Beside each learner's best trial, this many of the best overall may ship.
BEST = 8


def first_of_each(learners: Sequence[str]) -> list[int]:
    """Places at which each learner comes first; in a ranking, those of its best.

    >>> first_of_each(["lightgbm", "ridge", "lightgbm", "lasso"])
    [0, 1, 3]
    """
    return [place for place, name in enumerate(learners) if name not in learners[:place]]


def contenders(outcomes: Sequence[Outcome], metric: Metric) -> list[Outcome]:
    """The first outcome, the baseline; then the best trial of each learner and the best of all, best first."""
    baseline, *others = outcomes
    ranked = sorted(others, key=lambda outcome: -metric.gain(outcome.score))
    firsts = first_of_each([outcome.spec.learner for outcome in ranked])
    return [baseline, *(each for place, each in enumerate(ranked) if place < BEST or place in firsts)]


def joined(problem: Problem, repeats: Sequence[Outcome]) -> Outcome:
    """One outcome of what a trial showed on each repeat of the problem's folds, in their order; what settled is averaged."""
    first, predictions = repeats[0], np.concatenate([each.predictions for each in repeats])
    return replace(
        first,
        score=score_by_parts(problem.metric, problem.y[problem.judged], predictions, problem.parts),
        fold_scores=tuple(score for each in repeats for score in each.fold_scores),
        predictions=predictions,
        settled={name: round(np.mean([each.settled[name] for each in repeats])) for name in first.settled},
        fit_seconds=float(np.mean([each.fit_seconds for each in repeats])),
        seconds=sum(each.seconds for each in repeats),
    )
