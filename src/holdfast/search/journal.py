"""Finished trials on disk, so that a killed study goes on where it was."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.errors import DataError
from holdfast.files import no_room, replacing
from holdfast.search.trial import Outcome, Problem, Pruned, Spec


class Journal:
    """A folder with one JSON file (and the out-of-fold predictions as .npy) per finished trial.

    With no folder, nothing is kept. problem: trials on record of another one, with other columns or folds, are not read.
    """

    def __init__(self, folder: Path | None, problem: Problem | None = None) -> None:
        self.folder = folder
        self._problem = None if problem is None else _name_of(problem)
        if folder is not None:
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise no_room(folder, error) from None

    def write(self, found: Outcome | Pruned) -> None:
        """Keep a finished trial; the JSON file appears last, so a trial is there whole or not at all."""
        if isinstance(found, Pruned):
            self._put(found.spec, {"pruned": _plain(found)}, None)
        else:
            self._put(found.spec, {"outcome": _plain(found)}, found.predictions)

    def write_failure(self, spec: Spec, reason: str) -> None:
        """Keep why a trial failed, so that resuming does not repeat it."""
        self._put(spec, {"failed": reason}, None)

    def read(self, spec: Spec) -> Outcome | Pruned | str | None:
        """Return what is on record for this very configuration: what it showed, why it failed, or None."""
        if self.folder is None or not (path := self._path(spec.number, "json")).exists():
            return None
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            if (
                record.get("problem") != self._problem
                or record["learner"] != spec.learner
                or record["params"] != _jsonable(spec.params)
                or record.get("share", 1.0) != spec.share
                or record.get("teacher", []) != _teacher(spec)
            ):
                return None
            if "failed" in record:
                return str(record["failed"])
            if "pruned" in record:
                return Pruned(spec, **record["pruned"])
            predictions = np.load(self._path(spec.number, "npy"), allow_pickle=False)
            kept = {**record["outcome"], "spec": spec, "predictions": predictions}
            return Outcome(**{**kept, "fold_scores": tuple(kept["fold_scores"])})
        except (ValueError, KeyError, TypeError, OSError, EOFError) as error:
            raise DataError(
                f"{path} can't be read ({error}); expected a finished trial: remove the study folder to start again"
            ) from error

    def _path(self, number: int, ending: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{number:04d}.{ending}"

    def _put(self, spec: Spec, record: dict[str, Any], predictions: Any) -> None:
        if self.folder is None:
            return
        head = {"number": spec.number, "learner": spec.learner, "params": _jsonable(spec.params), "share": spec.share}
        head |= {"teacher": _teacher(spec)} if spec.teacher else {}
        try:
            if predictions is not None:
                with replacing(self._path(spec.number, "npy")) as partial, partial.open("wb") as file:
                    np.save(file, predictions, allow_pickle=False)
            with replacing(self._path(spec.number, "json")) as partial:
                text = json.dumps({**head, "problem": self._problem, **record}, indent=2)
                partial.write_text(text, encoding="utf-8")
        except OSError as error:
            raise no_room(self.folder, error) from None


def _name_of(problem: Problem) -> str:
    """A hash of the columns learned from and of the rows in each fold."""
    told = hashlib.blake2b(repr(sorted(problem.columns.kinds.items())).encode(), digest_size=8)
    for fold in problem.folds:
        told.update(len(fold.train).to_bytes(8, "little") + np.ascontiguousarray(fold.valid).tobytes())
    return told.hexdigest()


def _teacher(spec: Spec) -> Any:
    members = [[member.learner, _jsonable(member.params), weight] for member, weight in spec.teacher]
    return [*members, spec.pool.to_json()] if members else []


def _plain(outcome: Outcome | Pruned) -> dict[str, Any]:
    fields = {k: v for k, v in outcome.__dict__.items() if k not in ("spec", "predictions")}
    return {name: _jsonable(value) for name, value in fields.items()}


def _jsonable(value: Any) -> Any:
    return json.loads(json.dumps(value, default=lambda x: x.item() if hasattr(x, "item") else dict(x)))
