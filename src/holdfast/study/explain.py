"""The importance of features, worked out where the fitted fold still is."""

from holdfast.explain.importance import Importance, permutation_importance
from holdfast.learners.catalogue import find
from holdfast.search.trial import Problem, Spec, fit_first_fold


def importance_of(problem: Problem, spec: Spec, deadline: float) -> list[Importance]:
    """Judge a trial on the first fold's validation rows."""
    pipeline = fit_first_fold(problem, find(spec.learner, problem.task.family), spec)
    rows = problem.folds[0].valid
    return permutation_importance(
        pipeline.predict,
        problem.columns.take(rows),
        problem.y[rows],
        lambda y, predictions: problem.metric.gain(problem.metric.score(y, predictions)),
        seed=problem.seed,
        deadline=deadline,
    )
