import pytest

from holdfast.report.numbers import number, span


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.8425123, "0.8425"), (12345.6, "12,346"), (7, "7"), (None, "–"), (float("nan"), "–"), (1e-7, "1e-07")],
)
def test_numbers(value, shown):
    assert number(value) == shown


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [(0.8, 0.9, "0.80 – 0.90"), (0.5, 0.5, "0.5000 – 0.5000"), (1000, 1900, "1,000 – 1,900"), (None, 1, "–")],
)
def test_intervals(low, high, shown):
    assert span(low, high) == shown
