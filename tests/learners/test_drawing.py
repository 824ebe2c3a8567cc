"""Drawn trees answer as the fitted ones do."""

import numpy as np
import pytest

from holdfast.data.columns import Columns, Kind
from holdfast.features.encoder import Encoder
from holdfast.learners.catalogue import find
from holdfast.learners.drawing import drawn_pipeline
from holdfast.learners.pipeline import fit_estimator

RNG = np.random.default_rng(0)
COLUMNS = Columns({f"x{k}": RNG.normal(size=500) for k in range(3)}, {}, dict.fromkeys(["x0", "x1", "x2"], Kind.NUMBER))
X = np.column_stack(list(COLUMNS.numbers.values())).astype(np.float32)
VALUE = np.where(X[:, 0] > 0, 10 + X[:, 1], -5.0)


def fitted(name, family, y, n_classes):
    learner = find(name, family)
    encoder = Encoder(learner.wants)
    matrix = encoder.fit_transform(COLUMNS, np.zeros((len(X), 1)))
    return fit_estimator(learner, learner.defaults, encoder, matrix, y, n_classes=n_classes)


def follow(node, row):
    while node.question:
        name, threshold = node.question.split(" ≤ ")
        node = node.yes if row[int(name[1:])] <= float(threshold) else node.no
    return node.value


@pytest.mark.parametrize("name", ["decision_tree", "pruned_tree", "quest"])
def test_a_drawn_classifier_gives_the_pipelines_shares(name):
    # The class 1 is absent: its share is drawn as zero.
    y = np.where(VALUE > 10.3, 2, np.where(VALUE > 0, 3, 0))
    pipeline = fitted(name, "classification", y, 4)
    root = drawn_pipeline(pipeline)
    shares = np.array([follow(root, row) for row in X])
    same = np.isclose(shares, pipeline.predict(COLUMNS)).all(axis=1)
    assert same.mean() > 0.99  # thresholds are shown rounded
    assert (shares[:, 1] == 0).all()


def test_a_drawn_regressor_gives_the_pipelines_values():
    pipeline = fitted("decision_tree", "regression", VALUE, None)
    root = drawn_pipeline(pipeline)
    values = np.array([follow(root, row)[0] for row in X])
    assert np.isclose(values, pipeline.predict(COLUMNS)).mean() > 0.99
    leaves = list(root.leaves)
    assert len(leaves) == pipeline.estimator.get_n_leaves()
    assert sum(leaf.rows for leaf in leaves) == pytest.approx(1)
    assert sum(leaf.rows * leaf.value[0] for leaf in leaves) == pytest.approx(VALUE.mean())
    assert root.value[0] == pytest.approx(VALUE.mean())


def test_other_models_are_not_drawn():
    assert drawn_pipeline(fitted("ridge", "regression", VALUE, None)) is None
