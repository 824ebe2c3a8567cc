from dataclasses import replace

import pytest
from sklearn.linear_model import Ridge

from holdfast.learners.catalogue import find
from holdfast.testing.checks import check_weights_are_heeded


class Deaf(Ridge):
    """Takes weights and looks away."""

    def fit(self, X, y, sample_weight=None):
        return super().fit(X, y)


def test_a_learner_that_drops_weights_is_found_out_unless_it_says_so():
    deaf = replace(find("ridge", "regression"), make=lambda **_: Deaf(), space={})
    with pytest.raises(AssertionError, match="with the weight on the truth"):
        check_weights_are_heeded(deaf)
    check_weights_are_heeded(replace(deaf, weighted=False))
