import re

from holdfast.report.tree import MOST_DEPTH, tree_svg

EVIL = "<script>"


def node(depth, question="size ≤ 3"):
    sides = (node(depth - 1), node(depth - 1)) if depth else (None, None)
    return {
        "value": [float(depth)], "rows": 0.5, "question": question if depth else "", "yes": sides[0], "no": sides[1],
    }  # fmt: skip


def draw(root):
    return tree_svg(root, lambda value: f"{value[0]:g} {EVIL}", lambda value: value[0])


def test_every_node_is_drawn_once_and_within_the_picture():
    svg = draw(node(3))
    circles = re.findall(r'class="node" cx="([\d.]+)" cy="([\d.]+)"', svg)
    assert len(circles) == len(set(circles)) == 15
    width, height = map(float, re.search(r'viewBox="0 0 (\d+) (\d+)"', svg).groups())
    assert all(0 < float(x) < width and 0 < float(y) < height for x, y in circles)
    assert svg.count(">yes<") == svg.count(">no<") == 7
    assert EVIL not in svg


def test_a_deep_tree_is_cut_and_says_so():
    svg = draw(node(MOST_DEPTH + 2))
    assert svg.count('class="node"') == 2 ** (MOST_DEPTH + 1) - 1
    assert "more below" in svg
    assert "more below" not in draw(node(MOST_DEPTH))


def test_long_questions_take_two_lines_and_are_whole_in_the_title():
    question = "neighbourhood is one of " + ", ".join(f"quarter{k}" for k in range(30))
    svg = draw(node(1, question))
    shown = re.findall(r'class="title" x="22.0" y="([\d.]+)">([^<]*)<', svg)
    assert len(shown) == 2
    assert shown[1][1].endswith("…")
    assert f"<title>{question}?" in svg


def test_a_tree_of_one_leaf():
    assert draw(node(0)).count('class="node"') == 1
