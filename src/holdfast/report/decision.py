"""The report's part on answers: how they are decided, what they cost, and how each class fares."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from holdfast.report.plots import threshold_plot
from holdfast.report.story import Story

# Classes with a row of their own, and with a row and a column in the table of costs.
MOST_ROWS, MOST_COSTS = 40, 15


def decision_section(environment: Any, story: Story) -> str:
    """Render the part for a task with classes, as HTML; environment: the page's, of Jinja."""
    from markupsafe import Markup

    result = story.result
    decision, classes = result["decision"], result["verdict"]["classes"]
    shown = sorted(range(len(classes)), key=lambda k: -classes[k]["support"])[:MOST_ROWS]
    template = environment.from_string(files("holdfast.report").joinpath("decision.html").read_text(encoding="utf-8"))
    cut = decision["threshold"] or 0.5
    page: str = template.render(
        result=result,
        title=story.metrics[result["metric"]][0],
        costs=_costs(decision, [each["class"] for each in classes]),
        plot=Markup(threshold_plot(decision["curve"], cut)) if decision["curve"] else "",
        classes=[classes[k] for k in sorted(shown)],
        cut=len(classes) - len(shown),
    )
    return page


def _costs(decision: Mapping[str, Any], classes: Sequence[Any]) -> dict[str, Any] | None:
    if decision["rule"] != "costs":
        return None
    rows = [row[:MOST_COSTS] for row in decision["costs"][:MOST_COSTS]]
    return {"names": [str(each) for each in classes[:MOST_COSTS]], "rows": rows, "cut": len(classes) > MOST_COSTS}
