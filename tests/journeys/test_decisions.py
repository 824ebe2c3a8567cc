"""Costs, thresholds and metrics of one's own, from the request to what the shipped model answers."""

import json
import subprocess
import sys

import numpy as np
import onnxruntime
import polars as pl
import pytest
from sklearn.datasets import load_breast_cancer, load_iris, make_classification

import holdfast as hf

COSTS = {"good": {"bad": 1}, "bad": {"good": 5}}
QUICK = {"trials": 1, "learners": ("logistic",)}


def loans(n=800) -> pl.DataFrame:
    X, y = make_classification(n, 6, n_informative=3, weights=[0.7], class_sep=0.6, random_state=0)
    return pl.DataFrame(X, schema=[f"x{k}" for k in range(6)]).with_columns(
        paid=pl.Series(np.where(y == 1, "bad", "good"))
    )


def graph_labels(study, rows):
    """What the graph itself answers."""
    model = study.model
    numbers, _ = model.schema.arrays(rows)
    session = onnxruntime.InferenceSession(study.path / "model" / "model.onnx")
    return np.array(model.classes)[session.run(["label"], {"numbers": numbers})[0]]


@pytest.fixture(scope="module")
def priced(tmp_path_factory):
    return hf.train(loans(), "paid", costs=COSTS, out=tmp_path_factory.mktemp("costs") / "study", **QUICK)


def test_the_cheapest_answer_is_given_everywhere(priced):
    rows, model = loans(), priced.model
    p, costs = model.predict_proba(rows), np.array([[0.0, 1.0], [5.0, 0.0]])
    expected = np.array(model.classes)[(p @ costs).argmin(axis=1)]
    assert model.classes == ["good", "bad"]
    assert (model.predict(rows) == expected).all()
    assert (model.score(rows)["prediction"] == expected).all()
    assert (graph_labels(priced, rows) == expected).all()
    assert (expected != np.array(model.classes)[p.argmax(axis=1)]).mean() > 0.1


def test_the_verdict_tells_what_answers_cost(priced):
    verdict = priced.result["verdict"]
    assert verdict["metric"] == "mean_cost"
    (right_good, alarms), (missed, right_bad) = verdict["confusion"]
    assert verdict["score"] == pytest.approx((alarms + 5 * missed) / verdict["rows"])
    cost = verdict["cost"]
    assert cost["always"] == "bad"
    assert cost["baseline"]["score"] == pytest.approx((right_good + alarms) / verdict["rows"])
    assert cost["saved"]["score"] == pytest.approx(cost["baseline"]["score"] - cost["score"])
    assert cost["low"] < cost["score"] < cost["high"]
    assert verdict["classes"][1]["recall"]["score"] == pytest.approx(right_bad / (right_bad + missed))
    assert priced.result["decision"]["threshold"] == pytest.approx(1 / 6)


def test_the_report_and_the_card_tell_how_it_decides(priced):
    page = priced.report().read_text(encoding="utf-8")
    assert "always answering bad" in page
    assert "Class by class" in page
    assert "is expected to cost least" in (priced.path / "model" / "card.md").read_text(encoding="utf-8")


def test_costs_are_kept_in_the_study_file(priced):
    assert "[costs.bad]" in (priced.path / "study.toml").read_text(encoding="utf-8")


def test_more_classes_than_two_have_costs(tmp_path):
    X, y = load_iris(return_X_y=True, as_frame=True)
    frame = pl.from_pandas(X.iloc[:, :2]).with_columns(kind=pl.Series(np.array(["a", "b", "c"])[y]))
    costs = {"a": {"b": 1, "c": 1}, "b": {"a": 1, "c": 1}, "c": {"a": 50, "b": 50}}
    study = hf.train(frame, "kind", costs=costs, out=tmp_path / "study", **QUICK)
    assert study.result["verdict"]["classes"][2]["recall"]["score"] == 1
    assert (graph_labels(study, frame) == study.model.predict(frame)).all()
    assert study.result["decision"]["curve"] == []


def test_a_threshold_is_chosen_out_of_fold_and_used(tmp_path):
    study = hf.train(loans(), "paid", threshold="recall>=0.9", out=tmp_path / "study", **QUICK)
    decision, p = study.result["decision"], study.model.predict_proba(loans())
    near = min(decision["curve"], key=lambda point: abs(point["threshold"] - decision["threshold"]))
    assert near["recall"] == pytest.approx(0.9, abs=0.03)
    expected = np.where(p[:, 1] > decision["threshold"], "bad", "good")
    assert (study.model.predict(loans()) == expected).all()
    assert (graph_labels(study, loans()) == expected).all()
    assert study.result["verdict"]["others"]["recall"]["score"] == pytest.approx(
        study.result["verdict"]["classes"][1]["recall"]["score"]
    )


def test_a_threshold_that_is_given_is_used(tmp_path):
    study = hf.train(loans(), "paid", threshold="0.9", metric="f1", out=tmp_path / "study", **QUICK)
    assert study.result["decision"]["threshold"] == 0.9
    p = study.model.predict_proba(loans())
    assert (study.model.predict(loans()) == np.where(p[:, 1] > 0.9, "bad", "good")).all()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"threshold": "best", "costs": COSTS}, "both given"),
        ({"threshold": 1.5}, "between 0 and 1"),
        ({"threshold": "f2"}, "is unknown"),
        ({"costs": {"good": {"bad": 1}}}, "lack 'bad'"),
        ({"costs": "no-such-file.csv"}, "can't be read"),
        ({"metric": "mean_cost"}, "not one of"),
        ({"metric": "no_module:f"}, "can't be imported"),
        ({"metric": lambda y, labels: 0.0}, "move it to a file"),
        ({"task": "regression", "threshold": 0.3}, "expected two classes"),
        ({"task": "regression", "costs": {"1": {"0": 1}}}, "expected classes"),
    ],
)
def test_a_wrong_wish_is_told_before_anything_is_written(settings, said, tmp_path):
    frame = loans(60).with_columns(paid=pl.col("paid").eq("bad").cast(pl.Int64)) if "task" in settings else loans(60)
    with pytest.raises(hf.RequestError, match=said):
        hf.train(frame, "paid", out=tmp_path / "study", **settings, **QUICK)
    assert not (tmp_path / "study").exists()


def test_a_metric_of_ones_own_works_in_a_worker_process(tmp_path):
    """By budget, so that a child scores; the script's own folder is known to it, though it isn't where it runs."""
    (tmp_path / "place").mkdir()
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    pl.from_pandas(X.iloc[:, :5]).with_columns(y=pl.Series(y.to_numpy())).write_csv(tmp_path / "data.csv")
    (tmp_path / "place" / "prices.py").write_text(
        "def earned(y, labels):\n    return float((labels * (4 * y - 3)).mean())\n"
    )
    (tmp_path / "place" / "go.py").write_text(
        "import holdfast, prices\n"
        "holdfast.train('data.csv', 'y', metric=prices.earned, budget='60s', trials=1, learners='logistic', out='study')\n"
    )
    subprocess.run([sys.executable, "place/go.py"], cwd=tmp_path, check=True, capture_output=True)
    result = json.loads((tmp_path / "study" / "result.json").read_text(encoding="utf-8"))
    (_, false), (_, true) = result["verdict"]["confusion"]
    assert result["metric"] == "earned"
    assert result["verdict"]["score"] == pytest.approx((true - 3 * false) / result["verdict"]["rows"])
    assert any(row["learner"] == "logistic" for row in result["leaderboard"])


CORRELATION = """
import numpy as np

def correlation(y, values):
    "Pearson's r."
    return np.corrcoef(y, values)[0, 1] if np.ptp(values) else np.nan
"""


def test_a_score_that_the_baseline_does_not_have(tmp_path):
    """One answer for all rows has no correlation: models are led by what they gain over none."""
    (tmp_path / "ours.py").write_text(CORRELATION, encoding="utf-8")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 2))
    frame = pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": x[:, 0] + 0.3 * x[:, 1] + 0.1 * rng.normal(size=300)})
    frame.write_csv(tmp_path / "rows.csv")
    settings = ("--metric", "ours:correlation", "--learners", "ridge,decision_tree", "--trials", "2", "--no-open")

    def holdfast(*arguments):
        command = [sys.executable, "-m", "holdfast.cli.main", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    assert "baseline –" in holdfast("train", "rows.csv", "--target", "y", *settings)
    board = json.loads((tmp_path / "study" / "result.json").read_text(encoding="utf-8"))["leaderboard"]
    tree = next(row for row in board if row["learner"] == "decision_tree")
    assert tree["against_best"]["worse"] > 0.5
    assert "baseline –" in holdfast("verdict", "study")
