import pytest
from client import Client
from small_models import facts, logistic_graph, sum_graph

from holdfast.model.package import load, write
from holdfast.model.schema import Field, Schema
from holdfast.serve.app import App
from holdfast.serve.keys import Keys
from holdfast.serve.settings import Settings
from holdfast.serve.shelf import places

NUMBERS = (Field("a", "number", low=-5.0, high=5.0), Field("b", "number", low=0.0, high=10.0))


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "plan", facts(), logistic_graph(), reference=b"ARROW1", card="# A card")
    return tmp_path / "plan"


@pytest.fixture
def sums(tmp_path):
    changes = facts(task="regression", target="total", metric="rmse", classes=None, schema=Schema(NUMBERS).to_json())
    write(tmp_path / "sums", changes, sum_graph(), reference=b"ARROW1", card="# A card")
    return tmp_path / "sums"


@pytest.fixture
def model(folder):
    return load(folder)


@pytest.fixture
def client(folder, sums):
    """Make a client of both models, with settings and keys as wanted."""

    def make(settings=None, keys=None, **more):
        found = places([str(folder), f"sums@a={sums}", f"sums@b={sums}"])
        return Client(App(found, settings or Settings(), keys or Keys(), **more))

    return make
