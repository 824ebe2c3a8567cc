import pytest

from holdfast.errors import MissingExtraError
from holdfast.serve.wire import need


def test_what_is_missing_is_named_as_it_is_installed():
    with pytest.raises(MissingExtraError, match="needs orxml, which is not installed: pip install orjson orxml"):
        need("orjson", "orxml")
