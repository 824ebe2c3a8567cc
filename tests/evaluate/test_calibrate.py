"""Calibrators mend what is wrong, leave alone what is right, and compute the same compiled."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from holdfast.evaluate.calibrate import Calibrator, calibrate, calibration_error
from holdfast.graph import Graph

N = 4000
PARTS = np.array_split(np.arange(N), 5)


def answers(seed: int, n_classes: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Classes drawn from their probabilities."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(n_classes), N)
    return (p.cumsum(axis=1) > rng.random(N)[:, None]).argmax(axis=1), p


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("seed", range(5))
def test_true_probabilities_stay_as_they_are(seed, n_classes):
    y, p = answers(seed, n_classes)
    assert calibrate(y, p, PARTS).calibrator.method == "none"


@pytest.mark.parametrize("n_classes", [2, 4])
def test_overconfidence_is_mended(n_classes):
    y, p = answers(0, n_classes)
    sharp = p**3 / (p**3).sum(axis=1, keepdims=True)
    found = calibrate(y, sharp, PARTS)
    assert found.calibrator.method != "none"
    assert found.log_loss_after < found.log_loss_before - 0.05
    assert found.error_after < found.error_before / 2
    # Of three powers the third is undone: the temperature is known.
    if found.calibrator.method == "temperature":
        assert found.calibrator.scale == pytest.approx(1 / 3, rel=0.1)


def test_shifted_odds_need_more_than_temperature():
    y, p = answers(1)
    odds = np.log(p[:, 1] / p[:, 0]) + 1.5
    shifted = 1 / (1 + np.exp(-odds))
    found = calibrate(y, np.column_stack([1 - shifted, shifted]), PARTS)
    assert found.calibrator.method in ("platt", "isotonic")
    assert np.abs(found.calibrator.apply(np.column_stack([1 - shifted, shifted])) - p).mean() < 0.03


def test_platt_agrees_with_logistic_regression():
    y, p = answers(2)
    odds = np.log(p[:, 1] / p[:, 0])
    oracle = LogisticRegression(C=1e9).fit(2 * odds[:, None] + 1, y)
    from holdfast.evaluate.calibrate import _platt

    bent = 1 / (1 + np.exp(-(2 * odds + 1)))
    ours = _platt(y, np.column_stack([1 - bent, bent]))
    assert ours.scale == pytest.approx(float(oracle.coef_[0, 0]), abs=0.01)
    assert ours.shift == pytest.approx(float(oracle.intercept_[0]), abs=0.01)


def test_isotonic_keeps_the_order():
    y, p = answers(3)
    from holdfast.evaluate.calibrate import _isotonic

    ours = _isotonic(y, p**2 / (p**2).sum(axis=1, keepdims=True)).apply(p)[:, 1]
    assert (np.diff(ours[np.argsort(p[:, 1])]) > 0).all()


@given(
    st.sampled_from(["none", "temperature", "platt", "isotonic"]),
    st.floats(0.1, 5),
    st.floats(-3, 3),
    st.integers(0, 100),
)
def test_compiled_equals_fitted(method, scale, shift, seed):
    import onnxruntime

    rng = np.random.default_rng(seed)
    n_classes = 2 if method == "platt" else int(rng.integers(2, 5))
    p = rng.dirichlet(np.full(n_classes, 0.3), 50)
    p[0] = np.eye(n_classes)[0]
    lines = []
    for _ in range(1 if n_classes == 2 else n_classes):
        x = np.concatenate([[0.0], np.sort(rng.random(6)), [1.0]])
        lines.append((x, np.sort(rng.random(8)) * 0.99 + 0.005))
    calibrator = Calibrator(method, scale, shift, tuple(lines))
    graph = Graph()
    given_name = graph.input("p", np.float64, n_classes)
    graph.output(calibrator.emit(graph, given_name), "out", np.float64, n_classes)
    session = onnxruntime.InferenceSession(graph.model().SerializeToString(), providers=["CPUExecutionProvider"])
    compiled = session.run(["out"], {"p": p})[0]
    np.testing.assert_allclose(compiled, calibrator.apply(p), atol=1e-9)
    np.testing.assert_allclose(compiled.sum(axis=1), 1.0)


def test_calibration_error_by_hand():
    sure = np.array([[0.1, 0.9]] * 10)
    assert calibration_error(np.array([1] * 9 + [0]), sure) == pytest.approx(0.0, abs=0.2)
    assert calibration_error(np.zeros(10, dtype=int), sure) == pytest.approx(0.9)
