"""A further opening of the seal, on record."""

from pathlib import Path
from typing import Any

from holdfast.errors import DataError
from holdfast.study.folder import Folder
from holdfast.study.prepare import ask
from holdfast.study.request import Request
from holdfast.study.settings import read_settings
from holdfast.study.verdict import give_verdict


def reopen(path: Path) -> dict[str, Any]:
    """Judge the judged model again on the sealed rows of the same data; the ledger records it first.

    Raises DataError when the data is not there any more, or is not the same.
    """
    folder = Folder(path)
    request = Request.of(**read_settings(folder.request_file))
    if request.data == "memory":
        raise DataError(f"{path} was trained from memory; expected data that can be read again: train from a file")
    question = ask(request.data, request)
    if question.fingerprint != folder.result()["fingerprint"]:
        raise DataError(f"{request.data} has changed since the study; expected the rows it sealed: restore the file")
    return give_verdict(question, folder, what="looked again").to_json()
