"""A whole PMML document: what the data are, the derived fields, and the model."""

import re
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from holdfast.arrays import class_name
from holdfast.errors import RequestError
from holdfast.export.pmml.fields import Fields
from holdfast.export.pmml.forests import tree_model
from holdfast.export.pmml.symbols import Apply, Logistic, Softmax, Trees, Weighted, weighted
from holdfast.model.model import Model
from holdfast.model.schema import Field

TYPES = {bool: "boolean", int: "integer", float: "double", str: "string"}

# How columns are read; all others as texts, truths too, which have their words.
KINDS = {"number": ("continuous", "double"), "datetime": ("ordinal", "dateTime")}

FORBIDDEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")

# The attribute that names a field, by the element that has one.
REFERENCES = {"FieldRef": "field", "SimplePredicate": "field", "FieldColumnPair": "field", "NumericPredictor": "name"}

# A class, or None for a number, and the weighted sum that speaks for it.
Table = tuple[Any, Weighted]


def document(model: Model, answers: Sequence[Any]) -> bytes:
    """Write a model whose answers, one a class or a single value, are these cells.

    The trees come first, each sum of them a field; a regression model that adds up fields answers.
    """
    tables, normalisation = _tables(model, answers)
    fields = Fields(
        [cell for _, linear in tables for cell, _ in linear.terms],
        [model.target, *(field.name for field in model.schema.fields)],
    )
    regressions = [_table(label, linear, fields) for label, linear in tables]
    chain = [_forest(trees, name, fields) for trees, name in fields.forests.items()]
    before, after = _transformations(fields.before), _transformations(fields.after)
    used = _used([*before, *chain, *after, *regressions])
    columns = [field for field in model.schema.fields if field.name in used]
    function = "classification" if model.classes else "regression"
    outermost = _schema([field.name for field in columns], model.target)
    top = Element("RegressionModel", functionName=function, normalizationMethod=normalisation)
    top.extend([_answers(model), *(after if chain else before), *regressions])
    if chain:
        top.insert(0, _schema(_used([top]), model.target))
        chain.append(top)
        top = Element("MiningModel", functionName=function)
        top.extend([*before, _segmentation("modelChain", chain)])
    top.insert(0, outermost)

    root = Element("PMML", xmlns="http://www.dmg.org/PMML-4_4", version="4.4")
    header = SubElement(root, "Header", description=f"Predicts {model.target}.")
    SubElement(header, "Application", name="Holdfast", version=version("holdfast"))
    root.append(_dictionary(model, columns))
    root.append(top)
    indent(root, space=" ")
    for tree in root.iter("TreeModel"):
        indent(tree, space="")  # deep trees would be mostly blanks
    written = bytes(tostring(root, encoding="utf-8", xml_declaration=True))
    if FORBIDDEN.search(written):
        raise RequestError(
            "PMML can't hold this model: a name or category has a control character, which XML has no way to write; "
            "expected plain text: clean the data and train again, or use --onnx"
        )
    return written


def _tables(model: Model, answers: Sequence[Any]) -> tuple[list[Table], str]:
    """The weighted sums of the last step, and what makes probabilities of them."""
    if not model.classes:
        return [(None, _linear(answers[0]))], "none"
    last = answers[-1]
    if isinstance(last, Softmax) and _are_softmax(answers, last):
        return [(label, _linear(score)) for label, score in zip(model.classes, last.scores, strict=True)], "softmax"
    if isinstance(last, Logistic) and len(answers) == 2 and _is_rest(answers[0], last):
        return [(model.classes[1], _linear(last.score)), (model.classes[0], _linear(0.0))], "logit"
    return [(label, _linear(cell)) for label, cell in zip(model.classes, answers, strict=True)], "none"


def _are_softmax(answers: Sequence[Any], last: Softmax) -> bool:
    return len(answers) == len(last.scores) and all(
        isinstance(each, Softmax) and each.scores is last.scores and each.place == place
        for place, each in enumerate(answers)
    )


def _is_rest(cell: Any, positive: Logistic) -> bool:
    return isinstance(cell, Apply) and cell.function == "-" and cell.arguments == (1.0, positive)


def _linear(cell: Any) -> Weighted:
    found = weighted([(cell, 1.0)])
    return found if isinstance(found, Weighted) else Weighted((), found)


def _table(label: Any, linear: Weighted, fields: Fields) -> Element:
    table = Element("RegressionTable", intercept=repr(linear.constant))
    if label is not None:
        table.set("targetCategory", class_name(label))
    for cell, weight in linear.terms:
        SubElement(table, "NumericPredictor", name=fields.name(cell), coefficient=repr(weight))
    return table


def _forest(trees: Trees, name: str, fields: Fields) -> Element:
    """A model that sums trees and gives the sum out as a field."""
    models = [tree_model(tree, trees, fields.of_tree) for tree in trees.trees]
    if len(models) == 1:
        return _with_schema(models[0], output=name)
    sums = Element("MiningModel", functionName="regression")
    sums.append(_segmentation("sum", [_with_schema(each) for each in models]))
    return _with_schema(sums, output=name)


def _segmentation(method: str, models: Sequence[Element]) -> Element:
    segmentation = Element("Segmentation", multipleModelMethod=method)
    for number, model in enumerate(models, 1):
        segment = SubElement(segmentation, "Segment", id=str(number))
        SubElement(segment, "True")
        segment.append(model)
    return segmentation


def _with_schema(model: Element, output: str | None = None) -> Element:
    """A model with the fields it uses before its content, and the name of what it answers."""
    content = [_schema(_used([model]))]
    if output is not None:
        content.append(Element("Output"))
        facts = {"optype": "continuous", "dataType": "double", "feature": "predictedValue", "isFinalResult": "false"}
        SubElement(content[-1], "OutputField", {"name": output, **facts})
    model[:0] = content
    return model


def _schema(names: Iterable[str], target: str | None = None) -> Element:
    schema = Element("MiningSchema")
    if target is not None:
        SubElement(schema, "MiningField", name=target, usageType="target")
    for name in names:
        SubElement(schema, "MiningField", name=name)
    return schema


def _answers(model: Model) -> Element:
    """The columns of `Model.score`."""
    output = Element("Output")
    kind = TYPES[type(model.classes[0])] if model.classes else "double"
    optype = "categorical" if model.classes else "continuous"
    facts = {"name": "prediction", "optype": optype, "dataType": kind, "feature": "predictedValue"}
    SubElement(output, "OutputField", facts)
    for label in map(class_name, model.classes):
        facts = {"optype": "continuous", "dataType": "double", "feature": "probability", "value": label}
        SubElement(output, "OutputField", {"name": f"probability_{label}", **facts})
    return output


def _dictionary(model: Model, columns: Sequence[Field]) -> Element:
    dictionary = Element("DataDictionary", numberOfFields=str(len(columns) + 1))
    if model.classes:
        kind = TYPES[type(model.classes[0])]
        target = SubElement(dictionary, "DataField", name=model.target, optype="categorical", dataType=kind)
        for label in model.classes:
            SubElement(target, "Value", value=class_name(label))
    else:
        SubElement(dictionary, "DataField", name=model.target, optype="continuous", dataType="double")
    for field in columns:
        dictionary.append(_column(field))
    return dictionary


def _column(field: Field) -> Element:
    """A column as the data hold it, and its words for a gap."""
    optype, kind = KINDS.get(field.type, ("categorical", "string"))
    element = Element("DataField", name=field.name, optype=optype, dataType=kind)
    for word in filter(None, field.missing):
        SubElement(element, "Value", value=word, property="missing")
    return element


def _used(elements: Iterable[Element]) -> list[str]:
    """The fields that elements name and don't define themselves, in the order of their first use."""
    names: dict[str, None] = {}
    defined = set()
    for element in elements:
        for each in element.iter():
            if each.tag in REFERENCES:
                names[each.get(REFERENCES[each.tag], "")] = None
            elif each.tag in ("DerivedField", "OutputField"):
                defined.add(each.get("name"))
    return [name for name in names if name not in defined]


def _transformations(fields: Sequence[Element]) -> list[Element]:
    if not fields:
        return []
    parent = Element("LocalTransformations")
    parent.extend(fields)
    return [parent]
