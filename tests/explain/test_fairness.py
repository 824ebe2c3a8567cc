"""Rates by group against hand counts, differences against chance, thresholds against their promise."""

import numpy as np
import pytest

from holdfast.explain.fairness import decide, fairness, groups_of, thresholds
from holdfast.metrics.classification import ROC_AUC
from holdfast.metrics.regression import RMSE

N = 4000


def people(seed: int, unfair: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Groups, outcomes, and probabilities that are too low by `unfair` (in log odds) for one group."""
    rng = np.random.default_rng(seed)
    group = rng.choice(["a", "b"], N)
    odds = rng.normal(size=N) * 1.5
    y = (rng.random(N) < 1 / (1 + np.exp(-odds))).astype(np.int64)
    share = 1 / (1 + np.exp(-(odds - unfair * (group == "b"))))
    return group.astype(object), y, np.column_stack([1 - share, share])


def test_rates_are_counts_with_wilson_intervals():
    group, y, p = people(0, 1.0)
    found = fairness("g", group, ROC_AUC, y, p)
    b = next(each for each in found.groups if each.name == "b")
    rows = (group == "b") & (y == 1)
    called = (p[rows, 1] >= 0.5).sum()
    rate = b.rates["true positive rate"]
    assert rate.value == pytest.approx(called / rows.sum())
    n, share, z = rows.sum(), called / rows.sum(), 1.959964
    middle, half = share + z**2 / (2 * n), z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    assert (rate.low, rate.high) == pytest.approx(((middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)))
    assert b.rates["selection rate"].value == pytest.approx(np.mean(p[group == "b", 1] >= 0.5))


def test_unequal_treatment_is_seen_and_equal_treatment_is_not():
    unfair = fairness("g", *reorder(people(1, 1.5)))
    gap = unfair.differences["demographic parity difference"]
    assert gap.low > 0.1
    assert any("fails" in sentence for sentence in unfair.sentences)
    alarms = [fairness("g", *reorder(people(seed, 0.0))).sentences[-1] for seed in range(10)]
    assert sum("Beyond chance" in said for said in alarms) <= 1


def reorder(drawn):
    group, y, p = drawn
    return group, ROC_AUC, y, p


def test_groups_too_small_are_said_to_be():
    group, y, p = people(2, 0.0)
    group[:12] = "c"
    found = fairness("g", group, ROC_AUC, y, p)
    assert "too few" in next(each for each in found.groups if each.name == "c").too_small
    assert any("12 rows" in sentence for sentence in found.sentences)


@pytest.mark.parametrize("constraint", ["demographic_parity", "equal_opportunity", "equalised_odds"])
def test_thresholds_keep_what_they_promise_on_new_rows(constraint):
    group, y, p = people(3, 1.5)
    half = np.arange(N) < N // 2
    cuts = thresholds(constraint, group[half], y[half], p[half, 1])
    called = decide(group[~half], p[~half, 1], cuts)
    of = np.ones((~half).sum(), dtype=bool) if constraint == "demographic_parity" else y[~half] == 1
    rates = [called[of & (group[~half] == name)].mean() for name in ("a", "b")]
    plain = [(p[~half, 1] >= 0.5)[of & (group[~half] == name)].mean() for name in ("a", "b")]
    assert np.ptp(rates) < 0.08 < np.ptp(plain)
    assert np.mean(called == (y[~half] == 1)) > np.mean((p[~half, 1] >= 0.5) == (y[~half] == 1)) - 0.05


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e5])
def test_numbers_of_any_size_are_grouped_by_even_counts(scale):
    values = scale * np.random.default_rng(0).uniform(size=4_000)
    _, counts = np.unique(groups_of(values), return_counts=True)
    assert len(counts) == 4
    assert counts.min() > 900


def test_numbers_have_errors_by_group():
    rng = np.random.default_rng(4)
    age = rng.uniform(18, 80, N)
    y = rng.normal(size=N)
    found = fairness("age", groups_of(age), RMSE, y, y + np.where(age > 65, 1.0, 0.0) + rng.normal(size=N) * 0.1)
    assert found.groups[0].name.startswith("up to")
    assert found.groups[-1].name.startswith("over")
    assert found.differences["difference of predicted minus observed"].low > 0.5
