"""Look through an ONNX file before ONNX Runtime sees it: only what our compiler writes may pass.

ONNX files can name other files to read (external tensors), carry functions of their own and ask for tensors of any size.
This reads the protobuf wire format (https://protobuf.dev/programming-guides/encoding/) and no more of it than is needed.
"""

from collections.abc import Iterator

from holdfast.errors import ModelError

ALLOWED = {
    "": frozenset(
        [
            "Add",
            "And",
            "ArgMax",
            "Cast",
            "Clip",
            "Concat",
            "Div",
            "Equal",
            "Floor",
            "Gather",
            "Identity",
            "Less",
            "MatMul",
            "Max",
            "Mul",
            "Not",
            "Reciprocal",
            "ReduceL2",
            "ReduceSum",
            "Reshape",
            "Sigmoid",
            "Softmax",
            "Sqrt",
            "StringConcat",
            "Sub",
            "TopK",
            "Unsqueeze",
            "Where",
        ]
    ),
    "ai.onnx.ml": frozenset(["LabelEncoder", "TreeEnsemble"]),
    "com.microsoft": frozenset(["TfIdfVectorizer", "Tokenizer"]),
}
ALLOWED[""] |= {"TfIdfVectorizer"}

# Field numbers of onnx.proto.
MODEL_GRAPH, MODEL_FUNCTIONS, MODEL_TRAINING = 7, 25, 20
GRAPH_NODE, GRAPH_INITIALIZER, GRAPH_SPARSE = 1, 5, 15
NODE_OP, NODE_ATTRIBUTE, NODE_DOMAIN = 4, 5, 7
ATTRIBUTE_TENSOR, ATTRIBUTE_GRAPH, ATTRIBUTE_TENSORS, ATTRIBUTE_GRAPHS, ATTRIBUTE_SPARSE = 5, 6, 10, 11, (22, 23)
TENSOR_DIMS, TENSOR_EXTERNAL, TENSOR_LOCATION = 1, 13, 14


def inspect(onnx: bytes) -> None:
    """Raise ModelError unless the graph holds only known operators and its own data."""
    graphs = 0
    for number, value in _fields(onnx):
        if number in (MODEL_FUNCTIONS, MODEL_TRAINING):
            raise _refused("functions or training steps of its own")
        if number == MODEL_GRAPH:
            graphs += 1
            _graph(_bytes(value))
    if graphs != 1:
        raise _refused(f"{graphs} graphs")


def _graph(data: bytes) -> None:
    for number, value in _fields(data):
        if number == GRAPH_NODE:
            _node(_bytes(value))
        elif number == GRAPH_INITIALIZER:
            _tensor(_bytes(value))
        elif number == GRAPH_SPARSE:
            raise _refused("sparse tensors")


def _node(data: bytes) -> None:
    op = domain = b""
    for number, value in _fields(data):
        if number == NODE_OP:
            op = _bytes(value)
        elif number == NODE_DOMAIN:
            domain = _bytes(value)
        elif number == NODE_ATTRIBUTE:
            _attribute(_bytes(value))
    if op.decode("utf-8", "replace") not in ALLOWED.get(domain.decode("utf-8", "replace"), ()):
        raise _refused(f"the operator {op[:60]!r} of {domain[:60]!r}")


def _attribute(data: bytes) -> None:
    for number, value in _fields(data):
        if number in (ATTRIBUTE_TENSOR, ATTRIBUTE_TENSORS):
            _tensor(_bytes(value))
        elif number in (ATTRIBUTE_GRAPH, ATTRIBUTE_GRAPHS, *ATTRIBUTE_SPARSE):
            raise _refused("a graph or sparse tensor inside an operator")


def _tensor(data: bytes) -> None:
    """A tensor must hold its own data: then its size can't exceed the file's."""
    cells = 1
    for number, value in _fields(data):
        if number in (TENSOR_EXTERNAL, TENSOR_LOCATION):
            raise _refused("a tensor kept outside the file")
        if number == TENSOR_DIMS:
            for size in [value] if isinstance(value, int) else _packed(value):
                cells *= size
    if cells > 8 * len(data) + 8:
        raise _refused(f"a tensor of {cells:,} cells in {len(data):,} bytes")


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Walk a message: field numbers with their varint, or their bytes."""
    place, end = 0, len(data)
    while place < end:
        key, place = _varint(data, place)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, place = _varint(data, place)
            yield number, value
            continue
        if wire not in (1, 2, 5):
            raise _refused("bytes that are no protobuf")
        size = {1: 8, 5: 4}.get(wire)
        if size is None:
            size, place = _varint(data, place)
        if place + size > end:
            raise _refused("a field that ends behind the file")
        yield number, data[place : place + size]
        place += size


def _packed(data: bytes) -> Iterator[int]:
    place = 0
    while place < len(data):
        value, place = _varint(data, place)
        yield value


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if place >= len(data) or shift > 63:
            raise _refused("bytes that are no protobuf")
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise _refused("bytes that are no ONNX")
    return value


def _refused(what: str) -> ModelError:
    return ModelError(f"the model's graph holds {what}; expected only what Holdfast compiles: don't use it")
