"""Each trap is found where it was laid, and nothing is found where there is none."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine

from holdfast.audit.audit import audit
from holdfast.audit.finding import Severity
from holdfast.audit.honest import by_time
from holdfast.audit.quick import random_folds
from holdfast.data.columns import Kind
from holdfast.data.fingerprint import row_hashes
from holdfast.data.kinds import understand
from holdfast.data.read import Raw
from holdfast.tasks.classification import classification

N = 600
RNG = np.random.default_rng(0)


def clean() -> dict:
    x, z = RNG.normal(size=N), RNG.normal(size=N)
    y = np.where(x + RNG.normal(size=N) > 0.3, "yes", "no")
    return {"x": x, "z": z, "w": RNG.choice(["red", "green", "blue"], N), "y": y}


def look(columns: dict, **options):
    dataset = understand(Raw(pl.DataFrame(columns), "memory"), target="y")
    numeric = dataset.frame["y"].dtype.is_numeric() and dataset.frame["y"].n_unique() > 2
    return audit(dataset, "y", "regression" if numeric else "classification", **options)


def codes(columns: dict, **options) -> set[str]:
    return {finding.code for finding in look(columns, **options)}


def test_clean_data_is_quiet():
    assert look(clean()) == []


@pytest.mark.parametrize("load", [load_breast_cancer, load_iris, load_wine, load_diabetes])
def test_real_clean_data_has_no_leak(load):
    frame = load(as_frame=True).frame
    columns = {name: frame[name].to_numpy() for name in frame.columns if name != "target"}
    target = frame["target"].to_numpy()
    y = target if load is load_diabetes else np.array([f"class {value}" for value in target])
    found = look({**columns, "y": y})
    assert not [each for each in found if each.severity is Severity.BLOCKER or "leak" in each.code]


def trap(**columns) -> dict:
    return {**clean(), **columns}


BASE = clean()
K, A, G = np.arange(N), RNG.normal(size=N), RNG.normal(size=N)
S, F, T, FEE = (
    RNG.normal(size=N),
    RNG.uniform(3, 60, N).round(2),
    RNG.uniform(0, 9, N).round(2),
    RNG.choice([0.5, 3.3], N),
)


@pytest.mark.parametrize(
    ("columns", "code", "where", "drop"),
    [
        ({**BASE, "copy": np.where(BASE["y"] == "yes", 1, 0)}, "target-copy", ("copy",), True),
        (
            {**BASE, "status": [f"{y}-{k % 3}" for k, y in enumerate(BASE["y"])]},
            "target-determined",
            ("status",),
            True,
        ),
        (
            {**BASE, "reason": [None if y == "no" else f"r{k % 7}" for k, y in enumerate(BASE["y"])]},
            "target-by-missingness",
            ("reason",),
            True,
        ),
        (
            {**BASE, "after": np.where(BASE["y"] == "yes", 5, 0) + RNG.normal(size=N) * 1.2},
            "likely-leak",
            ("after",),
            False,
        ),
        ({**BASE, "customer": [f"C{k:05}" for k in range(N)]}, "identifier", ("customer",), True),
        ({**BASE, "same": [7] * N}, "constant", ("same",), True),
        ({**BASE, "gone": [None] * (N - 20) + [1.5] * 10 + [2.5] * 10}, "mostly-missing", ("gone",), False),
        (
            {**BASE, "colour": [{"red": 1, "green": 2, "blue": 3}[w] for w in BASE["w"]]},
            "repeated-column",
            ("w", "colour"),
            False,
        ),
        ({**BASE, "city": RNG.choice(["NYC", "nyc ", "nyc", "Rome"], N)}, "inconsistent-codes", ("city",), False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_traps_are_found(columns, code, where, drop):
    finding = next(each for each in look(columns) if each.code == code)
    assert finding.columns == where
    assert finding.drop is drop
    assert finding.evidence.endswith(".")
    assert finding.remedy


@pytest.mark.parametrize(
    ("name", "values", "code"),
    [
        ("grade", np.random.default_rng(1).choice(["A", "A-", "B", "B-"], N), "inconsistent-codes"),
        ("rare", [None] * (N - 20) + [1.5] * 10 + [2.5] * 10, "nearly-constant"),
    ],
)
def test_what_is_no_trap(name, values, code):
    assert code not in [each.code for each in look({**BASE, name: values})]


def test_a_column_that_is_empty_in_the_rows_looked_at_is_no_trouble():
    """Its kind is known from other rows, such as those that are sealed."""
    dataset = understand(Raw(pl.DataFrame({**BASE, "late": [None] * (N - 1) + ["x"]}), "memory"), target="y")
    kinds = {**dataset.kinds, "late": Kind.CATEGORY}
    found = audit(replace(dataset.take(np.arange(N - 1)), kinds=kinds), "y", "classification")
    assert [each.code for each in found if each.columns == ("late",)] == []


def test_names_joined_otherwise_are_one():
    values = np.random.default_rng(1).choice(["New York", "new-york", "new_york", "Rome"], N)
    assert "inconsistent-codes" in [each.code for each in look({**BASE, "city": values})]


def test_a_target_that_is_a_sum():
    a, b = RNG.integers(0, 50, N), RNG.integers(0, 500, N)
    found = look({"a": a, "b": b, "noise": RNG.normal(size=N), "y": (a + b).astype(float)})
    assert [each.columns for each in found if each.code == "target-sum"] == [("a", "b")]
    assert "target-sum" not in codes({"a": a, "b": b, "y": a + b + RNG.normal(size=N)})


def test_a_target_on_a_line():
    y = RNG.normal(size=N)
    assert "target-line" in codes({"x": RNG.normal(size=N), "fahrenheit": y * 1.8 + 32, "y": y})
    assert "target-line" not in codes({"x": RNG.normal(size=N), "close": y + RNG.normal(size=N) * 0.1, "y": y})


def test_repeated_rows_agreeing_and_not():
    twice = {name: np.r_[values, values[:100]] for name, values in BASE.items()}
    assert "duplicate-rows" in codes(twice)
    assert "conflicting-rows" not in codes(twice)
    twice["y"][-100:] = np.where(twice["y"][-100:] == "yes", "no", "yes")
    assert "conflicting-rows" in codes(twice)


def test_time_that_changes_the_target():
    days = pl.date_range(pl.date(2020, 1, 1), pl.date(2020, 1, 1) + pl.duration(days=N - 1), eager=True)
    drifting = {**BASE, "day": days, "y": np.where(np.arange(N) + RNG.normal(size=N) * 300 > 300, "yes", "no")}
    assert "time-order" in codes(drifting)
    assert "time-order" not in codes({**BASE, "day": days})
    assert "time-order" not in codes(drifting, time_column="day")


def test_ids_that_repeat_are_groups():
    patients = [f"p{k}" for k in RNG.integers(0, 120, N)]
    assert "possible-groups" in codes({**BASE, "patient_id": patients})
    assert "possible-groups" not in codes({**BASE, "patient_id": patients}, group="patient_id")


def mice(rng: np.random.Generator) -> dict:
    """Sixty mice, looked at ten times each: whoever knows the mouse knows the answer, and nothing else tells it."""
    mouse = np.repeat(np.arange(60), 10)
    weights = {f"w{k}": rng.normal(size=60)[mouse] + rng.normal(size=N) * 0.05 for k in range(6)}
    return {**weights, "y": np.where(rng.random(60) < 0.5, "ill", "well")[mouse], "mouse": mouse}


def test_groups_that_flatter_decide_the_split():
    columns = mice(np.random.default_rng(1))
    mouse = columns.pop("mouse")
    repeat = np.arange(N) % 10
    found = {
        each.code: each for each in look({**columns, "id": [f"{m}_{k}" for m, k in zip(mouse, repeat, strict=True)]})
    }
    assert found["groups"].split == ("group", "stem(id)")
    assert found["groups"].price.with_it > found["groups"].price.without_it + 0.3
    found = {each.code: each for each in look({**columns, "mouse_id": [f"m{m}" for m in mouse]})}
    assert found["groups"].split == ("group", "mouse_id")


def test_groups_without_a_column_of_their_own():
    rng = np.random.default_rng(2)
    mix = np.repeat(np.arange(150), 4)
    recipe = {f"part{k}": np.round(rng.normal(size=150), 2)[mix] for k in range(6)}
    strength = rng.normal(size=150)[mix] * 5 + rng.normal(size=N)
    found = {each.code: each for each in look({**recipe, "age": rng.integers(1, 99, N).astype(float), "y": strength})}
    assert found["groups"].split == ("group", ", ".join(recipe))
    assert "'age'" in found["groups"].evidence


def test_a_counter_that_starts_again_is_a_batch():
    counter = np.concatenate([np.arange(1, 31) for _ in range(20)])
    found = {each.code: each for each in look({**BASE, "patch": counter})}
    assert "starts again 19 times" in found["possible-groups"].evidence


def test_rows_sorted_by_the_target_are_no_time_order():
    order = np.argsort(BASE["y"], kind="stable")
    assert not {"row-order", "time-order", "groups"} & codes({name: values[order] for name, values in BASE.items()})


def test_neighbouring_rows_that_are_alike_are_told_of():
    slow = np.sin(np.arange(N) / 20)
    assert "row-order" in codes({**BASE, "y": slow + RNG.normal(size=N) * 0.1})


@pytest.mark.parametrize(
    ("columns", "code", "where"),
    [
        (
            {"p": (K // 4) % 2, "q": (K // 2) % 2, "r": K % 2, "y": [f"c{k % 8}" for k in K]},
            "target-composed",
            ("p", "q", "r"),
        ),
        ({"start": A, "stop": A + G, "y": np.where(G > 0, "late", "early")}, "target-by-comparison", ("start", "stop")),
        ({"paid": np.where(BASE["y"] == "yes", 5 + RNG.random(N), 0.0), "y": BASE["y"]}, "target-separated", ("paid",)),
        ({"rank": np.exp(S), "y": S}, "target-line", ("rank",)),
        ({"total": F + T + FEE, "tip": T, "y": F}, "target-sum", ("total", "tip")),
    ],
)
def test_what_is_certain_is_left_out(columns, code, where):
    finding = next(each for each in look({**clean(), **columns}) if each.code == code)
    assert finding.columns == where
    assert finding.drop


def test_a_code_whose_values_are_sure_is_told_of():
    code = RNG.integers(0, 8, 4 * N)
    y = np.where((code == 3) | (RNG.random(4 * N) < 0.5), "no", "yes")
    found = look({"x": RNG.normal(size=4 * N), "discharge_code": [f"d{k}" for k in code], "y": y})
    leak = next(each for each in found if each.code == "likely-leak")
    assert leak.columns == ("discharge_code",)
    assert not leak.drop
    assert leak.price is not None


def test_columns_that_come_with_the_answer():
    rows = {"x": RNG.normal(size=N), "arrived": RNG.normal(size=N), "y": RNG.normal(size=N)}
    dataset = understand(Raw(pl.DataFrame(rows), "memory"), target="y")
    lacking = dataset.frame.head(50).with_columns(
        pl.lit(None, pl.Float64).alias("arrived"), pl.lit(None, pl.Float64).alias("y")
    )
    found = audit(dataset, "y", "regression", unanswered=replace(dataset, frame=lacking))
    assert [each.columns for each in found if each.code == "likely-leak"] == [("arrived",)]


def test_a_name_alone_is_no_evidence():
    rng = np.random.default_rng(9)
    y = BASE["y"] == "yes"
    assert "likely-leak" not in codes({**BASE, "call_duration": rng.normal(size=N)})
    assert "likely-leak" in codes({**BASE, "call_duration": np.abs(rng.normal(size=N)) + y})
    assert "likely-leak" not in codes({**BASE, "previous_duration": np.abs(rng.normal(size=N)) + y})


def test_near_copies():
    rng = np.random.default_rng(3)
    values = {f"v{k}": rng.normal(size=N) for k in range(6)}
    twice = {name: np.r_[each, each[:60] + 0.001] for name, each in values.items()}
    y = rng.choice(["a", "b"], N)
    assert "near-duplicates" in codes({**twice, "y": np.r_[y, y[:60]]})
    assert "near-duplicates" not in codes({**values, "y": y})


def test_wrong_labels():
    rng = np.random.default_rng(4)
    x = rng.normal(size=(2000, 3))
    y = np.where(x[:, 0] + x[:, 1] > 0, "up", "down")
    clear = np.flatnonzero(np.abs(x[:, 0] + x[:, 1]) > 0.8)[:60]
    wrong = y.copy()
    wrong[clear] = np.where(y[clear] == "up", "down", "up")
    columns = {f"x{k}": x[:, k] for k in range(3)}
    assert "label-errors" in codes({**columns, "y": wrong})
    assert "label-errors" not in codes({**columns, "y": np.where(x[:, 0] + rng.normal(size=2000) > 0, "up", "down")})


def test_two_units_in_one_column():
    rng = np.random.default_rng(5)
    height = rng.normal(172, 8, N)
    metres = np.where(np.arange(N) % 10 == 0, height / 100, height)
    assert "mixed-units" in codes({**BASE, "height": metres})
    assert "mixed-units" not in codes({**BASE, "height": height, "income": rng.lognormal(10, 1, N)})


def test_few_rows_rare_classes_and_imbalance():
    few = {name: values[:60] for name, values in BASE.items()}
    assert "few-rows" in codes(few)
    assert "rare-classes" in codes({**BASE, "y": np.r_[BASE["y"][:-3], ["odd"] * 3]})
    assert "imbalance" in codes({**BASE, "y": np.where(RNG.random(N) < 0.05, "yes", "no")})


def test_what_the_user_keeps_is_kept():
    found = look({**BASE, "copy": BASE["y"]}, keep=["copy"])
    leak = next(each for each in found if each.code == "target-copy")
    assert not leak.drop
    assert "kept" in leak.action


def test_the_most_severe_come_first_and_the_order_is_fixed():
    columns = {**BASE, "copy": BASE["y"], "same": [7] * N, "city": RNG.choice(["NYC", "nyc"], N)}
    found = look(columns)
    assert [each.severity for each in found] == sorted(each.severity for each in found)
    assert found == look(columns)


def test_what_time_did_not_allow_is_said():
    assert "audit-cut-short" in codes(clean(), deadline=0.0)


@pytest.mark.parametrize("kind", ["number", "category"])
def test_a_column_may_be_called_rows(kind):
    values = RNG.integers(0, 30, N) if kind == "number" else RNG.choice(["few", "many"], N)
    assert look({**clean(), "rows": values}) == []


def test_the_target_may_be_called_rows():
    columns = clean()
    columns["rows"] = columns.pop("y")
    columns["gone"] = [None if row % 3 else 1.0 for row in range(N)]
    dataset = understand(Raw(pl.DataFrame(columns), "memory"), target="rows")
    assert audit(dataset, "rows", "classification") == []
    assert classification(dataset.frame["rows"], "asked for").labels == ("no", "yes")


def test_groups_of_columns_with_a_comma_in_their_name_are_not_proposed():
    rng = np.random.default_rng(2)
    recipe = {f"part, {k}": np.round(rng.normal(size=150), 2)[np.repeat(np.arange(150), 4)] for k in range(6)}
    assert "groups" not in codes({**recipe, "age": rng.integers(1, 99, N).astype(float), "y": rng.normal(size=N)})


def test_moments_of_columns_with_a_comma_in_their_name_are_not_proposed():
    columns = {"year": 2000 + np.arange(N) // 60, "month, of sale": 1 + np.arange(N) // 5 % 12}
    assert "time-order" not in codes({**BASE, **columns})


def test_few_different_rows_that_share_a_fold():
    """Three values of one column, all dealt to one fold: nothing is left to fit on."""
    few = pl.DataFrame({"x": np.arange(200.0)})
    alike = few["x"].to_numpy()[random_folds(row_hashes(few, ["x"])) == 0][:3]
    columns = {"x": np.repeat(alike, 200), "y": RNG.normal(size=N)}
    assert look(columns) == []
    x, y = columns["x"][:, None], columns["y"][:, None]
    assert not by_time(x, y, np.zeros(N, dtype=np.int64), np.arange(N, dtype=np.float64)).matters


def test_labels_that_are_no_whole_numbers_are_doubted_all_the_same():
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(2, 2000))
    y = np.where(a + b > 0, 1.5, 0.5)
    wrong = np.flatnonzero(np.abs(a + b) > 0.8)[:60]
    y[wrong] = 2.0 - y[wrong]
    assert "label-errors" in codes({"a": a, "b": b, "y": y})


def test_a_large_target_is_no_class():
    assert look({"x": RNG.normal(size=N), "z": RNG.normal(size=N), "y": RNG.normal(size=N) * 1e20}) == []


def test_names_in_remedies_are_quoted():
    found = look({**BASE, "customer number": [f"C{k:05}" for k in range(N)], "copy of y": BASE["y"]})
    told = {each.code: each.remedy for each in found}
    assert "--keep 'customer number'" in told["identifier"]
    assert "--keep 'copy of y'" in told["target-copy"]
