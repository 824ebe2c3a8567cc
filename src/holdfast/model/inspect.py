"""Look through an ONNX file before ONNX Runtime sees it: only what our compiler writes may pass.

ONNX files can name other files to read (external tensors), carry functions of their own and ask for tensors of any size.
This reads the protobuf wire format (https://protobuf.dev/programming-guides/encoding/) and knows of onnx.proto only the
fields that a Holdfast model has; any other field is refused.
"""

import re
from collections.abc import Iterator, Mapping
from math import prod

from holdfast.errors import ModelError

# fmt: off
ALLOWED = {
    "": frozenset({
        "Add", "And", "ArgMax", "Cast", "Clip", "Concat", "Cos", "CumSum", "Div", "Equal", "Exp", "Floor", "Gather",
        "Identity", "Less", "Log", "MatMul", "Max", "Min", "Mul", "NonZero", "Not", "Reciprocal", "ReduceL2", "ReduceSum",
        "Reshape", "Sigmoid", "Softmax", "Sqrt", "StringConcat", "Sub", "TfIdfVectorizer", "TopK", "Unsqueeze", "Where",
    }),
    "ai.onnx.ml": frozenset({"LabelEncoder", "TreeEnsemble"}),
    "com.microsoft": frozenset({"Tokenizer"}),
}

# What each message may hold: a field's number, and what kind of message it is (None: plain values, not looked into).
Known = Mapping[int, str | None]
MESSAGES: Mapping[str, Known] = {
    "ModelProto": {1: None, 2: None, 3: None, 5: None, 7: "GraphProto", 8: None},
    "GraphProto": {1: "NodeProto", 2: None, 5: "TensorProto", 11: None, 12: None},
    "NodeProto": {1: None, 2: None, 3: None, 4: None, 5: "AttributeProto", 7: None},
    "AttributeProto": {1: None, 2: None, 3: None, 4: None, 5: "TensorProto", 7: None, 8: None, 9: None, 20: None},
    "TensorProto": {1: None, 2: None, 4: None, 5: None, 6: None, 7: None, 8: None, 9: None, 10: None, 11: None},
}
# fmt: on
MODEL_GRAPH, GRAPH_NODE, NODE_INPUT, NODE_OUTPUT, NODE_OP, NODE_DOMAIN, TENSOR_DIMS = 7, 1, 1, 2, 4, 7, 1

# More than any model has; to walk them takes seconds.
MOST_FIELDS, MOST_DIMENSIONS = 4_000_000, 8

# A value joined with itself again and again doubles each time: no value may hold another more often than this.
MOST_JOINED = 1 << 20
JOINING = {b"Concat", b"StringConcat"}

# Trees are millions of integers, each a field of its own (AttributeProto.ints: key 0x40, then a varint): passed in one go.
_INTEGERS = re.compile(rb"(?:\x40[\x80-\xff]{0,9}+[\x00-\x7f])++")


def inspect(onnx: bytes) -> None:
    """Raise ModelError unless the graph holds only known operators and its own data.

    >>> inspect(b"no model")
    Traceback (most recent call last):
    holdfast.errors.ModelError: the model's graph holds bytes that are no ONNX; expected only what ...
    """
    left = iter(range(MOST_FIELDS))
    graphs = sum(number == MODEL_GRAPH for number, _ in _fields(memoryview(onnx), left))
    if graphs != 1:
        raise _refused(f"{graphs} graphs")
    _message(memoryview(onnx), "ModelProto", left)


def _message(data: memoryview, kind: str, left: Iterator[int]) -> None:
    values: dict[int, bytes] = {}
    sizes: list[int] = []
    joined: dict[bytes, int] = {}
    for number, value in _fields(data, left, integers=kind == "AttributeProto"):
        if number not in MESSAGES[kind]:
            raise _refused(f"field {number} of {kind}")
        child = MESSAGES[kind][number]
        if child is not None:
            _message(_view(value), child, left)
            if kind == "GraphProto" and number == GRAPH_NODE:
                _join(_view(value), joined)
        elif kind == "NodeProto" and number in (NODE_OP, NODE_DOMAIN):
            values[number] = bytes(_view(value))
        elif kind == "NodeProto" and number == NODE_INPUT and not len(_view(value)):
            raise _refused("an operator without one of its inputs")  # ONNX Runtime crashes at some of those
        elif kind == "TensorProto" and number == TENSOR_DIMS:
            for size in [value] if isinstance(value, int) else _packed(value):
                sizes.append(size)
                if len(sizes) > MOST_DIMENSIONS:
                    raise _refused(f"a tensor of more than {MOST_DIMENSIONS} dimensions")
    if kind == "NodeProto":
        _operator(values.get(NODE_OP, b""), values.get(NODE_DOMAIN, b""))
    # A tensor holds its own data, so no more cells than its bytes can give (the smallest take half a byte).
    if kind == "TensorProto" and prod(sizes) > 2 * len(data):
        raise _refused(f"a tensor of {prod(sizes):,} cells in {len(data):,} bytes")


def _join(node: memoryview, joined: dict[bytes, int]) -> None:
    """Note how often the outputs of a node hold one value before it; refuse what would fill the memory."""
    ends: dict[int, list[bytes]] = {NODE_INPUT: [], NODE_OUTPUT: [], NODE_OP: []}
    for number, value in _fields(node, iter(range(MOST_FIELDS))):
        if number in ends:
            ends[number].append(bytes(_view(value)))
    times = [joined.get(name, 1) for name in ends[NODE_INPUT]] or [1]
    held = sum(times) if JOINING.intersection(ends[NODE_OP]) else max(times)
    if held > MOST_JOINED:
        raise _refused(f"a value joined with itself over {MOST_JOINED:,} times")
    joined |= dict.fromkeys(ends[NODE_OUTPUT], held)


def _operator(op: bytes, domain: bytes) -> None:
    if op.decode("utf-8", "replace") not in ALLOWED.get(domain.decode("utf-8", "replace"), ()):
        raise _refused(f"the operator {op[:60]!r} of {domain[:60]!r}")


def _fields(data: memoryview, left: Iterator[int], *, integers: bool = False) -> Iterator[tuple[int, int | memoryview]]:
    """Walk a message: field numbers with their varint, or their bytes; `integers`: those of an attribute are passed over."""
    place, end = 0, len(data)
    while place < end:
        if integers and (run := _INTEGERS.match(data, place)):
            place = run.end()
            continue
        if next(left, None) is None:
            raise _refused(f"more than {MOST_FIELDS:,} fields")
        key, place = _varint(data, place)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, place = _varint(data, place)
            yield number, value
            continue
        if wire == 2:
            size, place = _varint(data, place)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise _refused("bytes that are no ONNX")
        if place + size > end:
            raise _refused("a field that ends behind the file")
        yield number, data[place : place + size]
        place += size


def _packed(data: memoryview) -> Iterator[int]:
    place = 0
    while place < len(data):
        value, place = _varint(data, place)
        yield value


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if place >= len(data) or shift > 63:
            raise _refused("bytes that are no ONNX")
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


def _view(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise _refused("bytes that are no ONNX")
    return value


def _refused(what: str) -> ModelError:
    return ModelError(f"the model's graph holds {what}; expected only what Holdfast compiles: don't use it")
