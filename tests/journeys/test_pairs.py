"""Categories that tell more together, from a file to answers."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import holdfast as hf


def sales(n: int = 3000) -> pl.DataFrame:
    """Whether, how and how much a customer buys depends on the company and the product together, and on neither alone."""
    rng = np.random.default_rng(0)
    company, product, channel = rng.integers(0, 25, n), rng.integers(0, 20, n), rng.integers(0, 2, n)
    liked = rng.permutation(500)[company * 20 + product] / 5
    noise = rng.normal(size=n)
    return pl.DataFrame(
        {
            "company": [None if k == 0 else f"company {k}" for k in company],
            "product": [f"product {k}" for k in product],
            "channel": [("shop", "web")[k] for k in channel],
            "bought": np.where(liked / 25 + noise > 2, "yes", "no"),
            "level": np.array(["low", "middle", "high"])[np.digitize(liked + 10 * noise, [33, 67])],
            "amount": liked + 10 * noise,
        }
    )


def train(*words: str, cwd: Path) -> dict:
    command = [sys.executable, "-m", "holdfast.cli.main", "train", "sales.csv", "--no-open", "--json", *words]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_pairs_are_asked_for_told_and_compiled(tmp_path):
    sales().drop("level", "amount").write_csv(tmp_path / "sales.csv")
    result = train("--target", "bought", "--learners", "lightgbm", "--trials", "1", "--cross", "pairs", cwd=tmp_path)
    (matrix,) = result["preparation"]["matrices"]
    assert matrix["columns"]["company * product"].startswith("target means, out of fold: ")
    assert "company * product * channel" in matrix["columns"]
    assert result["model"]["proof"]["max_abs_difference"] <= result["model"]["proof"]["allowed"]
    assert "company * product" in (tmp_path / "study" / "report.html").read_text()
    assert result["verdict"]["low"] > 0.65


def test_the_search_tries_pairs_and_keeps_what_the_folds_say(tmp_path):
    sales().drop("level", "amount").write_csv(tmp_path / "sales.csv")
    words = ["--target", "bought", "--learners", "lightgbm", "--trials", "3"]
    scores = {each["params"]["crosses"]: each["score"] for each in train(*words, cwd=tmp_path)["search"]["trials"]}
    assert list(scores) == ["none", "auto", "pairs"]
    assert scores["pairs"] > scores["none"] + 0.05


SLOW = [pytest.param(target, "lightgbm", marks=pytest.mark.slow) for target in ("level", "amount")]


@pytest.mark.parametrize(("target", "learner"), [*SLOW, ("amount", "ridge")])
def test_pairs_help_every_task_and_answer_what_is_missing_or_new(tmp_path, target, learner):
    frame = sales().select("company", "product", "channel", target)
    asked = {"learners": learner, "trials": 1}
    alone = hf.train(frame, target, out=tmp_path / "alone", cross="none", **asked)
    pairs = hf.train(frame, target, out=tmp_path / "pairs", cross="pairs", **asked)
    assert pairs.verdict["score"] < 0.8 * alone.verdict["score"]
    proof = pairs.result["model"]["proof"]
    assert proof["max_abs_difference"] <= proof["allowed"]
    rows = frame.drop(target).head(3).with_columns(company=pl.Series(["company 3", None, "new"]))
    assert pairs.model.predict(rows).shape[0] == 3
