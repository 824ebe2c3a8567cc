"""The report: one HTML page that opens anywhere, offline."""

import math
from collections.abc import Sequence
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.files import write_text
from holdfast.report.decision import decision_section
from holdfast.report.glossary import TERMS, anchor, linked
from holdfast.report.numbers import number, percent, seconds, size, span
from holdfast.report.pictures import effect_charts, history_chart, slice_charts
from holdfast.report.plots import classification_plots, learning_plot, regression_plots, validation_plot
from holdfast.report.story import Story
from holdfast.report.tree import tree_svg

# What a page can hold and a reader take in; what is left out is said.
MOST_COLUMNS, MOST_FINDINGS, MOST_IMPORTANCES, MOST_CLASSES = 200, 60, 20, 15

# A history of fewer trials tells nothing.
FEWEST_TRIALS = 10

# Where the words stand; which are needed is known when the page is written.
WORDS_HERE = "<!-- words -->"
WORDS = (
    "{% for term, place, sentence in words %}<dt id='{{ place }}'>{{ term }}</dt><dd>{{ sentence }}</dd>{% endfor %}"
)


def render(story: Story) -> str:
    """Render a story as one self-contained page; the same story gives the same bytes."""
    from jinja2 import Environment
    from markupsafe import Markup

    room = files("holdfast.report")
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"number": number, "percent": percent, "seconds": seconds, "bytes": size}
    environment.globals |= {"span": span}
    page = environment.from_string(room.joinpath("page.html").read_text(encoding="utf-8"))
    if story.classes is None:
        plots, confusion = regression_plots(story.sealed), None
    else:
        plots, confusion = classification_plots(story.sealed, list(story.classes)), _confusion(story)
    title = story.metrics[story.result["metric"]][0]
    html = page.render(
        story=story,
        result=story.result,
        style=Markup(room.joinpath("style.css").read_text(encoding="utf-8")),
        plots=Markup(plots),
        values=Markup(validation_plot(story.result["validation_curve"], title)) if story.values_words else "",
        curve=Markup(learning_plot(story.curve, title)) if story.curve else "",
        inside=_inside(story),
        confusion=confusion,
        decision=Markup(decision_section(environment, story)) if story.classes is not None else "",
        board=_board(story),
        limits={
            "columns": MOST_COLUMNS,
            "findings": MOST_FINDINGS,
            "importances": MOST_IMPORTANCES,
            "classes": MOST_CLASSES,
        },
        top_importance=max((each.value for each in story.importance), default=0.0),
    )
    metrics = {story.metrics[name][0]: f"metric-{name}" for name in _metrics(story)}
    html, used = linked(html, metrics)
    words = environment.from_string(WORDS).render(words=[(term, anchor(term), TERMS[term]) for term in used])
    return html.replace(WORDS_HERE, words)


def write(story: Story, path: Path) -> None:
    """Write the page so that it is whole or absent."""
    write_text(path, render(story))


def _metrics(story: Story) -> list[str]:
    """Metrics of the table of scores, by name."""
    return [story.result["verdict"]["metric"], *story.result["verdict"]["others"]]


def _inside(story: Story) -> dict[str, Any]:
    """Pictures of the model and of the search; what was not found out has none."""
    from markupsafe import Markup

    result, (title, _, greater) = story.result, story.metrics[story.result["metric"]]
    found: dict[str, Any] = {}
    if result["dependence"]["columns"]:
        found["effects"] = [Markup(each) for each in effect_charts(result["dependence"])]
        found["outputs"] = result["dependence"]["outputs"]
    if result["tree"]:
        found["tree"] = Markup(tree_svg(result["tree"]["root"], partial(_say, story.classes), _level))
    trials, slices = result["search"]["trials"], result["search"]["slices"]
    if len(trials) >= FEWEST_TRIALS:
        chart, found["legend"] = history_chart(trials, title, greater=greater)
        found["history"] = Markup(chart)
    if slices:
        found["slices"] = [Markup(each) for each in slice_charts(slices, title, greater=greater)]
    return found


def _say(classes: Sequence[Any] | None, value: Sequence[float]) -> str:
    """A tree's answer: a number, the share of the second of two classes, or the likeliest class and its share."""
    if classes is None:
        return number(value[0])
    k = 1 if len(classes) == 2 else int(np.argmax(value))
    return f"{classes[k]}: {percent(value[k])}"


def _level(value: Sequence[float]) -> float:
    return value[0] if len(value) == 1 else value[1] if len(value) == 2 else max(value)


def _board(story: Story) -> list[dict[str, Any]]:
    """Leaderboard rows with places, in percent of the axis, for the dot and its whisker."""
    rows = [dict(row) for row in story.result["leaderboard"]]
    ends = [row[key] for row in rows for key in ("low", "high", "score") if math.isfinite(row[key])]
    greater = story.metrics[story.result["metric"]][2]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    base = next((row["score"] for row in rows if row["baseline"]), low)
    # A model that is far worse than the baseline must not squeeze the others together.
    if greater:
        low = max(low, base - 0.3 * (high - base) - 1e-9)
    else:
        high = min(high, base + 0.3 * (base - low) + 1e-9)
    width = (high - low) or 1.0

    def place(value: float) -> float:
        return round(100 * min(1.0, max(0.0, (value - low) / width)), 2) if math.isfinite(value) else 0.0

    for row in rows:
        row["left"], row["right"], row["dot"] = place(row["low"]), place(row["high"]), place(row["score"])
        row["base"] = place(base)
    return rows


def _confusion(story: Story) -> dict[str, Any]:
    """Counts of class by answer, the commonest classes only, with shares of each row for the shading."""
    assert story.classes is not None
    assert story.sealed.labels is not None
    y, called = story.sealed.y, story.sealed.labels
    counts = np.bincount(y, minlength=len(story.classes))
    shown = np.sort(np.argsort(-counts, kind="stable")[:MOST_CLASSES])
    table = np.zeros((len(story.classes),) * 2, dtype=int)
    np.add.at(table, (y, called), 1)
    table = table[np.ix_(shown, shown)]
    shares = table / np.maximum(1, counts[shown])[:, None]
    cells = [
        [(int(n), round(float(s), 3)) for n, s in zip(ns, ss, strict=True)]
        for ns, ss in zip(table, shares, strict=True)
    ]
    return {"classes": [str(story.classes[k]) for k in shown], "rows": cells, "cut": len(story.classes) > len(shown)}
