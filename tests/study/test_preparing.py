"""Preparation as asked: checked before any training, kept in every file of the study."""

import json
import tomllib

import numpy as np
import polars as pl
import pytest
from scipy.stats import skew

import holdfast as hf
from holdfast.data.columns import Coded, Columns, Kind
from holdfast.errors import RequestError
from holdfast.study.prepare import ask
from holdfast.study.preparing import affordable_crosses, choices_of, read_preparation, skewness, transforms_of
from holdfast.study.request import Request


def frame(n_rows: int = 400) -> pl.DataFrame:
    """A skewed price that depends on the ratio of two numbers and on a category."""
    rng = np.random.default_rng(0)
    size, rooms = rng.uniform(20, 200, n_rows), rng.integers(1, 6, n_rows)
    city = rng.choice(["Paris", "Rome", "Oslo"], n_rows)
    price = np.exp(2 + np.log(size / rooms) + (city == "Oslo") + 0.5 * rng.normal(size=n_rows))
    noise = {f"noise{k}": rng.normal(size=n_rows) for k in range(3)}
    return pl.DataFrame(
        {"yes": noise["noise0"] > 0, "size": size, "rooms": rooms, "city": city, "price": price, **noise}
    )


def test_what_was_asked_is_done_and_told_everywhere(tmp_path):
    study = hf.train(
        frame(),
        "price",
        learners="ridge",
        trials=1,
        out=tmp_path / "study",
        scale="power",
        encode="target",
        cross="size/rooms",
        select="l1:3",
        target_transform="log",
        features={"size": {"scale": "robust"}},
    )
    result = json.loads((study.path / "result.json").read_text())
    preparation = result["preparation"]
    assert preparation["target_transform"] == "log"
    (matrix,) = preparation["matrices"]
    assert matrix["target"] == "log"
    assert matrix["matrix_columns"] == 3
    assert matrix["columns"]["city"].startswith("target means")
    assert "not selected" in matrix["columns"].values()
    assert result["model"]["proof"]["max_abs_difference"] <= result["model"]["proof"]["allowed"]
    kept = tomllib.loads((study.path / "study.toml").read_text())
    assert (kept["scale"], kept["cross"], kept["select"]) == ("power", ["size/rooms"], "l1:3")
    assert kept["features"] == {"size": {"scale": "robust"}}
    assert Request.of(**kept).features == {"size": {"scale": "robust"}}
    card, report = (study.path / "model" / "card.md").read_text(), (study.path / "report.html").read_text()
    assert "the target: learned as log(1 + y) by ridge" in card
    assert "Duan" in card
    assert "city: target means" in card
    assert "How columns were prepared" in report
    assert "size / rooms" in report
    scored = study.model.predict(frame().drop("price"))
    assert np.mean(scored) == pytest.approx(frame()["price"].mean(), rel=0.1)


def test_numbers_beside_their_group_are_told_and_compiled(tmp_path):
    study = hf.train(
        frame(), "price", learners="ridge", trials=1, out=tmp_path / "study", cross="size by city,rooms / city"
    )
    result = json.loads((study.path / "result.json").read_text())
    assert result["model"]["proof"]["max_abs_difference"] <= result["model"]["proof"]["allowed"]
    report = (study.path / "report.html").read_text()
    assert "deviation from the mean size of the city" in report
    assert "divided by the mean rooms of the city" in report
    rows = frame().drop("price").head(3).with_columns(city=pl.Series(["Oslo", "Berlin", None]))
    assert np.isfinite(study.model.predict(rows)).all()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"scale": "box_cox"}, "column 'noise0', which goes down to .* say power"),
        ({"scale": "box_cox", "features": {f"noise{k}": {"scale": "power"} for k in range(3)}}, None),
        ({"features": {"yes": {"scale": "box_cox"}}}, "column 'yes', which goes down to 0"),
        ({"scale": "rubost"}, "Did you mean 'robust'"),
        ({"encode": "one_hot"}, "Did you mean 'onehot'"),
        ({"cross": "size*city"}, "joins a number and a category"),
        ({"cross": "city by size"}, "joins a category and a number .* a number and a category"),
        ({"cross": "pairs"}, "expected two columns of categories to learn from, got city: leave it out, or say auto"),
        ({"cross": "pairs,auto"}, "asks for auto and pairs; expected one of them"),
        ({"cross": "size*price"}, "expected two columns to learn from"),
        ({"select": "best"}, "expected one of l1"),
        ({"target_transform": "sqrt"}, "expected one of none, log, power, auto"),
        ({"features": {"town": {"encode": "target"}}}, "not a column to learn from"),
    ],
)
def test_a_request_that_can_not_be_met_is_an_error_before_training(settings, says):
    request = Request.of(target="price", **settings)
    if says is None:
        assert ask(frame(), request).preparation.columns
        return
    with pytest.raises(RequestError, match=says):
        ask(frame(), request)


def test_a_logarithm_needs_a_regression_without_negative_targets():
    below = frame().with_columns(price=pl.col("price") - 100)
    with pytest.raises(RequestError, match=r"goes down to -\d+.*say power"):
        ask(below, Request.of(target="price", target_transform="log"))
    with pytest.raises(RequestError, match="multiclass task; expected a regression"):
        ask(frame(), Request.of(target="city", target_transform="log"))


def test_a_cross_with_a_column_the_audit_left_out_says_so(tmp_path):
    leaky = frame().with_columns(tax=pl.col("price") * 0.2)
    with pytest.raises(RequestError, match="the audit left out 'tax': keep a column with --keep"):
        hf.train(leaky, "price", learners="ridge", trials=1, out=tmp_path / "study", cross="tax/size")


def test_the_search_tries_crosses_where_there_is_a_pair_of_columns():
    asked, pair = Request.of(target="y"), columns_of(size=Kind.NUMBER, city=Kind.CATEGORY)
    y = np.arange(40.0)
    assert choices_of(asked, pair, y).crosses == ("none", "auto")
    assert choices_of(asked, columns_of(size=Kind.NUMBER, when=Kind.DATETIME), y).crosses == ("none",)
    assert choices_of(Request.of(target="y", cross="size by city"), pair, y).crosses == ("none",)
    assert choices_of(Request.of(target="y", cross="size by city,auto"), pair, y).crosses == ("auto",)


def test_the_search_tries_pairs_where_categories_have_many_values():
    asked, two, y = Request.of(target="y"), columns_of(city=Kind.CATEGORY, shop=Kind.CATEGORY), np.arange(40.0)
    assert choices_of(asked, two, y).crosses == ("none", "auto", "pairs")
    assert choices_of(asked, two.select(["city"]), y).crosses == ("none",)
    assert choices_of(Request.of(target="y", cross="none"), two, y).crosses == ("none",)
    assert choices_of(Request.of(target="y", cross="pairs"), two, y).crosses == ("pairs",)


def test_the_search_tries_numbers_joined_at_random_where_there_is_time():
    asked, two, y = Request.of(target="y"), columns_of(size=Kind.NUMBER, weight=Kind.NUMBER), np.arange(40.0)
    assert choices_of(asked, two, y, drawn=50).crosses == ("none", "auto", "arithmetic")
    assert choices_of(asked, two, y, drawn=0).crosses == ("none", "auto")
    assert choices_of(asked, columns_of(size=Kind.NUMBER, city=Kind.CATEGORY), y, drawn=50).crosses == ("none", "auto")
    assert choices_of(Request.of(target="y", cross="arithmetic"), two, y).crosses == ("arithmetic",)
    kinds = {f"x{k}": Kind.NUMBER for k in range(10)}
    at = {
        budget: [
            affordable_crosses(Request.of(target="y", budget=budget), rows, kinds, 1) for rows in (1_000, 40_000, 10**6)
        ]
        for budget in ("60s", "300s")
    }
    assert at == {"60s": [200, 0, 0], "300s": [200, 83, 0]}
    assert affordable_crosses(Request.of(target="y", budget="1s", cross="arithmetic"), 10**6, kinds, 1) == 200


def test_arithmetic_needs_two_numbers():
    with pytest.raises(RequestError, match=r"joins numbers; expected two columns of numbers.*got size"):
        read_preparation(Request.of(target="y", cross="arithmetic"), {"size": Kind.NUMBER, "city": Kind.CATEGORY})


def columns_of(**kinds: Kind) -> Columns:
    """Forty rows; categories have twenty values."""
    strings = [name for name, kind in kinds.items() if kind is Kind.CATEGORY]
    twenty = Coded(np.arange(40, dtype=np.int32) % 20, np.array([f"v{k:02}" for k in range(20)], dtype=object))
    return Columns(
        {name: np.arange(40.0) for name in kinds if name not in strings}, dict.fromkeys(strings, twenty), kinds
    )


def test_the_search_tries_the_spelling_of_categories_with_many_values():
    asked, y = Request.of(target="y"), np.zeros(40)
    titles = np.array(
        [f"{rank} of the {house}" for rank in ("Clerk", "Head") for house in map(chr, range(65, 85))], dtype=object
    )
    worded = Columns({}, {"title": Coded(np.arange(40), titles)}, {"title": Kind.CATEGORY})
    assert choices_of(asked, worded, y).encodings == ("auto", "target", "ngrams")
    assert choices_of(asked, columns_of(city=Kind.CATEGORY), y).encodings == ("auto", "target")
    assert choices_of(asked, columns_of(size=Kind.NUMBER), y).encodings == ("auto",)
    assert choices_of(Request.of(target="y", encode="target"), worded, y).encodings == ("target",)


def test_only_a_target_that_leans_is_tried_on_another_scale():
    auto = Request.of(target="y", target_transform="auto")
    rng = np.random.default_rng(0)
    assert transforms_of(auto, rng.normal(size=500)) == ("none",)
    assert transforms_of(auto, rng.lognormal(size=500)) == ("none", "log")
    assert transforms_of(auto, rng.lognormal(size=500) - 1) == ("none", "power")
    values = rng.gamma(2, size=300)
    assert skewness(values) == pytest.approx(skew(values))
