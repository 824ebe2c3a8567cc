"""From a source to a question: rows read, target understood, test set sealed, data audited."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from holdfast.arrays import Floats, Hashes, Integers
from holdfast.audit.audit import audit
from holdfast.audit.finding import Finding
from holdfast.data.columns import Columns, Kind
from holdfast.data.dataset import Dataset
from holdfast.data.fingerprint import fingerprint, row_hashes, told_apart
from holdfast.data.frames import take
from holdfast.data.keys import columns_of, group_key, moments
from holdfast.data.kinds import kind_by_type, set_aside, understand
from holdfast.data.seal import Sealed, Split, split
from holdfast.errors import DataError, RequestError, nearest
from holdfast.evaluate.decision import LIKELIEST, Decision
from holdfast.features.preparation import Preparation
from holdfast.learners.catalogue import find
from holdfast.learners.limits import Given, require_fit, require_space, require_student
from holdfast.metrics.custom import require_score, undefined
from holdfast.metrics.metric import Metric
from holdfast.search.executor import threads_for
from holdfast.study.measure import decision_of, metrics_of, wish_of
from holdfast.study.preparing import affordable_crosses, check_preparation, read_preparation
from holdfast.study.request import Request
from holdfast.tasks.detect import detect
from holdfast.tasks.task import Task

FEWEST_ROWS = 10

# Rows of which a smaller share differs in anything but ids are combinations of few values, which come again by nature.
FEWEST_DIFFERENT = 0.05

# What is done about repeated rows when they were said to be real.
ONE_BY_ONE = "equal rows are cut one by one, as asked, so that remembering them counts"


@dataclass(frozen=True)
class Question:
    """The data and what is asked of it, before anything was learned. unanswered: the rows without a target.

    Arrays are over all rows with a target, (n_rows,): hashes of the features' content, groups, time in seconds and
    weights where the request names such a column. protected: columns by which fairness is measured, learned from or not.
    decision: how probabilities become an answer.
    """

    request: Request
    dataset: Dataset
    unanswered: Dataset
    task: Task
    fingerprint: str
    split: Split
    hashes: Hashes
    groups: Hashes | None
    time: Floats | None
    weights: Floats | None
    protected: Mapping[str, pl.Series]
    decision: Decision = LIKELIEST

    @cached_property
    def metrics(self) -> tuple[Metric, ...]:
        """All that is reported, of answers decided as they are; the first is what models are judged by."""
        return tuple(each.deciding(self.decision.costs) for each in metrics_of(self.request, self.task))

    @property
    def metric(self) -> Metric:
        """What models are judged by."""
        return self.metrics[0]

    @property
    def n_jobs(self) -> int:
        """Processors a fit may use."""
        return threads_for(self.dataset.frame.height * self.dataset.frame.width)

    @property
    def features(self) -> Dataset:
        """All rows, with only the columns that may be learned from."""
        return self.dataset.drop(*[name for name in self.request.roles if name in self.dataset.kinds])

    @property
    def preparation(self) -> Preparation:
        """What was asked of the columns, and how many more may be drawn."""
        kinds = self.features.kinds
        drawn = affordable_crosses(self.request, len(self.split.development), kinds, self.task.n_outputs)
        return replace(read_preparation(self.request, kinds), drawn=drawn)

    @property
    def sealed(self) -> Sealed:
        """The test rows, closed."""
        return Sealed(self.dataset, self.split.sealed)

    @property
    def blocks(self) -> Integers | None:
        """Sealed rows that belong together, by number, (n_sealed,): a group each; None when rows are independent."""
        if self.groups is None:
            return None
        return np.unique(self.groups[self.split.sealed], return_inverse=True)[1].astype(np.int64)

    @property
    def development(self) -> Dataset:
        """The rows everything but the verdict works on."""
        return self.dataset.take(self.split.development)

    def columns(self, rows: Integers) -> Columns:
        """The features of some rows, as a pipeline sees them."""
        return self.features.take(rows).columns()

    def y(self, rows: Integers) -> Any:
        """The target of some rows, as learners fit it."""
        return self.task.encode(self.dataset.frame[self.request.target][rows])

    def encode(self, dataset: Dataset) -> Any:
        """The target of a dataset, as learners fit it."""
        return self.task.encode(dataset.frame[self.request.target])


def ask(data: Any, request: Request) -> Question:
    """Read, type and seal. Raises DataError or RequestError before anything is written."""
    raw = take(data, header=request.header)
    request = replace_names(request, raw.frame.columns)
    _require_undropped(request, raw.frame.columns)
    dataset = understand(raw, target=request.target)
    dataset, unanswered = set_aside(dataset, request.target)
    protected = {name: dataset.frame[name] for name in request.protected}
    dataset = _keep(dataset.drop(*request.drop), request)
    if dataset.n_rows < FEWEST_ROWS:
        raise DataError(
            f"{dataset.source} has {dataset.n_rows} rows with a target; expected at least {FEWEST_ROWS} to learn from and "
            f"to judge on: collect more rows"
        )
    task = detect(dataset.frame[request.target], request.task, request.metric)
    decision = decision_of(request, task)
    wish_of(request, task)
    features = [name for name in dataset.kinds if name != request.target]
    if not features:
        raise DataError(
            f"{dataset.source} has no column beside the target {request.target!r}; expected at least one feature"
        )
    if request.fair is not None and (task.n_classes != 2 or not request.protected):
        raise RequestError(
            f"fair {request.fair!r} was asked for of a {task.name} task with {len(request.protected)} protected columns; "
            f"expected a binary one and --protected COLUMN"
        )
    _require_conformal_group(request, dataset.kinds)
    check_preparation(request, dataset, task)
    y = task.encode(dataset.frame[request.target])
    _check_learners(request, dataset, task, y)
    require_score(metrics_of(request, task)[0].deciding(decision.costs), y, guesses(task, y, len(y)))
    hashes = _content(dataset, request)
    if request.split == "rows":
        hashes = told_apart(hashes)
    weights = None if request.weight is None else _weights(dataset, request.weight)
    groups, time, parts = _split(dataset, task, request, hashes)
    return Question(
        request=request,
        dataset=dataset,
        unanswered=unanswered,
        task=task,
        fingerprint=fingerprint(dataset),
        split=parts,
        hashes=hashes,
        groups=groups,
        time=time,
        weights=weights,
        protected=protected,
        decision=decision,
    )


def _split(
    dataset: Dataset, task: Task, request: Request, hashes: Hashes
) -> tuple[Hashes | None, Floats | None, Split]:
    """Groups and moments of the rows, where asked for, and the seal that follows from them."""
    groups = None if request.group is None else group_key(dataset.frame, request.group)
    time = None if request.time is None else moments(dataset.frame, request.time)
    y = task.encode(dataset.frame[request.target])
    parts = split(hashes, share=request.sealed, seed=request.seed, strata=task.strata(y), groups=groups, time=time)
    if request.split == "rows" and groups is None and time is None:
        parts = replace(parts, reason=f"{parts.reason}; equal rows are cut one by one, as asked")
    if not len(parts.sealed) or not len(parts.development):
        raise DataError(
            f"{dataset.source}: the {dataset.n_rows} rows can't be cut in two parts (they are equal, or one group or moment "
            f"holds them all); expected rows that differ: check the data, --group and --time"
        )
    _require_judged(task, metrics_of(request, task)[0], y, parts)
    return groups, time, parts


def _require_judged(task: Task, metric: Metric, y: Any, parts: Split) -> None:
    """The sealed rows must have a score, which is known before they are opened, and before anything is trained."""
    sealed = y[parts.sealed]
    if undefined(metric, sealed, guesses(task, y, len(sealed))):
        raise DataError(
            f"{metric.name} can't be computed on the {len(sealed):,} sealed rows, even for perfect answers: they hold one "
            f"{'value' if task.n_classes is None else 'class'} ({parts.reason}); expected rows that differ: name another --time "
            f"or --group, or --split random, or another --metric"
        )


def guesses(task: Task, y: Any, n_rows: int) -> Floats:
    """What knowing only the target y says of each of n_rows rows: shares of the classes, or the mean."""
    if task.n_classes is None:
        return np.full(n_rows, float(np.mean(y)))
    return np.tile(np.bincount(y, minlength=task.n_classes) / len(y), (n_rows, 1))


def split_again(question: Question, findings: Sequence[Finding]) -> Question:
    """Seal by whole groups, or the latest rows, when the audit measured that a random split flatters."""
    request, advice = question.request, next((each.split for each in findings if each.split), None)
    if advice is None or request.split != "auto" or request.group or request.time:
        return question
    role, key = advice
    request = request.model_copy(update={role: key})
    groups, time, parts = _split(question.dataset, question.task, request, question.hashes)
    parts = replace(parts, reason=f"{parts.reason}; decided by the audit ({key})", decided="audit")
    return replace(question, request=request, groups=groups, time=time, split=parts)


def audited(question: Question, *, deadline: float = float("inf")) -> tuple[Question, list[Finding]]:
    """Audit the development rows, and act on what is certain or measured.

    Columns that are certain to mislead leave the question unless the user keeps them; groups or time order that a random
    split hides decide the split unless the user said how to split.
    """
    request, development = question.request, question.development
    development = development.drop(*[name for name in (request.weight,) if name])
    findings = audit(
        development,
        request.target,
        question.task.family,
        keep=request.keep,
        group=request.group,
        time_column=request.time,
        unanswered=question.unanswered,
        deadline=deadline,
    )
    if request.split == "rows":
        findings = [replace(each, action=ONE_BY_ONE) if each.code == "duplicate-rows" else each for each in findings]
    question = split_again(question, findings)
    request = question.request
    dropped = {name for finding in findings if finding.drop for name in finding.columns} - set(request.keep)
    dropped -= {request.target, request.group, request.time, request.weight}
    question = replace(question, dataset=question.dataset.drop(*dropped))
    if not any(kind not in (Kind.IDENTIFIER, Kind.CONSTANT) for kind in question.features.kinds.values()):
        codes = ", ".join(sorted({finding.code for finding in findings if finding.drop})) or "constant"
        raise DataError(
            f"every column was left out ({codes}); expected at least one to learn from: look at holdfast audit, and keep "
            f"columns with --keep"
        )
    _check_still_there(question, dropped)
    return question, findings


def _require_undropped(request: Request, columns: Sequence[str]) -> None:
    """A column that something else was asked of can't be left out."""
    roles: dict[str, tuple[str | None, ...]] = {
        "the target": (request.target,),
        "the weight": (request.weight,),
        "the conformal group": (request.conformal_group,),
        "to be kept": request.keep,
        **{role: columns_of(key, columns) for role in ("group", "time") if (key := getattr(request, role))},
    }
    for role, names in roles.items():
        for name in names:
            if name in request.drop:
                raise RequestError(f"{name!r} is to be dropped, and is {role}; expected one of the two")


def _require_conformal_group(request: Request, kinds: Mapping[str, Kind]) -> None:
    """Its values must be at hand when the model answers, and few."""
    name = request.conformal_group
    if name is None:
        return
    if name not in kinds or name in request.roles:
        raise RequestError(f"conformal group {name!r} is not learned from; expected a column that the model is given")
    if kinds[name] is not Kind.CATEGORY:
        raise RequestError(
            f"conformal group {name!r} holds {kinds[name]} values; expected a category, whose values can have intervals of "
            f"their own"
        )


def _check_still_there(question: Question, dropped: Set[str]) -> None:
    """Columns of which something was asked are still learned from after the audit."""
    try:
        read_preparation(question.request, question.features.kinds)
        _require_conformal_group(question.request, question.features.kinds)
    except RequestError as error:
        left = f"the audit left out {_listed(sorted(dropped))}" if dropped else "the audit made one of them the group"
        raise RequestError(f"{error}; {left}: keep a column with --keep, or --split random") from None


def _check_learners(request: Request, dataset: Dataset, task: Task, y: Any) -> None:
    """Learners asked for by name are known, installed and fit for the data, or nothing is trained."""
    kinds = [kind for name, kind in dataset.kinds.items() if name not in request.roles]
    n_columns = sum(kind not in (Kind.IDENTIFIER, Kind.CONSTANT) for kind in kinds)
    given = Given(y, n_columns, task.n_classes, weighted=request.weight is not None)
    for name in request.learners:
        learner = find(name, task.family)
        learner.require()
        require_fit(learner, given)
    if request.distill is not None:
        require_student(find(request.distill, task.family), given)
    for name, ranges in request.space.items():
        require_space(find(name, task.family).within(ranges), ranges, task.n_classes)


def replace_names(request: Request, columns: Sequence[str]) -> Request:
    """Match the request's column names with the data's; stray spaces are forgiven, anything else is an error."""
    stripped = {name.strip(): name for name in columns}

    def match(name: str, role: str) -> str:
        found = name if name in columns else stripped.get(name.strip())
        if found is None:
            raise DataError(
                f"{role} {name!r} is not a column of the data; expected one of {_listed(columns)}.{nearest(name, columns)}"
            )
        return found

    single = {
        role: match(name, role) for role in ("target", "weight", "conformal_group") if (name := getattr(request, role))
    }
    for role in ("group", "time"):
        if key := getattr(request, role):
            found = columns_of(key, columns)
            single[role] = found[0] if len(found) == 1 and key.strip() == found[0].strip() else key
    several = {
        role: tuple(match(name, role) for name in getattr(request, role)) for role in ("drop", "keep", "protected")
    }
    return request.model_copy(update={**single, **several})


def _listed(columns: Sequence[str], limit: int = 12) -> str:
    names = ", ".join(repr(name) for name in columns[:limit])
    return names if len(columns) <= limit else f"{names}, ... ({len(columns):,} in all)"


def _content(dataset: Dataset, request: Request) -> Hashes:
    """Hash what each row says, shape (n_rows,): equal rows are equal whatever their ids and weights.

    Where hardly any rows differ in anything else, as in columns of few values, ids tell rows apart, too.
    """
    names = [name for name in dataset.kinds if name != request.target]
    told = [name for name in names if dataset.kinds[name] is not Kind.IDENTIFIER and name != request.weight]
    hashes = row_hashes(dataset.frame, told)
    return hashes if len(np.unique(hashes)) >= FEWEST_DIFFERENT * dataset.n_rows else row_hashes(dataset.frame, names)


def _keep(dataset: Dataset, request: Request) -> Dataset:
    """Columns the user insists on are learned from even when they look like identifiers."""
    kinds = dict(dataset.kinds)
    for name in request.keep:
        if kinds[name] in (Kind.IDENTIFIER, Kind.CONSTANT):
            kinds[name] = kind_by_type(dataset.frame[name])
    return replace(dataset, kinds=kinds)


def _weights(dataset: Dataset, name: str) -> Floats:
    series = dataset.frame[name]
    if not series.dtype.is_numeric():
        got = f"{series.dtype} values"
    elif bad := series.filter(series.is_null() | (series < 0)).to_list():
        got = f"{len(bad):,} missing or negative weights (first: {bad[0]})"
    elif not series.sum():
        got = "nothing but zeros"
    else:
        weights = series.cast(pl.Float64).to_numpy()
        scaled: Floats = weights / weights.mean()
        return scaled
    raise DataError(f"weight column {name!r} holds {got}; expected numbers of at least 0: clean it or drop --weight")
