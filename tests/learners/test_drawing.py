"""Drawn trees answer as the fitted ones do."""

import numpy as np
import pytest

from holdfast.data.columns import Columns, Kind
from holdfast.features.encoder import Encoder
from holdfast.graph.trees import Tree
from holdfast.learners.catalogue import find
from holdfast.learners.drawing import DEPTH, drawn, drawn_pipeline
from holdfast.learners.pipeline import fit_labels

RNG = np.random.default_rng(0)
COLUMNS = Columns({f"x{k}": RNG.normal(size=500) for k in range(3)}, {}, dict.fromkeys(["x0", "x1", "x2"], Kind.NUMBER))
X = np.column_stack(list(COLUMNS.numbers.values())).astype(np.float32)
VALUE = np.where(X[:, 0] > 0, 10 + X[:, 1], -5.0)


def fitted(name, family, y, n_classes):
    learner = find(name, family)
    encoder = Encoder(learner.wants)
    matrix = encoder.fit_transform(COLUMNS, np.zeros((len(X), 1)))
    return fit_labels(learner, learner.defaults, encoder, matrix, y, n_classes=n_classes)


def follow(node, row):
    while node.question:
        name, threshold = node.question.split(" ≤ ")
        node = node.yes if row[int(name[1:])] <= float(threshold) else node.no
    return node.value


def leaves_of(node):
    return [*leaves_of(node.yes), *leaves_of(node.no)] if node.yes else [node]


@pytest.mark.parametrize("name", ["decision_tree", "pruned_tree", "quest"])
def test_a_drawn_classifier_gives_the_pipelines_shares(name):
    # The class 1 is absent: its share is drawn as zero.
    y = np.where(VALUE > 10.3, 2, np.where(VALUE > 0, 3, 0))
    pipeline = fitted(name, "classification", y, 4)
    root = drawn_pipeline(pipeline, depth=100)
    shares = np.array([follow(root, row) for row in X])
    same = np.isclose(shares, pipeline.predict(COLUMNS)).all(axis=1)
    assert same.mean() > 0.99  # thresholds are shown rounded
    assert (shares[:, 1] == 0).all()


def test_a_drawn_regressor_gives_the_pipelines_values():
    pipeline = fitted("decision_tree", "regression", VALUE, None)
    root = drawn_pipeline(pipeline, depth=100)
    values = np.array([follow(root, row)[0] for row in X])
    assert np.isclose(values, pipeline.predict(COLUMNS)).mean() > 0.99
    leaves = leaves_of(root)
    assert len(leaves) == root.leaves == pipeline.estimator.get_n_leaves()
    assert sum(leaf.rows for leaf in leaves) == pytest.approx(1)
    assert sum(leaf.rows * leaf.value[0] for leaf in leaves) == pytest.approx(VALUE.mean())
    assert root.value[0] == pytest.approx(VALUE.mean())


def test_a_deep_tree_is_cut_and_tells_what_is_left():
    """A staircase: each question parts one row from the others, deeper than Python could follow."""
    n = 3_000
    up = np.arange(n)
    feature, true, false = (
        np.zeros(2 * n + 1, dtype=int),
        np.zeros(2 * n + 1, dtype=int),
        np.zeros(2 * n + 1, dtype=int),
    )
    feature[1::2] = feature[-1] = -1
    true[0:-1:2], false[0:-1:2] = 2 * up + 1, 2 * up + 2
    tree = Tree(feature, np.zeros(2 * n + 1), true, false, np.zeros(2 * n + 1, dtype=bool), np.zeros(2 * n + 1))
    encoder = fitted("ridge", "regression", VALUE, None).encoder
    root = drawn(tree, encoder)
    assert root.leaves == n + 1
    assert sum(leaf.leaves for leaf in leaves_of(root)) == n + 1
    last = root.no.no.no.no
    assert last.yes is None
    assert last.question
    assert last.leaves == n - DEPTH + 1


def test_other_models_are_not_drawn():
    assert drawn_pipeline(fitted("ridge", "regression", VALUE, None)) is None
