import re

from holdfast.report.tree import tree_svg

EVIL = "<script>"


def node(depth, question="size ≤ 3"):
    sides = (node(depth - 1), node(depth - 1)) if depth else (None, None)
    return {
        "value": [float(depth)],
        "leaves": 2**depth,
        "rows": 0.5,
        "question": question if depth else "",
        "yes": sides[0],
        "no": sides[1],
    }


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


def test_what_is_not_drawn_is_said():
    root = node(1)
    root["yes"] = {**root["yes"], "leaves": 7}
    svg = draw(root)
    assert svg.count("7 leaves below") == 2  # in the picture and in its title
    assert "below" not in draw(node(1))


def test_long_questions_take_two_lines_and_are_whole_in_the_title():
    question = "neighbourhood is one of " + ", ".join(f"quarter{k}" for k in range(30))
    svg = draw(node(1, question))
    shown = re.findall(r'class="title" x="22.0" y="([\d.]+)">([^<]*)<', svg)
    assert len(shown) == 2
    assert shown[1][1].endswith("…")
    assert f"<title>{question}?" in svg


def test_a_tree_of_one_leaf():
    assert draw(node(0)).count('class="node"') == 1
