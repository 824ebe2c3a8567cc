import json

import pytest
from small_models import facts, logistic_graph

from holdfast.model.package import load, write
from holdfast.model.sbom import bill_of_materials


@pytest.fixture
def bill(tmp_path):
    versions = {"holdfast": "1.0", "numpy": "2.0", "onnxruntime": "1.20", "lightgbm": "4.5"}
    write(tmp_path / "model", facts(versions=versions), logistic_graph(), reference=b"ARROW1", card="# A card")
    return bill_of_materials(load(tmp_path / "model").manifest)


def test_the_schema_of_cyclonedx_holds(bill):
    validation = pytest.importorskip("cyclonedx.validation.json")
    schema = pytest.importorskip("cyclonedx.schema")
    validator = validation.JsonStrictValidator(schema.SchemaVersion.V1_6)
    assert validator.validate_str(json.dumps(bill)) is None
    assert validator.validate_str(json.dumps({**bill, "specVersion": 5})) is not None


def test_what_runs_is_told_from_what_trained(bill):
    scopes = {each["name"]: each.get("scope") for each in bill["components"]}
    assert scopes["numpy"] == scopes["onnxruntime"] == "required"
    assert scopes["lightgbm"] == "excluded"
    assert "pkg:pypi/numpy@2.0" in json.dumps(bill)
    assert "pkg:pypi/holdfast" not in json.dumps(bill)  # another project's name there
    files = [each for each in bill["components"] if each["type"] == "file"]
    assert {each["name"] for each in files} == {"model.onnx", "reference.arrow", "card.md"}
    assert all(len(each["hashes"][0]["content"]) == 64 for each in files)
