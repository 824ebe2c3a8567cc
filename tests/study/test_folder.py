"""A study's folder: what it goes on with, and what it refuses."""

import pytest

from holdfast import files as files_module
from holdfast.data.seal import Split
from holdfast.errors import RequestError
from holdfast.study.folder import Folder
from holdfast.study.request import Request
from holdfast.study.settings import read_settings


def asked(**settings):
    return Request.of(target="y", space={"ridge": {"alpha": (0.1, 1.0)}}, **settings)


@pytest.fixture
def split():
    import numpy as np

    return Split(np.arange(8), np.arange(8, 10), "random", "by lot")


def test_a_study_goes_on_with_more_trials_which_are_put_on_record(tmp_path, split):
    folder = Folder(tmp_path / "study")
    folder.open(asked(trials=3), "rows", split)
    folder.open(asked(trials=5), "rows", split)
    assert read_settings(folder.request_file)["trials"] == 5
    with pytest.raises(RequestError, match="unfinished study with other settings"):
        folder.open(asked(trials=5, seed=1), "rows", split)
    with pytest.raises(RequestError, match="study of other data"):
        folder.open(asked(trials=5), "other rows", split)


def test_a_study_that_had_no_room_for_its_settings_goes_on(tmp_path, monkeypatch, split):
    folder = Folder(tmp_path / "s")
    with monkeypatch.context() as patched:
        patched.setattr(files_module.os, "replace", full)
        with pytest.raises(RequestError, match="No space left"):
            folder.open(asked(trials=3), "rows", split)
    with pytest.raises(RequestError, match="study of other data"):
        folder.open(asked(trials=3), "other rows", split)
    folder.open(asked(trials=3), "rows", split)
    assert [entry["event"] for entry in folder.ledger.entries()] == ["sealed"]
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / "mine.txt").touch()
    with pytest.raises(RequestError, match="is not a study"):
        Folder(tmp_path / "t").open(asked(trials=3), "rows", split)


def full(*args):
    raise OSError(28, "No space left on device")
