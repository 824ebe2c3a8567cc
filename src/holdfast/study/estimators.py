"""Holdfast as scikit-learn estimators: the same search and the same compiled model, behind fit and predict."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import polars as pl
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from holdfast.arrays import Floats, likeliest
from holdfast.compile.final import Training, fit_and_compile
from holdfast.data.columns import Kind
from holdfast.data.dataset import Dataset
from holdfast.data.fingerprint import row_hashes
from holdfast.data.folds import make_folds
from holdfast.data.frames import from_memory
from holdfast.data.kinds import understand
from holdfast.errors import CompileError, DataError, OverrunError, RequestError, WorkFailedError
from holdfast.evaluate.calibrate import UNCALIBRATED
from holdfast.learners.catalogue import find, portfolio
from holdfast.learners.learner import Learner
from holdfast.learners.limits import Given, require_fit, require_student
from holdfast.model.model import Model
from holdfast.search.candidates import Candidate, rank
from holdfast.search.clock import Clock, parse_budget
from holdfast.search.executor import Executor, Inline, Local, threads_for
from holdfast.search.journal import Journal
from holdfast.search.proposals import Proposals
from holdfast.search.search import search
from holdfast.search.trial import Problem, Spec, run_trial
from holdfast.study.board import worthwhile_trials
from holdfast.study.distil import candidate_of, student_of
from holdfast.study.finish import calibration_of, members_of
from holdfast.study.ship import fields_of
from holdfast.tasks.classification import Binary, Multiclass
from holdfast.tasks.regression import Regression
from holdfast.tasks.task import Task

# Configurations that are tried when neither trials nor a budget say how many.
TRIALS = 6

# Of a budget, this share is kept for the final fit.
FINISHING = 0.35

# With a teacher, who is fitted on the folds again, this share is kept, and the folds must be done when so much is used up.
TEACHING, TAUGHT = 0.6, 0.75


class _Estimator(BaseEstimator):  # type: ignore[misc]
    """What classifier and regressor share; parameters are those of `holdfast.train`.

    There is no sealed set here: scikit-learn's own cross-validation judges the estimator from outside. trials: configurations
    to try beside the baseline; None tries TRIALS, or with a budget as many as it allows.
    """

    def __init__(
        self,
        *,
        budget: str | float | None = None,
        trials: int | None = None,
        metric: str | None = None,
        learners: tuple[str, ...] = (),
        tuner: str = "bayes",
        distill: str | None = None,
        folds: int = 5,
        seed: int = 0,
    ) -> None:
        self.budget = budget
        self.trials = trials
        self.metric = metric
        self.learners = learners
        self.tuner = tuner
        self.distill = distill
        self.folds = folds
        self.seed = seed

    def _search(self, X: Any, y: Any, task: Task, weights: Floats | None) -> None:
        """Search on all rows, fit the winner on all rows, compile it."""
        if len(y) < 2:
            raise DataError("1 sample was given; expected at least 2 to learn from: collect more")
        dataset = _dataset(X)
        metric = task.metric(self.metric)
        # The same rows give the same folds, whether they come as an array or under names.
        numbered = dataset.frame.rename({name: str(place) for place, name in enumerate(dataset.frame.columns)})
        hashes = row_hashes(numbered, numbered.columns)
        folds = make_folds(hashes, n_folds=min(self.folds, len(y)), seed=self.seed, strata=task.strata(y))
        if not folds:
            half = np.arange(len(y)) % 2
            folds = make_folds(half.astype(np.uint64), n_folds=2)
        problem = Problem(
            dataset.columns(),
            y,
            folds,
            task,
            metric,
            seed=self.seed,
            n_jobs=threads_for(dataset.frame.height * dataset.frame.width),
            weights=weights,
        )
        clock = Clock(parse_budget(self.budget))
        executor: Executor = Inline() if clock.budget is None else Local()
        try:
            executor.load(problem)
            model = _compiled(self._found(problem, executor, clock), problem, executor, clock)
        finally:
            executor.close()
        schema = fields_of(dataset)
        facts = {
            "task": task.name,
            "target": "y",
            "classes": None if task.classes is None else [_plain(label) for label in task.classes],
            "schema": schema,
        }
        self.model_ = Model(facts, model)
        self.columns_ = [field["name"] for field in schema]

    def _found(self, problem: Problem, executor: Executor, clock: Clock) -> list[Candidate]:
        """Search; what may ship, best first, the baseline last."""
        baseline = find(problem.task.baseline, problem.task.family)
        kept = FINISHING if self.distill is None else TEACHING
        board = search(
            Spec(0, baseline.name, baseline.defaults),
            Proposals(
                self._learners(problem),
                metric=problem.metric,
                tuner=self.tuner,
                rows=None if self.learners else len(problem.y),
                foremost=self.distill,
                seed=self.seed,
            ),
            executor=executor,
            journal=Journal(None),
            clock=clock,
            max_trials=self.trials or (TRIALS if clock.budget is None else worthwhile_trials(len(problem.y))),
            enough="as asked",
            reserve=lambda outcomes: kept * (clock.budget or 0.0),
            say=lambda message: None,
        )
        if not board.outcomes:
            raise DataError(f"nothing could be fitted: {board.failures[0][1]}")
        candidates = rank(
            board.outcomes,
            board.outcomes[0],
            metric=problem.metric,
            y=problem.y[problem.judged],
            parts=problem.parts,
            apart=problem.apart,
            judged=len(problem.once.judged),
            rows=len(problem.y),
            lanes=1,
            max_seconds=max(clock.left, 0.0),
        )
        if self.distill is not None:
            place = 1 + max(outcome.spec.number for outcome in board.outcomes)
            candidates = self._taught(candidates, place, executor, clock)
        return candidates

    def _learners(self, problem: Problem) -> list[Learner]:
        """The learners to try, in order; RequestError for one that was asked for and can't be used."""
        family = problem.task.family
        given = Given(problem.y, len(problem.columns.kinds), problem.task.n_classes, problem.weights is not None)
        learners = [find(name, family) for name in self.learners]
        for learner in learners:
            learner.require()
            require_fit(learner, given)
        learners = learners or [learner for learner in portfolio(family) if learner.installed]
        if self.distill is None:
            return learners
        student = find(self.distill, family)
        require_student(student, given)
        return [student, *(learner for learner in learners if learner is not student)]

    def _taught(self, candidates: list[Candidate], place: int, executor: Executor, clock: Clock) -> list[Candidate]:
        """The candidates, and before them the learner that was asked for, taught by the best of them."""
        own = next((each for each in candidates if each.name == self.distill), None)
        if own is None or own is candidates[0]:  # the best has no better to learn from
            return candidates
        spec = student_of(candidates[0], own.members[0][0], place)
        with suppress(OverrunError, WorkFailedError):  # then it ships as it was fitted to the labels
            own = candidate_of(executor.call(run_trial, spec, clock.share(TAUGHT), deadline=clock.share(TAUGHT)))
        return [own, *candidates]

    def _rows(self, X: Any) -> Any:
        """Check rows for prediction against those of fit, as scikit-learn wants it."""
        check_is_fitted(self, "model_")
        checked = validate_data(self, X, reset=False, dtype=None, ensure_all_finite="allow-nan")
        if hasattr(X, "columns"):
            return X
        frame = from_memory(checked).frame
        return frame.select(self.columns_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags


class Classifier(ClassifierMixin, _Estimator):  # type: ignore[misc]
    """Classify with whatever learner turns out best.

    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> bool(Classifier(trials=1).fit(X, y).score(X, y) > 0.9)
    True
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "Classifier":
        """Search, fit and compile on X (n_rows, n_columns), array or data frame, and y (n_rows,) of labels."""
        checked, y = validate_data(self, X, y, dtype=None, ensure_all_finite="allow-nan")
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y has the one class {self.classes_[0]!r}; expected at least two classes to tell apart")
        kind = Binary if len(self.classes_) == 2 else Multiclass
        task = kind("asked for", tuple(self.classes_.tolist()))
        self._search(X if hasattr(X, "columns") else checked, codes.astype(np.int64), task, _weights(sample_weight, y))
        return self

    def predict(self, X: Any) -> Any:
        """Predict labels, shape (n_rows,)."""
        shares = self.predict_proba(X)
        return self.classes_[likeliest(shares)]

    def predict_proba(self, X: Any) -> Floats:
        """Predict probabilities, shape (n_rows, n_classes), in the order of `classes_`."""
        rows = self._rows(X)
        shares: Floats = self.model_.predict_proba(rows)
        return shares


class Regressor(RegressorMixin, _Estimator):  # type: ignore[misc]
    """Predict a number with whatever learner turns out best.

    >>> from sklearn.datasets import load_diabetes
    >>> X, y = load_diabetes(return_X_y=True)
    >>> bool(Regressor(trials=1).fit(X, y).score(X, y) > 0.4)
    True
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "Regressor":
        """Search, fit and compile on X (n_rows, n_columns), array or data frame, and y (n_rows,) of numbers."""
        checked, y = validate_data(self, X, y, dtype=None, ensure_all_finite="allow-nan", y_numeric=True)
        values = np.asarray(y, dtype=np.float64)
        self._search(
            X if hasattr(X, "columns") else checked, values, Regression("asked for"), _weights(sample_weight, y)
        )
        return self

    def predict(self, X: Any) -> Floats:
        """Predict values, shape (n_rows,)."""
        rows = self._rows(X)
        values: Floats = self.model_.predict(rows)
        return values


def _compiled(candidates: Sequence[Candidate], problem: Problem, executor: Executor, clock: Clock) -> bytes:
    """Fit the best candidate on all rows and compile it; on failure go on to the next. The baseline has no deadline."""
    rows = np.arange(len(problem.y))
    executor.load(
        Training(
            columns=problem.columns,
            y=problem.y,
            rows=rows,
            order=rows,
            family=problem.task.family,
            n_classes=problem.task.n_classes,
            weights=problem.weights,
            seed=problem.seed,
            n_jobs=problem.n_jobs,
        )
    )
    failures = []
    for candidate in candidates:
        last = candidate is candidates[-1]
        if clock.left < 0 and not last:
            continue
        calibration = calibration_of(candidate, problem)
        calibrator = UNCALIBRATED if calibration is None else calibration.calibrator
        work = (members_of(candidate), len(rows), clock.end, calibrator, None, candidate.pool)
        try:
            compiled = executor.call(fit_and_compile, *work, deadline=float("inf") if last else clock.end)
        except (CompileError, OverrunError, WorkFailedError) as error:
            failures.append(f"{candidate.name}: {error}")
            continue
        if compiled.proof.agrees:
            onnx: bytes = compiled.onnx
            return onnx
        failures.append(f"{candidate.name}: compiled and fitted model differ")
    raise CompileError(f"no model could be compiled faithfully ({'; '.join(failures)}); please report this")


def _dataset(X: Any) -> Dataset:
    """Every column counts: an estimator is told what to learn from, so nothing is set aside as useless."""
    dataset = understand(from_memory(X))
    kinds = {
        name: kind if kind not in (Kind.IDENTIFIER, Kind.CONSTANT) else _used_as(dataset.frame[name])
        for name, kind in dataset.kinds.items()
    }
    return Dataset(dataset.frame, kinds, dataset.parsing)


def _used_as(column: pl.Series) -> Kind:
    return Kind.CATEGORY if column.dtype == pl.String else Kind.BOOLEAN if column.dtype == pl.Boolean else Kind.NUMBER


def _weights(sample_weight: Any, y: Any) -> Floats | None:
    if sample_weight is None:
        return None
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.shape != (len(y),) or not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise RequestError(
            f"sample_weight has shape {weights.shape}; expected ({len(y)},) weights of at least 0, not all zero"
        )
    scaled: Floats = weights / weights.mean()
    return scaled


def _plain(label: Any) -> Any:
    return label.item() if isinstance(label, np.generic) else label
