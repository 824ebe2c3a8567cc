"""The common checks, over every learner there is."""

import pytest

from holdfast.learners.catalogue import catalogue
from holdfast.testing import CHECKS, waived

PAIRS = [
    pytest.param(
        learner,
        check,
        id=f"{learner.name}-{learner.task}:{check.__name__}",
        marks=[
            *([pytest.mark.xfail(strict=True, reason=reason)] if (reason := waived(learner, check)) else []),
            *([] if learner.installed else [pytest.mark.skip(reason=f"{learner.library} is not installed")]),
        ],
    )
    for learner in catalogue()
    for check in CHECKS
]


@pytest.mark.parametrize(("learner", "check"), PAIRS)
def test_learner(learner, check):
    check(learner)


def test_waivers_name_real_checks():
    names = {check.__name__ for check in CHECKS}
    for learner in catalogue():
        assert set(learner.waives) <= names
