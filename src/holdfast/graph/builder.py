"""An ONNX graph under construction."""

from typing import Any

import numpy as np

# Element types as onnx.TensorProto numbers them, without importing onnx.
FLOAT, INT64, DOUBLE = 1, 7, 11

OPSETS = {"": 21, "ai.onnx.ml": 5, "com.microsoft": 1}
IR_VERSION = 10


class Graph:
    """Collects nodes and constants; every tensor gets a fresh name.

    Encoders and learners are handed a graph and the names of their input tensors, add what they need and return the
    name of the tensor that holds their result.

    >>> graph = Graph()
    >>> x = graph.input("x", np.float64, 2)
    >>> y = graph.add("Mul", x, graph.constant(np.array([2.0])))
    >>> graph.output(y, "y", np.float64, 2)
    >>> [node.op_type for node in graph.model().graph.node]
    ['Mul', 'Identity']
    """

    def __init__(self) -> None:
        # All of it is made where it stays: a forest's numbers take as long to copy as to write.
        self._model = empty_model()
        self._constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._count = 0

    def _name(self, hint: str) -> str:
        self._count += 1
        return f"{hint}_{self._count}"

    def input(self, name: str, dtype: Any, width: int) -> str:
        """Declare an input of shape (rows, width); dtype `str` for strings, else a NumPy type."""
        self._model.graph.input.append(value_info(name, dtype, width))
        return name

    def output(self, tensor: str, name: str, dtype: Any, width: int | None) -> None:
        """Declare that `tensor` leaves the graph as `name`, of shape (rows, width), or (rows,) when width is None."""
        self.add("Identity", tensor, names=(name,))
        self._model.graph.output.append(value_info(name, dtype, width))

    def constant(self, array: Any) -> str:
        """Store an array (dtype object holds str) and return its tensor's name; equal arrays are stored once."""
        from onnx import helper, numpy_helper
        from onnx.onnx_pb import TensorProto

        array = np.asarray(array)
        text = array.dtype == object or array.dtype.kind == "U"
        content = "\0".join(map(str, array.ravel())).encode() if text else array.tobytes()
        key = (str(array.dtype), array.shape, content)
        if key not in self._constants:
            name = self._name("constant")
            if text:
                words = [str(word).encode() for word in array.ravel()]
                tensor = helper.make_tensor(name, TensorProto.STRING, array.shape, words)
            else:
                tensor = numpy_helper.from_array(array.copy(order="C"), name)
            self._model.graph.initializer.append(tensor)
            self._constants[key] = name
        return self._constants[key]

    def add(self, op: str, *inputs: str, domain: str = "", names: tuple[str, ...] = (), **attributes: Any) -> str:
        """Add one node and return the name of its output; `names` fixes it."""
        outputs = names or (self._name(op.lower()),)
        self._append(op, inputs, outputs, domain, attributes)
        return outputs[0]

    def outputs(self, op: str, *inputs: str, n_outputs: int, domain: str = "", **attributes: Any) -> tuple[str, ...]:
        """Add one node with several outputs and return their names."""
        outputs = tuple(self._name(op.lower()) for _ in range(n_outputs))
        self._append(op, inputs, outputs, domain, attributes)
        return outputs

    def _append(
        self, op: str, inputs: tuple[str, ...], outputs: tuple[str, ...], domain: str, attributes: dict[str, Any]
    ) -> None:
        from onnx import AttributeProto, helper

        node = self._model.graph.node.add(op_type=op, input=inputs, output=outputs, domain=domain)
        for name, value in sorted(attributes.items()):
            if isinstance(value, np.ndarray) and value.dtype.kind == "i":
                # onnx.helper looks at each number, which takes most of the time a forest is written in.
                many = node.attribute.add(name=name, type=AttributeProto.INTS)
                many.ints.extend(value.tolist())
            else:
                node.attribute.append(helper.make_attribute(name, value))

    def model(self) -> Any:
        """Return the onnx.ModelProto of what is there."""
        return self._model


def zero_of_each_row(graph: Graph, column: str) -> str:
    """Zeros, double (rows, 1), for a column of numbers (rows, 1): an answer that asks for no value has as many rows."""
    return graph.add("Cast", graph.add("Less", column, column), to=DOUBLE)


def empty_model() -> Any:
    """An onnx.ModelProto whose graph is empty."""
    from onnx import helper

    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    graph = helper.make_graph([], "holdfast", [], [])
    return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="holdfast")


def value_info(name: str, dtype: Any, width: int | None) -> Any:
    """Describe a tensor of shape (rows, width), or (rows,) when width is None; dtype `str` for strings, else a NumPy type."""
    from onnx import helper
    from onnx.onnx_pb import TensorProto

    kind = TensorProto.STRING if dtype is str else helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    return helper.make_tensor_value_info(name, kind, ["rows"] if width is None else ["rows", width])
