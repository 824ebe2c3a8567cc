import numpy as np
import onnxruntime
import pytest

from holdfast.graph import Graph
from holdfast.graph.trees import Tree, tree_ensemble

STUMP = Tree(
    feature=np.array([0, -1, -1]),
    threshold=np.array([0.1, 0.0, 0.0]),
    true=np.array([1, 0, 0]),
    false=np.array([2, 0, 0]),
    missing_true=np.array([True, False, False]),
    value=np.array([0.0, 1.0, 2.0]),
)


def run(trees, rows, n_targets=1, mode="<="):
    graph = Graph()
    x = graph.input("x", np.float32, rows.shape[1])
    graph.output(tree_ensemble(graph, x, trees, n_targets=n_targets, mode=mode), "y", np.float64, n_targets)
    session = onnxruntime.InferenceSession(graph.model().SerializeToString())
    return session.run(None, {"x": rows.astype(np.float32)})[0]


@pytest.mark.parametrize(
    ("mode", "at", "below", "above"),
    [("<=", 1, 1, 2), ("<", 2, 1, 2), (">", 2, 2, 1), (">=", 1, 2, 1)],
)
def test_rows_at_the_threshold_go_the_right_way(mode, at, below, above):
    edge = np.float32(0.5)
    tree = Tree(**{**vars(STUMP), "threshold": np.array([float(edge), 0, 0])})
    rows = np.array([[edge], [np.nextafter(edge, np.float32(0))], [np.nextafter(edge, np.float32(1))]])
    assert run([tree], rows, mode=mode)[:, 0].tolist() == [at, below, above]


def test_double_thresholds_are_not_rounded():
    """0.1 as a double lies below 0.1 as a float32: the row is above it."""
    assert run([STUMP], np.array([[np.float32(0.1)]]))[0, 0] == 2


@pytest.mark.parametrize("missing_true", [True, False])
def test_missing_values_follow_their_flag(missing_true):
    tree = Tree(**{**vars(STUMP), "missing_true": np.array([missing_true, False, False])})
    assert run([tree], np.array([[np.nan]]))[0, 0] == (1 if missing_true else 2)


def test_a_tree_of_one_leaf_adds_its_value():
    nothing = np.zeros(1, dtype=np.int64)
    leaf = Tree(np.array([-1]), np.zeros(1), nothing, nothing, np.zeros(1, dtype=bool), np.array([7.5]))
    assert run([leaf, STUMP], np.array([[5.0], [0.0]]))[:, 0].tolist() == [9.5, 8.5]


def test_trees_add_to_their_own_target():
    second = Tree(**{**vars(STUMP), "target": 1})
    assert run([STUMP, second, second], np.array([[5.0]]), n_targets=2).tolist() == [[2.0, 4.0]]


def test_leaves_may_hold_several_values():
    tree = Tree(**{**vars(STUMP), "value": np.array([[0, 0, 0], [1, 2, 3], [4, 5, 6.0]])})
    assert run([tree, tree], np.array([[0.0], [1.0]]), n_targets=3).tolist() == [[2, 4, 6], [8, 10, 12]]
