"""Waves of columns: folded into plain matrices they are what torch makes of them, and they are worth having."""

import numpy as np
import pytest

from holdfast.learners.catalogue import find
from holdfast.learners.realmlp import RealMLP
from holdfast.learners.waves import Waves, bending

torch = pytest.importorskip("torch")


def test_folded_waves_are_torchs():
    waves = Waves(np.array([2, 0]), torch.Generator().manual_seed(0))
    values = np.random.default_rng(0).normal(size=(7, 4))
    cosines, mix, shift = waves.folded(np.eye(waves.n_outputs), np.ones(4))
    ours = np.cos(values[:, cosines.columns] * cosines.frequencies + cosines.phases) @ mix + shift
    theirs = waves.of(torch.from_numpy(values.astype(np.float32))).numpy()
    assert ours.shape == (7, waves.n_outputs)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_a_column_of_two_values_has_none():
    values = np.array([[0.0, 5.0, 1.0], [1.0, 5.0, 2.0], [0.0, 5.0, 3.0]])
    assert bending(values).tolist() == [2]


def test_a_network_with_waves_follows_what_swings_often():
    rng = np.random.default_rng(0)
    X = rng.uniform(-3, 3, size=(400, 3)).astype(np.float32)
    y = np.sin(2.0 * X[:, :2]).sum(axis=1).astype(np.float64)
    defaults = find("realmlp", "regression").defaults

    def error(*, waves):
        fitted = RealMLP(classifier=False, seed=0, n_jobs=1, n_rounds=4, **{**defaults, "waves": waves})
        return np.mean((fitted.fit(X[:200], y[:200]).predict(X[200:]) - y[200:]) ** 2)

    assert error(waves=True) < 0.2 * error(waves=False)
