"""A decision tree as SVG text, its root on the left: questions read across, answers stand below each other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from typing import Any, TypeAlias

from holdfast.report.chart import short

Node: TypeAlias = Mapping[str, Any]
Say: TypeAlias = Callable[[Sequence[float]], str]

# Size in pixels, questions drawn after each other, and pixels a letter takes.
WIDTH, ROW, MOST_DEPTH, LETTER = 960, 44, 4, 6.4

TITLE = 'class="title" '


@dataclass(frozen=True)
class _Placed:
    """A node and where it stands."""

    node: Node
    depth: int
    row: float
    children: tuple["_Placed", ...] = ()

    @property
    def all(self) -> "Iterator[_Placed]":
        yield self
        for child in self.children:
            yield from child.all


def tree_svg(root: Node, say: Say, level: Callable[[Sequence[float]], float]) -> str:
    """Draw a node of result.json's tree; say: an answer in words; level: what its shade stands for."""
    rows = iter(range(2**MOST_DEPTH))
    placed = _place(root, 0, rows)
    nodes = list(placed.all)
    levels = [level(each.node["value"]) for each in nodes]
    low, width = min(levels), (max(levels) - min(levels)) or 1.0
    step = WIDTH / (max(each.depth for each in nodes) + 1)
    n_rows = sum(not each.children for each in nodes)
    edges = "".join(_edges(each, step) for each in nodes)
    drawn = "".join(_node(each, step, say, (levels[k] - low) / width) for k, each in enumerate(nodes))
    height = ROW * n_rows + 8
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" '
        f'aria-label="decision tree">{edges}{drawn}</svg>'
    )


def _place(node: Node, depth: int, rows: Iterator[int]) -> _Placed:
    if node["yes"] is None or depth == MOST_DEPTH:
        return _Placed(node, depth, float(next(rows)))
    children = tuple(_place(node[side], depth + 1, rows) for side in ("yes", "no"))
    return _Placed(node, depth, sum(child.row for child in children) / 2, children)


def _at(placed: _Placed, step: float) -> tuple[float, float]:
    return round(placed.depth * step + 10, 1), round(ROW * (placed.row + 0.5) + 4, 1)


def _edges(placed: _Placed, step: float) -> str:
    """A curve to each answer, with its word at the end."""
    x, y = _at(placed, step)
    drawn = ""
    for child, word in zip(placed.children, ("yes", "no"), strict=False):
        to_x, to_y = _at(child, step)
        drawn += f'<path class="edge" d="M{x} {y}C{x} {to_y} {x} {to_y} {to_x - 8} {to_y}"/>'
        drawn += f'<text x="{to_x - 12}" y="{to_y - 4}" text-anchor="end">{word}</text>'
    return drawn


def _node(placed: _Placed, step: float, say: Say, shade: float) -> str:
    node, (x, y) = placed.node, _at(placed, step)
    letters = int((step - 46) / LETTER) if placed.children else int((step - 22) / LETTER)
    share = "" if node["rows"] is None else f" · {node['rows']:.0%} of rows"
    more = ", more below" if node["yes"] is not None and not placed.children else ""
    answer = say(node["value"])
    asked = f"{node['question']}?" if placed.children else ""
    # A question has the room of the branches below it: two lines, and one for the answer.
    bold = wrap(asked or answer, letters, max_lines=2 if asked else 1, placeholder="…")
    plain = f"{answer}{share}" if asked else f"{share[3:]}{more}"
    lines = [*((TITLE, text) for text in bold), *([("", short(plain, letters))] if plain else [])]
    top = y + 11 - 7 * len(lines)
    words = "".join(
        f'<text {kind}x="{x + 12}" y="{top + 14 * k:g}">{escape(text)}</text>' for k, (kind, text) in enumerate(lines)
    )
    whole = escape(f"{asked} {answer}{share}{more}".strip())
    return (
        f'<g><title>{whole}</title><circle class="node" cx="{x}" cy="{y}" r="7"/>'
        f'<circle class="main" cx="{x}" cy="{y}" r="7" opacity="{0.08 + 0.9 * shade:.2f}"/>{words}</g>'
    )
