"""The importance of features, worked out where the fitted fold still is."""

from holdfast.explain.importance import Importance, permutation_importance
from holdfast.learners.catalogue import find
from holdfast.search.trial import Problem, Spec, fit_first_fold


def importance_of(problem: Problem, specs: Sequence[tuple[Spec, float]], deadline: float) -> list[Importance]:
    """Judge the average of these trials on the first fold's validation rows."""
    pipelines = [
        (fit_first_fold(problem, find(spec.learner, problem.task.family), spec), weight) for spec, weight in specs
    ]
    rows = problem.folds[0].valid

    def predict(columns: Columns) -> Floats:
        total: Floats = np.sum([weight * pipeline.predict(columns) for pipeline, weight in pipelines], axis=0)
        return total

    return permutation_importance(
        predict,
        problem.columns.take(rows),
        problem.y[rows],
        lambda y, predictions: problem.metric.gain(problem.metric.score(y, predictions)),
        seed=problem.seed,
        deadline=deadline,
    )
