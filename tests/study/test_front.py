import pytest
from sklearn.datasets import load_breast_cancer

import holdfast as hf
from holdfast.compile.weigh import Weight
from holdfast.errors import RequestError
from holdfast.study.front import excess

SETTINGS = {"trials": 4, "tuner": "none", "learners": "random_forest,lightgbm,logistic,decision_tree"}


@pytest.fixture(scope="module")
def rows():
    return load_breast_cancer(as_frame=True).frame


@pytest.fixture(scope="module")
def free(rows, tmp_path_factory):
    return hf.train(rows, "target", out=tmp_path_factory.mktemp("free") / "study", **SETTINGS)


def test_models_are_weighed_and_the_front_is_none_worse_in_all(free):
    front = {row["name"]: row for row in free.result["front"]}
    assert {"random_forest", "lightgbm", "logistic", "decision_tree", "prior"} <= set(front)
    assert front["random_forest"]["size"] > front["logistic"]["size"]
    assert all(0 < row["latency"] < 1 and row["within"] for row in front.values())
    for row in front.values():
        beaten = any(
            other["score"] >= row["score"] and other["size"] <= row["size"] and other["latency"] < row["latency"]
            for other in front.values()
        )
        assert not (row["front"] and beaten)
    assert "Quality, speed and size" in free.report().read_text()


def test_what_ships_keeps_the_size(rows, free, tmp_path):
    front = {row["name"]: row for row in free.result["front"]}
    most = 2 * front["decision_tree"]["size"] + front["logistic"]["size"]
    assert most < front["random_forest"]["size"]
    study = hf.train(rows, "target", out=tmp_path / "study", max_size=most, **SETTINGS)
    assert (study.path / "model" / "model.onnx").stat().st_size <= most
    assert (study.path / "judged" / "model.onnx").stat().st_size <= most
    assert not {row["name"]: row["within"] for row in study.result["front"]}["random_forest"]
    assert "models keep it" in study.report().read_text()


def test_when_nothing_keeps_the_limits_the_baseline_ships(rows, tmp_path):
    study = hf.train(rows, "target", out=tmp_path / "study", max_latency="1us", **SETTINGS)
    assert study.result["chosen"]["name"] == "prior"


def test_what_is_over_is_told():
    assert excess(Weight(900, 1e-4), {"size": 1000, "latency": 1e-3}) is None
    assert excess(Weight(2_000_000, 1e-4), {"size": 1_000_000}) == "it weighs 2 MB; at most 1 MB was asked for"
    assert "0.1 ms a row; at most 0.05 ms" in excess(Weight(1, 1e-4), {"latency": 5e-5})


@pytest.mark.parametrize(
    "limit", [{"max_size": "big"}, {"max_size": "5 parsecs"}, {"max_latency": "soon"}, {"max_size": 0}]
)
def test_limits_that_are_none_are_refused(rows, tmp_path, limit):
    with pytest.raises(RequestError, match=r"expected (a size|something like 1ms)"):
        hf.train(rows, "target", out=tmp_path / "study", **limit)
