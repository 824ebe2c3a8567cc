"""A small model for batch scoring: number, category, date and boolean in; two classes out."""

import numpy as np

from holdfast.graph import Graph
from holdfast.model.package import write
from holdfast.model.schema import Field, Schema

FIELDS = (
    Field("x", "number", missing=("?", "NA")),
    Field("euro", "number", decimal=",", thousands="."),
    Field("when", "datetime", date_format="%d.%m.%Y"),
    Field("yes", "boolean", true=("y",), false=("n",)),
    Field("word", "category", values=("a", "b"), n_values=2),
)


def write_model(folder):
    """Probability of "yes" grows with the sum of all numbers; a word counts 1 when it is not missing."""
    graph = Graph()
    numbers = graph.input("numbers", np.float64, 4)
    strings = graph.input("strings", str, 1)
    known = graph.add("Where", graph.add("Equal", numbers, numbers), numbers, graph.constant(np.array(0.5)))
    small = graph.add("Mul", known, graph.constant(np.array([1.0, 1e-3, 1e-9, 1.0])))
    total = graph.add("MatMul", small, graph.constant(np.ones((4, 1))))
    blank = graph.add("Equal", strings, graph.constant(np.array([""], dtype=object)))
    score = graph.add("Sub", total, graph.add("Cast", blank, to=11))
    both = graph.add("MatMul", score, graph.constant(np.array([[-1.0, 1.0]])))
    graph.output(graph.add("Softmax", both, axis=1), "probabilities", np.float64, 2)
    facts = {"task": "binary", "target": "t", "classes": ["no", "yes"], "schema": Schema(FIELDS).to_json()}
    write(folder, facts, graph.model().SerializeToString(), reference=b"", card="")
    return folder
