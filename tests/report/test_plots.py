"""Words of the data in pictures are words."""

import numpy as np
import pytest

from holdfast.report.plots import classification_plots
from holdfast.report.story import Answers


@pytest.mark.parametrize("name", ["$25,000_to_$50,000", "$_{", "100 %", "a$b"])
def test_a_class_may_be_called_anything(name):
    y = np.arange(60) % 3
    shares = np.random.default_rng(0).dirichlet(np.ones(3), 60)
    page = classification_plots(Answers(y, shares, shares.argmax(axis=1)), [name, "b", "c"])
    assert page.count("<svg") == 3
