"""Curves and clouds of the report, as SVG text."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from holdfast.arrays import Flags, Floats
from holdfast.report.chart import compact
from holdfast.report.story import Answers

INK, ACCENT, FAINT = "#3b4252", "#0072b2", "#b8bfca"

# More points than this make the page heavy and the picture no clearer.
MOST_POINTS = 1_500
MOST_CURVES = 6


def classification_plots(answers: Answers, classes: list[Any]) -> str:
    """ROC, precision-recall and calibration side by side; beyond two classes, one curve a class."""
    common = np.argsort(-np.bincount(answers.y, minlength=len(classes)))[:MOST_CURVES]
    which = [1] if len(classes) == 2 else [int(k) for k in common]
    figures = [_figure() for _ in range(3)]
    roc, pr, calibration = (axes for _, axes in figures)
    for place, k in enumerate(which):
        positive, share = answers.y == k, answers.predicted[:, k]
        if not 0 < positive.sum() < len(positive):
            continue
        label = _plain(str(classes[k])[:20]) if len(which) > 1 else None
        colour = f"C{place}" if len(which) > 1 else ACCENT
        false, true, precision = _curve(positive, share)
        roc.plot(false, true, color=colour, label=label)
        pr.step(true, precision, where="post", color=colour)
        said, seen = _reliability(positive, share)
        calibration.plot(said, seen, "o-", markersize=3, color=colour)
    roc.plot([0, 1], [0, 1], "--", color=FAINT, linewidth=1)
    calibration.plot([0, 1], [0, 1], "--", color=FAINT, linewidth=1)
    _label(roc, "ROC curve", "false alarms (share of negatives)", "found (share of positives)")
    _label(pr, "Precision and recall", "recall: share of positives found", "precision: share of alarms that are right")
    _label(calibration, "Calibration", "probability the model gave", "share that came true")
    if len(which) > 1:
        roc.legend(fontsize=7, frameon=False, loc="lower right")
    return "".join(_svg(figure) for figure, _ in figures)


def regression_plots(answers: Answers) -> str:
    """Predicted against actual, and residuals against predicted."""
    rows = np.linspace(0, len(answers.y) - 1, min(len(answers.y), MOST_POINTS)).astype(int)
    y, predicted = answers.y[rows], answers.predicted[rows]
    figures = [_figure() for _ in range(3)]
    against, residual, spread = (axes for _, axes in figures)
    ends = [min(y.min(), predicted.min()), max(y.max(), predicted.max())]
    against.plot(ends, ends, "--", color=FAINT, linewidth=1)
    residual.axhline(0, color=FAINT, linewidth=1, linestyle="--")
    for axes, values in ((against, y), (residual, y - predicted)):
        axes.scatter(predicted, values, s=6, color=ACCENT, alpha=0.35, linewidths=0, rasterized=True)
    spread.hist(answers.y - answers.predicted, bins=40, color=ACCENT, alpha=0.8)
    _label(against, "Actual against predicted", "predicted", "actual")
    _label(residual, "Residuals", "predicted", "actual - predicted")
    _label(spread, "How far off", "actual - predicted", "rows")
    return "".join(_svg(figure) for figure, _ in figures)


def learning_plot(points: Sequence[tuple[int, float, float]], title: str) -> str:
    """The score by rows fitted: on those rows, and on rows not seen."""
    figure, axes = _figure()
    rows = [point[0] for point in points]
    axes.plot(rows, [point[1] for point in points], "o-", markersize=3, color=FAINT, label="rows it was fitted on")
    axes.plot(rows, [point[2] for point in points], "o-", markersize=3, color=ACCENT, label="rows it had not seen")
    axes.set_xscale("log", base=2)
    axes.set_xticks(rows, [f"{each:,}" for each in rows])
    axes.minorticks_off()
    axes.legend(fontsize=7, frameon=False)
    _label(axes, "Learning curve", "rows fitted", title)
    return _svg(figure)


def threshold_plot(points: Sequence[Mapping[str, float]], cut: float) -> str:
    """Precision, recall and F1 by the threshold of the positive class; the one in use is marked."""
    figure, axes = _figure()
    at = [point["threshold"] for point in points]
    for name, colour in (("precision", "#d55e00"), ("recall", ACCENT), ("f1", INK)):
        label = "F1" if name == "f1" else name
        axes.plot(at, [point[name] for point in points], color=colour, label=label)
    axes.axvline(cut, color=FAINT, linestyle="--", linewidth=1)
    axes.annotate(f"{cut:.3g}", (cut, 0.01), fontsize=7, color=INK, xytext=(3, 0), textcoords="offset points")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.legend(fontsize=7, frameon=False, loc="lower left")
    _label(axes, "By threshold, out of fold", "threshold of the positive class", "score")
    return _svg(figure)


def validation_plot(curve: Mapping[str, Any], title: str) -> str:
    """The score by one parameter's value, on rows fitted and on rows not seen; what was chosen is marked."""
    figure, axes = _figure()
    points, at = curve["points"], [point["value"] for point in curve["points"]]
    chosen = curve["chosen"] if curve["ordered"] else at.index(curve["chosen"])
    places = at if curve["ordered"] else list(range(len(at)))
    style = "o-" if curve["ordered"] else "o"
    unseen, spread = (np.array([point[key] for point in points]) for key in ("unseen", "spread"))
    fitted = [point["fitted"] for point in points]
    axes.axvline(chosen, color=FAINT, linewidth=1, linestyle="--")
    axes.plot(places, fitted, style, markersize=3, color=FAINT, label="rows it was fitted on")
    axes.plot(places, unseen, style, markersize=3, color=ACCENT, label="rows it had not seen")
    axes.fill_between(places, unseen - spread, unseen + spread, color=ACCENT, alpha=0.12, linewidth=0)
    if curve["log"]:
        axes.set_xscale("log")
    if not curve["ordered"]:
        axes.set_xticks(places, [_plain(str(value)) for value in at])
    axes.legend(fontsize=7, frameon=False)
    _label(axes, "Validation curve", f"{curve['param']} of {curve['learner'].replace('_', ' ')}", title)
    return _svg(figure)


def _curve(positive: Flags, share: Floats) -> tuple[Floats, Floats, Floats]:
    """False-positive rate, recall and precision at every cut, thinned to a bounded number of points."""
    order = np.argsort(-share, kind="stable")
    hits = np.cumsum(positive[order])
    last = np.append(np.flatnonzero(np.diff(share[order])), len(order) - 1)
    keep = last[np.unique(np.linspace(0, len(last) - 1, 300).astype(int))]
    true, false = hits[keep], keep + 1 - hits[keep]
    n_positive = positive.sum()
    return (
        np.r_[0, false / (len(positive) - n_positive)],
        np.r_[0, true / n_positive],
        np.r_[1, true / (keep + 1)],
    )


def _reliability(positive: Flags, share: Floats) -> tuple[Floats, Floats]:
    """Mean probability and observed share in tenths of the rows."""
    parts = np.array_split(np.argsort(share, kind="stable"), min(10, max(2, len(share) // 20)))
    return np.array([share[part].mean() for part in parts]), np.array([positive[part].mean() for part in parts])


def _figure() -> tuple[Any, Any]:
    """One picture with its axes, of a size at which letters can be read on a telephone."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(3.2, 2.9), layout="constrained")
    figure.patch.set_alpha(0)
    axes = figure.subplots()
    axes.patch.set_alpha(0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)
    axes.tick_params(colors=INK, labelsize=7, length=2)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        axis.set_major_formatter(lambda value, _: compact(value))
    return figure, axes


def _label(axes: Any, title: str, x: str, y: str) -> None:
    axes.set_title(_plain(title), fontsize=9, color=INK, loc="left", fontweight="bold")
    axes.set_xlabel(_plain(x), fontsize=8, color=INK)
    axes.set_ylabel(_plain(y), fontsize=8, color=INK)


def _plain(words: str) -> str:
    """Words as they are: between two dollars matplotlib would read a formula."""
    return words.replace("$", r"\$")


def _svg(figure: Any) -> str:
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "holdfast", "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, dpi=120)
    text = buffer.getvalue()
    return text[text.index("<svg") :]
