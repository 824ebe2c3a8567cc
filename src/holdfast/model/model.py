"""The model that ships: a compiled graph and what is known of it. Needs NumPy and ONNX Runtime only."""

import hashlib
from html import escape
from typing import Any

import numpy as np

from holdfast.arrays import Floats
from holdfast.errors import ModelError
from holdfast.model.schema import Schema

# Rows scored at a time: bounds memory; larger chunks are no faster.
CHUNK = 4_000


class Model:
    """Predicts with the compiled graph, and nothing else.

    Rows may be one dict, a list of dicts, a dict of columns, a polars or pandas frame, an Arrow table, or a 2-D array with
    the fields in order. Safe to use from several threads.
    """

    def __init__(self, manifest: dict[str, Any], onnx: bytes) -> None:
        self.manifest = manifest
        self.schema = Schema.from_json(manifest["schema"])
        self.task: str = manifest["task"]
        self.target: str = manifest["target"]
        self.classes: list[Any] = list(manifest["classes"] or [])
        self._onnx = onnx
        self._open()

    def _open(self) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(self._onnx, options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise ModelError(
                f"ONNX Runtime does not take the graph ({error}); expected one that Holdfast compiled"
            ) from None
        self._wanted = {each.name for each in self._session.get_inputs()}
        self._output = "probabilities" if self.classes else "prediction"
        if self._output not in {each.name for each in self._session.get_outputs()}:
            raise ModelError(f"the graph has no output {self._output!r}; expected one that Holdfast compiled")
        self._labels = np.array(self.classes) if self.classes else None

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the graph."""
        return hashlib.sha256(self._onnx).hexdigest()

    def predict(self, rows: Any) -> Any:
        """Predict classes as they stand in the data, or values; shape (n_rows,). Raises SchemaError for rows that don't fit."""
        answers = self._run(rows)
        return answers if self._labels is None else self._labels[answers.argmax(axis=1)]

    def predict_proba(self, rows: Any) -> Floats:
        """Predict each class's probability, shape (n_rows, n_classes), in the order of `classes`."""
        if not self.classes:
            raise ModelError(
                f"this model predicts the number {self.target!r}; expected a classifier for predict_proba: use predict"
            )
        return self._run(rows)

    def score(self, rows: Any) -> dict[str, Any]:
        """Predict the columns of a scored file: `prediction`, and for classes `probability_<class>`."""
        answers = self._run(rows)
        if self._labels is None:
            return {"prediction": answers}
        shares = {f"probability_{name_of(label)}": answers[:, k] for k, label in enumerate(self.classes)}
        return {"prediction": self._labels[answers.argmax(axis=1)], **shares}

    def _run(self, rows: Any) -> Floats:
        numbers, strings = self.schema.arrays(rows)
        feeds = {name: each for name, each in (("numbers", numbers), ("strings", strings)) if name in self._wanted}
        n_rows = len(numbers)
        if n_rows <= CHUNK:
            if n_rows == 0:
                return np.zeros((0, len(self.classes)) if self.classes else 0)
            answer: Floats = self._session.run([self._output], feeds)[0]
            return answer
        chunks = [
            self._session.run([self._output], {name: each[start : start + CHUNK] for name, each in feeds.items()})[0]
            for start in range(0, n_rows, CHUNK)
        ]
        return np.concatenate(chunks)

    def __getstate__(self) -> dict[str, Any]:
        return {"manifest": self.manifest, "onnx": self._onnx}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["manifest"], state["onnx"])  # type: ignore[misc]

    def __repr__(self) -> str:
        return f"Model({self.task} of {self.target!r}, {len(self.schema.fields)} features, {len(self._onnx):,} bytes)"

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td>{escape(each.name)}</td><td>{each.type}</td></tr>" for each in self.schema.fields[:50])
        return f"<b>{escape(repr(self))}</b><table><tr><th>feature</th><th>type</th></tr>{rows}</table>"


def name_of(label: Any) -> str:
    """A class as it stands in column names: booleans in lower case, as files write them."""
    return str(label).lower() if isinstance(label, bool) else str(label)
