import pytest

from holdfast.errors import RequestError
from holdfast.serve.keys import VARIABLE, Keys

LINE = "app predict a-secret-of-32-letters-for-tests"


@pytest.mark.parametrize("text", ["", "\n \n", f"# {LINE}\n", ";"])
def test_keys_that_were_asked_for_must_be_there(tmp_path, monkeypatch, text):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert not Keys.read()
    (tmp_path / "keys").write_text(text)
    with pytest.raises(RequestError, match=r"no key in .*keys; expected lines NAME SCOPE KEY"):
        Keys.read(tmp_path / "keys")
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(RequestError, match=f"no key in {VARIABLE}; expected lines NAME SCOPE KEY"):
        Keys.read()
    monkeypatch.setenv(VARIABLE, LINE)
    assert Keys.read()
