"""Models small enough to check by hand."""

import numpy as np

from holdfast.graph import Graph
from holdfast.model.schema import Field, Schema

FIELDS = (
    Field("age", "number", missing=("?",), low=0.0, high=99.0),
    Field("city", "category", missing=("?",), values=("Paris", "Rome"), n_values=2),
    Field("member", "boolean"),
)


def logistic_graph() -> bytes:
    """Three classes from `age` (missing: 0), `member` and whether `city` is Paris."""
    graph = Graph()
    numbers = graph.input("numbers", np.float64, 2)
    strings = graph.input("strings", str, 1)
    known = graph.add("Equal", numbers, numbers)
    filled = graph.add("Where", known, numbers, graph.constant(np.array([0.0])))
    paris = graph.add("Cast", graph.add("Equal", strings, graph.constant(np.array(["Paris"], dtype=object))), to=11)
    weights = graph.constant(np.array([[0.1, -0.1, 0.0], [1.0, 0.0, -1.0], [0.0, 2.0, 0.0]]))
    scores = graph.add("MatMul", graph.add("Concat", filled, paris, axis=1), weights)
    answer = graph.add("Softmax", scores, axis=1)
    graph.output(answer, "probabilities", np.float64, 3)
    return graph.model().SerializeToString()


def expected(age: float, city: str, member: float) -> list[float]:
    age = 0.0 if np.isnan(age) else age
    scores = np.array([0.1 * age + member, -0.1 * age + 2.0 * (city == "Paris"), -member])
    powers = np.exp(scores - scores.max())
    return list(powers / powers.sum())


def sum_graph() -> bytes:
    """A regression: the sum of two numbers."""
    graph = Graph()
    total = graph.add("ReduceSum", graph.input("numbers", np.float64, 2), graph.constant(np.array([1])), keepdims=0)
    graph.output(total, "prediction", np.float64, None)
    return graph.model().SerializeToString()


def facts(**changes):
    return {
        "task": "multiclass",
        "target": "plan",
        "metric": "log_loss",
        "classes": ["basic", "gold", "none"],
        "schema": Schema(FIELDS).to_json(),
        **changes,
    }
