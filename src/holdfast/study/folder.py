"""A study's folder: what is in it, and how it is written without ever being half there."""

import json
import os
from pathlib import Path
from typing import Any

from holdfast.data.seal import Ledger, Split
from holdfast.errors import RequestError
from holdfast.files import write_text
from holdfast.study.request import Request
from holdfast.study.settings import read_settings


class Folder:
    """Paths and files of one study; see DESIGN of the file contract in docs/architecture.md."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.request_file = path / "study.toml"
        self.result_file = path / "result.json"
        self.record_file = path / "record.md"
        self.report_file = path / "report.html"
        self.trials = path / "trials"
        self.model = path / "model"
        self.judged = path / "judged"
        self.ledger = Ledger(path / "ledger.jsonl")

    @property
    def finished(self) -> bool:
        """Whether the study has its result."""
        return self.result_file.exists()

    def answers(self, request: Request, fingerprint: str) -> bool:
        """Whether the study is finished, of this request and data; RequestError when it is of others.

        Groups or time order that the audit decided on may stand where nothing was asked for.
        """
        if not self.finished:
            return False
        kept = Request.of(**read_settings(self.request_file))
        decided = {role: getattr(kept, role) for role in ("group", "time") if getattr(request, role) is None}
        if not _same_question(kept, request.model_copy(update=decided)):
            raise RequestError(
                f"{self.path} holds a finished study with other settings; repeat them to go on, choose another --out, or remove "
                f"it"
            )
        self._check_data(fingerprint)
        return True

    def open(self, request: Request, fingerprint: str, split: Split) -> None:
        """Create the folder for this request, or go on with an unfinished study of the same request and data."""
        if self.request_file.exists():
            kept = Request.of(**read_settings(self.request_file))
            if self.finished:
                raise RequestError(
                    f"{self.path} holds a finished study of {kept.target!r}; choose another --out or remove it"
                )
            if _same_question(kept, request):
                self._check_data(fingerprint)
                write_text(self.request_file, request.to_toml())
                return
            raise RequestError(
                f"{self.path} holds an unfinished study with other settings; repeat them to resume it, or choose another --out"
            )
        begun = [self.ledger.path]  # a study that was killed, or had no room, before its settings were written
        if self.path.exists() and (not self.path.is_dir() or list(self.path.iterdir()) not in ([], begun)):
            raise RequestError(f"{self.path} exists and is not a study; choose another --out")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RequestError(f"{self.path} can't be written ({error.strerror}); choose another --out") from None
        if not self.ledger.entries():
            self.ledger.record(
                "sealed", rows=len(split.sealed), data=fingerprint, split=split.kind, decided=split.decided
            )
        self._check_data(fingerprint)
        write_text(self.request_file, request.to_toml())

    def _check_data(self, fingerprint: str) -> None:
        sealed = [entry for entry in self.ledger.entries() if entry["event"] == "sealed"]
        if not sealed or sealed[0]["data"] != fingerprint:
            raise RequestError(
                f"{self.path} holds a study of other data (fingerprint {sealed[0]['data'] if sealed else None}, now "
                f"{fingerprint}); choose another --out for the new data"
            )

    def check_writable(self) -> None:
        """Find out early, before any work, that the folder can't be made."""
        parent = self.path
        while not parent.exists():
            parent = parent.parent
        if not parent.is_dir() or not os.access(parent, os.W_OK):
            raise RequestError(f"{self.path} can't be written: {parent} is not a writable folder; choose another --out")

    def read_result(self) -> dict[str, Any]:
        """Read result.json as it stands."""
        try:
            return dict(json.loads(self.result_file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise RequestError(
                f"{self.path} holds no finished study (no result.json); expected the folder that holdfast train wrote"
            ) from None
        except ValueError:
            raise RequestError(f"{self.result_file} is damaged; train again, or restore it") from None

    def result(self) -> dict[str, Any]:
        """Read the result of a study, which names the record of openings it was written with; SealError if that was cut short."""
        result = self.read_result()
        if "targets" in result:
            places = [str(self.path / each["study"]) for each in result["targets"].values()]
            raise RequestError(
                f"{self.path} holds a study for each of {len(places)} targets; expected one: {', '.join(places[:5])}"
            )
        self.ledger.check(str(result.get("ledger", "")))
        return result

    def write_result(self, result: dict[str, Any]) -> None:
        """Write result.json with the record of openings as it stands."""
        write_text(self.result_file, json.dumps({**result, "ledger": self.ledger.head}, indent=2))


def next_free(name: str = "study") -> Path:
    """The folder to use when none was named: `study`, or `study-2`, ... when that is finished already."""
    number = 1
    while True:
        path = Path(name if number == 1 else f"{name}-{number}")
        if not path.exists() or not (path / "result.json").exists():
            return path
        number += 1


def _same_question(kept: Request, request: Request) -> bool:
    """More trials continue a study; anything else changed makes it another one."""
    # As TOML holds them, which knows lists but no tuples.
    settings = [each.model_dump(mode="json", exclude={"trials"}) for each in (kept, request)]
    return settings[0] == settings[1]
