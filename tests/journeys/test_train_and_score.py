"""From a raw file to served predictions, as a user walks it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris

import holdfast as hf

RNG = np.random.default_rng(0)
QUICK = {"trials": 2, "learners": ("logistic", "lightgbm")}


def customers(n: int = 600) -> pl.DataFrame:
    """A made table with every kind of column, gaps, an id, a leak and duplicates."""
    age, spend = RNG.normal(45, 12, n).round(), RNG.gamma(2, 50, n).round(2)
    city = RNG.choice(["Paris", "Rome", "Oslo", "?"], n)
    churned = np.where(spend + 30 * (city == "Rome") + RNG.normal(0, 30, n) > 120, "yes", "no")
    frame = pl.DataFrame(
        {
            "customer": [f"C{k:05}" for k in range(n)],
            "age": [None if RNG.random() < 0.1 else value for value in age],
            "spend": spend,
            "city": city,
            "since": [f"{1 + k % 28:02}/{1 + k % 12:02}/{2015 + k % 8}" for k in range(n)],
            "note": [" ".join(RNG.choice(["late", "payment", "Happy", "refund", "call"], 5)) for _ in range(n)],
            "member": RNG.choice(["true", "false"], n),
            "closed": np.where(churned == "yes", "account closed", "open"),
            "churned": churned,
        }
    )
    return pl.concat([frame, frame[:20]])


def train(*words: str, cwd: Path, **options) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "holdfast.cli.main", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, **options)


@pytest.fixture(scope="module")
def walked(tmp_path_factory) -> Path:
    """One study, trained by the command line."""
    folder = tmp_path_factory.mktemp("walk")
    customers().write_csv(folder / "customers.csv")
    done = train(
        "train", "customers.csv", "--target", "churned", "--trials", "3", "--learners", "logistic,lightgbm,extra_trees",
        "--json", cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["task"] == "binary"
    return folder


def result(folder: Path) -> dict:
    return json.loads((folder / "study" / "result.json").read_text())


def test_the_folder_holds_what_was_promised(walked):
    names = {path.name for path in (walked / "study").iterdir()}
    assert {"study.toml", "result.json", "report.html", "ledger.jsonl", "trials", "model"} <= names
    assert {path.name for path in (walked / "study" / "model").iterdir()} == {
        "manifest.json", "model.onnx", "reference.arrow", "card.md",
    }  # fmt: skip


def test_the_result_holds_what_was_promised(walked):
    found = result(walked)
    assert {
        "task", "target", "metric", "rows", "columns", "fingerprint", "seed", "split", "findings", "leaderboard", "baseline",
        "verdict", "model", "seconds", "energy",
    } <= set(found)  # fmt: skip
    assert {"kind", "reason"} <= set(found["split"])
    assert {"metric", "score", "low", "high", "level", "openings"} <= set(found["verdict"])
    assert {"path", "sha256", "size_bytes", "compiled", "proof"} <= set(found["model"])
    assert {"read", "audit", "search", "verdict", "compile", "total"} <= set(found["seconds"])
    for row in found["leaderboard"]:
        assert {"learner", "score", "low", "high", "fit_seconds", "rows_per_second", "beats_baseline"} <= set(row)
    for finding in found["findings"]:
        assert {"code", "severity", "columns", "evidence", "remedy", "action"} <= set(finding)


def test_leak_and_id_were_left_out_and_the_model_is_honest(walked):
    found = result(walked)
    left_out = {name for each in found["findings"] if "left out" in each["action"] for name in each["columns"]}
    assert left_out == {"customer", "closed"}
    assert 0.6 < found["verdict"]["score"] < 0.999
    assert found["verdict"]["openings"] == 1
    assert any(row["baseline"] for row in found["leaderboard"])
    fields = json.loads((walked / "study" / "model" / "manifest.json").read_text())["schema"]
    assert not left_out & {field["name"] for field in fields}


def test_no_raw_row_is_in_the_reference(walked):
    reference = pl.read_ipc(walked / "study" / "model" / "reference.arrow")
    assert set(reference["column"]) == {"age", "spend", "city", "since", "member"}


def test_scoring_by_command_equals_scoring_in_python(walked):
    done = train("score", "study/model", "customers.csv", "--out", "scored.csv", "--keep", "customer", cwd=walked)
    assert done.returncode == 0, done.stderr
    scored, rows = pl.read_csv(walked / "scored.csv"), customers_of(walked)
    assert scored.columns == ["prediction", "probability_no", "probability_yes", "customer"]
    assert scored["customer"].to_list() == rows["customer"].to_list()
    model = hf.load(walked / "study")
    np.testing.assert_allclose(scored["probability_yes"], model.predict_proba(rows)[:, 1], atol=1e-12)
    one = rows.row(3, named=True)
    assert model.predict(one)[0] == scored["prediction"][3]


def customers_of(folder: Path) -> pl.DataFrame:
    return pl.read_csv(folder / "customers.csv", infer_schema=False)


@pytest.mark.parametrize("ending", ["parquet", "arrow", "jsonl", "json", "tsv", "xlsx"])
def test_every_form_of_output(walked, ending):
    done = train("score", "study/model", "customers.csv", "--out", f"scored.{ending}", cwd=walked)
    assert done.returncode == 0, done.stderr
    assert (walked / f"scored.{ending}").stat().st_size > 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda frame: frame.drop("age"), "'age' is missing"),
        (lambda frame: frame.rename({"age": "Age "}), "Did you mean 'Age '"),
        (lambda frame: frame.with_columns(pl.lit("old").alias("age")), "holds 'old' in 'age'; expected a number"),
    ],
)
def test_rows_that_do_not_fit_are_refused_and_leave_nothing(walked, change, says):
    change(customers_of(walked)).write_csv(walked / "bad.csv")
    done = train("score", "study/model", "bad.csv", "--out", "never.csv", cwd=walked)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert not (walked / "never.csv").exists()


def test_reordered_columns_and_unseen_values_are_fine(walked):
    rows = customers_of(walked)
    model = hf.load(walked / "study")
    assert np.array_equal(model.predict_proba(rows), model.predict_proba(rows[:, ::-1]))
    odd = rows.with_columns(pl.lit("Atlantis").alias("city"), pl.lit("never seen words at all").alias("note"))
    assert np.isfinite(model.predict_proba(odd)).all()


def test_formulas_are_made_harmless(walked):
    rows = customers_of(walked).with_columns(pl.lit("=cmd()").alias("customer"))
    rows.write_csv(walked / "evil.csv")
    train("score", "study/model", "evil.csv", "--out", "safe.csv", "--keep", "customer", cwd=walked)
    assert set(pl.read_csv(walked / "safe.csv")["customer"]) == {"'=cmd()"}


def test_the_verdict_and_a_second_look(walked):
    first = json.loads(train("verdict", "study", "--json", cwd=walked).stdout)
    assert first["openings"] == 1
    refused = train("verdict", "study", "--again", cwd=walked, input="n\n")
    assert refused.returncode == 1
    assert "goes on record" in refused.stderr
    again = json.loads(train("verdict", "study", "--again", "--yes", "--json", cwd=walked).stdout)
    assert again["openings"] == 2
    assert again["disclosed"] or again["score"] != first["score"]
    assert again["disclosures_left"] <= 20
    lines = (walked / "study" / "ledger.jsonl").read_text().splitlines(keepends=True)
    (walked / "study" / "ledger.jsonl").write_text("".join(lines[:-1]))
    cut_short = train("verdict", "study", cwd=walked)
    assert cut_short.returncode == 1
    assert "entries that were on record are gone" in cut_short.stderr
    (walked / "study" / "ledger.jsonl").write_text("".join(lines))
    assert json.loads(train("verdict", "study", "--json", cwd=walked).stdout)["openings"] == 2


def test_a_finished_study_is_not_overwritten(walked):
    done = train("train", "customers.csv", "--target", "churned", "--trials", "1", "--out", "study", cwd=walked)
    assert done.returncode == 1
    assert "holds a finished study" in done.stderr


def test_the_same_seed_and_trials_give_the_same_model(tmp_path):
    frame = customers()
    one, two = (hf.train(frame, "churned", out=tmp_path / name, **QUICK) for name in ("a", "b"))
    assert one.result["model"]["sha256"] == two.result["model"]["sha256"]
    assert one.result["verdict"]["score"] == two.result["verdict"]["score"]
    # Another order of the rows is the same data.
    three = hf.train(frame[::-1], "churned", out=tmp_path / "c", **QUICK)
    assert three.result["fingerprint"] == one.result["fingerprint"]
    assert three.result["split"]["sealed"] == one.result["split"]["sealed"]


@pytest.mark.parametrize(
    ("load", "task", "metric", "least"),
    [
        (load_breast_cancer, "binary", "roc_auc", 0.97),
        (load_iris, "multiclass", "accuracy", 0.85),
        (load_diabetes, "regression", "r2", 0.3),
    ],
)
def test_every_task_from_memory(tmp_path, load, task, metric, least):
    frame = load(as_frame=True).frame
    learners = ("ridge", "lightgbm") if task == "regression" else QUICK["learners"]
    study = hf.train(frame, "target", out=tmp_path / "study", metric=metric, trials=2, learners=learners)
    assert study.result["task"] == task
    assert study.verdict["score"] > least
    answers = study.model.predict(frame.drop(columns="target"))
    assert answers.shape == (len(frame),)
    if task != "regression":
        assert set(answers.tolist()) <= set(frame["target"].tolist())
    assert study.leaderboard.height >= 3
    assert study.report().exists()
    assert repr(study).startswith("Study(")


def test_groups_time_and_weights(tmp_path):
    frame = customers().with_columns(pl.Series("shop", RNG.integers(0, 40, 620)), pl.Series("w", RNG.random(620) + 0.1))
    grouped = hf.train(frame, "churned", out=tmp_path / "g", group="shop", weight="w", **QUICK)
    assert grouped.result["split"]["kind"] == "group"
    assert not {"shop", "w"} & {field.name for field in grouped.model.schema.fields}
    timed = hf.train(frame, "churned", out=tmp_path / "t", time="since", **QUICK)
    assert timed.result["split"]["kind"] == "time"


def test_noise_gains_nothing(tmp_path):
    noise = pl.DataFrame({f"x{k}": RNG.normal(size=500) for k in range(5)}).with_columns(
        pl.Series("y", RNG.integers(0, 2, 500))
    )
    study = hf.train(noise, "y", out=tmp_path / "study", trials=4)
    assert study.verdict["low"] < 0.5
    assert "luck" in study.result["sentence"] or "no better" in study.result["sentence"]


def test_a_budget_too_small_for_anything_still_ships_the_baseline(tmp_path):
    study = hf.train(customers(), "churned", out=tmp_path / "study", budget="0.1s")
    assert study.result["chosen"]["name"] == "prior"
    assert (study.model.predict(customers()) == "no").all()


def test_killed_and_resumed(tmp_path):
    """After kill -9 the same command goes on, and ends where an unbroken run ends."""
    customers(2000).write_csv(tmp_path / "customers.csv")
    words = ["train", "customers.csv", "--target", "churned", "--trials", "8", "--out", "study", "--no-open"]
    command = [sys.executable, "-m", "holdfast.cli.main", *words]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for _ in range(600):
        if len(list((tmp_path / "study" / "trials").glob("*.json"))) >= 3:
            break
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "study" / "result.json").exists()
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    other = subprocess.run(
        [*command[:-2], "whole", "--no-open"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert other.returncode == 0, other.stderr
    resumed, whole = (json.loads((tmp_path / name / "result.json").read_text()) for name in ("study", "whole"))
    assert resumed["model"]["sha256"] == whole["model"]["sha256"]
