"""A finished study, read from its folder."""

from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from holdfast.model.model import Model
from holdfast.model.package import load
from holdfast.report.numbers import number
from holdfast.study.folder import Folder
from holdfast.study.reopen import reopen


class Study:
    """What a study found: findings, leaderboard, verdict, report and model.

    Everything is read from the folder, so a study can be looked at again later: `Study("study")`.
    """

    def __init__(self, path: str | Path) -> None:
        self._folder = Folder(Path(path))
        self.result: dict[str, Any] = self._folder.result()

    @property
    def path(self) -> Path:
        """The study's folder."""
        return self._folder.path

    @property
    def findings(self) -> list[dict[str, Any]]:
        """What the audit found, most severe first."""
        return list(self.result["findings"])

    @property
    def leaderboard(self) -> pl.DataFrame:
        """Every learner's best trial, best first, with its interval and the baseline."""
        rows = [
            {
                **row,
                "beats_baseline": (row["beats_baseline"] or {}).get("p"),
                "against_best": (row["against_best"] or {}).get("p"),
            }
            for row in self.result["leaderboard"]
        ]
        return pl.DataFrame(rows, infer_schema_length=None).rename(
            {"beats_baseline": "p_beats_baseline", "against_best": "p_as_good_as_best"}
        )

    @property
    def verdict(self) -> dict[str, Any]:
        """The score on the sealed rows, with its interval and how often the seal was opened."""
        return dict(self.result["verdict"])

    @property
    def openings(self) -> int:
        """How often the seal was opened up to now, as the ledger has it."""
        return self._folder.ledger.openings

    def look_again(self, model: str | Path | None = None) -> dict[str, Any]:
        """Ask the sealed rows once more, on record, about the judged model or another; the answer is blurred and paid for."""
        return reopen(self.path, model)

    @cached_property
    def model(self) -> Model:
        """The model that ships."""
        return load(self._folder.model)

    def report(self) -> Path:
        """The report's path: one HTML page that opens offline."""
        return self._folder.report_file

    def __repr__(self) -> str:
        verdict = self.verdict
        return (
            f"Study({str(self.path)!r}: {self.result['task']} of {self.result['target']!r}, {verdict['metric']} "
            f"{number(verdict['score'])} [{number(verdict['low'])}, {number(verdict['high'])}] on {verdict['rows']:,} sealed "
            f"rows)"
        )
