"""What a model's folder says of how it was made."""

import pytest

from holdfast.learners.catalogue import catalogue
from holdfast.study.ship import LIBRARIES, versions_of

OWN = [each for each in catalogue() if each.library is not None]


def test_every_model_names_the_libraries_that_all_are_made_with():
    assert set(versions_of(["ridge", "lightgbm"], "regression")) == set(LIBRARIES)


@pytest.mark.parametrize("learner", OWN, ids=lambda each: f"{each.name}-{each.task}")
def test_the_library_of_a_learner_is_named_by_what_it_is_installed_as(learner):
    if not learner.installed:
        pytest.skip(f"{learner.library} is not installed")
    [own] = set(versions_of([learner.name], learner.task)) - set(LIBRARIES)
    assert own.startswith(learner.library)
