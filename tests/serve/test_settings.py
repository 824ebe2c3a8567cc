"""What a server may be told."""

from pathlib import Path

import pytest

from holdfast.errors import RequestError
from holdfast.serve.settings import read_origins
from holdfast.serve.shelf import places


@pytest.mark.parametrize("origin", ["*", "https://a.com/", "a.com", "https://a.com/page"])
def test_what_no_browser_sends_is_no_origin(origin):
    with pytest.raises(RequestError, match="expected https://HOST"):
        read_origins([origin])
    assert read_origins(["https://a.com", "null"]) == ("https://a.com", "null")


def test_a_folder_may_have_an_equals_sign(tmp_path):
    folder = tmp_path / "run=3" / "churn"
    folder.mkdir(parents=True)
    unnamed, named = places([str(folder), f"churn@2={folder}"])
    assert unnamed.folder == folder
    assert (named.name, named.version, named.folder) == ("churn", "2", Path(folder))
