"""Trees as PMML's TreeModel, with thresholds that single precision compares as double precision did."""

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import numpy as np

from holdfast.export.pmml.symbols import Tree, Trees

# What a row that goes to `true` answers to the threshold, and what one that goes to `false` does.
OPERATORS = {
    "<=": ("lessOrEqual", "greaterThan"),
    "<": ("lessThan", "greaterOrEqual"),
    ">=": ("greaterOrEqual", "lessThan"),
    ">": ("greaterThan", "lessOrEqual"),
}

# A threshold beyond this stands for infinity: no cell of a matrix is that far out.
FURTHEST = 1e38


def tree_model(tree: Tree, trees: Trees, name: Callable[[Any], tuple[str, bool]]) -> Element:
    """Write one tree. name: a cell's field, and whether that is in single precision."""
    model = Element("TreeModel", functionName="regression", splitCharacteristic="binarySplit")
    model.set("missingValueStrategy", "defaultChild")
    model.set("noTrueChildStrategy", "returnNullPrediction")
    root = SubElement(model, "Node", id="0")
    SubElement(root, "True")
    n_nodes, waiting = 1, [(root, 0)]
    while waiting:
        element, split = waiting.pop()
        children = [int(tree.true[split]), int(tree.false[split])]
        column = trees.columns[tree.column[split]]
        if children[0] < 0 and children[1] < 0 and tree.value[~children[0]] == tree.value[~children[1]]:
            element.set("score", repr(float(tree.value[~children[0]])))  # no split at all
            continue
        field, single = name(column)
        value = threshold(float(tree.threshold[split]), trees.mode) if single else float(tree.threshold[split])
        element.set("defaultChild", str(n_nodes if tree.missing_true[split] else n_nodes + 1))
        for child, operator in zip(children, OPERATORS[trees.mode], strict=True):
            node = SubElement(element, "Node", id=str(n_nodes))
            SubElement(node, "SimplePredicate", field=field, operator=operator, value=repr(value))
            n_nodes += 1
            if child < 0:
                node.set("score", repr(float(tree.value[~child])))
            else:
                waiting.append((node, child))
    return model


def threshold(value: float, mode: str) -> float:
    """The single-precision number that all single-precision numbers compare to as they do to `value`.

    >>> threshold(0.1, "<=") < 0.1 < threshold(0.1, "<")
    True
    """
    near = np.float32(np.clip(value, -FURTHEST, FURTHEST))
    if abs(value) > FURTHEST:
        return float(near)
    if mode in ("<=", ">") and float(near) > value:
        near = np.nextafter(near, np.float32(-np.inf))
    if mode in ("<", ">=") and float(near) < value:
        near = np.nextafter(near, np.float32(np.inf))
    return float(near)
