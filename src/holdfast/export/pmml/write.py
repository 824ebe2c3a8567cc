"""The model as PMML 4.4 (https://dmg.org/pmml/v4-4-1/GeneralStructure.html), translated from its graph."""

from pathlib import Path
from typing import Any

from holdfast.errors import RequestError
from holdfast.export.folder import write_folder
from holdfast.export.pmml.document import document
from holdfast.export.pmml.operators import answer
from holdfast.export.pmml.symbols import Apply, Column, Lookup
from holdfast.model.model import Model
from holdfast.model.package import GRAPH
from holdfast.model.schema import NUMERIC, Field

NAN, DAY = float("nan"), 86_400.0


def write_pmml(model: Model, folder: Path, out: Path) -> None:
    """Write model.pmml to the folder `out`. Raises RequestError for a model that PMML has no words for."""
    write_folder(out, {"model.pmml": pmml(model, (folder / GRAPH).read_bytes())})


def pmml(model: Model, onnx: bytes) -> bytes:
    """The document of a model whose graph is `onnx`."""
    if model.several:
        raise RequestError(
            f"the model answers for {len(model.outputs)} targets; expected one with one for PMML: name the model of a target"
        )
    if model.costs is not None:
        raise RequestError(
            "PMML can't hold this model: it answers by costs or a threshold, and readers answer the likeliest class; expected a "
            "model without: train without --costs and --threshold and decide by the probabilities, or use --onnx"
        )
    fields = model.schema.fields
    for field in fields:
        if field.type == "text":
            raise RequestError(
                f"PMML can't hold this model: it reads the words of column {field.name!r}; expected numbers, dates and "
                f"categories: train with --drop {field.name!r}, or use --onnx"
            )
    columns = {
        "numbers": [_number(field) for field in fields if field.type in NUMERIC],
        "strings": [Column(field.name, text=True) for field in fields if field.type not in NUMERIC],
    }
    given = {each.name: columns[each.name] for each in model.graph_inputs}
    return document(model, answer(onnx, given, model.graph_output))


def _number(field: Field) -> Any:
    """What the graph takes for a column: truths are 0 and 1, dates seconds since 1970."""
    if field.type == "boolean":
        words = {"true": 1.0, "1": 1.0, "1.0": 1.0, "false": 0.0, "0": 0.0, "0.0": 0.0}
        words |= dict.fromkeys(field.true, 1.0) | dict.fromkeys(field.false, 0.0)
        cased = {
            form: truth for word, truth in words.items() for form in (word, word.lower(), word.title(), word.upper())
        }
        return Lookup(Column(field.name, text=True), cased | words, NAN)
    if field.type == "datetime":
        return _seconds(Column(field.name))
    return Column(field.name)


def _seconds(date: Column) -> Apply:
    """By days, for readers count seconds in 32 bits, which end in 2038."""
    days = Apply("*", (Apply("dateDaysSinceYear", (date, 1970)), DAY))
    seconds = Apply("+", (days, Apply("dateSecondsSinceMidnight", (date,))))
    return Apply("if", (Apply("isNotMissing", (date,)), seconds))
