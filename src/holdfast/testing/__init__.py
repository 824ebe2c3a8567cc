"""The common checks that every learner must pass; for plug-in authors too.

import pytest
from holdfast.testing import CHECKS, waived

@pytest.mark.parametrize("check", CHECKS)
def test_my_learner(check):
    check(my_learner)
"""

from holdfast.testing.checks import CHECKS, waived

__all__ = ["CHECKS", "waived"]
