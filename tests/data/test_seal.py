import json

import numpy as np
import polars as pl
import pytest

from holdfast.data.columns import Kind
from holdfast.data.dataset import Dataset
from holdfast.data.seal import Ledger, Sealed, split
from holdfast.errors import RequestError, SealError

HASHES = np.random.default_rng(0).integers(0, 2**63, 1000).astype(np.uint64)


def test_split_covers_every_row_once():
    parts = split(HASHES, share=0.2)
    assert sorted([*parts.development, *parts.sealed]) == list(range(1000))
    assert len(parts.sealed) == pytest.approx(200, abs=30)
    assert parts.kind == "random"


def test_another_seed_seals_other_rows():
    assert set(split(HASHES, share=0.2, seed=0).sealed) != set(split(HASHES, share=0.2, seed=1).sealed)


def test_groups_stay_on_one_side():
    groups = (np.arange(1000) // 20).astype(np.uint64) * np.uint64(7919)
    parts = split(HASHES, share=0.2, groups=groups, strata=np.arange(1000) % 2)
    assert not set(groups[parts.sealed]) & set(groups[parts.development])
    assert parts.kind == "group"


def test_the_latest_rows_are_sealed():
    time = np.random.default_rng(1).permutation(1000).astype(float)
    parts = split(HASHES, share=0.2, time=time)
    assert time[parts.sealed].min() > time[parts.development].max()
    assert len(parts.sealed) == 200


def test_rows_of_one_moment_stay_together():
    time = np.repeat(np.arange(10.0), 100)
    parts = split(HASHES, share=0.25, time=time)
    assert not set(time[parts.sealed]) & set(time[parts.development])


@pytest.mark.parametrize(
    ("rows", "sealed"), [((2_000, 2_500, 2_700, 2_790, 10), 2_800), ((90, 10), 10), ((10, 90), 90)]
)
def test_coarse_time_is_cut_where_it_comes_nearest_to_the_share(rows, sealed):
    time = np.repeat(np.arange(len(rows)), rows).astype(float)
    assert len(split(np.arange(len(time), dtype=np.uint64), share=0.2, time=time).sealed) == sealed


def test_opening_is_recorded_before_rows_are_given(tmp_path):
    dataset = Dataset(pl.DataFrame({"x": [1.0, 2.0, 3.0]}), {"x": Kind.NUMBER})
    ledger = Ledger(tmp_path / "ledger.jsonl")
    sealed = Sealed(dataset, np.array([2]))
    assert sealed.open(ledger, why="verdict").frame["x"].to_list() == [3.0]
    assert ledger.openings == 1
    assert ledger.entries()[-1]["why"] == "verdict"
    assert "3.0" not in repr(sealed)


def test_a_ledger_that_cannot_be_written_keeps_the_seal(tmp_path):
    sealed = Sealed(Dataset(pl.DataFrame({"x": [1.0]}), {"x": Kind.NUMBER}), np.array([0]))
    with pytest.raises(RequestError, match="No such file"):
        sealed.open(Ledger(tmp_path / "absent" / "ledger.jsonl"))


@pytest.mark.parametrize("change", ["edit", "remove", "swap", "garbage"])
def test_tampering_is_noticed(tmp_path, change):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    for number in range(3):
        ledger.record("opened", number=number)
    lines = ledger.path.read_text().splitlines()
    if change == "edit":
        lines[1] = json.dumps({**json.loads(lines[1]), "number": 9}, sort_keys=True)
    elif change == "remove":
        del lines[1]
    elif change == "swap":
        lines[0], lines[1] = lines[1], lines[0]
    else:
        lines[2] = "not json"
    ledger.path.write_text("\n".join(lines) + "\n")
    with pytest.raises(SealError, match="chain of hashes is broken"):
        ledger.entries()
