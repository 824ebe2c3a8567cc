"""What was asked of a study: checked once, and written to study.toml."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from holdfast.arrays import class_name
from holdfast.errors import RequestError, nearest
from holdfast.metrics.custom import place_of
from holdfast.search.clock import parse_budget, parse_seconds
from holdfast.search.proposals import TUNERS
from holdfast.study.settings import DEFAULT_BUDGET, LEAVE_ONE_GROUP_OUT, read_folds, read_size
from holdfast.tasks.costs import read_costs


class Request(BaseModel):
    """A study's settings; the command line, study.toml and `holdfast.train` share these names and defaults.

    budget: seconds for everything, from reading to report; None (with `trials`) takes what the trials take.
    metric: a name, or "module:name" of one's own as in `holdfast.metrics.custom`. costs: by true class and answer, or a CSV of
    them; the cheapest answer is given. threshold: of two classes, the probability above which the positive one is answered:
    a number, "best", the name of a metric, or a bound such as "precision>=0.9".
    trials: configurations to try beside the baseline; None tries as many as the budget allows.
    group, time: a column, several, or a key as in `holdfast.data.keys`. split: "auto" lets measured groups or time order
    decide; "random" keeps a random split whatever is found, equal rows on one side; "rows" cuts even those one by one. prefer:
    "simple" ships the simplest model within one standard error of the best. distill: a learner's name; what ships is one model
    of it, fitted to what the model that would have shipped says. max_latency, max_size: seconds for one row and bytes of the
    graph that what ships may take at most. conformal_group: a category whose values get intervals of their own. protected:
    columns by whose values the model's fairness is measured; fair: what equal treatment by thresholds should mean, shown at its
    price.
    record: write record.md, a technical record along the EU's AI Act.
    space: by learner and parameter, the range to search instead of the learner's own, as in `learners.space.read_space`.
    scale, encode, cross, select, target_transform: how columns and target are prepared, as in docs/features.md; features: by
    column, its own {"scale": ..., "encode": ...}.
    sealed: share of the rows put away for the verdict. folds: for cross-validation, at least 2, "logo" for one a group, or
    "5x3" for 5 folds cut 3 times; None takes 5, or as many as the budget allows. repeats: how many times the rows are cut in
    folds; None repeats on few rows when there is time. nested: also cross-validate the whole search, in outer_folds folds.
    validation_curve: a parameter, or LEARNER.PARAMETER, whose effect to show; None shows the one that matters most, when
    there is time.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    target: str
    data: str = "memory"
    task: str | None = None
    metric: str | None = None
    costs: dict[str, dict[str, float | str]] = Field(default_factory=dict)
    threshold: float | str | None = None
    budget: float | None = None
    trials: int | None = Field(default=None, ge=1)
    learners: tuple[str, ...] = ()
    tuner: str = "bayes"
    space: dict[str, dict[str, Any]] = Field(default_factory=dict)
    scale: str = "standard"
    encode: str = "auto"
    cross: tuple[str, ...] = ()
    select: str | None = None
    target_transform: str = "none"
    features: dict[str, dict[str, str]] = Field(default_factory=dict)
    group: str | None = None
    time: str | None = None
    weight: str | None = None
    split: Literal["auto", "random", "rows"] = "auto"
    prefer: Literal["best", "simple"] = "best"
    distill: str | None = None
    max_latency: float | None = None
    max_size: int | None = None
    drop: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    conformal_group: str | None = None
    protected: tuple[str, ...] = ()
    fair: Literal["demographic_parity", "equal_opportunity", "equalised_odds"] | None = None
    sealed: float = Field(default=0.2, ge=0.05, le=0.5)
    folds: Annotated[int, Field(ge=2, le=1000)] | Literal["logo"] | None = None
    repeats: int | None = Field(default=None, ge=1, le=100)
    nested: bool = False
    outer_folds: int = Field(default=5, ge=2, le=50)
    validation_curve: str | None = None
    seed: int = Field(default=0, ge=0, lt=2**31)
    header: bool = True
    record: bool = False

    @field_validator("budget", mode="before")
    @classmethod
    def _seconds(cls, value: Any) -> float | None:
        return parse_budget(value)

    @field_validator("max_latency", mode="before")
    @classmethod
    def _latency(cls, value: Any) -> float | None:
        return parse_seconds(value, "max_latency", "1ms or 200us")

    @field_validator("max_size", mode="before")
    @classmethod
    def _size(cls, value: Any) -> int | None:
        return read_size(value)

    @field_validator("costs", mode="before")
    @classmethod
    def _by_name(cls, value: Any) -> Any:
        """In Python classes may be named as they stand in the data: numbers, truths."""
        if not isinstance(value, dict) or not all(isinstance(row, dict) for row in value.values()):
            return value
        return {class_name(truth): {class_name(k): v for k, v in row.items()} for truth, row in value.items()}

    @field_validator("threshold", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        try:
            return value if value is None else float(value)
        except (TypeError, ValueError):
            return value

    @model_validator(mode="before")
    @classmethod
    def _folds(cls, given: dict[str, Any]) -> dict[str, Any]:
        folds, repeats = read_folds(given.get("folds"))
        if repeats is not None and given.get("repeats") not in (None, repeats):
            raise RequestError(
                f"folds {given['folds']!r} says {repeats} repeats and repeats is {given['repeats']}; expected one of the two"
            )
        return {**given, "folds": folds, "repeats": given.get("repeats") if repeats is None else repeats}

    @model_validator(mode="after")
    def _agreeing(self) -> "Request":
        if self.distill is not None and self.prefer == "simple":
            raise RequestError(
                f"prefer 'simple' ships a simple model fitted to the labels, distill {self.distill!r} one that the best model "
                f"teaches; expected one of the two: drop the other"
            )
        logo, again = self.folds == LEAVE_ONE_GROUP_OUT, (self.repeats or 1) > 1
        if logo and (self.group is None or self.time is not None):
            got = "no group was named" if self.group is None else "rows are also split by time"
            raise RequestError(
                f"folds {LEAVE_ONE_GROUP_OUT!r} judges each group by a model fitted on all others, and {got}; expected --group "
                f"COLUMN without --time (holdfast audit says which columns name what belongs together)"
            )
        if again and (logo or self.time is not None):
            got = "one fold a group" if logo else "folds by time"
            raise RequestError(
                f"repeats is {self.repeats} with {got}, which can be cut in one way only; expected repeats without it: drop one "
                f"of the two"
            )
        return self

    @field_validator("learners", "cross", "drop", "keep", "protected", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        return tuple(name.strip() for name in value.split(",") if name.strip()) if isinstance(value, str) else value

    @field_validator("tuner")
    @classmethod
    def _tuner(cls, value: str) -> str:
        if value not in TUNERS:
            raise RequestError(
                f"tuner {value!r} is unknown; expected one of {', '.join(TUNERS)}.{nearest(value, TUNERS)}"
            )
        return value

    @classmethod
    def of(cls, **settings: Any) -> "Request":
        """Check settings; a wrong name or value is a RequestError that says what was expected."""
        if settings.get("budget") is None and settings.get("trials") is None:
            settings["budget"] = DEFAULT_BUDGET
        if not isinstance(settings.get("metric"), str | None):
            settings["metric"] = place_of(settings["metric"])
        if isinstance(settings.get("costs"), str | Path):
            settings["costs"] = read_costs(settings["costs"])
        try:
            return cls(**settings)
        except ValidationError as error:
            first = error.errors()[0]
            cause = first.get("ctx", {}).get("error")
            if isinstance(cause, RequestError):
                raise cause from None
            name = ".".join(str(part) for part in first["loc"])
            name = "folds" if name.startswith("folds") else name  # or it would name the kind of the value, too
            if first["type"] == "extra_forbidden":
                known = list(cls.model_fields)
                raise RequestError(
                    f"setting {name!r} is unknown; expected one of {', '.join(known)}.{nearest(name, known)}"
                ) from None
            raise RequestError(f"setting {name!r} got {first.get('input')!r}: {first['msg']}") from None

    @property
    def limits(self) -> dict[str, float]:
        """The limits that were asked for, by what they limit: seconds a row, bytes.

        >>> Request.of(target="y", max_size="2 MB").limits
        {'size': 2000000.0}
        """
        asked = {"latency": self.max_latency, "size": self.max_size}
        return {name: float(most) for name, most in asked.items() if most is not None}

    @property
    def roles(self) -> tuple[str, ...]:
        """Columns that say something else than what to learn from: target, group and weight, where they are columns."""
        return tuple(name for name in (self.target, self.group, self.weight) if name is not None)

    def to_toml(self) -> str:
        """Write the settings that differ from "not given"."""
        import tomli_w

        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))
