import json
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from environments import environment
from pmml_reader import answers, read
from small_models import FIELDS, facts, logistic_graph
from typer.testing import CliRunner

from holdfast.arrays import class_name
from holdfast.cli.main import app
from holdfast.compile.assemble import assemble
from holdfast.data.columns import Columns, Kind
from holdfast.errors import RequestError
from holdfast.evaluate.calibrate import UNCALIBRATED, Calibrator
from holdfast.evaluate.pool import AVERAGE, Pool
from holdfast.export.pmml.forests import threshold
from holdfast.export.pmml.write import pmml
from holdfast.features.crosses import Cross
from holdfast.features.preparation import Preparation
from holdfast.learners.catalogue import find
from holdfast.model.package import GRAPH, load, write
from holdfast.model.schema import Field, Schema
from holdfast.testing.checks import fit
from holdfast.testing.data import table

ROWS = 60


def columns_of(family, n_classes, *, text=False):
    columns, y = table(family, n_classes)
    kinds = {name: kind for name, kind in columns.kinds.items() if text or kind != Kind.TEXT}
    strings = {name: each for name, each in columns.strings.items() if name in kinds}
    return Columns(columns.numbers, strings, kinds), y


def compiled(folder, members, family, n_classes, calibrator=UNCALIBRATED, *, text=False, pool=AVERAGE, asked=None):
    """A packaged model of learners by name and weight, and rows for it: some known, some with gaps and unseen values."""
    columns, y = columns_of(family, n_classes, text=text)
    learners = [(find(name, family), weight) for name, weight in members]
    if asked is not None:
        learners = [(replace(each, wants=replace(each.wants, asked=asked)), weight) for each, weight in learners]
    pipelines = [(fit(learner, columns, y), weight) for learner, weight in learners]
    graph = assemble(pipelines, columns.kinds, n_classes, calibrator, pool=pool)
    fields = [Field(name, kind.value, missing=("?",)) for name, kind in columns.kinds.items()]
    classes = None if n_classes is None else list(range(n_classes))
    task = "regression" if n_classes is None else "binary" if n_classes == 2 else "multiclass"
    about = facts(task=task, classes=classes, schema=Schema(tuple(fields)).to_json(), target="answer")
    write(folder, about, graph, reference=b"ARROW1", card="# A card")
    return load(folder), rows_of(columns)


def rows_of(columns):
    rng = np.random.default_rng(0)
    rows = []
    for k in range(ROWS):
        row = {name: None if np.isnan(cells[k]) else float(cells[k]) for name, cells in columns.numbers.items()}
        if row["when"] is not None:
            row["when"] = (datetime(1970, 1, 1) + timedelta(seconds=row["when"])).isoformat()
        row |= {
            name: str(each.values[each.codes[k]]) if each.codes[k] >= 0 else None
            for name, each in columns.strings.items()
        }
        for name in row if k >= ROWS // 2 else ():
            odd = {"x": 1e9, "w": "2040-02-29T23:59:59"}.get(name[0], " never <seen> & odd ")
            row[name] = [row[name], None, odd, "?" if name[0] != "w" else None][rng.integers(4)]
        rows.append(row)
    return rows


def differences(model, document, rows):
    """The largest difference between the model's answers and a PMML reader's; labels must be the same."""
    root, expected = read(document), model.score(rows)
    found = [answers(root, row) for row in rows]
    if model.classes:
        assert [each.pop("prediction") for each in found] == [
            class_name(each) for each in expected.pop("prediction").tolist()
        ]
    assert list(found[0]) == list(expected)
    return max(np.abs(np.array([each[name] for each in found]) - expected[name]).max() for name in expected)


@pytest.mark.parametrize(
    ("name", "family", "n_classes"),
    [
        ("linear", "regression", None),
        ("poisson", "regression", None),
        ("decision_tree", "regression", None),
        ("lightgbm", "regression", None),
        ("xgboost", "regression", None),
        ("catboost", "regression", None),
        ("mean", "regression", None),
        ("logistic", "classification", 2),
        ("logistic", "classification", 3),
        ("decision_tree", "classification", 3),
        ("random_forest", "classification", 2),
        ("lightgbm", "classification", 2),
        ("catboost", "classification", 3),
        ("hist_gradient_boosting", "classification", 3),
        ("decision_list", "classification", 2),
    ],
)
def test_a_learner_answers_in_pmml_as_it_does(tmp_path, name, family, n_classes):
    if name in ("xgboost", "catboost"):
        pytest.importorskip(name)
    model, rows = compiled(tmp_path, [(name, 1.0)], family, n_classes)
    spread = np.ptp(model.predict(rows)) if n_classes is None else 1.0
    assert differences(model, pmml(model, (tmp_path / GRAPH).read_bytes()), rows) <= 1e-9 * max(1.0, spread)


@pytest.mark.parametrize("name", ["ridge", "lightgbm"])
def test_numbers_beside_their_group_are_written_as_a_table_of_means(tmp_path, name):
    asked = Preparation(crosses=(Cross("x0", "by", "many"), Cross("x2", "by", "many"), Cross("x2", "/", "level")))
    model, rows = compiled(tmp_path, [(name, 1.0)], "regression", None, asked=asked)
    document = pmml(model, (tmp_path / GRAPH).read_bytes())
    assert differences(model, document, rows) <= 1e-9 * np.ptp(model.predict(rows))


LINE = (np.array([0.0, 0.3, 0.6, 1.0]), np.array([0.05, 0.2, 0.7, 0.9]))


@pytest.mark.parametrize(
    ("n_classes", "calibrator"),
    [
        (2, Calibrator("platt", 0.7, 0.2)),
        (2, Calibrator("isotonic", knots=(LINE,))),
        (3, Calibrator("isotonic", knots=(LINE, LINE, LINE))),
        (3, Calibrator("temperature", 0.6)),
    ],
)
def test_an_average_that_is_calibrated(tmp_path, n_classes, calibrator):
    members = [("logistic", 0.25), ("lightgbm", 0.5), ("extra_trees", 0.25)]
    model, rows = compiled(tmp_path, members, "classification", n_classes, calibrator)
    assert differences(model, pmml(model, (tmp_path / GRAPH).read_bytes()), rows) < 1e-9


@pytest.mark.parametrize(
    ("family", "n_classes", "pool"),
    [
        ("classification", 2, Pool(logs=True)),
        ("classification", 3, Pool(logs=True, shift=(0.5, -0.4, 0.1))),
        ("regression", None, Pool(shift=(1.5,))),
    ],
)
def test_a_stack(tmp_path, family, n_classes, pool):
    calibrator = Calibrator("temperature", 0.6) if n_classes else UNCALIBRATED
    members = [("logistic" if n_classes else "ridge", 0.4), ("lightgbm", 0.9)]
    model, rows = compiled(tmp_path, members, family, n_classes, calibrator, pool=pool)
    spread = np.ptp(model.predict(rows)) if n_classes is None else 1.0
    assert differences(model, pmml(model, (tmp_path / GRAPH).read_bytes()), rows) <= 1e-9 * max(1.0, spread)


def test_a_linear_model_is_one_regression_model_with_its_weights(tmp_path):
    model, _ = compiled(tmp_path, [("logistic", 1.0)], "classification", 2)
    root = read(pmml(model, (tmp_path / GRAPH).read_bytes()))
    assert [each.tag for each in root] == ["Header", "DataDictionary", "RegressionModel"]
    assert root[2].get("normalizationMethod") == "logit"
    weights = fit(find("logistic", "classification"), *columns_of("classification", 2)).estimator.estimator.coef_[0]
    written = [float(each.get("coefficient")) for each in root.iter("NumericPredictor")]
    np.testing.assert_array_equal(np.sort(written), np.sort(weights[weights != 0]))


def test_every_model_lists_the_fields_it_uses_and_every_name_is_unique(tmp_path):
    model, _ = compiled(tmp_path, [("logistic", 0.5), ("lightgbm", 0.5)], "classification", 2)
    root = read(pmml(model, (tmp_path / GRAPH).read_bytes()))
    top = root[-1]
    names = [each.get("name") for each in (*root.iter("DataField"), *root.iter("DerivedField"))]
    assert len(names) == len(set(names))
    assert [each.tag for each in top] == ["MiningSchema", "LocalTransformations", "Segmentation"]
    for tree in root.iter("TreeModel"):
        listed = {each.get("name") for each in tree.find("MiningSchema")}
        assert listed == {each.get("field") for each in tree.iter("SimplePredicate")}
        assert listed <= set(names)


@pytest.mark.parametrize(
    ("mode", "compare"), [("<=", np.less_equal), ("<", np.less), (">=", np.greater_equal), (">", np.greater)]
)
def test_single_precision_compares_to_the_threshold_as_double_does(mode, compare):
    rng = np.random.default_rng(0)
    for limit in (*(rng.normal(size=200) * 10.0 ** rng.integers(-30, 30, 200)), 0.0, 0.5, 0.1, -1e-300, 1e300, -1e300):
        near = np.float32(np.clip(limit, -1e30, 1e30))
        values = np.array([np.nextafter(near, np.float32(np.inf)), near, np.nextafter(near, np.float32(-np.inf)), 0, 7])
        values = values.astype(np.float64)
        np.testing.assert_array_equal(compare(values, limit), compare(values, threshold(limit, mode)))


def test_words_for_gaps_truths_and_blanks(tmp_path):
    write(tmp_path / "model", facts(), logistic_graph(), reference=b"ARROW1", card="# A card")
    model = load(tmp_path / "model")
    rows = [
        {"age": 31.5, "city": "Paris", "member": "TRUE"},
        {"age": "?", "city": " Paris ", "member": "false"},
        {"age": None, "city": "?", "member": "1"},
        {"age": 0.0, "city": None, "member": None},
    ]
    assert differences(model, pmml(model, logistic_graph()), rows) < 1e-12


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [("nearest_neighbours", False, "neighbours or ranks \\(TopK\\)"), ("logistic", True, "words of column 'note'")],
)
def test_what_pmml_has_no_words_for_is_refused(tmp_path, name, text, said):
    compiled(tmp_path / "model", [(name, 1.0)], "classification", 2, text=text)
    done = CliRunner().invoke(app, ["package", str(tmp_path / "model"), "--pmml", str(tmp_path / "out")])
    assert isinstance(done.exception, RequestError)
    with pytest.raises(RequestError, match=said):
        raise done.exception
    assert not (tmp_path / "out").exists()


def test_categories_that_are_joined_are_refused(tmp_path):
    asked = Preparation(crosses=(Cross("level", "*", "many"),))
    model, _ = compiled(tmp_path, [("lightgbm", 1.0)], "regression", None, asked=asked)
    with pytest.raises(
        RequestError, match=r"categories that are joined, which --cross none leaves out \(StringConcat\)"
    ):
        pmml(model, (tmp_path / GRAPH).read_bytes())


def test_categories_by_their_spelling_are_refused(tmp_path):
    model, _ = compiled(tmp_path, [("lightgbm", 1.0)], "regression", None, asked=Preparation(encoding="ngrams"))
    with pytest.raises(RequestError, match=r"the spelling of categories, which --encode target leaves out \(NonZero\)"):
        pmml(model, (tmp_path / GRAPH).read_bytes())


def test_arithmetic_beyond_measure_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr("holdfast.export.pmml.fields.MOST_PARTS", 2)
    write(tmp_path / "model", facts(), logistic_graph(), reference=b"ARROW1", card="# A card")
    with pytest.raises(RequestError, match="more than 2 parts"):
        pmml(load(tmp_path / "model"), logistic_graph())


def test_answers_by_costs_are_refused(tmp_path):
    about = facts(decision={"costs": [[0, 1, 1], [9, 0, 1], [1, 1, 0]]})
    write(tmp_path / "model", about, logistic_graph(), reference=b"ARROW1", card="# A card")
    with pytest.raises(RequestError, match="costs or a threshold"):
        pmml(load(tmp_path / "model"), logistic_graph())


def test_what_xml_has_no_way_to_write_is_refused(tmp_path):
    fields = (Field("a\x01ge", "number"), *FIELDS[1:])
    about = facts(schema=Schema(fields).to_json())
    write(tmp_path / "model", about, logistic_graph(), reference=b"ARROW1", card="# A card")
    with pytest.raises(RequestError, match="control character"):
        pmml(load(tmp_path / "model"), logistic_graph())


READER = """
import json, sys
from jpmml_evaluator import make_evaluator
evaluator = make_evaluator(sys.argv[1]).verify()
print(json.dumps([evaluator.evaluate(row) for row in json.load(sys.stdin)]))
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("java") is None, reason="no Java here: install a JRE")
def test_jpmml_answers_as_the_model_does(tmp_path):
    python = environment(tmp_path, "jpmml_evaluator")
    cases = [
        ([("ridge", 0.5), ("lightgbm", 0.5)], "regression", None),
        ([("logistic", 0.5), ("random_forest", 0.5)], "classification", 2),
        ([("lightgbm", 1.0)], "classification", 3),
    ]
    for place, (members, family, n_classes) in enumerate(cases):
        folder = tmp_path / f"model{place}"
        model, rows = compiled(folder, members, family, n_classes)
        done = CliRunner().invoke(app, ["package", str(folder), "--pmml", str(tmp_path / "pmml")])
        assert done.exit_code == 0, done.output
        given = [{name: None if cell == "?" else cell for name, cell in row.items()} for row in rows]
        said = subprocess.run(
            [python, "-c", READER, tmp_path / "pmml" / "model.pmml"],
            input=json.dumps(given),
            capture_output=True,
            text=True,
        )
        assert said.returncode == 0, said.stderr
        found, expected = json.loads(said.stdout.splitlines()[-1]), model.score(rows)
        if n_classes:
            assert [each["prediction"] for each in found] == expected.pop("prediction").tolist()
        for name, values in expected.items():
            np.testing.assert_allclose([each[name] for each in found], values, atol=1e-9)
