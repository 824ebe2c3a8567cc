"""Every path a server answers, and what stands behind it: one look into a dict finds the route of a request."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from holdfast.serve import forms, mlflow, openapi, v2
from holdfast.serve.batch import Batch
from holdfast.serve.keys import Keys
from holdfast.serve.problems import Problem
from holdfast.serve.settings import Limits, Settings
from holdfast.serve.shelf import Served, Shelf
from holdfast.serve.wire import TEXT, Answer, Asked, Call, dumps

# A body says that it is JSON: pages of other sites can send "simple" types only, so that no browser is used against us.
JSON_BODY = frozenset({"application/json"})


class Serving(Protocol):
    """What a route may ask of the application."""

    shelf: Shelf
    settings: Settings
    keys: Keys
    draining: bool

    def page_of_meters(self) -> bytes:
        """Give the counters' page."""


Predict = Callable[[Call, Limits], Asked]
Tell = Callable[[Call, Any], Answer]
Slow = Callable[[Call, Limits], Answer]


@dataclass(frozen=True)
class Route:
    """A path's name in the meters, its method, the scope it asks (None: open to all), and what answers.

    media: types of body it takes. probe: for health checks, which no limit may turn away. protocol: whose words errors use.
    """

    name: str
    method: str = "GET"
    scope: str | None = "predict"
    predict: Predict | None = None
    tell: Tell | None = None
    slow: Slow | None = None
    served: Served | None = None
    batch: Batch | None = None
    media: frozenset[str] = frozenset()
    probe: bool = False
    protocol: str = ""


PREDICT = Route("predict", "POST", predict=forms.predict, media=JSON_BODY)
INFER = Route("v2_infer", "POST", predict=v2.infer, media=JSON_BODY | {"application/octet-stream", ""}, protocol="v2")
INVOCATIONS = Route(
    "invocations", "POST", predict=mlflow.invocations, media=JSON_BODY | {"text/csv"}, protocol="mlflow"
)
EXPLAIN = Route("explain", "POST", slow=forms.explain, media=JSON_BODY)
SCHEMA = Route("schema", tell=lambda call, app: Answer(dumps(_schema(call.model))))
METADATA = Route("v2_metadata", tell=lambda call, app: v2.metadata(call, app.shelf), protocol="v2")
ALIVE = Route("health", scope=None, probe=True, tell=lambda call, app: Answer(dumps({"live": True})))
READY = Route("health", scope=None, probe=True, tell=lambda call, app: _ready(app))

FIXED = {
    "/healthz": ALIVE,
    "/readyz": READY,
    "/ping": READY,
    "/version": Route("version", tell=lambda call, app: Answer(call.model.version.encode(), TEXT)),
    "/metrics": Route("metrics", scope="metrics", tell=lambda call, app: _metrics(app)),
    "/models": Route("models", tell=lambda call, app: Answer(dumps({"models": app.shelf.to_json()}))),
    "/openapi.json": Route("openapi", tell=lambda call, app: _openapi(app)),
    "/docs": Route("docs", scope=None, tell=lambda call, app: openapi.page()),
    "/admin/reload": Route("reload", "POST", scope="admin"),
    "/v2": Route("v2_server", tell=lambda call, app: v2.server(), protocol="v2"),
    "/v2/health/live": replace(ALIVE, protocol="v2"),
    "/v2/health/ready": replace(READY, protocol="v2"),
}


def routes_of(shelf: Shelf, settings: Settings) -> dict[str, Route]:
    """All paths: the fixed ones, and those of every model; where no model is named, the first one answers."""
    first = shelf.first
    batches = {each: Batch(each) for each in shelf.models}
    made = {path: replace(route, served=first) for path, route in FIXED.items()}
    made |= {
        "/predict": replace(PREDICT, served=first, batch=batches[first]),
        "/explain": replace(EXPLAIN, served=first),
        "/schema": replace(SCHEMA, served=first),
        "/invocations": replace(INVOCATIONS, served=first.behind(settings.mlflow), batch=batches[first]),
    }
    latest = [(f"{name}", shelf.find(name)) for name in shelf.names]
    exact = [(f"{each.name}/versions/{each.version}", each) for each in shelf.models]
    for place, served in latest + exact:
        made |= {
            f"/models/{place}/predict": replace(PREDICT, served=served, batch=batches[served]),
            f"/models/{place}/explain": replace(EXPLAIN, served=served),
            f"/models/{place}/schema": replace(SCHEMA, served=served),
            f"/models/{place}/invocations": replace(
                INVOCATIONS, served=served.behind(settings.mlflow), batch=batches[served]
            ),
            f"/v2/models/{place}": replace(METADATA, served=served),
            f"/v2/models/{place}/ready": replace(READY, served=served, protocol="v2"),
            f"/v2/models/{place}/infer": replace(INFER, served=served.behind(settings.v2), batch=batches[served]),
        }
    return made


def _ready(app: Serving) -> Answer:
    if app.draining:
        raise Problem(503, "the server is stopping; expected another one")
    return Answer(dumps({"ready": True}))


def _metrics(app: Serving) -> Answer:
    return Answer(app.page_of_meters(), "text/plain; version=0.0.4; charset=utf-8")


def _openapi(app: Serving) -> Answer:
    return Answer(dumps(openapi.document(app.shelf, app.settings, keyed=bool(app.keys))))


def _schema(served: Served) -> dict[str, Any]:
    return {
        "name": served.name,
        "version": served.version,
        "task": served.model.task,
        "target": served.model.target,
        "classes": served.model.classes or None,
        "fields": served.model.schema.to_json(),
        "answers": served.columns,
        "example": served.example,
    }
