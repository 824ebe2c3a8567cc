"""How a study's models were joined, in words and as data."""

from dataclasses import asdict
from typing import Any

from holdfast.metrics.metric import Metric
from holdfast.report.numbers import number
from holdfast.search.candidates import Candidate
from holdfast.search.joining import ERRORS, SINGLE, WORTHWHILE, Joint, Way

TITLES = {
    SINGLE: "the best model alone",
    "average": "a weighted average",
    "log_average": "an average of logarithms",
    "stack": "a stack",
}


def joined_facts(candidate: Candidate, metric: Metric) -> dict[str, Any] | None:
    """How the candidate's members were joined, as result.json holds it; None for a single model."""
    joint = candidate.joint
    if joint is None:
        return None
    return {**joint.pool.to_json(), "ways": [asdict(way) for way in joint.ways], "words": words_of(joint, metric)}


def words_of(joint: Joint, metric: Metric) -> str:
    """Say how models were joined, and why so."""
    scores = ", ".join(_scored(way) for way in joint.ways)
    said = f"By {TITLES[joint.pool.name]}. On folds that had no part in the weights, {metric.title} is {scores}"
    rule = f"by more than {ERRORS:g} standard errors and {WORTHWHILE:.2%} of its lead over the baseline"
    if joint.ahead_alone(metric) > 0:
        said = f"{said}. Alone it is not ahead by more than a standard error, and joined models seldom lose to the best of them"
    if joint.chosen.name != "average":
        return f"{said}. It is better than the average {rule}."
    if len(joint.ways) == 2:
        return f"{said}. Rows are too few to try more than the average."
    return f"{said}. Nothing is better than the average {rule}."


def _scored(way: Way) -> str:
    error = "" if way.name in (SINGLE, "average") else f" (gain {number(way.gain)} ± {number(way.error)})"
    return f"{number(way.score)} for {TITLES[way.name]}{error}"
