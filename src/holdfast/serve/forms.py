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
    first = given.get(served.first)
    if (first is None or first.__class__ is list) and _are_columns(given, served):
        return Asked(served.door.columns(given), lambda answers: Answer(dumps(served.many(answers))))
    return Asked(served.door.record(given), lambda answers: Answer(dumps(served.one(answers))))


# A row is explained by asking about a thousand others, so that fewer rows may be asked about.
MOST_EXPLAINED = 100


def explain(call: Call, limits: Limits) -> Answer:
    """Answer `POST /explain`: a record gets an object, an array of records one of objects; fields by what they add, most first.

    For classes it is the predicted one whose probability is explained.
    """
    given, served = loads(call.body, limits.depth), call.model
    if isinstance(given, list):
        if len(given) > MOST_EXPLAINED:
            raise Problem(413, f"the request has {len(given):,} rows; expected at most {MOST_EXPLAINED} to explain")
        rows = served.door.records(given)
    elif isinstance(given, dict):
        rows = served.door.record(given)
    else:
        raise Problem(400, f"the body is {shown(given)}; expected a record or an array of records")
    answers = [dumps(each) for each in served.explained(rows)]
    return Answer(b"[" + b",".join(answers) + b"]" if isinstance(given, list) else answers[0])


def _records(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _are_columns(given: dict[str, Any], served: Served) -> bool:
    """Whether every field that is given is an array; a record with some arrays is told which."""
    fields = [field.name for field in served.model.schema.fields if field.name in given]
    return bool(fields) and all(isinstance(given[name], list) for name in fields)
