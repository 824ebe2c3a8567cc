"""A user's mistakes: one clear sentence, exit code 1 or 2, and nothing left behind."""

import os
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

import holdfast as hf
from holdfast.cli.main import app
from holdfast.errors import HoldfastError


def write(folder: Path, text: str, name: str = "data.csv") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


ROWS = "".join(f"{k % 7},{'ab'[k % 2]},{k % 3}\n" for k in range(60))
GOOD = "x,y,z\n" + ROWS


@pytest.mark.parametrize(
    ("text", "target", "says"),
    [
        (GOOD, "Y", "Did you mean 'y'"),
        (GOOD, "wholly absent", "is not a column"),
        ("x,y\n1,a\n", "y", "expected at least 10"),
        ("x,y\n" + "1,a\n" * 30, "y", "one value 'a'"),
        ("x,y\n" + "".join(f"{k},a\n" for k in range(30)) + "7,b\n", "y", "in one row only"),
        ("x,y\n" + "".join(f"{k},\n" for k in range(30)), "y", "missing in every row"),
        ("x,y\n" + "".join(f"{k},{'inf' if k == 3 else k / 2}\n" for k in range(60)), "y", "infinite"),
        ("y\n" + "".join(f"{k / 2}\n" for k in range(30)), "y", "no column beside the target"),
        ("x,y\n" + "".join(f",{'ab'[k % 2]}\n" for k in range(30)), "y", "can't be cut in two parts"),
        ("x,y\n" + "".join(f"7,{'ab'[k % 2]}\n" for k in range(30)), "y", "can't be cut in two parts"),
    ],
    ids=lambda value: value[:25] if isinstance(value, str) else "",
)
def test_data_that_cannot_answer(tmp_path, text, target, says):
    with pytest.raises(HoldfastError, match=says):
        hf.train(write(tmp_path, text), target, out=tmp_path / "study", trials=1)
    assert not (tmp_path / "study").exists()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"metric": "acuracy"}, "Did you mean 'accuracy'"),
        ({"task": "regresion"}, "Did you mean 'regression'"),
        ({"learners": "lightgm"}, "Did you mean 'lightgbm'"),
        ({"learners": "ridge"}, "is for regression"),
        ({"tuner": "bays"}, "Did you mean 'bayes'"),
        ({"budget": "soon"}, "is not a time"),
        ({"trials": 0}, "'trials'"),
        ({"sealed": 0.9}, "'sealed'"),
        ({"folds": 1}, "'folds'"),
        ({"groop": "x"}, "Did you mean 'group'"),
        ({"group": "nothing"}, "is not a column"),
        ({"time": "y"}, "holds text"),
        ({"weight": "y"}, "expected numbers of at least 0"),
        ({"drop": "nothing"}, "is not a column"),
        ({"group": "one"}, "can't be cut"),
    ],
    ids=lambda value: str(value)[:25],
)
def test_requests_that_make_no_sense(tmp_path, settings, says):
    source = write(tmp_path, "one,x,y,z\n" + "".join(f"1,{row}\n" for row in ROWS.splitlines()))
    with pytest.raises(HoldfastError, match=says):
        hf.train(source, "y", out=tmp_path / "study", **{"trials": 1, **settings})
    assert not (tmp_path / "study").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(HoldfastError, match="choose another --out"):
        hf.train(write(tmp_path, GOOD), "y", out=tmp_path / "locked" / "study", trials=1)


def test_a_file_in_the_way(tmp_path):
    write(tmp_path, "mine", "study")
    with pytest.raises(HoldfastError, match="choose another --out"):
        hf.train(write(tmp_path, GOOD), "y", out=tmp_path / "study", trials=1)
    assert (tmp_path / "study").read_text() == "mine"


def test_a_folder_that_is_no_study(tmp_path):
    (tmp_path / "photos").mkdir()
    write(tmp_path / "photos", "precious", "a.jpg")
    with pytest.raises(HoldfastError, match="is not a study"):
        hf.train(write(tmp_path, GOOD), "y", out=tmp_path / "photos", trials=1)


def test_wide_data_and_infinite_features_work(tmp_path):
    frame = pl.DataFrame({f"x{k}": [float((k * r) % 7) for r in range(60)] for k in range(1000)})
    frame = frame.with_columns(pl.Series("y", ["a", "b"] * 30), pl.Series("odd", [float("inf"), 1.0, 2.0] * 20))
    study = hf.train(frame, "y", out=tmp_path / "study", trials=1, learners="decision_tree")
    assert study.result["columns"] > 800


@pytest.mark.parametrize(("column", "target"), [("rows", "y"), ("x", "rows")])
def test_a_column_may_be_called_rows(tmp_path, column, target):
    frame = pl.DataFrame({column: ["few", "many", "some", "none"] * 20, "z": [float(k % 13) for k in range(80)]})
    frame = frame.with_columns(pl.Series(target, ["ab"[k * k % 7 % 2] for k in range(80)]))
    hf.train(frame, target, out=tmp_path / "study", trials=1, learners="decision_tree")
    assert "some" in (tmp_path / "study" / "report.html").read_text()


RUNNER = CliRunner()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--help"], 0),
        (["train", "--help"], 0),
        (["--version"], 0),
        (["learners"], 0),
        (["learners", "--task", "binary", "--json"], 0),
        (["train"], 2),
        (["train", "data.csv"], 2),
        (["fly"], 2),
        (["train", "data.csv", "--target", "y", "--nonsense"], 2),
        (["score", "model"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_exit_codes(words, code):
    assert RUNNER.invoke(app, words).exit_code == code


def test_audit_by_command(tmp_path):
    source = write(tmp_path, "x,copy,y\n" + "".join(f"{k % 7},{k % 2},{'ab'[k % 2]}\n" for k in range(80)))
    done = RUNNER.invoke(app, ["audit", source, "--target", "y"])
    assert done.exit_code == 0
    assert "target copy" in done.output or "target-copy" in done.output
    assert '"code": "target-copy"' in RUNNER.invoke(app, ["audit", source, "--target", "y", "--json"]).output


def test_a_study_file_with_overrides(tmp_path):
    source = write(tmp_path, GOOD)
    write(tmp_path, f'data = "{source}"\ntarget = "y"\nlearners = ["decision_tree"]\ntrials = 9\n', "asked.toml")
    words = [
        "train",
        "--config",
        str(tmp_path / "asked.toml"),
        "--trials",
        "1",
        "--out",
        str(tmp_path / "s"),
        "--no-open",
    ]
    done = RUNNER.invoke(app, words)
    assert done.exit_code == 0, done.output
    assert 'learners = [\n    "decision_tree",\n]' in (tmp_path / "s" / "study.toml").read_text()
    assert hf.Study(tmp_path / "s").result["trials"] == 2
