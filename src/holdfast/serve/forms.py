"""Our own form of a prediction: a record, records or columns in; the same shape out."""

from typing import Any

from holdfast.serve.door import shown
from holdfast.serve.problems import Problem
from holdfast.serve.settings import Limits
from holdfast.serve.shelf import Served
from holdfast.serve.wire import Answer, Asked, Call, dumps, loads


def predict(call: Call, limits: Limits) -> Asked:
    """Read `POST /predict`: an object gets an object, an array of objects one of objects, columns get columns."""
    given = loads(call.body, limits.depth)
    served = call.model
    if isinstance(given, list):
        return Asked(served.door.records(given), lambda answers: Answer(dumps(_records(served.many(answers)))))
    if not isinstance(given, dict):
        raise Problem(400, f"the body is {shown(given)}; expected a record, an array of records, or columns as arrays")
    if list in set(map(type, given.values())) and has_columns(given, served):
        return Asked(served.door.columns(given), lambda answers: Answer(dumps(served.many(answers))))
    return Asked(served.door.record(given), lambda answers: Answer(dumps(served.one(answers))))


def _records(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


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
