"""The model that ships: a compiled graph and what is known of it. Needs NumPy and ONNX Runtime only."""

import hashlib
import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from html import escape
from itertools import chain
from typing import Any

import numpy as np

from holdfast.arrays import Floats, Integers, Strings
from holdfast.errors import ModelError, SchemaError
from holdfast.model.child import ChildSession
from holdfast.model.output import SEVERAL, Output, read_outputs
from holdfast.model.schema import NUMERIC, Schema
from holdfast.model.shapley import PAIRS, Background, Explanation, shapley

# Rows scored at a time: bounds memory, and deals even a few thousand rows out among threads; larger chunks are no faster. Fewer
# rows than that are dealt out among threads, too, but no fewer than these to each.
CHUNK, FEWEST = 500, 100

# The graph's inputs, and what ONNX Runtime calls their types.
INPUTS = {"numbers": "tensor(double)", "strings": "tensor(string)"}


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Model:
    """Predicts with the compiled graph, and nothing else.

    Rows may be one dict, a list of dicts, a dict of columns, a polars or pandas frame, an Arrow table, or a 2-D array with
    the fields in order. Safe to use from several threads.
    """

    def __init__(self, manifest: dict[str, Any], onnx: bytes, *, sandbox: bool = False) -> None:
        """sandbox: run the graph in a child process with limits on memory, time and files, as a stranger's should be."""
        self.manifest, self._sandbox = manifest, sandbox
        self.schema = Schema.from_json(manifest.get("schema"))
        self.outputs = read_outputs(manifest)
        self.task: str = manifest["task"]
        self.target: str = manifest["target"]
        self.several = self.task == SEVERAL
        # Of the one question; a model of several has no classes, costs or intervals of its own.
        one = None if self.several else self.outputs[0]
        self.classes: list[Any] = list(one.classes) if one else []
        self.costs = one.costs if one else None
        self._onnx = onnx
        self._open()

    def _open(self) -> None:
        self._session: Any = ChildSession(self._onnx) if self._sandbox else self._in_process()
        self._check_graph()

    def _in_process(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        # Large inputs are scored by chunks in threads of our own: faster than threads inside a chunk, where text isn't
        # parallel, and sums of trees don't depend on how many rows stand beside.
        options.intra_op_num_threads = 1
        try:
            return onnxruntime.InferenceSession(
                self._onnx, options, providers=["CPUExecutionProvider"], enable_fallback=0
            )
        except Exception as error:
            raise ModelError(
                f"ONNX Runtime does not take the graph ({error}); expected one that Holdfast compiled"
            ) from None

    def _check_graph(self) -> None:
        """The graph must take what the schema gives, and give what the task answers."""
        self._texts = [field.name for field in self.schema.fields if field.type not in NUMERIC]
        for output in self.outputs:
            if output.intervals and output.intervals.column not in (None, *self._texts):
                raise ModelError(
                    f"the intervals are by {output.intervals.column!r}, which is no category of the model; copy it again"
                )
        numeric = sum(field.type in NUMERIC for field in self.schema.fields)
        widths = {"numbers": numeric, "strings": len(self.schema.fields) - numeric}
        self._wanted = tuple(each.name for each in self._session.get_inputs())
        for each in self._session.get_inputs():
            if each.type != INPUTS.get(each.name) or len(each.shape) != 2 or each.shape[1] != widths[each.name]:
                raise ModelError(
                    f"the graph takes {each.name!r} as {each.type} {each.shape}; expected what the manifest's schema gives "
                    f"({widths}): copy the model again"
                )
        outputs = {each.name: (each.type, each.shape[1:]) for each in self._session.get_outputs()}
        width = sum(output.width for output in self.outputs)
        expected = ("tensor(double)", [width] if self.several or self.classes else [])
        name = self.graph_output
        if outputs.get(name) != expected:
            raise ModelError(
                f"the graph's output {name!r} is {outputs.get(name)}; expected {expected}: copy the model again"
            )

    @property
    def graph_inputs(self) -> list[Any]:
        """The graph's inputs, each with a name, type and shape."""
        return list(self._session.get_inputs())

    @property
    def graph_output(self) -> str:
        """The name of the graph's output that holds the answers."""
        return "answers" if self.several else "probabilities" if self.classes else "prediction"

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the graph."""
        return hashlib.sha256(self._onnx).hexdigest()

    def predict(self, rows: Any) -> Any:
        """Predict classes as they stand in the data, or values; shape (n_rows,). Raises SchemaError for rows that don't fit.

        A model of several targets gives a dict, by target; so do the methods below.
        """
        answers = self._run(rows)
        return self._each([output.predict(part) for output, part in self._parts(answers)])

    def decide(self, answers: Floats) -> Integers:
        """Give the codes of the classes answered, (n,), for probabilities (n, n_classes): places in `classes`."""
        return self.outputs[0].decide(answers)

    def predict_proba(self, rows: Any) -> Any:
        """Predict each class's probability, shape (n_rows, n_classes), in the order of `classes`."""
        if not any(output.classes for output in self.outputs):
            raise ModelError(
                f"this model predicts the number {self.target!r}; expected a classifier for predict_proba: use predict"
            )
        answers = self._run(rows)
        return self._each([part if output.classes else None for output, part in self._parts(answers)])

    def predict_interval(self, rows: Any, level: float = 0.9) -> Any:
        """Give ranges that hold the truth with probability `level`.

        Numbers: (low, high), (n_rows,) each. Classes: a list of tuples, the classes that can't be ruled out.
        """
        return self._each(self._interval(rows, self._run(rows), level))

    def explain(self, rows: Any, *, n_pairs: int = PAIRS, seed: int = 0) -> Explanation:
        """Say what each field adds to the answers for `rows`, as in `holdfast.model.shapley`; a few milliseconds a row.

        n_pairs: pairs of orders drawn; the errors shrink with its root. Raises ModelError for a model without a background,
        such as one of several targets.
        """
        numbers, strings = self.schema.arrays(rows)
        background = Background.from_json(self.manifest.get("background"), self.schema)
        return shapley(self.answers, self.schema, background, numbers, strings, n_pairs=n_pairs, seed=seed)

    def score(self, rows: Any, *, interval: float | None = None) -> dict[str, Any]:
        """Predict the columns of a scored file: `prediction`, and for classes `probability_<class>`.

        interval: a level such as 0.9 adds `low` and `high`, or for classes `set`, those joined by "|".
        """
        answers = self._run(rows)
        return self.columns(answers, None if interval is None else self._interval(rows, answers, interval))

    def columns(self, answers: Floats, ranges: Any = None) -> dict[str, Any]:
        """Name what `answers` gave, as `score` does; ranges: what `ranges` gave for the same rows.

        Columns of a model of several targets end in theirs: `prediction_<target>`, `probability_<target>_<class>`.
        """
        ranges = [None] * len(self.outputs) if ranges is None else ranges
        named: dict[str, Any] = {}
        for (output, part), range_ in zip(self._parts(answers), ranges, strict=True):
            named |= output.columns(part, range_, f"_{output.target}" if self.several else "")
        return named

    def ranges(self, answers: Floats, strings: Strings, level: float) -> list[Any]:
        """Give `predict_interval` for what `answers` gave, one for each target. strings: as `schema.arrays` made them."""
        return [output.ranges(part, self._groups(output, strings), level) for output, part in self._parts(answers)]

    def _groups(self, output: Output, strings: Strings) -> Any:
        column = None if output.intervals is None else output.intervals.column
        return None if column is None else strings[:, self._texts.index(column)]

    def _parts(self, answers: Floats) -> list[tuple[Output, Floats]]:
        """The answers to each question: (n, n_classes), or (n,) for numbers."""
        if not self.several:
            return [(self.outputs[0], answers)]
        parts, start = [], 0
        for output in self.outputs:
            part = answers[:, start : start + output.width]
            parts.append((output, part if output.classes else part[:, 0]))
            start += output.width
        return parts

    def _each(self, found: list[Any]) -> Any:
        if not self.several:
            return found[0]
        return {output.target: each for output, each in zip(self.outputs, found, strict=True) if each is not None}

    def _interval(self, rows: Any, answers: Floats, level: float) -> list[Any]:
        grouped = any(output.intervals and output.intervals.column is not None for output in self.outputs)
        strings = self.schema.arrays(rows)[1] if grouped else np.empty((len(answers), 0), dtype=object)
        return self.ranges(answers, strings, level)

    def _run(self, rows: Any) -> Floats:
        parts = self.schema.parts(rows, CHUNK)
        numbers, strings = next(parts)
        n_rows = len(numbers)
        if n_rows < min(CHUNK, 2 * FEWEST):
            return self.answers(numbers, strings)
        workers = processors()
        size = CHUNK if n_rows == CHUNK else max(FEWEST, -(-n_rows // workers))
        first = ((numbers[at : at + size], strings[at : at + size]) for at in range(0, n_rows, size))
        answers: list[Floats] = []
        with ThreadPoolExecutor(workers) as pool:
            waiting = deque[Future[Floats]]()
            for part in chain(first, parts):
                waiting.append(pool.submit(self.answers, *part))
                if len(waiting) > 2 * workers:
                    answers.append(waiting.popleft().result())
            answers += [each.result() for each in waiting]
        return np.concatenate(answers)

    def answers(self, numbers: Floats, strings: Strings) -> Floats:
        """Run the graph on what `schema.arrays` made: probabilities (n, n_classes), or values (n,).

        Several targets: theirs side by side, (n, widths).
        """
        if not len(numbers):
            width = sum(output.width for output in self.outputs)
            return np.zeros((0, width) if self.several or self.classes else 0)
        given = {"numbers": numbers, "strings": strings}
        try:
            answer: Floats = self._session.run([self.graph_output], {name: given[name] for name in self._wanted})[0]
        except UnicodeEncodeError:
            raise SchemaError(
                "the rows hold text with a lone surrogate, which no file can hold; expected Unicode text: clean it first"
            ) from None
        except ModelError:
            raise
        except Exception as error:
            raise ModelError(
                f"the graph failed on {len(numbers):,} rows ({error}); expected it to answer: please report this"
            ) from None
        return answer

    def __getstate__(self) -> dict[str, Any]:
        return {"manifest": self.manifest, "onnx": self._onnx, "sandbox": self._sandbox}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def __repr__(self) -> str:
        return f"Model({self.task} of {self.target!r}, {len(self.schema.fields)} features, {len(self._onnx):,} bytes)"

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td>{escape(each.name)}</td><td>{each.type}</td></tr>" for each in self.schema.fields[:50])
        return f"<b>{escape(repr(self))}</b><table><tr><th>feature</th><th>type</th></tr>{rows}</table>"
