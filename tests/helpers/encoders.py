"""Columns from plain words, and an encoder's matrix as its graph makes it."""

import numpy as np
import onnxruntime

from holdfast.data.columns import NUMERIC_KINDS, Coded, Columns
from holdfast.features.encoder import Encoder
from holdfast.features.inputs import Inputs
from holdfast.graph import Graph


def coded(words) -> Coded:
    values = sorted({word for word in words if word})
    places = {value: place for place, value in enumerate(values)}
    codes = np.array([places.get(word, -1) for word in words], dtype=np.int32)
    return Coded(codes, np.array(values, dtype=object))


def matrix_of(encoder: Encoder, columns: Columns) -> np.ndarray:
    graph = Graph()
    numbers = tuple(name for name, kind in columns.kinds.items() if kind in NUMERIC_KINDS)
    strings = tuple(name for name, kind in columns.kinds.items() if kind not in NUMERIC_KINDS)
    inputs = Inputs(
        graph.input("numbers", np.float64, len(numbers)) if numbers else None,
        numbers,
        graph.input("strings", str, len(strings)) if strings else None,
        strings,
    )
    graph.output(encoder.emit(graph, inputs), "matrix", np.float32, len(encoder.names()))
    session = onnxruntime.InferenceSession(graph.model().SerializeToString())
    feeds = {}
    if numbers:
        feeds["numbers"] = np.column_stack([columns.numbers[name] for name in numbers])
    if strings:
        feeds["strings"] = np.column_stack([columns.strings[name].strings() for name in strings])
    return session.run(["matrix"], feeds)[0]
