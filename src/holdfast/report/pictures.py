"""Charts of what result.json tells of the model and of the search."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from holdfast.report.chart import WIDE, Axis, Chart, padded

# Learners that have a colour of their own in the history; the others share one.
COLOURS = 4

# Parameters whose slices are shown.
MOST_SLICES = 6

# No more values than this are all labelled on the axis.
FEW = 5

MISSING = "(missing)"


def effect_charts(found: Mapping[str, Any]) -> list[str]:
    """One chart a column: the average answer by its value, with single rows where there is one output."""
    columns, outputs = found["columns"], found["outputs"]
    single = len(outputs) == 1
    rows = [each["mean"] for each in columns]
    if single:
        rows += [[each["low"], each["high"], *each["lines"]] for each in columns]
    ends = padded([value for each in rows for row in each for value in row])
    answer = outputs[0] if not found["probability"] else f"probability of {outputs[0]}" if single else "probability"
    return [_effect(each, outputs, answer, ends) for each in columns]


def _effect(column: Mapping[str, Any], outputs: Sequence[str], answer: str, ends: tuple[float, float]) -> str:
    title, values = column["feature"], column["values"]
    means = list(zip(*column["mean"], strict=True))
    if column["kind"] in ("category", "boolean"):
        return _levels(column, answer, ends)
    dates = column["kind"] == "datetime"
    few = values if len(values) <= FEW and not dates else ()
    chart = Chart(title, Axis(title, values[0], values[-1], dates=dates, only=few), Axis(answer, *ends))
    if len(outputs) == 1:
        for line in column["lines"]:
            chart.line(values, line, "faint")
        return chart.marks(values).line(values, means[0]).svg()
    for place, mean in enumerate(means):
        chart.line(values, mean, f"k{place}")
    return chart.marks(values).svg()


def _levels(column: Mapping[str, Any], answer: str, ends: tuple[float, float]) -> str:
    """A dot a value, largest answer first, with the range of eight in ten rows where there is one output."""
    order = sorted(range(len(column["values"])), key=lambda k: -column["mean"][k][0])
    words = [_word(column["values"][k], column["kind"]) for k in order]
    chart = Chart(column["feature"], Axis(answer, *ends), Axis("", words=words))
    for place in range(len(column["mean"][0])):
        for row, k in enumerate(order):
            if len(column["mean"][0]) == 1:
                chart.line([column["low"][k], column["high"][k]], [row, row], "range")
            kind = "main" if len(column["mean"][0]) == 1 else f"k{place}"
            chart.dots([column["mean"][k][place]], [row], kind, radius=4)
    return chart.svg()


def _word(value: Any, kind: str) -> str:
    if value is None:
        return MISSING
    return str(bool(value)).lower() if kind == "boolean" else str(value)


def history_chart(
    trials: Sequence[Mapping[str, Any]], title: str, *, greater: bool
) -> tuple[str, list[tuple[str, str]]]:
    """Score by trial and the best so far; and a legend of (style, learner)."""
    scores = [each["score"] for each in trials]
    low, high = _middle(scores, greater=greater)
    best, so_far = -math.inf if greater else math.inf, []
    for score in scores:
        best = score if (score > best if greater else score < best) else best
        so_far.append(best)
    numbers = [each["trial"] for each in trials]
    chart = Chart("Score by trial", Axis("trial", 0, max(numbers)), Axis(title, low, high), width=WIDE)
    common = [name for name, _ in Counter(each["learner"] for each in trials).most_common(COLOURS)]
    style = {name: f"k{place}" for place, name in enumerate(common)}
    for kind in ("other", *style.values()):
        some = [each for each in trials if style.get(each["learner"], "other") == kind]
        chart.dots([each["trial"] for each in some], [each["score"] for each in some], kind)
    stepped = [(x, y) for k, y in enumerate(so_far) for x in (numbers[k], numbers[min(k + 1, len(numbers) - 1)])]
    chart.line([x for x, _ in stepped], [y for _, y in stepped], "best")
    legend = [(kind, name.replace("_", " ")) for name, kind in style.items()]
    if len({each["learner"] for each in trials}) > COLOURS:
        legend.append(("other", "other learners"))
    return chart.svg(), [*legend, ("best", "best so far")]


def slice_charts(slices: Mapping[str, Any], title: str, *, greater: bool) -> list[str]:
    """Score against each parameter, the one that matters most first; later trials are darker."""
    ends = _middle(slices["scores"], greater=greater)
    return [_slice(each, slices["scores"], Axis(title, *ends)) for each in slices["parameters"][:MOST_SLICES]]


def _slice(parameter: Mapping[str, Any], scores: Sequence[float], y: Axis) -> str:
    name, values = parameter["name"], parameter["values"]
    if parameter["options"]:
        words = [each for each in parameter["options"] if each in values]
        # Trials of one value stand side by side, so that they don't hide each other.
        places = [words.index(value) + 0.5 * (k / max(1, len(values) - 1) - 0.5) for k, value in enumerate(values)]
        x = Axis(name, words=words)
        return Chart(_titled(parameter), x, y).dots(places, scores, fade=True).svg()
    low, high = padded([math.log(value) for value in values] if parameter["log"] else values)
    if parameter["log"]:
        low, high = math.exp(low), math.exp(high)
    return (
        Chart(_titled(parameter), Axis(name, low, high, log=parameter["log"]), y).dots(values, scores, fade=True).svg()
    )


def _titled(parameter: Mapping[str, Any]) -> str:
    return f"{parameter['name']}: {parameter['importance']:.0%}"


def _middle(scores: Sequence[float], *, greater: bool) -> tuple[float, float]:
    """Ends that show the better half of the scores at large: a few trials that went wrong must not squeeze the others."""
    known = sorted((score for score in scores if math.isfinite(score)), reverse=greater)
    best, usual = known[0], known[len(known) // 2]
    worst = known[-1]
    limit = best - 3 * (best - usual) if best != usual else worst
    kept = max(limit, worst) if greater else min(limit, worst)
    low, high = padded([best, kept])
    return low, high
