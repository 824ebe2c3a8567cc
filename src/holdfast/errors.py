"""Every error Holdfast raises on purpose.

HoldfastError
├── DataError            (ValueError)   the data can't be read, or can't answer the question
│   └── SchemaError                     rows for prediction don't fit the model's schema
├── RequestError         (ValueError)   the request is at fault: an unknown name, a value out of range
│   └── BrokenOffError                  what is outside, such as a full disk, ended work that can go on where it was
├── SealError            (RuntimeError) the sealed rows were about to be misused, or the ledger was changed
├── ModelError           (ValueError)   a model folder is damaged, unsafe or of an unknown version
├── CompileError         (RuntimeError) a fitted pipeline has no faithful compiled form
├── OverrunError         (TimeoutError) work was stopped because its deadline passed
├── WorkFailedError      (RuntimeError) a fit raised; the study goes on without it
│   └── WorkerEndedError                its process ended: killed, or out of memory
└── MissingExtraError    (ImportError)  an optional library is needed; names the extra to install

A message says who complains, what was got, what was expected, and what to do next. Problems *of the data* that
training can live with are not errors: they are findings (see `holdfast.audit`).
"""

import difflib
from collections.abc import Iterable


class HoldfastError(Exception):
    """Root of all errors raised on purpose; the CLI prints its message without a traceback."""


class DataError(HoldfastError, ValueError):
    """The data can't be read, or can't answer the question asked."""


class SchemaError(DataError):
    """Rows given for prediction don't fit the model's schema."""


class RequestError(HoldfastError, ValueError):
    """The request is at fault: an unknown name, a value out of range."""


class BrokenOffError(RequestError):
    """Something outside, such as a full disk or a lost connection, ended work that can go on where it was."""


class SealError(HoldfastError, RuntimeError):
    """The sealed rows were about to be misused, or the ledger was changed."""


class ModelError(HoldfastError, ValueError):
    """A model folder is damaged, unsafe, or of an unknown version."""


class CompileError(HoldfastError, RuntimeError):
    """A fitted pipeline has no faithful compiled form."""


class OverrunError(HoldfastError, TimeoutError):
    """Work was stopped because its deadline passed."""


class WorkFailedError(HoldfastError, RuntimeError):
    """A fit raised; the message says what happened, and the study goes on without it."""


class WorkerEndedError(WorkFailedError):
    """The process of a fit ended: it was killed, or ran out of memory. Another try may do."""


class MissingExtraError(HoldfastError, ImportError):
    """An optional library is needed; the message names the extra to install."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which known name was probably meant, as a sentence to append to an error (empty when none is close).

    >>> nearest("chrun", ["churn", "age"])
    " Did you mean 'churn'?"
    """
    known = list(known)
    folded = {k.casefold().strip(): k for k in known}
    if name.casefold().strip() in folded:
        return f" Did you mean {folded[name.casefold().strip()]!r}?"
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""
