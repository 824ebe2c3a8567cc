"""Data that moved is told from data that did not."""

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_breast_cancer

import holdfast as hf
from holdfast.audit.drift import drift
from holdfast.data.kinds import understand
from holdfast.data.read import Raw

N = 800


def data(seed: int) -> dict:
    rng = np.random.default_rng(seed)
    age = np.where(rng.random(N) < 0.1, np.nan, rng.normal(40, 10, N))
    return {"age": age, "city": rng.choice(["Rome", "Oslo", "Lima"], N, p=[0.5, 0.3, 0.2]), "score": rng.normal(size=N)}


def found(before: dict, after: dict) -> list:
    frames = [understand(Raw(pl.DataFrame(each, nan_to_null=True), "memory")) for each in (before, after)]
    return list(drift(*frames))


@pytest.mark.parametrize("seed", range(1, 9))
def test_draws_of_one_source_are_quiet(seed):
    assert found(data(0), data(seed)) == []


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [
        (lambda d: {**d, "score": d["score"] + 0.5}, "drift", "score"),
        (lambda d: {**d, "city": np.where(d["city"] == "Rome", "Oslo", d["city"])}, "drift", "city"),
        (lambda d: {**d, "city": np.where(np.arange(N) % 20 == 0, "Bern", d["city"])}, "unseen-values", "city"),
        (lambda d: {**d, "age": np.where(np.arange(N) % 3 == 0, np.nan, d["age"])}, "missing-changed", "age"),
        (lambda d: {name: values for name, values in d.items() if name != "age"}, "column-changed", "age"),
        (lambda d: {**d, "score": [f"s{k % 7}" for k in range(N)]}, "column-changed", "score"),
        (lambda d: {**d, "city": [k % 7 for k in range(N)]}, "column-changed", "city"),
    ],
)
def test_what_moved_is_named(change, code, column):
    assert (code, (column,)) in [(each.code, each.columns) for each in found(data(0), change(data(1)))]


@pytest.mark.parametrize("changed", [{"id": None}, {"score": [None] * N}])
def test_what_no_model_learns_from_or_is_still_to_come_is_no_change(changed):
    before = {**data(0), "id": np.arange(N)}
    after = {name: each for name, each in {**data(1), "id": np.arange(N), **changed}.items() if each is not None}
    assert "column-changed" not in [each.code for each in found(before, after)]


def test_rows_that_a_model_can_tell_apart():
    rng = np.random.default_rng(0)
    a = rng.normal(size=N)
    apart = {"a": a, "b": a + 0.1 * rng.normal(size=N)}
    together = {"a": a, "b": -a + 0.1 * rng.normal(size=N)}
    assert "new-data-differs" in [each.code for each in found(apart, together)]


def test_examine_compares_with_newer_data():
    frame = load_breast_cancer(as_frame=True).frame
    newer = frame.drop(columns="target").head(200).assign(**{"mean radius": lambda rows: rows["mean radius"] * 10})
    told = hf.examine(frame, "target", against=newer)
    assert ("drift", ("mean radius",)) in [(each.code, each.columns) for each in told]
    assert "drift" not in [each.code for each in hf.examine(frame, "target")]


def test_shares_are_those_of_the_two_sides():
    cities = [["Rome"] * rome + ["Oslo"] * (1_000 - rome) for rome in (500, 650)]
    told = found(*({"city": each} for each in cities))
    assert [each.evidence for each in told if each.code == "drift"] == [
        "'city' has moved: 'Rome' from 50.0% to 65.0% (distance 0.15 of 1)."
    ]
