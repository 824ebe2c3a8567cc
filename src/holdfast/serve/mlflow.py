"""The scoring protocol of MLflow, so that its clients work here.

Source: https://mlflow.org/docs/latest/deployment/deploy-model-locally
"""

import csv
import io
from typing import Any

from holdfast.serve.door import Rows, shown
from holdfast.serve.problems import Problem
from holdfast.serve.settings import Limits
from holdfast.serve.shelf import Served
from holdfast.serve.wire import Answer, Asked, Call, dumps, loads

FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")


def invocations(call: Call, limits: Limits) -> Asked:
    """Read `POST /invocations`: JSON in one of FORMS, or CSV with a header; always {"predictions": [...]}."""
    served = call.model
    rows = _csv(call.body, served) if call.media_type == "text/csv" else _json(loads(call.body, limits.depth), served)
    return Asked(rows, lambda answers: Answer(dumps({"predictions": _predictions(served.many(answers), served)})))


def _predictions(columns: dict[str, list[Any]], served: Served) -> list[Any]:
    """Labels or values; for several targets an object of them for each row."""
    if not served.model.several:
        return columns["prediction"]
    targets = [output.target for output in served.model.outputs]
    rows = zip(*(columns[f"prediction_{target}"] for target in targets), strict=True)
    return [dict(zip(targets, row, strict=True)) for row in rows]


def _json(given: Any, served: Served) -> Rows:
    found = [name for name in FORMS if isinstance(given, dict) and name in given]
    if len(found) != 1:
        raise Problem(400, f"the body holds {len(found)} of {', '.join(FORMS)}; expected an object with one of them")
    form, data = found[0], given[found[0]]
    if form == "dataframe_split":
        columns = data.get("columns") if isinstance(data, dict) else None
        lines = data.get("data") if isinstance(data, dict) else None
        if (
            not isinstance(columns, list)
            or not isinstance(lines, list)
            or not all(isinstance(name, str) for name in columns)
        ):
            raise Problem(400, "dataframe_split lacks 'columns' or 'data'; expected names, and an array for each row")
        return served.door.columns(_turned(columns, lines))
    if form == "inputs" and isinstance(data, dict):
        single = not any(isinstance(cell, list) for cell in data.values())
        return served.door.record(data) if single else served.door.columns(_lists(data))
    if not isinstance(data, list):
        raise Problem(400, f"{form} is {shown(data)}; expected an array of rows")
    if form != "dataframe_records" and data and all(isinstance(row, list) for row in data):
        return served.door.columns(_turned([field.name for field in served.model.schema.fields], data))
    return served.door.records(data)


def _lists(data: dict[str, Any]) -> dict[str, list[Any]]:
    for name, cells in data.items():
        if not isinstance(cells, list):
            raise Problem(400, f"the column {name[:60]!r} is {shown(cells)}; expected an array, as others are")
    return data


def _turned(names: list[str], lines: list[Any]) -> dict[str, list[Any]]:
    """Rows of cells as columns."""
    if len(set(names)) < len(names):
        raise Problem(400, "two columns have one name; expected one of each")
    for number, line in enumerate(lines, 1):
        if not isinstance(line, list) or len(line) != len(names):
            got = f"{len(line)} values" if isinstance(line, list) else shown(line)
            raise Problem(400, f"row {number} is {got}; expected {len(names)} values, one for each column")
    return {name: [line[place] for line in lines] for place, name in enumerate(names)}


def _csv(body: bytes, served: Served) -> Rows:
    try:
        lines = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise Problem(400, "the body is not CSV; expected UTF-8 with a line of names first") from None
    lines = [line for line in lines if line]
    if not lines:
        raise Problem(400, "the CSV is empty; expected a line of names first")
    return served.door.columns(_turned(lines[0], lines[1:]))
