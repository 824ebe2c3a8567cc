"""What a learner is: an estimator in scikit-learn's sense, and the declaration beside it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import Any, Literal, TypeAlias

from holdfast.errors import MissingExtraError
from holdfast.features.matrix import Matrix
from holdfast.graph import Graph
from holdfast.learners.space import Dimension, read_space
from holdfast.tasks.task import Family

Emit: TypeAlias = Callable[[Graph, str, Any], str]


@dataclass(frozen=True, kw_only=True)
class Learner:
    """One way to learn, declared once; a module in `holdfast.learners` that holds it is all it takes.

    name: how a user asks for it; the same name may be declared once a task family.
    task: "classification" or "regression".
    also: what others call it; an error for an unknown name leads from there to `name`.
    summary: one sentence that says when to use it. reference: who described it, and when.
    make: called as make(seed=..., n_jobs=..., **params); returns an unfitted estimator with fit and predict
        (regression, y standardised) or predict_proba (classification, y coded 0..K-1, some codes may be absent). One with
        an attribute `deadline` (time.monotonic) is told by when to be done in a final fit, and keeps what it has learned.
    wants: what the feature matrix must look like.
    space: the parameters worth tuning; their defaults are the first configuration tried.
    emit: emit(graph, matrix, estimator) adds the fitted estimator to an ONNX graph and returns its output tensor, double:
        (rows, 1) values for regression, (rows, len(estimator.classes_)) probabilities for classification. `matrix`
        names a float tensor (rows, n_columns) holding exactly the float32 matrix the estimator was fitted on.
    settle: what fitted folds have learned that a later fit on more rows should keep, such as the number of trees that
        early stopping chose: a list of fitted estimators in, whole numbers by parameter out. Default: nothing.
    complexity: how much a reader must take on trust: 0 a constant, 1 a sum, 2 a single tree or look-up, 3 many of them.
    baseline: it ignores the features, and every other learner must beat it.
    max_rows, max_columns, max_classes: beyond this it is not tried (max_rows: it is fitted on a sample), with the reason
        in the report; asked for by name, it is an error before any training.
    target: the values a regression's target must have; unless "any", y is divided by its mean instead of standardised.
    weighted: whether its fit takes `sample_weight`, and heeds it.
    varies: another seed gives another model, so that the average of a few fits errs less than each.
    by_class: its fit takes as many times as long as there are classes, when there are more than two.
    instead: the learner to ask for where this one can't be used.
    opt_in: tried only when asked for by name.
    library, extra: the library it needs beyond the core, and the extra that installs it.
    waives: common checks it can't pass, each with its reason; they run as strict expected failures.
    """

    name: str
    task: Family
    summary: str
    reference: str
    make: Callable[..., Any]
    wants: Matrix
    also: tuple[str, ...] = ()
    space: Mapping[str, Dimension] = field(default_factory=dict)
    emit: Emit | None = None
    settle: Callable[[Sequence[Any]], dict[str, int]] = lambda fitted: {}
    complexity: int = 3
    baseline: bool = False
    max_rows: int | None = None
    max_columns: int | None = None
    max_classes: int | None = None
    target: Literal["any", "non_negative", "positive"] = "any"
    weighted: bool = True
    varies: bool = False
    by_class: bool = False
    instead: str = "lightgbm"
    opt_in: bool = False
    library: str | None = None
    extra: str | None = None
    waives: Mapping[str, str] = field(default_factory=dict)

    @property
    def defaults(self) -> dict[str, Any]:
        """The first configuration tried."""
        return {name: dimension.default for name, dimension in self.space.items()}

    def within(self, ranges: Mapping[str, Any]) -> "Learner":
        """The same learner, searched in a user's ranges where there are any; RequestError as in `read_space`."""
        return replace(self, space=read_space(self.name, self.space, ranges)) if ranges else self

    @property
    def installed(self) -> bool:
        """Whether the library it needs is here."""
        return self.library is None or find_spec(self.library) is not None

    def require(self) -> None:
        """Raise MissingExtraError, naming what to install, unless the library is here."""
        if not self.installed:
            raise MissingExtraError(
                f"learner {self.name!r} needs {self.library}, which is not installed; "
                f"expected the extra {self.extra!r}: pip install 'holdfast[{self.extra}]'"
            )
