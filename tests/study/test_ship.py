import pytest

from holdfast.study.ship import LIBRARIES, versions_of


def test_the_libraries_of_the_learners_are_among_those_a_model_is_made_with():
    catboost = pytest.importorskip("catboost")
    assert set(versions_of(["ridge", "lightgbm"], "regression")) == set(LIBRARIES)
    assert versions_of(["ridge", "catboost"], "regression")["catboost"] == catboost.__version__
