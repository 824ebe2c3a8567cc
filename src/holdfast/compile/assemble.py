"""Put fitted pipelines together as one ONNX graph."""

from collections.abc import Mapping, Sequence

import numpy as np

from holdfast.arrays import PARTS, Floats, worth
from holdfast.data.columns import NUMERIC_KINDS, Kind
from holdfast.errors import CompileError
from holdfast.evaluate.calibrate import UNCALIBRATED, Calibrator
from holdfast.evaluate.pool import AVERAGE, Pool
from holdfast.features.encoder import Encoder
from holdfast.features.inputs import Inputs
from holdfast.graph import Graph
from holdfast.learners.pipeline import Pipeline


def assemble(
    members: Sequence[tuple[Pipeline, float]],
    kinds: Mapping[str, Kind],
    n_classes: int | None,
    calibrator: Calibrator = UNCALIBRATED,
    costs: Floats | None = None,
    pool: Pool = AVERAGE,
) -> bytes:
    """Compile pipelines by weight, joined by a pool, what calibrates it, and how it is decided (costs, as in `arrays.decided`).

    kinds: every feature in schema order. The graph takes `numbers` (double, rows x numeric features) and `strings`
    (rows x the others), either left out when there is none; it gives `probabilities` (double, rows x classes) and `label`
    (int64 class code), or `prediction` (double). Raises CompileError when a learner has no compiled form.
    """
    graph = Graph()
    numbers = tuple(name for name, kind in kinds.items() if kind in NUMERIC_KINDS)
    strings = tuple(name for name, kind in kinds.items() if kind not in NUMERIC_KINDS)
    inputs = Inputs(
        graph.input("numbers", np.float64, len(numbers)) if numbers else None,
        numbers,
        graph.input("strings", str, len(strings)) if strings else None,
        strings,
    )
    matrices: dict[int, tuple[Encoder, str]] = {}
    answers: list[str] = []
    for pipeline, _ in members:
        encoder = pipeline.encoder
        if id(encoder) not in matrices:
            matrices[id(encoder)] = (encoder, encoder.emit(graph, inputs))
        answers.append(pipeline.emit(graph, matrices[id(encoder)][1]))
    answer = pool.emit(graph, answers, [weight for _, weight in members])
    if n_classes is None:
        flat = graph.add("Reshape", answer, graph.constant(np.array([-1])))
        graph.output(flat, "prediction", np.float64, None)
    else:
        answer = calibrator.emit(graph, answer)
        graph.output(answer, "probabilities", np.float64, n_classes)
        valued = answer if costs is None else graph.add("MatMul", answer, graph.constant(worth(costs)))
        parts = graph.add("Mul", valued, graph.constant(np.float64(PARTS)))
        rounded = graph.add("Floor", graph.add("Add", parts, graph.constant(np.float64(0.5))))  # as `decided` does
        graph.output(graph.add("ArgMax", rounded, axis=1, keepdims=0), "label", np.int64, None)
    return _checked(graph)


def _checked(graph: Graph) -> bytes:
    from onnx import checker

    model = graph.model()
    try:
        content = bytes(model.SerializeToString())
    except Exception as error:  # protobuf's EncodeError, which it raises beyond 2 GiB
        raise CompileError(
            f"the compiled graph can't be written ({error}); expected less than 2 GiB: fewer trees or fewer members"
        ) from error
    try:
        checker.check_model(content)
    except checker.ValidationError as error:
        raise CompileError(f"the compiled graph is not valid ONNX: {error}; please report this") from error
    return content
