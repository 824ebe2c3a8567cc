"""A whole study with everything a sceptic asks for."""

import json

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_diabetes

import holdfast as hf

N = 900


def loans(seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    income, sex = rng.normal(40, 12, N), rng.choice(["f", "m"], N)
    odds = 0.1 * (income - 40) + 1.2 * (sex == "m")
    paid = np.where(rng.random(N) < 1 / (1 + np.exp(-odds)), "yes", "no")
    return pl.DataFrame({"income": income, "sex": sex, "region": rng.choice(["north", "south"], N), "paid": paid})


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    out = tmp_path_factory.mktemp("trust") / "study"
    settings = {"protected": "sex", "fair": "demographic_parity", "conformal_group": "region", "record": True}
    return hf.train(loans(), "paid", out=out, trials=3, learners="logistic,decision_tree", **settings)


def test_groups_are_measured_and_equal_treatment_has_a_price(study):
    (found,) = study.result["fairness"]
    assert {group["name"] for group in found["groups"]} == {"f", "m"}
    assert found["differences"]["demographic parity difference"]["low"] > 0
    (equal,) = study.result["equal_treatment"]
    assert equal["difference"][1] < equal["difference"][0]
    assert "Fairness by sex" in study.report().read_text()
    assert "sex" in [field.name for field in study.model.schema.fields]


def test_a_protected_column_may_be_left_out_and_is_still_measured(tmp_path):
    result = hf.train(
        loans(), "paid", out=tmp_path / "s", trials=1, learners="logistic", protected="sex", drop="sex"
    ).result
    assert result["fairness"][0]["column"] == "sex"
    assert "sex" not in [field.name for field in hf.load(tmp_path / "s").schema.fields]


def test_stress_privacy_energy_and_comparisons_are_in_the_result(study):
    result = study.result
    assert {each["what"] for each in result["robustness"]} >= {"every category a value never seen"}
    assert 0.4 < result["privacy"]["auc"] < 0.7
    assert result["energy"]["processor_seconds"] > 0
    assert sum(row["against_best"] is None for row in result["leaderboard"]) == 1
    assert result["leaderboard"][0]["ties_with_best"]
    assert "baseline" in result["worth"]
    assert result["calibration"]["log_loss_after"] <= result["calibration"]["log_loss_before"] + 1e-12


def test_the_card_and_the_record_say_what_is_known_and_what_is_not(study):
    card = (study.path / "model" / "card.md").read_text()
    record = (study.path / "record.md").read_text()
    assert "Intended use\n\nunknown" in card
    assert "Four-fifths rule" in card
    for section in range(1, 10):
        assert f"\n## {section}. " in record
    assert card in record


def test_ranges_ship_with_the_model(study):
    rows = loans(1)
    sets = study.model.predict_interval(rows.drop("paid"), 0.9)
    held = np.mean([truth in inside for truth, inside in zip(rows["paid"], sets, strict=True)])
    assert held == pytest.approx(0.9, abs=0.06)
    assert study.model.outputs[0].intervals.column == "region"
    assert set(study.model.score(rows, interval=0.9)) == {"prediction", "set", "probability_no", "probability_yes"}
    assert study.verdict["coverage"]["low"] < 0.9 < study.verdict["coverage"]["high"]


def test_numbers_get_intervals(tmp_path):
    frame = load_diabetes(as_frame=True).frame
    study = hf.train(frame, "target", out=tmp_path / "s", trials=2, learners="ridge")
    answers = study.model.score(frame, interval=0.8)
    held = np.mean((answers["low"] <= frame["target"]) & (frame["target"] <= answers["high"]))
    assert held == pytest.approx(0.8, abs=0.06)
    assert (answers["low"] < answers["prediction"]).all()
    with pytest.raises(hf.RequestError, match="is not a level the model knows"):
        study.model.predict_interval(frame, 1.5)


def test_simple_is_preferred_when_it_is_as_good(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 3))
    frame = pl.DataFrame({**{f"x{k}": x[:, k] for k in range(3)}, "y": x[:, 0] + rng.normal(size=600)})
    study = hf.train(frame, "y", out=tmp_path / "s", trials=4, learners="lightgbm,ridge,extra_trees", prefer="simple")
    assert study.result["chosen"]["name"] == "ridge"


def test_groups_found_by_the_audit_decide_the_split(tmp_path):
    rng = np.random.default_rng(1)
    # Thirty mice are sealed: with a dozen, luck alone may tell the ill from the well.
    mouse = np.repeat(np.arange(150), 6)
    columns = {f"w{k}": rng.normal(size=150)[mouse] + rng.normal(size=900) * 0.05 for k in range(6)}
    ids = [f"{m}_{k % 6}" for k, m in enumerate(mouse)]
    frame = pl.DataFrame({**columns, "id": ids, "y": np.where(rng.random(150) < 0.5, "ill", "well")[mouse]})
    honest = hf.train(frame, "y", out=tmp_path / "a", trials=2, learners="extra_trees,logistic").result
    naive = hf.train(frame, "y", out=tmp_path / "b", trials=2, learners="extra_trees,logistic", split="random").result
    assert honest["split"]["kind"] == "group"
    assert honest["split"]["decided"] == "audit"
    assert "stem(id)" in honest["first"][0]
    assert naive["verdict"]["score"] > 0.95 > honest["verdict"]["score"] + 0.05
    ledger = (tmp_path / "a" / "ledger.jsonl").read_text().splitlines()
    assert json.loads(ledger[0])["decided"] == "audit"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"protected": "gender"}, "'gender' is not a column"),
        ({"fair": "equal_opportunity"}, "expected a binary one and --protected"),
        ({"conformal_group": "income"}, "expected a category"),
        ({"group": "stem(sexx)"}, "Did you mean 'sex'"),
        ({"prefer": "simplest"}, "prefer"),
    ],
)
def test_wrong_settings_are_told_before_anything_is_trained(tmp_path, settings, message):
    with pytest.raises(hf.HoldfastError, match=message):
        hf.train(loans(), "paid", out=tmp_path / "s", trials=1, **settings)
    assert not (tmp_path / "s").exists()


def test_what_there_was_no_time_for_is_in_its_place_on_the_card(study):
    from types import SimpleNamespace

    from holdfast.study import card
    from holdfast.study.trust import Trust

    trust = Trust(not_done=["robustness", "privacy"], groups_not_done=["sex"])
    question = SimpleNamespace(request=SimpleNamespace(protected=("sex",)))
    compiled = SimpleNamespace(proof=SimpleNamespace(rows=9, max_abs_difference=0.0))
    assert card._groups(question, trust) == "- sex: not measured, the budget left no time\n"
    limits = card._limits(compiled, None, trust)
    assert "- robustness: not measured" in limits
    assert limits.count("privacy") == 1
