"""What networks have in common."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes

from holdfast.learners.catalogue import find


@pytest.mark.parametrize("family", ["classification", "regression"])
@pytest.mark.parametrize("name", ["mlp", "realmlp"])
def test_rows_that_weigh_nothing_are_as_good_as_absent(name, family):
    X, y = load_breast_cancer(return_X_y=True) if family == "classification" else load_diabetes(return_X_y=True)
    X = ((X - X.mean(axis=0)) / X.std(axis=0)).astype(np.float32)
    y = y if family == "classification" else (y - y.mean()) / y.std()
    weights = np.where(np.arange(len(y)) % 300 < 290, 0.0, 1.0)  # whole batches would weigh nothing
    learner, counted = find(name, family), weights > 0
    if learner.library is not None:
        pytest.importorskip(learner.library)
    model, other = (learner.make(seed=0, n_jobs=1, **learner.defaults) for _ in range(2))
    model.fit(X, y, sample_weight=weights)
    other.fit(X[counted], y[counted], sample_weight=weights[counted])
    assert np.array_equal(model.predict(X), other.predict(X))
    assert np.isfinite(model.predict(X)).all()
