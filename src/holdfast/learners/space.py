"""Search spaces: what values a learner's parameter may take, and where a study starts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from holdfast.errors import RequestError, nearest


@dataclass(frozen=True)
class Float:
    """A real number in [low, high], on a logarithmic scale when `log`."""

    low: float
    high: float
    default: float
    log: bool = False


@dataclass(frozen=True)
class Int:
    """A whole number in [low, high], on a logarithmic scale when `log`."""

    low: int
    high: int
    default: int
    log: bool = False


@dataclass(frozen=True)
class Choice:
    """One of a few values.

    each_first: a study starts with each of them, not with the default alone. scouted: so does the first learner that has
    the choice; the others start with what did best there. costly: of the options, those that take long, which only that
    first learner and a tuner try.
    """

    options: tuple[Any, ...]
    default: Any
    each_first: bool = False
    scouted: bool = False
    costly: tuple[Any, ...] = ()

    @property
    def left_open(self) -> bool:
        """Whether configurations leave it open, but for those that are there to try its options."""
        return self.each_first or self.scouted


Dimension: TypeAlias = Float | Int | Choice


def holds(dimension: Dimension, value: Any) -> bool:
    """Whether a value lies inside.

    >>> holds(Choice(("none", "auto"), "none"), "pairs"), holds(Int(1, 5, 3), 5)
    (False, True)
    """
    if isinstance(dimension, Choice):
        return value in dimension.options
    return bool(dimension.low <= value <= dimension.high)


def costly(dimension: Dimension) -> tuple[Any, ...]:
    """The costly options of a dimension."""
    return dimension.costly if isinstance(dimension, Choice) else ()


def read_space(learner: str, known: Mapping[str, Dimension], given: Mapping[str, Any]) -> dict[str, Dimension]:
    """Lay a user's ranges over a learner's own.

    given: by parameter, {low, high, log, default} (each optional where the learner has a range), a list of values to choose
    from, or one value to keep. Raises RequestError for a parameter the learner doesn't have and for an empty range.

    >>> own = {"alpha": Float(0.1, 10.0, default=1.0, log=True)}
    >>> read_space("ridge", own, {"alpha": {"low": 5}})
    {'alpha': Float(low=5.0, high=10.0, default=7.0710678118654755, log=True)}
    """
    made = dict(known)
    for name, wanted in given.items():
        if name not in known:
            raise RequestError(
                f"learner {learner!r} has no parameter {name!r} to search; expected {', '.join(known) or 'none at all'}."
                f"{nearest(name, list(known))}"
            )
        made[name] = _dimension(f"the space of {learner}.{name}", known[name], wanted)
    return made


def _dimension(what: str, own: Dimension, wanted: Any) -> Dimension:
    if isinstance(wanted, list | tuple):
        if not wanted:
            raise RequestError(f"{what} is an empty list; expected at least one value")
        options = tuple(_like(what, own, value) for value in wanted)
        return Choice(options, own.default if own.default in options else options[0])
    if not isinstance(wanted, Mapping):
        value = _like(what, own, wanted)
        return Choice((value,), value)
    unknown = set(wanted) - {"low", "high", "log", "default"}
    if unknown or isinstance(own, Choice):
        raise RequestError(
            f"{what} got {dict(wanted)}; expected "
            + (f"a list out of {own.options}" if isinstance(own, Choice) else "low, high, log and default")
        )
    low, high = _like(what, own, wanted.get("low", own.low)), _like(what, own, wanted.get("high", own.high))
    log = bool(wanted.get("log", own.log))
    if not low <= high or (log and low <= 0):
        scale, above = (" on a logarithmic scale", ", above 0") if log else ("", "")
        raise RequestError(f"{what} goes from {low} to {high}{scale}; expected low below high{above}")
    middle = (low * high) ** 0.5 if log else (low + high) / 2
    default = wanted.get("default", own.default if low <= own.default <= high else middle)
    default = _like(what, own, round(default) if isinstance(own, Int) and "default" not in wanted else default)
    if not low <= default <= high:
        raise RequestError(f"{what} starts at {default}; expected a default from {low} to {high}")
    return Int(low, high, default, log) if isinstance(own, Int) else Float(low, high, default, log)


def _like(what: str, own: Dimension, value: Any) -> Any:
    """A value of the type the parameter has."""
    if isinstance(own, Choice):
        return value
    number = isinstance(value, int | float) and not isinstance(value, bool) and value == value
    # The rest of an infinity is NaN.
    if not number or (isinstance(own, Int) and value % 1 != 0):
        raise RequestError(f"{what} got {value!r}; expected {'a whole number' if isinstance(own, Int) else 'a number'}")
    return int(value) if isinstance(own, Int) else float(value)
