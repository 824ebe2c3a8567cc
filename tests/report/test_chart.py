import re
from itertools import pairwise

import pytest

from holdfast.report.chart import Axis, Chart


@pytest.mark.parametrize(
    ("axis", "labels"),
    [
        (Axis("", 0, 1), ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
        (Axis("", 0, 700_000), ["0", "200k", "400k", "600k"]),
        (Axis("", 1e-4, 1e2, log=True), ["0.0001", "0.01", "1", "100"]),
        (Axis("", 3, 60, log=True), ["5", "10", "20", "50"]),
        (Axis("", words=["a", "x" * 40]), ["a", "x" * 15 + "…"]),
        (Axis("", 1, 3, only=[1, 2, 3]), ["1", "2", "3"]),
        (Axis("", 0, 3e9, dates=True), ["1970", "2001", "2033", "2065"]),
    ],
)
def test_ticks(axis, labels):
    found = axis.ticks()
    assert [label for _, label in found] == labels
    assert all(0 <= axis.place(value) <= 1 for value, _ in found)
    assert all(axis.place(a) < axis.place(b) for (a, _), (b, _) in pairwise(found))


@pytest.mark.parametrize(("low", "high"), [(0, 0), (-3.2, -3.1), (1e-9, 2e-9), (1e12, 1e12 + 5)])
def test_every_range_has_few_ticks_within(low, high):
    axis = Axis("", low, high)
    values = [value for value, _ in axis.ticks()]
    assert len({label for _, label in axis.ticks()}) == len(values)
    assert 1 <= len(values) <= 7
    assert all(low - 1e-9 <= value <= high + 1e-9 for value in values)


def test_places_are_in_the_field_and_words_from_the_data_are_text():
    chart = Chart("<b>", Axis("<i>", 0, 1), Axis("y", 0, 10)).line([0, 1], [0, 10]).dots([5], [-99]).svg()
    assert "<b>" not in chart
    assert "&lt;b&gt;" in chart
    (points,) = re.findall(r'points="([^"]+)"', chart)
    first, last = (tuple(map(float, point.split(","))) for point in points.split())
    assert first[0] < last[0]
    assert first[1] > last[1]
    circle = re.search(r'cx="([\d.]+)" cy="([\d.]+)"', chart)
    assert (float(circle[1]), float(circle[2])) == (last[0], first[1])
