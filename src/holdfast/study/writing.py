"""Writing what a study found: the report, the record, and result.json."""

from typing import Any

import numpy as np

from holdfast.files import write_text
from holdfast.report.page import write as write_page
from holdfast.search.clock import Clock
from holdfast.study.folder import Folder
from holdfast.study.record import record
from holdfast.study.results import Results, to_json
from holdfast.study.story import story_of


def write_results(results: Results, folder: Folder, clock: Clock) -> None:
    """Write the report, then result.json, whose presence says that the study is finished."""
    results.seconds["total"] = clock.elapsed
    result = to_json(results, folder)
    write_page(story_of(results, result), folder.report_file)
    if results.question.request.record:
        card = (folder.model / "card.md").read_text(encoding="utf-8")
        write_text(folder.record_file, record(result, card))
    result["seconds"]["total"] = clock.elapsed
    folder.write_result(_finite(result))


def _finite(value: Any) -> Any:
    """JSON has no NaN; what could not be computed is null."""
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
