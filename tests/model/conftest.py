import json

import pytest
from small_models import facts, logistic_graph

from holdfast.model.package import write


@pytest.fixture
def folder(tmp_path):
    """A whole model folder."""
    write(tmp_path / "model", facts(), logistic_graph(), reference=b"ARROW1", card="# A card")
    return tmp_path / "model"


@pytest.fixture
def rewrite(folder):
    """Change the manifest of `folder` in place."""

    def change(edit):
        manifest = json.loads((folder / "manifest.json").read_text())
        edit(manifest)
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return folder

    return change
