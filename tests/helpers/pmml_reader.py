"""A reader of PMML written from the standard alone, for as much of it as linear models and trees need."""

import math
import xml.etree.ElementTree as ET
from datetime import datetime

import numpy as np

NAMESPACE = "{http://www.dmg.org/PMML-4_4}"
COMPARE = {
    "lessOrEqual": lambda a, b: a <= b,
    "lessThan": lambda a, b: a < b,
    "greaterOrEqual": lambda a, b: a >= b,
    "greaterThan": lambda a, b: a > b,
}
FUNCTIONS = {
    **COMPARE,
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "equal": lambda a, b: a == b,
    "and": lambda a, b: a and b,
    "not": lambda a: not a,
    "floor": math.floor,
    "exp": math.exp,
    "ln": math.log,
    "sqrt": math.sqrt,
    "cos": math.cos,
    "trimBlanks": str.strip,
    "dateDaysSinceYear": lambda a, year: (datetime.fromisoformat(a) - datetime(int(year), 1, 1)).days,
    "dateSecondsSinceMidnight": lambda a: (datetime.fromisoformat(a) - datetime.min).seconds,
}
PASS_OVER_GAPS = {"min": min, "max": max, "sum": math.fsum}


def read(document):
    """The document without its namespace."""
    root = ET.fromstring(document)
    for element in root.iter():
        assert element.tag.startswith(NAMESPACE)
        element.tag = element.tag.removeprefix(NAMESPACE)
    return root


def answers(root, row):
    """What the model gives for one row (a dict, None for a gap): its output fields by name."""
    known = {}
    for field in root.find("DataDictionary"):
        value = row.get(field.get("name"))
        gaps = {each.get("value") for each in field if each.get("property") == "missing"}
        value = None if value is None or str(value) in gaps else value
        known[field.get("name")] = float(value) if value is not None and field.get("dataType") == "double" else value
    return model_of(root[-1], known)


def model_of(model, outer):
    known = {each.get("name"): outer[each.get("name")] for each in model.find("MiningSchema") if not is_target(each)}
    for field in model.findall("LocalTransformations/DerivedField"):
        value = expression(field[0], known)
        single = field.get("dataType") == "float" and value is not None
        known[field.get("name")] = float(np.float32(value)) if single else value
    found = {"MiningModel": of_segments, "TreeModel": of_tree, "RegressionModel": of_regression}[model.tag](
        model, known
    )
    if not isinstance(found, dict):
        found = {None: found}
    labels = {each.get("name"): max(found, key=found.get) for each in model.findall("Output/OutputField")}
    if list(found) == [None]:
        return dict.fromkeys(labels, found[None]) or found[None]
    if model.tag == "MiningModel":
        return found
    shares = {each.get("name"): found.get(each.get("value")) for each in model.findall("Output/OutputField")}
    return {name: labels[name] if share is None else share for name, share in shares.items()}


def is_target(field):
    return field.get("usageType") == "target"


def of_segments(model, known):
    segmentation = model.find("Segmentation")
    segments = [each[1] for each in segmentation if each[0].tag == "True"]
    assert len(segments) == len(segmentation)
    if segmentation.get("multipleModelMethod") == "sum":
        return math.fsum(model_of(each, known) for each in segments)
    assert segmentation.get("multipleModelMethod") == "modelChain"
    for each in segments:
        found = model_of(each, known)
        known = known | found
    return found


def of_tree(model, known):
    node = model.find("Node")
    while node.get("score") is None:
        children = node.findall("Node")
        value = known[children[0][0].get("field")]
        if value is None:
            (node,) = [each for each in children if each.get("id") == node.get("defaultChild")]
        else:
            (node,) = [
                each for each in children if COMPARE[each[0].get("operator")](value, float(each[0].get("value")))
            ]
    return float(node.get("score"))


def of_regression(model, known):
    sums = {}
    for table in model.findall("RegressionTable"):
        terms = [known[each.get("name")] * float(each.get("coefficient")) for each in table]
        sums[table.get("targetCategory")] = float(table.get("intercept")) + math.fsum(terms)
    method = model.get("normalizationMethod")
    if method == "logit":
        (first, score), (second, _) = sums.items()
        positive = 1 / (1 + math.exp(-score))
        return {first: positive, second: 1 - positive}
    if method == "softmax":
        highest = max(sums.values())
        powers = {label: math.exp(value - highest) for label, value in sums.items()}
        return {label: power / math.fsum(powers.values()) for label, power in powers.items()}
    assert method == "none"
    return sums.get(None, sums)


def expression(element, known):
    if element.tag == "FieldRef":
        return known[element.get("field")]
    if element.tag == "Constant":
        return None if element.get("missing") else float(element.text)
    if element.tag == "MapValues":
        text = known[element.find("FieldColumnPair").get("field")]
        rows = {row.find("input").text: float(row.find("output").text) for row in element.find("InlineTable")}
        value = element.get("mapMissingTo") if text is None else rows.get(text, element.get("defaultValue"))
        return None if value is None else float(value)
    assert element.tag == "Apply"
    function, arguments = element.get("function"), list(element)
    if function == "if":
        condition = expression(arguments[0], known)
        chosen = arguments[1:][:1] if condition else arguments[2:]
        return expression(chosen[0], known) if condition is not None and chosen else None
    values = [expression(each, known) for each in arguments]
    if function in ("isMissing", "isNotMissing"):
        return (values[0] is None) == (function == "isMissing")
    if function in PASS_OVER_GAPS:
        return PASS_OVER_GAPS[function](value for value in values if value is not None)
    return None if None in values else FUNCTIONS[function](*values)
