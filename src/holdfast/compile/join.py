"""Several models' graphs as one: it takes the rows once, and gives the answers side by side."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from holdfast.graph.builder import empty_model, value_info

# What a model's graph may call its answer.
ANSWERS = ("probabilities", "prediction")


class Part(NamedTuple):
    """A model's graph, and the columns it takes: places in the joint graph's `numbers` and `strings`."""

    onnx: bytes
    numbers: Sequence[int]
    strings: Sequence[int]


def join(parts: Sequence[Part], n_numbers: int, n_strings: int) -> bytes:
    """Join graphs that `assemble` made; the joint one gives `answers` (double, rows x all of theirs, in their order)."""
    import onnx
    from onnx import helper, numpy_helper

    nodes: list[Any] = []
    constants: list[Any] = []
    answers, taken, width = [], set(), 0
    for number, part in enumerate(parts):
        graph = onnx.load_from_string(part.onnx).graph
        own = f"part_{number}_"
        taken |= {each.name for each in graph.input}
        for each in graph.input:
            places = part.numbers if each.name == "numbers" else part.strings
            constants.append(numpy_helper.from_array(np.array(places, dtype=np.int64), f"{own}{each.name}_places"))
            nodes.append(helper.make_node("Gather", [each.name, f"{own}{each.name}_places"], [own + each.name], axis=1))
        answer = next(each for each in graph.output if each.name in ANSWERS)
        for node in _needed(graph, answer.name):
            node.input[:] = [own + name for name in node.input]
            node.output[:] = [own + name for name in node.output]
            nodes.append(node)
        for tensor in graph.initializer:
            tensor.name = own + tensor.name
            constants.append(tensor)
        shape = answer.type.tensor_type.shape.dim
        columns = shape[1].dim_value if len(shape) == 2 else 1
        constants.append(numpy_helper.from_array(np.array([-1, columns], dtype=np.int64), f"{own}shape"))
        nodes.append(helper.make_node("Reshape", [own + answer.name, f"{own}shape"], [f"{own}answer"]))
        answers.append(f"{own}answer")
        width += columns
    nodes.append(helper.make_node("Concat", answers, ["answers"], axis=1))
    given = (("numbers", np.float64, n_numbers), ("strings", str, n_strings))
    used = {name for node in nodes for name in node.input}
    model = empty_model()
    model.graph.node.extend(nodes)
    model.graph.input.extend(value_info(name, dtype, columns) for name, dtype, columns in given if name in taken)
    model.graph.output.append(value_info("answers", np.float64, width))
    model.graph.initializer.extend(each for each in constants if each.name in used)
    return bytes(model.SerializeToString())


def _needed(graph: Any, answer: str) -> list[Any]:
    """The nodes that an output depends on, in order."""
    wanted, kept = {answer}, []
    for node in reversed(graph.node):
        if wanted & set(node.output):
            wanted |= set(node.input)
            kept.append(node)
    return kept[::-1]
