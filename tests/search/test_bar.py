"""A trial is stopped when it is clearly worse, and only then."""

import numpy as np
import pytest

from holdfast.search.bar import BEHIND, Bar

BEST, BASE = [0.9, 0.8, 0.85, 0.9, 0.8], [0.5] * 5
BAR = Bar.over(best=BEST, baseline=BASE)


@pytest.mark.parametrize(
    ("gains", "stopped"),
    [
        ([0.6], False),  # one fold proves nothing
        ([0.6, 0.5], True),
        ([0.6, 0.81], False),  # ahead on one fold
        ([0.88, 0.78], False),  # behind, but not far
        ([0.88, 0.78, 0.4], True),
        ([-np.inf, -np.inf], True),
    ],
)
def test_behind_on_every_fold_and_far_behind_on_average(gains, stopped):
    assert BAR.clearly_above(gains) == stopped


def test_far_is_a_share_of_the_lead_over_the_baseline():
    lead = np.mean(BEST) - 0.5
    near, far = (1 - 0.01) * BEHIND * lead, (1 + 0.01) * BEHIND * lead
    assert not BAR.clearly_above([BEST[0] - near, BEST[1] - near])
    assert BAR.clearly_above([BEST[0] - far, BEST[1] - far])


def test_what_it_would_have_come_to():
    assert BAR.expected([0.8, 0.7]) == pytest.approx(np.mean(BEST) - 0.1)


def test_without_a_lead_or_with_a_fold_that_cannot_be_scored_nothing_is_stopped():
    assert Bar.over(best=BASE, baseline=BASE) is None
    assert Bar.over(best=[0.4] * 5, baseline=BASE) is None
    assert Bar.over(best=[-np.inf, 0.9], baseline=[-np.inf, 0.5]) is None
