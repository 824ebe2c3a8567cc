"""What a study found, as result.json holds it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from holdfast.audit.finding import Finding
from holdfast.compile.final import Compiled
from holdfast.evaluate.leaderboard import Row
from holdfast.explain.importance import Importance
from holdfast.study import preparing
from holdfast.study.board import Searched
from holdfast.study.decision import decision_facts
from holdfast.study.distil import Distilled
from holdfast.study.distil import to_json as distilled_json
from holdfast.study.finish import Finished
from holdfast.study.folder import Folder
from holdfast.study.front import Weighed
from holdfast.study.inside import Inside
from holdfast.study.joined import joined_facts
from holdfast.study.learning import Point
from holdfast.study.nested import Nested
from holdfast.study.prepare import Question
from holdfast.study.trust import Trust
from holdfast.study.validation import Curve
from holdfast.study.verdict import Verdict
from holdfast.study.words import first_lines, sentence, worth


@dataclass(frozen=True, kw_only=True)
class Results:
    """Everything the result and the report are made of. refitted: the refit model, or why there is none."""

    question: Question
    findings: Sequence[Finding]
    searched: Searched
    board: Sequence[Row]
    finished: Finished
    refitted: Compiled | str
    verdict: Verdict
    importance: Sequence[Importance]
    curve: Sequence[Point]
    values: Curve | None
    manifest: dict[str, Any]
    seconds: dict[str, float]
    energy: dict[str, Any]
    trust: Trust
    inside: Inside
    front: Sequence[Weighed] = ()
    nested: Nested | None = None
    distilled: Distilled | None = None

    @property
    def shipped(self) -> Compiled:
        """The graph in model/."""
        return self.finished.compiled if isinstance(self.refitted, str) else self.refitted

    @property
    def not_tried(self) -> list[tuple[str, str]]:
        """Learners that were left out, failed, or had to be given up, with the reason."""
        failed = [(spec.learner, reason) for spec, reason in self.searched.found.failures]
        return [*self.searched.not_tried, *failed, *self.finished.given_up]


def to_json(results: Results, folder: Folder) -> dict[str, Any]:
    """The study as result.json holds it."""
    question, shipped = results.question, results.shipped
    base = next(row for row in results.board if row.baseline)
    graph = results.manifest["files"]["model.onnx"]
    return {
        "version": version("holdfast"),
        "sentence": sentence(results.verdict, question),
        "first": first_lines(results.findings, question),
        "task": question.task.name,
        "target": question.request.target,
        "metric": question.metric.name,
        "data": question.dataset.source,
        "rows": question.dataset.n_rows,
        "rows_set_aside": question.unanswered.n_rows,
        "columns": len(question.dataset.kinds),
        "fingerprint": question.fingerprint,
        "seed": question.request.seed,
        "split": {
            "kind": question.split.kind,
            "reason": question.split.reason,
            "decided": question.split.decided,
            "development": len(question.split.development),
            "sealed": len(question.split.sealed),
            "folds": len(results.searched.problem.folds),
        },
        "findings": [finding.to_json() for finding in results.findings],
        "worth": worth(results.board),
        "leaderboard": [row.to_json() for row in results.board],
        "baseline": {"learner": base.learner, "score": base.score},
        "front": [each.to_json() for each in results.front],
        "chosen": _chosen(results),
        "distilled": distilled_json(results.distilled, question.metric, results.finished.candidate),
        "preparation": preparing.to_json(question.request, shipped),
        "calibration": None if results.finished.calibration is None else results.finished.calibration.to_json(),
        "decision": decision_facts(results.finished, question, results.searched.problem),
        "trials": len(results.searched.found.outcomes),
        "stopped_early": len(results.searched.found.pruned),
        "not_tried": [{"learner": name, "reason": reason} for name, reason in results.not_tried],
        "verdict": results.verdict.to_json(),
        "nested": None if results.nested is None else results.nested.to_json(),
        "model": {
            "path": str(folder.model),
            "sha256": graph["sha256"],
            "size_bytes": graph["bytes"],
            "compiled": True,
            "proof": {
                "rows": shipped.proof.rows,
                "max_abs_difference": shipped.proof.max_abs_difference,
                "allowed": shipped.proof.allowed,
            },
        },
        **results.trust.to_json(),
        **results.inside.to_json(),
        "no_time_for": [*results.trust.all_not_done, *results.inside.not_done],
        "importance": [vars(each) for each in results.importance],
        "learning_curve": [vars(each) for each in results.curve],
        "validation_curve": None if results.values is None else asdict(results.values),
        "seconds": results.seconds,
        "energy": results.energy,
    }


def _chosen(results: Results) -> dict[str, Any]:
    """What ships, and how it was fitted."""
    candidate, shipped = results.finished.candidate, results.shipped
    return {
        "name": candidate.name,
        "members": [
            {"learner": outcome.spec.learner, "weight": weight, "params": outcome.params}
            for outcome, weight in candidate.members
        ],
        "joined": joined_facts(candidate, results.question.metric),
        "fitted_members": shipped.n_members,
        "fitted_rows": len(shipped.rows),
        "copies": shipped.copies,
        "rounds": {"grown": shipped.n_trees, "planned": shipped.n_planned},
        "refit_on_all": not isinstance(results.refitted, str) and len(shipped.rows) == results.question.dataset.n_rows,
    }
