import numpy as np
import onnx
import onnxruntime
from small_models import logistic_graph, sum_graph

from holdfast.compile.join import Part, join
from holdfast.model.inspect import inspect


def run(graph, names, **given):
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    return session.run(names, {each.name: given[each.name] for each in session.get_inputs()})[0]


def test_answers_stand_side_by_side_as_each_model_gives_them():
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(20, 4))
    numbers[3, 1] = np.nan
    strings = np.array([["x", ["Paris", "Rome"][k % 2]] for k in range(20)], dtype=object)
    joint = join([Part(logistic_graph(), [1, 3], [1]), Part(sum_graph(), [2, 0], [])], 4, 2)
    inspect(joint)
    answers = run(joint, ["answers"], numbers=numbers, strings=strings)
    shares = run(logistic_graph(), ["probabilities"], numbers=numbers[:, [1, 3]], strings=strings[:, [1]])
    total = run(sum_graph(), ["prediction"], numbers=numbers[:, [2, 0]])
    np.testing.assert_array_equal(answers, np.column_stack([shares, total]))


def test_what_no_part_takes_is_no_input_and_what_no_answer_needs_is_left_out():
    joint = onnx.load_from_string(join([Part(sum_graph(), [1, 0], []), Part(sum_graph(), [0, 2], [])], 3, 5))
    assert [each.name for each in joint.graph.input] == ["numbers"]
    assert len(joint.graph.node) == 2 * 4 + 1
