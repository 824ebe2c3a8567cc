"""Several targets, or sets of labels, of the same rows: a study for each, and one model that answers them all."""

import io
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import numpy as np
import polars as pl

from holdfast.compile.join import Part, join
from holdfast.data.frames import take
from holdfast.data.labels import by_label
from holdfast.errors import CompileError, DataError, RequestError, nearest
from holdfast.files import write_text
from holdfast.model.model import Model
from holdfast.model.output import SEVERAL
from holdfast.model.package import GRAPH, load, write
from holdfast.model.schema import NUMERIC, Field, Schema
from holdfast.report.several import write_several
from holdfast.search.clock import parse_budget
from holdfast.study.folder import Folder, next_free
from holdfast.study.journey import Say
from holdfast.study.journey import train as train_one
from holdfast.study.prepare import ask
from holdfast.study.request import Request
from holdfast.study.settings import DEFAULT_BUDGET
from holdfast.study.study import Study

MULTILABEL = "multilabel"

# Seconds kept back for joining the models.
JOINING = 2.0

# The joint model must answer these many rows as the single ones do.
PROVEN_ROWS = 4_000


class Studies(Mapping[str, Study]):
    """A study by target, and the model that answers for all of them."""

    def __init__(self, path: str | Path) -> None:
        self._folder = Folder(Path(path))
        self.result: dict[str, Any] = self._folder.read_result()
        if "targets" not in self.result:
            raise RequestError(f"{path} holds one study; expected the folder of several: open it with holdfast.Study")
        self._studies = {name: Study(self.path / each["study"]) for name, each in self.result["targets"].items()}

    @property
    def path(self) -> Path:
        """The folder that holds the studies."""
        return self._folder.path

    @cached_property
    def model(self) -> Model:
        """The model that ships."""
        return load(self._folder.model)

    def report(self) -> Path:
        """The path of the page that leads to every target's report."""
        return self._folder.report_file

    def __getitem__(self, target: str) -> Study:
        return self._studies[target]

    def __iter__(self) -> Any:
        return iter(self._studies)

    def __len__(self) -> int:
        return len(self._studies)


@overload
def train(
    data: Any,
    target: str,
    *,
    out: str | Path | None = ...,
    say: Say = ...,
    started: float | None = ...,
    **settings: Any,
) -> Study: ...


@overload
def train(
    data: Any,
    target: Sequence[str],
    *,
    out: str | Path | None = ...,
    say: Say = ...,
    started: float | None = ...,
    **settings: Any,
) -> Studies: ...


def train(
    data: Any,
    target: str | Sequence[str],
    *,
    out: str | Path | None = None,
    say: Say = lambda message: None,
    started: float | None = None,
    **settings: Any,
) -> Study | Studies:
    """Go from data to a model, a verdict and a report, in the folder `out` (default: study, study-2, ...).

    data: a path, a glob, a URL of SQLite or PostgreSQL, or rows in memory (polars, pandas, Arrow, NumPy, dicts). settings: as in
    `holdfast.study.request.Request`, such as budget="5 min", metric, group, time, learners. A study that was killed goes
    on where it was when called again with the same settings.

    target: a column; or several, which get a study and an equal part of the budget each, and one model that answers them all
    (Studies). task="multilabel" does that for a column of label sets such as "red|round", with a truth for each label.

    Raises DataError when the data can't answer the question, RequestError when a setting is wrong.
    """
    targets = [target] if isinstance(target, str) else list(target)
    if settings.get("task") == MULTILABEL:
        if len(targets) != 1:
            raise RequestError(
                f"task {MULTILABEL} was asked for of {len(targets)} targets; expected one column of label sets"
            )
        del settings["task"]
        raw = take(data, header=settings.get("header", True))
        if targets[0] not in raw.frame.columns:
            raise DataError(
                f"target {targets[0]!r} is not a column of {raw.source}; expected one of {raw.frame.columns[:20]}"
            )
        data, targets, rare = by_label(raw.frame, targets[0])
        if rare:
            say(f"left out, in too few rows or nearly all: {', '.join(rare[:10])}")
        if not targets:
            raise DataError(
                f"no label of {target!r} is in enough rows, and lacking in enough; expected at least one to learn"
            )
    elif len(targets) == 1:
        return train_one(data, targets[0], out=out, say=say, started=started, **settings)
    if len(set(targets)) < max(1, len(targets)):
        raise RequestError(f"targets {', '.join(targets)} name one column twice, or none; expected different columns")
    return _train_each(data, targets, Path(out) if out is not None else next_free(), say, started, settings)


def _train_each(
    data: Any, targets: Sequence[str], folder: Path, say: Say, started: float | None, settings: dict[str, Any]
) -> Studies:
    began = time.monotonic() if started is None else started
    if Folder(folder).finished:
        raise RequestError(f"{folder} holds finished studies; choose another --out or remove it")
    raw = take(data, header=settings.get("header", True))
    for target in targets:
        if target not in raw.frame.columns:
            hint = nearest(target, raw.frame.columns)
            raise DataError(f"target {target!r} is not a column of {raw.source}; expected one that is.{hint}")
    requests = _requests(data, targets, settings)
    asked: dict[str, tuple[Request, str]] = {}
    for target, request in requests.items():  # what is wrong with one target is told before any is trained
        question = ask(raw, request)
        asked[target] = question.request, question.fingerprint
    places = _folders(targets)
    studies: dict[str, Study] = {}
    for number, (target, request) in enumerate(requests.items()):
        place = folder / places[target]
        if not Folder(place).answers(*asked[target]):  # by a run that was interrupted later
            tell = _told(say, f"{target} ({number + 1} of {len(targets)})")
            given = request.model_dump(exclude={"target", "data"}, exclude_unset=True)
            train_one(data, target, out=place, say=tell, started=began if number == 0 else None, **given)
        studies[target] = Study(place)
    say("joining the models")
    _join(studies, folder, raw.frame.head(PROVEN_ROWS))
    _finish(studies, places, folder, time.monotonic() - began)
    return Studies(folder)


def _requests(data: Any, targets: Sequence[str], settings: Mapping[str, Any]) -> dict[str, Request]:
    """What is asked of each target: an equal part of the budget, and not to learn from the others."""
    budget = parse_budget(settings.get("budget"))
    if budget is None and settings.get("trials") is None:
        budget = DEFAULT_BUDGET
    common = {**settings, "budget": None if budget is None else max(1.0, (budget - JOINING) / len(targets))}
    source = str(data) if isinstance(data, str | Path) else "memory"
    whole = Request.of(**{**common, "target": targets[0], "data": source})
    return {
        target: whole.model_copy(
            update={"target": target, "drop": (*whole.drop, *(other for other in targets if other != target))}
        )
        for target in targets
    }


def _told(say: Say, name: str) -> Callable[[str], None]:
    return lambda message: say(f"{name}: {message}")


def _folders(targets: Sequence[str]) -> dict[str, str]:
    """A folder's name for each target: of plain characters, and no two alike."""
    made: dict[str, str] = {}
    for number, target in enumerate(targets, 1):
        plain = re.sub(r"[^A-Za-z0-9_-]+", "-", target).strip("-")[:60] or "target"
        taken = {each.lower() for each in made.values()} | {"model", "judged", "trials"}
        made[target] = f"{plain}-{number}" if plain.lower() in taken else plain
    return made


def _join(studies: Mapping[str, Study], folder: Path, frame: pl.DataFrame) -> None:
    """Write the joint model, once it is proven on the rows of the frame."""
    models = [study.model for study in studies.values()]
    fields: dict[str, Field] = {}
    for model in models:
        fields |= {field.name: field for field in model.schema.fields if field.name not in fields}
    schema = Schema(tuple(fields.values()))
    parts = [
        Part((study.path / "model" / GRAPH).read_bytes(), *_places(study.model.schema, schema))
        for study in studies.values()
    ]
    numbers, strings = _names(schema)
    keys = ("task", "target", "metric", "classes", "decision", "intervals", "rows", "fingerprint")
    facts = {
        "task": SEVERAL,
        "target": ", ".join(studies),
        "classes": None,
        "outputs": [{key: model.manifest.get(key) for key in keys} for model in models],
        "schema": schema.to_json(),
        "versions": {name: each for model in models for name, each in model.manifest["versions"].items()},
    }
    graph = join(parts, len(numbers), len(strings))
    _prove(Model(facts, graph), studies, frame)
    cards = "\n\n".join((study.path / "model" / "card.md").read_text(encoding="utf-8") for study in studies.values())
    write(
        folder / "model",
        facts,
        graph,
        reference=_references(studies),
        card=f"# Model card: {len(studies)} targets\n\nOne graph answers all; each was trained and judged by itself.\n\n{cards}",
    )


def _names(schema: Schema) -> tuple[list[str], list[str]]:
    numbers = [field.name for field in schema.fields if field.type in NUMERIC]
    return numbers, [field.name for field in schema.fields if field.type not in NUMERIC]


def _places(own: Schema, joint: Schema) -> tuple[list[int], list[int]]:
    """Where a model's columns are among the joint one's."""
    mine, all_ = _names(own), _names(joint)
    return [all_[0].index(name) for name in mine[0]], [all_[1].index(name) for name in mine[1]]


def _references(studies: Mapping[str, Study]) -> bytes:
    """The summaries of every column, each once."""
    frames: list[pl.DataFrame] = []
    seen: set[str] = set()
    for study in studies.values():
        frame = pl.read_ipc(study.path / "model" / "reference.arrow")
        frames.append(frame.filter(~pl.col("column").is_in(sorted(seen))))
        seen |= set(frame["column"].to_list())
    buffer = io.BytesIO()
    pl.concat(frames).write_ipc(buffer)
    return buffer.getvalue()


def _prove(model: Model, studies: Mapping[str, Study], frame: pl.DataFrame) -> None:
    """The joint model must answer as the single ones do."""
    numbers, strings = model.schema.arrays(frame)
    answers, start = model.answers(numbers, strings), 0
    for target, study in studies.items():
        own_numbers, own_strings = _places(study.model.schema, model.schema)
        expected = study.model.answers(numbers[:, own_numbers], strings[:, own_strings]).reshape(len(answers), -1)
        given = answers[:, start : start + expected.shape[1]]
        if not np.array_equal(given, expected):
            raise CompileError(f"the joint model answers {target!r} otherwise than its own does; please report this")
        start += expected.shape[1]


def _finish(studies: Mapping[str, Study], places: Mapping[str, str], folder: Path, seconds: float) -> None:
    """Write the page that leads to every target's report, then result.json, whose presence says that all are finished."""
    rows = {}
    for target, study in studies.items():
        verdict = study.verdict
        kept = ("metric", "score", "low", "high", "level", "baseline", "rows")
        chosen = next((row["learner"] for row in study.result["leaderboard"] if row.get("chosen")), "")
        rows[target] = {
            "study": places[target],
            "task": study.result["task"],
            "shipped": chosen,
            "sentence": study.result["sentence"],
            "distilled": study.result["distilled"],
            **{key: verdict[key] for key in kept},
        }
    write_several(rows, folder / "report.html")
    write_text(folder / "result.json", json.dumps({"targets": rows, "seconds": seconds}, indent=2))
