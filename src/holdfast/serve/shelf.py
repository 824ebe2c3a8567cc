"""The models a server has open, by name and version; replaced together or not at all."""

import re
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.arrays import Floats, likeliest_of
from holdfast.errors import ModelError, RequestError
from holdfast.model.model import CHUNK, Model
from holdfast.model.package import load
from holdfast.model.schema import Field
from holdfast.model.shapley import Background, shapley
from holdfast.serve.door import Door, Rows
from holdfast.serve.problems import Problem
from holdfast.serve.settings import Mode, Settings

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Place:
    """Where a model is, and what it is called in paths."""

    name: str
    version: str
    folder: Path


def places(targets: Sequence[str]) -> tuple[Place, ...]:
    """Read FOLDER, NAME=FOLDER or NAME@VERSION=FOLDER; models of one name are versions 1, 2, ... in the order given.

    >>> [(each.name, each.version) for each in places(["study/model", "churn@7=b", "churn=c"])]
    [('study', '1'), ('churn', '7'), ('churn', '2')]
    """
    made: list[Place] = []
    for target in targets:
        unnamed = "=" not in target or Path(target).is_dir()
        called, _, folder = ("", "", target) if unnamed else target.partition("=")
        path = Path(folder)
        name, _, version = called.partition("@")
        whole = path.resolve()
        name = name or (whole.parent.name if whole.name in ("model", "judged") else whole.name)
        version = version or str(1 + sum(each.name == name for each in made))
        for word in (name, version):
            if not _NAME.fullmatch(word):
                raise RequestError(
                    f"{word!r} can't stand in a path; expected letters, digits, '.', '_' and '-': write NAME={folder}"
                )
        if any((each.name, each.version) == (name, version) for each in made):
            raise RequestError(
                f"two models are {name!r} version {version!r}; expected one of each: write NAME@VERSION={folder}"
            )
        made.append(Place(name, version, path))
    if not made:
        raise RequestError("no model was named; expected at least one model folder")
    return tuple(made)


class Served:
    """One open model, the door before it, and its answers."""

    def __init__(self, place: Place, settings: Settings) -> None:
        """Open the model and prove that it answers; ModelError when it does not."""
        self.name, self.version = place.name, place.version
        self.model: Model = load(place.folder, sandbox=settings.sandbox, require_signature=settings.require_signature)
        self._settings = settings
        self.door = Door(self.model.schema, settings)
        self.fingerprint = self.model.fingerprint
        self.first = self.model.schema.fields[0].name
        self.example = {field.name: example_of(field) for field in self.model.schema.fields}
        nothing = self.model.schema.arrays({field.name: [] for field in self.model.schema.fields})
        self.columns = list(self.model.columns(self.model.answers(*nothing)))
        # The classes that each column of labels can hold.
        form = "prediction_{}" if self.model.several else "prediction"
        self.labels = {form.format(each.target): each.classes for each in self.model.outputs if each.classes}
        rows = self.model.schema.arrays(self.example)
        if not np.isfinite(self.model.answers(*rows)).all():
            raise ModelError(f"{place.folder} answers an example row without a number; expected a model that works")

    def behind(self, mode: Mode | None) -> "Served":
        """The same model behind a door of another mode; None: this one."""
        if mode is None or mode == self._settings.mode:
            return self
        other = copy(self)
        other.door = Door(self.model.schema, replace(self._settings, mode=mode))
        return other

    def answers(self, rows: Rows) -> Floats:
        """Score rows, a bounded number at a time."""
        numbers, strings = rows.numbers, rows.strings
        if len(numbers) <= CHUNK:
            return self.model.answers(numbers, strings)
        starts = range(0, len(numbers), CHUNK)
        return np.concatenate([self.model.answers(numbers[at : at + CHUNK], strings[at : at + CHUNK]) for at in starts])

    def one(self, answers: Floats) -> dict[str, Any]:
        """Write the answer for a single row as a record."""
        if self.model.several:
            return {name: cells[0] for name, cells in self.many(answers).items()}
        if not self.model.classes:
            return {"prediction": float(answers[0])}
        shares: list[float] = answers[0].tolist()
        k = likeliest_of(shares) if self.model.costs is None else int(self.model.decide(answers)[0])
        return dict(zip(self.columns, [self.model.classes[k], *shares], strict=True))

    def explained(self, rows: Rows) -> list[dict[str, Any]]:
        """Say of each row what its fields add to its answer; Problem (404) for a model that holds nothing to compare with."""
        try:
            background = Background.from_json(self.model.manifest.get("background"), self.model.schema)
        except ModelError as error:
            raise Problem(404, str(error)) from None
        found = shapley(self.model.answers, self.model.schema, background, rows.numbers, rows.strings)
        made = []
        for row, answers in enumerate(found.answers):
            k = int(self.model.decide(found.answers[row : row + 1])[0]) if self.model.classes else 0
            values, errors = found.values[row, :, k], found.errors[row, :, k]
            fields = [
                {"field": found.fields[at], "adds": float(values[at]), "error": float(errors[at])}
                for at in np.argsort(-np.abs(values), kind="stable")
            ]
            label = {"prediction": self.model.classes[k]} if self.model.classes else {}
            name = "probability" if self.model.classes else "prediction"
            made.append({**label, name: float(answers[k]), "base": float(found.base[k]), "fields": fields})
        return made

    def many(self, answers: Floats) -> dict[str, list[Any]]:
        """Write answers as columns of plain values."""
        return {name: column.tolist() for name, column in self.model.columns(answers).items()}


@dataclass(frozen=True)
class Shelf:
    """Open models, in the order they were named."""

    models: tuple[Served, ...]

    @classmethod
    def open(cls, wanted: Iterable[Place], settings: Settings) -> "Shelf":
        """Open every model; ModelError, and none, when one doesn't."""
        return cls(tuple(Served(place, settings) for place in wanted))

    @property
    def names(self) -> list[str]:
        """Every name once."""
        return list(dict.fromkeys(each.name for each in self.models))

    @property
    def first(self) -> Served:
        """The model that answers where none is named."""
        return self.find(self.models[0].name)

    def versions(self, name: str) -> list[Served]:
        """Give all versions of a model; the last named is the one that answers where no version is asked for."""
        return [each for each in self.models if each.name == name]

    def find(self, name: str) -> Served:
        """Find the version of a model that answers where none is asked for."""
        return self.versions(name)[-1]

    def to_json(self) -> list[dict[str, str]]:
        """Say what is open."""
        return [{"name": each.name, "version": each.version, "fingerprint": each.fingerprint} for each in self.models]


def example_of(field: Field) -> Any:
    """A value that the field takes: the middle of its range, its most frequent category.

    >>> example_of(Field("age", "number", low=20.0, high=61.0)), example_of(Field("city", "category", values=("Rome",)))
    (40.5, 'Rome')
    """
    if field.type == "number":
        low, high = field.low or 0.0, field.high or 0.0
        middle = float(f"{(low + high) / 2:.4g}")
        if low <= middle <= high:
            return int(middle) if middle == int(middle) and abs(middle) < 1e15 else middle
        return low
    if field.type == "datetime":
        return "2026-01-31"
    return True if field.type == "boolean" else (field.values[0] if field.values else "text")
