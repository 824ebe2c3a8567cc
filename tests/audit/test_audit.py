"""Each trap is found where it was laid, and nothing is found where there is none."""

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine

from holdfast.audit.audit import audit
from holdfast.audit.finding import Severity
from holdfast.data.kinds import understand
from holdfast.data.read import Raw

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
            {**BASE, "after": np.where(BASE["y"] == "yes", 5, 0) + RNG.normal(size=N) * 0.9},
            "likely-leak",
            ("after",),
            False,
        ),
        ({**BASE, "customer": [f"C{k:05}" for k in range(N)]}, "identifier", ("customer",), True),
        ({**BASE, "same": [7] * N}, "constant", ("same",), True),
        ({**BASE, "nearly": [0] * (N - 1) + [1], "y": BASE["y"]}, "nearly-constant", ("nearly",), False)
        if N > 1000
        else ({**BASE, "gone": [None] * (N - 20) + [1.5] * 10 + [2.5] * 10}, "mostly-missing", ("gone",), False),
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
