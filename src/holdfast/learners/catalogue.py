"""Every learner there is: those declared in this folder, and those of installed plug-ins."""

import pkgutil
import re
from functools import cache
from importlib import import_module
from pathlib import Path

from holdfast.errors import RequestError, nearest
from holdfast.learners.learner import Learner
from holdfast.metrics.custom import load_plug_ins

# The fixed order of first trials: something at once, then the strong ones, then those that add variety.
ORDER = {
    "classification": (
        "logistic",
        "lightgbm",
        "catboost",
        "xgboost",
        "realmlp",
        "extra_trees",
        "random_forest",
        "mlp",
        "nearest_neighbours",
        "gaussian_naive_bayes",
        "decision_tree",
        "logistic_lasso",
        "logistic_elastic_net",
        "logistic_plain",
    ),
    "regression": (
        "ridge",
        "lightgbm",
        "catboost",
        "xgboost",
        "realmlp",
        "extra_trees",
        "random_forest",
        "mlp",
        "nearest_neighbours",
        "decision_tree",
        "lasso",
        "elastic_net",
        "linear",
    ),
}


@cache
def _all() -> tuple[Learner, ...]:
    modules = [
        import_module(f"{__package__}.{found.name}")
        for found in pkgutil.iter_modules([str(Path(__file__).parent)])
        if found.name != "catalogue"
    ]
    found = [each for module in modules for each in vars(module).values() if isinstance(each, Learner)]
    found += load_plug_ins("holdfast.learners", Learner, found, lambda each: f"{each.task} {each.name}")
    unique = {(learner.task, learner.name): learner for learner in found}
    return tuple(unique[key] for key in sorted(unique))


def catalogue() -> list[Learner]:
    """Every learner, by task and name.

    >>> {"ridge", "lightgbm"} <= {learner.name for learner in catalogue()}
    True
    """
    return list(_all())


def find(name: str, family: str) -> Learner:
    """Find a learner by name for "classification" or "regression"; RequestError names the nearest when there is none.

    >>> find("cart", "regression")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    holdfast.errors.RequestError: learner 'cart' is unknown; ... Did you mean 'decision_tree'?
    """
    known = {learner.name: learner for learner in _all() if learner.task == family}
    if name in known:
        return known[name]
    meant = [each for each in _all() if _plain(name) in map(_plain, (each.name, *each.also))]
    own = [each.name for each in meant if each.task == family]
    if meant and not own:
        first = " or ".join(ORDER[family][:2])
        raise RequestError(f"learner {name!r} is for {meant[0].task}; expected one for {family}: use {first} instead")
    hint = f" Did you mean {own[0]!r}?" if own else nearest(name, known)
    raise RequestError(f"learner {name!r} is unknown; expected one of {', '.join(known)}.{hint}")


def _plain(name: str) -> str:
    """A name without its dress: LogisticRegression, logistic-regression and logistic are the same."""
    plain = re.sub("[^a-z0-9]", "", name.casefold())
    for ending in ("classifier", "regressor", "regression"):
        plain = plain.removesuffix(ending)
    return plain


def portfolio(family: str) -> list[Learner]:
    """The learners a study tries unless it was told which, in order; plug-ins come last."""
    order = {name: place for place, name in enumerate(ORDER[family])}
    learners = [learner for learner in _all() if learner.task == family and not learner.baseline and not learner.opt_in]
    return sorted(learners, key=lambda learner: (order.get(learner.name, len(order)), learner.name))
