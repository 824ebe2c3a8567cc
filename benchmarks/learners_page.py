"""docs/learners.md: the catalogue, and what `learners.py` measured."""

import statistics
from collections.abc import Mapping, Sequence

from holdfast.learners.learner import Learner

HEAD = """# Every learner

`holdfast learners` lists them; `--learners NAME` asks for one. A star marks those tried only when asked for by name. Names from
elsewhere lead there: `--learners cart` answers "Did you mean 'decision_tree'?"
"""

HOW = """
## Measured

`OMP_NUM_THREADS=1 python benchmarks/learners.py` ({minutes:.0f} minutes on two shared cores): every learner at its defaults,
untuned and uncalibrated, fitted on up to 4,000 rows of each set and judged on up to 2,000 others: ROC AUC of two classes,
accuracy of more, R² of values. So a score says what a learner is worth out of the box on little data, not what a study reaches
with it. Times are processor times of one thread, and with rows/s (encoding included) and sizes medians over the sets.

`differs` is the largest difference between compiled and fitted answers, of probabilities or in units of the target's spread, on
those rows and on the same rows with a tenth of the cells emptied, infinite and huge numbers, and values that training never saw.
The labels were the same {labels}.
"""


def page(learners: Sequence[Learner], names: Mapping[str, list[str]], measured: Mapping, minutes: float) -> str:
    """The whole page, as Markdown."""
    differing = sum(found.get("labels", 0) for found in measured.values())
    labels = "everywhere" if not differing else f"but for {differing:,} rows"
    lines = [HEAD, *declared(learners), HOW.format(minutes=minutes, labels=labels), *scores(learners, names, measured)]
    return "\n".join(lines) + "\n"


def declared(learners: Sequence[Learner]) -> list[str]:
    """A table of what each learner is for, by task."""
    lines = []
    for family in ("classification", "regression"):
        lines += [
            f"## For {family}",
            "",
            "| learner | also called | when to use it | tuned | reference |",
            "|---|---|---|---|---|",
        ]
        for each in learners:
            if each.task == family:
                star = "*" if each.opt_in else ""
                cells = (
                    f"`{each.name}`{star}",
                    ", ".join(each.also),
                    each.summary,
                    ", ".join(each.space),
                    each.reference,
                )
                lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return lines


def scores(learners: Sequence[Learner], names: Mapping[str, list[str]], measured: Mapping) -> list[str]:
    """For each task a table of scores and one of costs, and what was not measured, with the reason."""
    lines = []
    for family, among in names.items():
        rows = [each for each in learners if each.task == family]
        if not rows:
            continue
        found = {each.name: [measured[family, each.name, name] for name in among] for each in rows}
        rows = sorted(rows, key=lambda each: -_mean(found[each.name], "score"))
        lines += [
            f"### {family.title()}: scores",
            "",
            f"| learner | {' | '.join(among)} | mean |",
            f"|---|{'--:|' * (len(among) + 1)}",
        ]
        for each in rows:
            cells = [f"{one['score']:.3f}" if "score" in one else "–" for one in found[each.name]]
            lines.append(f"| {each.name} | {' | '.join(cells)} | {_mean(found[each.name], 'score'):.3f} |")
        head = "| learner | fit s | rows/s fitted | rows/s compiled | KiB | differs |"
        lines += ["", f"### {family.title()}: costs", "", head, "|---|--:|--:|--:|--:|--:|"]
        for each in rows:
            one = [these for these in found[each.name] if "score" in these]
            if one:
                fit, slow, fast, size = (
                    statistics.median(these[key] for these in one) for key in ("fit", "rows", "compiled rows", "bytes")
                )
                worst = max(these["difference"] for these in one)
                lines.append(
                    f"| {each.name} | {fit:.2f} | {slow:,.0f} | {fast:,.0f} | {size / 1024:,.0f} | {worst:.1g} |"
                )
        lines.append("")
        failed = [
            f"{each.name} on {name} ({one['error']})"
            for each in rows
            for name, one in zip(among, found[each.name], strict=True)
            if "error" in one
        ]
        if failed:
            lines += [f"Not measured: {', '.join(failed)}.", ""]
    return lines


def _mean(found: Sequence[Mapping], key: str) -> float:
    known = [each[key] for each in found if key in each]
    return statistics.mean(known) if known else float("nan")
