import pytest

from holdfast import files as files_module
from holdfast.errors import RequestError
from holdfast.files import replacing, write_text


def test_a_file_is_replaced_once_it_is_whole(tmp_path):
    place = tmp_path / "numbers.txt"
    place.write_text("1")
    with replacing(place) as partial:
        partial.write_text("1 2 3")
        assert place.read_text() == "1"
    assert place.read_text() == "1 2 3"
    assert list(tmp_path.iterdir()) == [place]


def test_after_an_error_nothing_is_left(tmp_path):
    def fail():
        with replacing(tmp_path / "numbers.txt") as partial:
            partial.write_text("1 2")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_said_and_leaves_nothing_half_written(tmp_path, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files_module.os, "replace", full)
    with pytest.raises(RequestError, match=r"No space left on device.*make room"):
        write_text(tmp_path / "note.txt", "words")
    assert not list(tmp_path.iterdir())
