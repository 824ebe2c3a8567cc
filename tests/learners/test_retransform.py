"""Targets learned on another scale: the way back is Duan's, in NumPy and in the graph."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import PowerTransformer

from holdfast.compile.assemble import assemble
from holdfast.compile.prove import prove
from holdfast.data.columns import Columns, Kind
from holdfast.features.preparation import Preparation, Selection
from holdfast.graph import Graph, Tensor
from holdfast.learners import pipeline as pipeline_module
from holdfast.learners.catalogue import find
from holdfast.learners.pipeline import fit_labels
from holdfast.learners.portfolio import first_configurations
from holdfast.learners.preparing import Choices, encode, wanted, with_choices
from holdfast.learners.retransform import fit_bend, fit_smear
from holdfast.learners.space import Choice
from holdfast.testing.data import table


def lognormal(n_rows: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=n_rows)
    return x, np.exp(1 + 0.5 * x + 0.8 * rng.normal(size=n_rows))


def test_the_logarithm_comes_back_by_duans_factor():
    x, y = lognormal()
    bend = fit_bend("log", y)
    z = bend.apply(y)
    line = LinearRegression().fit(x[:, None], z)
    fitted = np.clip(line.predict(x[:, None]), z.min(), z.max())
    smear = fit_smear(bend, z, fitted, None)
    rows = fitted[:7]
    by_hand = np.array([np.mean(np.exp(each + z - fitted) - 1) for each in rows])
    np.testing.assert_allclose(smear.apply(rows[:, None])[:, 0], by_hand, rtol=1e-12)


def test_an_answer_that_runs_away_is_stopped_at_the_targets_seen():
    bend = fit_bend("log", np.array([1.0, 100.0]))
    truth = np.log1p([1.0, 100.0])
    smear = fit_smear(bend, truth, truth + np.array([-50.0, 50.0]), None)
    assert smear.factor == pytest.approx(1.0)
    assert smear.apply(np.array([[500.0]]))[0, 0] == pytest.approx(100.0)


def test_smearing_gives_the_mean_where_the_plain_inverse_gives_the_median():
    x, y = lognormal()
    bend = fit_bend("log", y)
    z = bend.apply(y)
    fitted = LinearRegression().fit(x[:, None], z).predict(x[:, None])
    smeared = fit_smear(bend, z, fitted, None).apply(fitted[:, None])[:, 0]
    assert smeared.mean() == pytest.approx(y.mean(), rel=0.03)
    assert np.expm1(fitted).mean() < 0.85 * y.mean()


def test_a_power_is_fitted_as_scikit_learn_does_and_comes_back_to_the_mean():
    x, y = lognormal()
    bend = fit_bend("power", y - 3)
    oracle = PowerTransformer(standardize=False).fit((y - 3)[:, None])
    np.testing.assert_allclose(bend.apply(y - 3), oracle.transform((y - 3)[:, None])[:, 0])
    z = bend.apply(y - 3)
    fitted = LinearRegression().fit(x[:, None], z).predict(x[:, None])
    smeared = fit_smear(bend, z, fitted, None).apply(fitted[:, None])[:, 0]
    assert smeared.mean() == pytest.approx((y - 3).mean(), abs=0.05 * y.mean())


def test_heavy_rows_count_for_more_in_the_smearing():
    bend = fit_bend("log", np.array([0.0, np.e - 1]))
    smear = fit_smear(bend, np.array([0.0, 1.0]), np.zeros(2), np.array([3.0, 1.0]))
    assert smear.factor == pytest.approx((3 + np.e) / 4)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20), st.sampled_from(["log", "power"]))
@settings(max_examples=50, deadline=None)
def test_the_graph_comes_back_the_same_and_stays_near_the_targets(answers, transform):
    y = lognormal(500)[1]
    bend = fit_bend(transform, y)
    truth = bend.apply(y)
    smear = fit_smear(bend, truth, truth - np.random.default_rng(1).normal(size=500), None)
    rows = np.array(answers)[:, None]
    graph = Graph()
    x = graph.input("x", np.float64, 1)
    graph.output(smear.apply(Tensor(graph, x)).name, "y", np.float64, 1)
    found = onnxruntime.InferenceSession(graph.model().SerializeToString()).run(None, {"x": rows})[0]
    np.testing.assert_allclose(found, smear.apply(rows), rtol=1e-9)
    assert (found >= 0).all()
    assert (found <= (y.max() + 1) * max(smear.factor, 2.0) + 1e-6).all()


@pytest.mark.parametrize("transform", ["log", "power"])
@pytest.mark.parametrize("name", ["ridge", "lightgbm"])
def test_a_whole_pipeline_compiles(transform, name):
    columns, y = table("regression")
    learner, params = find(name, "regression"), {"target_transform": transform, "scaling": "quantile"}
    learner_params = {**learner.defaults, **params}
    preparation = Preparation(encoding="target", selection=Selection("importance", 5))
    wants = wanted(learner, params, preparation)
    encoder, matrix = encode(wants, transform, columns, y, n_classes=None, seed=0)
    assert matrix.shape == (len(y), 5)
    pipeline = fit_labels(learner, learner_params, encoder, matrix, y, n_classes=None)
    members = [(pipeline, 1.0)]
    proof = prove(assemble(members, columns.kinds, None), members, columns)
    assert proof.agrees
    assert abs(pipeline.predict(columns).mean() - y.mean()) < 0.1 * y.std()


def fitted(y, weights=None, name="ridge", deadline=float("inf"), transform="log"):
    """A bent target from one column that is its logarithm; predictions for the same rows."""
    rows = Columns({"x": np.log(y)}, {}, {"x": Kind.NUMBER})
    learner = find(name, "regression")
    params = {**learner.defaults, "target_transform": transform}
    encoder, matrix = encode(wanted(learner, params, Preparation()), transform, rows, y, n_classes=None, seed=0)
    pipeline = fit_labels(learner, params, encoder, matrix, y, n_classes=None, weights=weights, deadline=deadline)
    return pipeline.predict(rows)


@pytest.mark.parametrize("transform", ["log", "power"])
@pytest.mark.parametrize("n_rows", [12, 19, 20, 40])
def test_few_rows_come_back_to_where_they_were(transform, n_rows):
    y = np.linspace(100.0, 150.0, n_rows)
    assert fitted(y, transform=transform).mean() == pytest.approx(y.mean(), rel=0.05)


@pytest.mark.parametrize("transform", ["log", "power"])
def test_rows_that_do_not_count_are_not_held_out(transform):
    y, weights = np.linspace(100.0, 150.0, 60), np.where(np.arange(60) % 2, 1.0, 0.0)
    assert fitted(y, weights, transform=transform).mean() == pytest.approx(y.mean(), rel=0.05)


def test_the_fit_for_residuals_leaves_time_for_the_one_that_counts(monkeypatch):
    deadlines = []

    class Late:
        deadline = float("inf")

        def fit(self, X, y):
            deadlines.append(self.deadline)

        def predict(self, X):
            return np.zeros(len(X))

    ridge = find("ridge", "regression")
    monkeypatch.setattr(pipeline_module, "time", SimpleNamespace(monotonic=lambda: 100.0))
    late = replace(ridge, make=lambda **params: Late())
    y = np.linspace(1.0, 2.0, 50)
    fit_labels(late, {"target_transform": "log"}, None, np.zeros((50, 1)), y, n_classes=None, deadline=200.0)
    assert deadlines == [145.0, 200.0]


def test_the_search_starts_with_every_target_transform():
    ridge = with_choices(find("ridge", "regression"), Choices(("standard", "robust"), transforms=("none", "log")))
    assert [params["target_transform"] for _, params in first_configurations([ridge])] == ["none", "log"]
    assert ridge.space["scaling"] == Choice(("standard", "robust"), "standard")
    tree = with_choices(find("lightgbm", "regression"), Choices(("standard", "robust")))
    assert tree.space == find("lightgbm", "regression").space
    assert "target_transform" not in with_choices(find("mean", "regression"), Choices(transforms=("none", "log"))).space
