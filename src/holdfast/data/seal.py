"""The sealed test set: cut off before anything looks at the data, opened for the verdict, on record."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.arrays import Flags, Floats, Hashes, Integers
from holdfast.data.cut import cut
from holdfast.data.dataset import Dataset
from holdfast.errors import SealError
from holdfast.files import no_room

GENESIS = "0" * 64


class Ledger:
    """A file of JSON lines, each carrying the hash of the one before it: what is on record can't be quietly changed.

    >>> import tempfile
    >>> ledger = Ledger(Path(tempfile.mkdtemp()) / "ledger.jsonl")
    >>> ledger.record("sealed", rows=10)
    >>> ledger.record("opened", metric="roc_auc")
    >>> ledger.openings
    1
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> list[dict[str, Any]]:
        """Read and verify every entry; a broken chain is a SealError that names the line."""
        if not self.path.exists():
            return []
        entries, previous = [], GENESIS
        for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                entry = json.loads(line)
                claimed = entry.pop("hash")
            except (ValueError, KeyError, AttributeError):
                claimed, entry = None, {}
            if claimed != _digest(entry) or entry.get("previous") != previous:
                raise SealError(
                    f"{self.path}, line {number}: the chain of hashes is broken, so the record of openings was changed; "
                    f"expected the file as it was written: restore it, or start a new study on new test rows"
                )
            previous = claimed
            entries.append(entry)
        return entries

    def record(self, event: str, **facts: Any) -> None:
        """Append an entry and force it to disk before returning."""
        entries = self.entries()
        previous = _digest(entries[-1]) if entries else GENESIS
        now = datetime.now(UTC).isoformat(timespec="seconds")
        entry = {"event": event, "at": now, **facts, "previous": previous}
        line = json.dumps({**entry, "hash": _digest(entry)}, sort_keys=True)
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise no_room(self.path, error) from None

    @property
    def head(self) -> str:
        """The hash of the last entry, which names the whole record so far."""
        entries = self.entries()
        return _digest(entries[-1]) if entries else GENESIS

    def check(self, head: str) -> None:
        """Raise SealError unless the record still holds the entry of that hash: a chain that was cut short is whole, too."""
        if head not in {GENESIS, *map(_digest, self.entries())}:
            raise SealError(
                f"{self.path}: entries that were on record are gone; expected the file as it was written: restore it, or "
                f"start a new study on new test rows"
            )

    @property
    def openings(self) -> int:
        """How often the seal was opened so far."""
        return sum(entry["event"] == "opened" for entry in self.entries())


def _digest(entry: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()


class Sealed:
    """Rows nobody may read until they are opened, which the ledger records first."""

    def __init__(self, dataset: Dataset, rows: Integers) -> None:
        self.__dataset = dataset
        self.__rows = rows

    @property
    def n_rows(self) -> int:
        """How many rows are sealed; their content stays closed."""
        return len(self.__rows)

    def open(self, ledger: Ledger, **facts: Any) -> Dataset:
        """Record the opening and what it is for, then return the rows."""
        ledger.record("opened", rows=self.n_rows, **facts)
        return self.__dataset.take(self.__rows)

    def __repr__(self) -> str:
        return f"Sealed({self.n_rows:,} rows)"


@dataclass(frozen=True)
class Split:
    """Which rows are for development and which are sealed, and why they were cut that way.

    decided: by whom: "request", or "audit", whose checks had looked at the development rows of a first, random split.
    """

    development: Integers
    sealed: Integers
    kind: str
    reason: str
    decided: str = "request"


def split(
    hashes: Hashes,
    *,
    share: float,
    seed: int = 0,
    strata: Integers | None = None,
    groups: Hashes | None = None,
    time: Floats | None = None,
) -> Split:
    """Choose the sealed rows from content: by whole groups when `groups` is given, the latest when `time` is.

    hashes, groups: (n_rows,) uint64; time: (n_rows,) seconds. Equal rows stay together; rows in file order or new rows
    appended change nothing for old ones (except by time, where new rows are the future).
    """
    n_rows = len(hashes)
    if time is not None:
        sealed = _latest(time, share)
        kind, reason = (
            "time",
            f"the latest {sealed.mean():.0%} of the rows are sealed, as the model will face the future",
        )
    elif groups is not None:
        sealed = cut(groups, [1 - share, share], salt=seed, strata=strata) == 1
        kind, reason = "group", "rows of one group stay on one side, as the model will face new groups"
    else:
        sealed = cut(hashes, [1 - share, share], salt=seed, strata=strata) == 1
        kind = "random" if strata is None else "stratified"
        reason = "rows are cut by a hash of their content" + ("" if strata is None else ", each class in its share")
    rows = np.arange(n_rows)
    return Split(rows[~sealed], rows[sealed], kind, reason)


def _latest(time: Floats, share: float) -> Flags:
    """Mark about the last `share` of the rows; rows of one moment stay together, cut where it comes nearest to the share."""
    moments, counts = np.unique(np.where(np.isnan(time), -np.inf, time), return_counts=True)
    later = np.cumsum(counts[::-1])[::-1]  # rows of each moment and of those after it
    first = 1 + int(np.argmin(np.abs(later[1:] - share * len(time)))) if len(moments) > 1 else 0
    return np.asarray(time >= moments[first])
