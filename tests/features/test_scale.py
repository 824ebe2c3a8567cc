"""Scalings: scikit-learn's fitted transforms are the oracle, and the graph's arithmetic is the same."""

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.preprocessing import MinMaxScaler, PowerTransformer, QuantileTransformer, RobustScaler, StandardScaler

from holdfast.features.power import box_cox, fitted_exponents, yeo_johnson, yeo_johnson_inverse
from holdfast.features.quantiles import normal_quantile
from holdfast.features.scale import CLIP, SCALINGS, fit_scaler
from holdfast.graph import Graph, Tensor

ORACLES = {
    "standard": StandardScaler(),
    "minmax": MinMaxScaler(),
    "robust": RobustScaler(),
    "power": PowerTransformer(),
    "box_cox": PowerTransformer(method="box-cox"),
    "quantile": QuantileTransformer(subsample=None),
    "quantile_normal": QuantileTransformer(output_distribution="normal", subsample=None),
}


def skewed(seed: int, n_rows: int = 1500) -> np.ndarray:
    """Positive columns: nearly normal, skewed, few values, large, and far from zero."""
    rng = np.random.default_rng(seed)
    columns = [
        np.abs(rng.normal(3, size=n_rows)) + 0.01,
        rng.lognormal(size=n_rows),
        rng.integers(1, 5, n_rows),
        rng.gamma(1, 1e6, n_rows) + 1,
        50 + rng.normal(size=n_rows),
    ]
    return np.column_stack(columns).astype(float)


def in_graph(scaler, values: np.ndarray) -> np.ndarray:
    graph = Graph()
    x = graph.input("x", np.float64, values.shape[1])
    graph.output(scaler.apply(Tensor(graph, x)).name, "y", np.float64, values.shape[1])
    session = onnxruntime.InferenceSession(graph.model().SerializeToString())
    return session.run(None, {"x": values})[0]


@pytest.mark.parametrize("scaling", SCALINGS)
def test_equals_scikit_learn(scaling):
    train, other = skewed(0), skewed(1)
    other = np.clip(other, train.min(axis=0), train.max(axis=0)) if scaling == "box_cox" else other
    oracle = ORACLES[scaling].fit(train).transform(other)
    found = fit_scaler(scaling, train).apply(other)
    np.testing.assert_allclose(found, np.clip(oracle, -CLIP, CLIP), rtol=1e-7, atol=2e-8)


@pytest.mark.parametrize("scaling", SCALINGS)
@given(
    values=st.lists(
        st.one_of(
            st.floats(-1e30, 1e30),
            st.just(np.nan),
            st.floats(width=32, min_value=-(2.0**99), max_value=2.0**99),
            st.sampled_from([1.0, 2.0, 3.0, -0.0, 5e-324, 1e-38]),
        ),
        min_size=1,
        max_size=20,
    )
)
@settings(max_examples=40, deadline=None)
def test_the_graph_scales_the_same(scaling, values):
    scaler = SCALERS[scaling]
    rows = np.repeat(np.array(values)[:, None], 5, axis=1)
    found, expected = in_graph(scaler, rows), scaler.apply(rows)
    assert np.array_equal(np.isnan(found), np.isnan(rows))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


SCALERS = {scaling: fit_scaler(scaling, skewed(2, 300)) for scaling in SCALINGS}


@pytest.mark.parametrize("scaling", SCALINGS)
def test_constants_gaps_and_nothing_at_all_stay_finite(scaling):
    values = np.column_stack([np.full(6, 7.0), [1, 2, np.nan, 3, 4, 5], np.full(6, np.nan)])
    scaled = fit_scaler(scaling, values).apply(values)
    assert np.array_equal(np.isnan(scaled), np.isnan(values))


def test_a_value_many_rows_share_gets_the_middle_of_its_shares():
    values = np.array([0.0, 1, 1, 1, 1, 1, 1, 2, 3, 4])[:, None]
    oracle = QuantileTransformer(n_quantiles=10).fit_transform(values)
    assert np.allclose(fit_scaler("quantile", values).apply(values), oracle)


def test_the_normal_quantile_is_right():
    share = np.concatenate([np.linspace(1e-7, 1 - 1e-7, 2001), np.geomspace(1e-7, 0.1, 200)])
    np.testing.assert_allclose(normal_quantile(share), norm.ppf(share), rtol=2e-9, atol=1e-9)


@given(st.floats(-1e6, 1e6), st.sampled_from([0.0, 0.3, 1.0, 1.7, 2.0]))
@settings(max_examples=200, deadline=None)
def test_what_a_power_bends_its_inverse_straightens(value, exponent):
    there = yeo_johnson(np.array([[value]]), np.array([exponent]))
    back = yeo_johnson_inverse(there, np.array([exponent]))
    assert back[0, 0] == pytest.approx(value, rel=1e-6, abs=1e-6)


def test_an_exponent_of_nothing_is_the_logarithm():
    values = np.array([[0.5], [10.0]])
    assert np.allclose(box_cox(values, np.zeros(1), np.array([0.1])), np.log(values))
    assert np.allclose(yeo_johnson(values, np.zeros(1)), np.log1p(values))


def test_a_column_that_asks_for_too_much_keeps_its_shape():
    far = 1e6 + np.random.default_rng(0).normal(size=(200, 1)) ** 3
    assert np.isfinite(fit_scaler("power", far).apply(far)).all()
    assert fitted_exponents(np.full((5, 1), 3.0), "yeo_johnson").tolist() == [1.0]
