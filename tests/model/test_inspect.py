import re
from pathlib import Path

import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from small_models import logistic_graph, sum_graph

from holdfast.errors import ModelError
from holdfast.model.inspect import ALLOWED, inspect

SRC = Path(__file__).parents[2] / "src" / "holdfast"
GOOD = sum_graph()


def changed(edit) -> bytes:
    model = onnx.load_from_string(GOOD)
    edit(model)
    return model.SerializeToString()


def node(op, domain="", **attributes):
    return lambda model: model.graph.node.append(helper.make_node(op, ["numbers"], ["z"], domain=domain, **attributes))


def external(model):
    model.graph.initializer[0].data_location = TensorProto.EXTERNAL
    model.graph.initializer[0].external_data.add(key="location", value="../../etc/passwd")


def external_in_attribute(model):
    node("LabelEncoder", "ai.onnx.ml")(model)
    tensor = helper.make_tensor("t", TensorProto.FLOAT, [1], [1.0])
    tensor.external_data.add(key="location", value="/etc/passwd")
    model.graph.node[-1].attribute.append(helper.make_attribute("values_tensor", tensor))


def function(model):
    model.functions.append(
        helper.make_function("mine", "Add2", ["x"], ["y"], [helper.make_node("Add", ["x", "x"], ["y"])], [])
    )


def subgraph(model):
    inner = helper.make_graph([], "inner", [], [])
    node("Identity")(model)
    model.graph.node[-1].attribute.append(helper.make_attribute("body", inner))


def bomb(model):
    model.graph.initializer.append(TensorProto(name="big", dims=[1 << 20, 1 << 20], data_type=1))


def overflow(model):
    model.graph.initializer.append(TensorProto(name="big", dims=[1 << 62, 4, 1 << 2], data_type=1))


def negative(model):
    model.graph.initializer.append(TensorProto(name="big", dims=[-1], data_type=1))


def sparse(model):
    model.graph.sparse_initializer.add()


def doubled(op, **attributes):
    def edit(model):
        name = "numbers"
        for k in range(30):
            model.graph.node.append(helper.make_node(op, [name, name], [f"twice{k}"], **attributes))
            name = f"twice{k}"

    return edit


HOSTILE = {
    "a value that doubles thirty times": doubled("Concat", axis=0),
    "text that doubles thirty times": doubled("StringConcat"),
    "unknown operator": node("Nothing"),
    "loop": node("Loop"),
    "tile": node("Tile"),
    "python": node("PyOp", "ai.onnx.contrib"),
    "unknown domain": node("Add", "mine"),
    "operator of the wrong domain": node("TreeEnsemble"),
    "external data": external,
    "external data in an attribute": external_in_attribute,
    "function": function,
    "subgraph": subgraph,
    "sparse": sparse,
    "tensor larger than its data": bomb,
    "sizes that overflow": overflow,
    "a negative size": negative,
    "training": lambda model: model.training_info.add(),
    "metadata": lambda model: model.metadata_props.add(key="ort_config", value="{}"),
    "no graph": lambda model: model.ClearField("graph"),
}


def test_what_we_compile_passes():
    inspect(GOOD)
    inspect(logistic_graph())


@pytest.mark.parametrize("edit", HOSTILE.values(), ids=HOSTILE)
def test_what_we_never_compile_is_refused(edit):
    with pytest.raises(ModelError, match="don't use it"):
        inspect(changed(edit))


def test_a_second_graph_is_refused():
    with pytest.raises(ModelError, match="2 graphs"):
        inspect(GOOD + GOOD)


def test_every_cut_is_survived():
    for end in range(len(GOOD)):
        try:
            inspect(GOOD[:end])
        except ModelError:
            continue


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_noise_is_refused_or_read_to_its_end(data):
    try:
        inspect(data)
    except ModelError as error:
        assert "expected only" in str(error)  # noqa: PT017


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_a_flipped_byte_raises_nothing_but_our_error(data):
    place = data.draw(st.integers(0, len(GOOD) - 1))
    broken = bytearray(GOOD)
    broken[place] ^= data.draw(st.integers(1, 255))
    try:
        inspect(bytes(broken))
    except ModelError as error:
        assert "expected only" in str(error)  # noqa: PT017


def test_every_operator_our_code_adds_is_allowed():
    """A new operator in an encoder or learner must be put on the list here, knowingly."""
    allowed = frozenset().union(*ALLOWED.values())
    for path in SRC.rglob("*.py"):
        added = re.findall(r"""graph\s*\.(?:add|outputs)\(\s*"(\w+)\"""", path.read_text())
        assert set(added) <= allowed, path


def test_every_allowed_operator_is_one_our_code_adds():
    """An operator nobody needs is one more way in."""
    text = "".join(path.read_text() for path in SRC.rglob("*.py") if path.name != "inspect.py")
    assert [name for names in ALLOWED.values() for name in names if f'"{name}"' not in text] == []


def test_what_would_take_long_to_look_through_is_refused_at_once():
    def field(number, data):
        size, encoded = len(data), b""
        while True:
            encoded += bytes([size & 0x7F | (0x80 if size > 0x7F else 0)])
            size >>= 7
            if not size:
                return bytes([number << 3 | 2]) + encoded + data

    dims = field(1, b"\xff\xff\xff\xff\x0f" * 80_000)
    with pytest.raises(ModelError, match="more than 8 dimensions"):
        inspect(field(7, field(5, dims)))
    with pytest.raises(ModelError, match="fields"):
        inspect(field(7, field(1, b"\x0a\x01x" * 5_000_000)))
    with pytest.raises(ModelError, match="without one of its inputs"):
        inspect(field(7, field(1, field(1, b"") + field(4, b"Max"))))
