import json

import numpy as np
import polars as pl
import pytest
from client import Client
from sklearn.datasets import load_diabetes, load_wine

import holdfast as hf
from holdfast.errors import DataError, ModelError, RequestError
from holdfast.serve.app import App
from holdfast.serve.keys import Keys
from holdfast.serve.settings import Settings
from holdfast.serve.shelf import places
from holdfast.study.several import Studies

QUICK = {"trials": 1, "tuner": "none"}


@pytest.fixture(scope="module")
def rows():
    data = load_wine(as_frame=True).frame
    frame = pl.DataFrame({name: data[name].to_numpy() for name in data.columns})
    kinds = pl.Series("kind", ["barolo", "grignolino", "barbera"])
    return frame.with_columns(
        kind=kinds[frame["target"].to_list()],
        glass=pl.Series(["red", "green"] * 89),
        pale=frame["color_intensity"] < 4.5,
    ).drop("target", "color_intensity")


@pytest.fixture(scope="module")
def studies(rows, tmp_path_factory):
    out = tmp_path_factory.mktemp("several") / "study"
    return hf.train(rows, ["kind", "alcohol", "pale"], out=out, drop="hue", **QUICK)


def test_each_target_has_a_study_and_none_learns_from_another(studies):
    assert list(studies) == ["kind", "alcohol", "pale"]
    assert {name: study.result["task"] for name, study in studies.items()} == {
        "kind": "multiclass",
        "alcohol": "regression",
        "pale": "binary",
    }
    fields = {name: {field.name for field in study.model.schema.fields} for name, study in studies.items()}
    for names in fields.values():
        assert not names & {"kind", "alcohol", "pale", "hue"}
    assert Studies(studies.path).result == studies.result
    assert "kind/report.html" in studies.report().read_text()


def test_what_is_for_one_study_names_them(studies):
    with pytest.raises(RequestError, match="a study for each of 3 targets"):
        hf.Study(studies.path)
    with pytest.raises(RequestError, match="holds one study"):
        Studies(studies.path / "kind")


def test_one_model_answers_as_each_of_them(studies, rows):
    found, shares = studies.model.predict(rows), studies.model.predict_proba(rows)
    assert set(shares) == {"kind", "pale"}
    for name, study in studies.items():
        np.testing.assert_array_equal(found[name], study.model.predict(rows))
    np.testing.assert_array_equal(shares["kind"], studies["kind"].model.predict_proba(rows))
    low, high = studies.model.predict_interval(rows, 0.9)["alcohol"]
    np.testing.assert_array_equal((low, high), studies["alcohol"].model.predict_interval(rows, 0.9))
    columns = studies.model.score(rows, interval=0.9)
    assert [name for name in columns if "kind" in name] == [
        "prediction_kind",
        "set_kind",
        "probability_kind_barbera",
        "probability_kind_barolo",
        "probability_kind_grignolino",
    ]
    assert {"prediction_alcohol", "low_alcohol", "high_alcohol"} <= set(columns)
    with pytest.raises(ModelError, match="background"):
        studies.model.explain(rows.head(1))


def test_a_file_is_scored_and_a_server_answers(studies, rows, tmp_path):
    rows.write_csv(tmp_path / "rows.csv")
    hf.score(studies.path, str(tmp_path / "rows.csv"), tmp_path / "out.csv")
    scored = pl.read_csv(tmp_path / "out.csv")
    expected = studies.model.predict(rows)
    assert scored["prediction_kind"].to_list() == expected["kind"].tolist()
    client = Client(App(places([str(studies.path)]), Settings(), Keys()))
    record = rows.drop("kind", "alcohol", "pale").row(0, named=True)
    answer = client.post("/predict", record).json
    assert answer["prediction_kind"] == expected["kind"][0]
    assert answer["prediction_alcohol"] == pytest.approx(expected["alcohol"][0])
    assert answer["prediction_pale"] is bool(expected["pale"][0])
    told = client.post("/invocations", {"dataframe_records": [record]}).json["predictions"]
    assert told[0]["kind"] == expected["kind"][0]
    outputs = client.get("/v2/models/" + studies.path.name).json["outputs"]
    assert {each["name"]: each["datatype"] for each in outputs}["prediction_pale"] == "BOOL"
    assert client.post("/explain", record).status == 404


def test_sets_of_labels_become_a_truth_each(rows, tmp_path):
    tags = [
        "|".join(word for word, held in (("strong", strong), ("pale", pale)) if held)
        for strong, pale in zip((rows["alcohol"] > 13).to_list(), rows["pale"].to_list(), strict=True)
    ]
    tagged = rows.drop("kind", "alcohol", "pale").with_columns(tags=pl.Series(tags))
    studies = hf.train(tagged, "tags", task="multilabel", out=tmp_path / "study", **QUICK)
    assert list(studies) == ["tags: pale", "tags: strong"]
    assert all(study.verdict["score"] > 0.7 for study in studies.values())


def test_a_run_that_was_interrupted_goes_on_with_the_targets_left(rows, tmp_path, monkeypatch):
    from holdfast.study import several

    train_one, seen = several.train_one, []

    def interrupted(data, target, **settings):
        seen.append(target)
        if seen == ["kind", "alcohol"]:
            raise KeyboardInterrupt
        return train_one(data, target, **settings)

    monkeypatch.setattr(several, "train_one", interrupted)
    with pytest.raises(KeyboardInterrupt):
        hf.train(rows, ["kind", "alcohol"], out=tmp_path / "study", **QUICK)
    studies = hf.train(rows, ["kind", "alcohol"], out=tmp_path / "study", **QUICK)
    assert seen == ["kind", "alcohol", "alcohol"]
    assert set(studies.model.predict(rows)) == {"kind", "alcohol"}
    with pytest.raises(RequestError, match="finished studies"):
        hf.train(rows, ["kind", "alcohol"], out=tmp_path / "study", **QUICK)


@pytest.mark.parametrize(
    ("target", "settings", "error", "said"),
    [
        (["kind", "kind"], {}, RequestError, "twice"),
        (["kind", "colour"], {}, DataError, "'colour' is not a column"),
        ("kind", {"task": "multilabel"}, DataError, "no sets of labels"),
        (["kind", "pale"], {"task": "multilabel"}, RequestError, "expected one column"),
        (["kind", "pale"], {"learner": "ridge"}, RequestError, "setting 'learner' is unknown"),
    ],
)
def test_what_is_wrong_is_told_before_any_work(rows, tmp_path, target, settings, error, said):
    with pytest.raises(error, match=said):
        hf.train(rows, target, out=tmp_path / "study", **QUICK, **settings)
    assert not (tmp_path / "study").exists()


def test_a_list_of_one_target_is_one_study(tmp_path):
    data = load_diabetes(as_frame=True).frame
    study = hf.train(data, ["target"], out=tmp_path / "study", **QUICK)
    assert isinstance(study, hf.Study)
    assert json.loads((tmp_path / "study" / "result.json").read_text())["target"] == "target"


def test_a_finished_target_is_taken_over_only_when_nothing_changed(rows, studies, tmp_path):
    started = tmp_path / "study"
    hf.train(rows, "kind", out=started / "kind", drop=("hue", "alcohol"), **QUICK)
    seals = (started / "kind" / "ledger.jsonl").read_text()
    with pytest.raises(RequestError, match="finished study with other settings"):
        hf.train(rows, ["kind", "alcohol"], out=started, drop="hue", seed=1, **QUICK)
    with pytest.raises(RequestError, match="study of other data"):
        hf.train(rows.head(150), ["kind", "alcohol"], out=started, drop="hue", **QUICK)
    hf.train(rows, ["kind", "alcohol"], out=started, drop="hue", **QUICK)
    assert (started / "kind" / "ledger.jsonl").read_text() == seals
