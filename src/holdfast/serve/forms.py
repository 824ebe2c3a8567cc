"""Our own form of a prediction: a record, records or columns in; the same shape out."""

from typing import Any

from holdfast.serve.door import Rows, shown
from holdfast.serve.problems import Problem
from holdfast.serve.settings import Limits
from holdfast.serve.shelf import Served
from holdfast.serve.wire import Answer, Call, dumps, loads


def predict(call: Call, limits: Limits) -> tuple[Answer, Rows]:
    """Answer `POST /predict`: an object gets an object, an array of objects one of objects, columns get columns."""
    given = loads(call.body, limits.depth)
    served = call.model
    if isinstance(given, list):
        rows = served.door.records(given)
        columns = served.many(rows)
        names = list(columns)
        return Answer(dumps([dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)])), rows
    if not isinstance(given, dict):
        raise Problem(400, f"the body is {shown(given)}; expected a record, an array of records, or columns as arrays")
    if list in set(map(type, given.values())) and has_columns(given, served):
        rows = served.door.columns(given)
        return Answer(dumps(served.many(rows))), rows
    rows = served.door.record(given)
    return Answer(dumps(served.one(rows))), rows


def has_columns(given: dict[str, Any], served: Served) -> bool:
    """Whether an object holds columns; Problem (400) when some of its fields are arrays and some are not."""
    fields = [field.name for field in served.model.schema.fields if field.name in given]
    arrays = [name for name in fields if isinstance(given[name], list)]
    if arrays and len(arrays) < len(fields):
        single = next(name for name in fields if name not in arrays)
        raise Problem(
            400,
            f"{arrays[0]!r} is an array and {single!r} is not; expected one value in every field, or an array in every one",
        )
    return bool(arrays)
