import numpy as np
import pytest

from holdfast.compile.assemble import assemble
from holdfast.compile.final import Member, Training, fit_and_compile
from holdfast.compile.prove import prove
from holdfast.errors import CompileError
from holdfast.evaluate.calibrate import UNCALIBRATED, Calibrator
from holdfast.evaluate.pool import Pool
from holdfast.features.matrix import Matrix
from holdfast.learners.catalogue import find
from holdfast.learners.learner import Learner
from holdfast.testing.checks import fit
from holdfast.testing.data import table


def training(family: str, n_classes: int | None) -> Training:
    columns, y = table(family)
    rows = np.arange(columns.n_rows)
    return Training(columns, y, rows, rows, family, n_classes)


@pytest.mark.parametrize(("family", "n_classes"), [("classification", 2), ("regression", None)])
def test_an_ensemble_is_proven_on_all_rows(family, n_classes):
    linear = "logistic" if n_classes else "ridge"
    members = [
        Member(linear, find(linear, family).defaults, 0.25),
        Member("lightgbm", find("lightgbm", family).defaults, 0.75),
    ]
    task = training(family, n_classes)
    compiled = fit_and_compile(task, members, 10_000, float("inf"))
    assert compiled.proof.agrees
    assert compiled.proof.rows == len(compiled.rows) == task.columns.n_rows
    assert compiled.proof.max_abs_difference < 1e-9
    assert compiled.n_members == 2


def test_a_passed_deadline_leaves_members_out_but_never_all():
    members = [Member("prior", {}, 0.4), Member("logistic", {"C": 1.0}, 0.6)]
    compiled = fit_and_compile(training("classification", 2), members, 100, 0.0)
    assert compiled.n_members == 1
    assert compiled.proof.agrees


@pytest.mark.parametrize(
    ("family", "n_classes", "pool"),
    [
        ("classification", 2, Pool(logs=True)),
        ("classification", 2, Pool(logs=True, shift=(0.2, -0.2))),
        ("regression", None, Pool(shift=(1.5,))),
    ],
)
def test_a_stack_is_proven_and_calibrated_after_it(family, n_classes, pool):
    members = [
        Member(name, find(name, family).defaults, weight)
        for name, weight in (("lightgbm", 0.7), ("decision_tree", 0.5))
    ]
    calibrator = Calibrator("platt", 0.8, 0.1) if n_classes else UNCALIBRATED
    task = training(family, n_classes)
    compiled = fit_and_compile(task, members, 10_000, float("inf"), calibrator, None, pool)
    assert compiled.proof.agrees
    assert compiled.proof.max_abs_difference < 1e-9
    other = fit_and_compile(task, members, 10_000, float("inf"), calibrator)
    assert other.onnx != compiled.onnx


def test_what_is_left_of_a_stack_weighs_as_much_as_all_of_it():
    members = [Member("mean", {}, 1.0), Member("ridge", {"alpha": 1.0}, 3.0)]
    task, none = training("regression", None), float("-inf")
    fitted = fit_and_compile(task, members, 10_000, none, pool=Pool(shift=(2.0,)))
    alone = fit_and_compile(task, [Member("ridge", {"alpha": 1.0}, 4.0)], 10_000, none, pool=Pool(shift=(2.0,)))
    assert fitted.n_members == 1
    assert fitted.onnx == alone.onnx


def test_a_wrong_graph_is_caught():
    columns, y = table("classification")
    right, wrong = (
        fit(find("logistic", "classification"), columns, y),
        fit(find("logistic", "classification"), columns, 1 - y),
    )
    graph = assemble([(right, 1.0)], columns.kinds, 2)
    proof = prove(graph, [(wrong, 1.0)], columns)
    assert not proof.agrees
    assert proof.labels_differ > 0


def test_an_answer_that_is_no_number_is_caught():
    def emit(graph, matrix, estimator):
        values = find("ridge", "regression").emit(graph, matrix, estimator)
        zero = graph.constant(np.array([0.0]))
        return graph.add("Div", values, graph.add("Mul", values, zero))

    ridge = find("ridge", "regression")
    broken = Learner(
        name="broken",
        task="regression",
        summary="It divides by zero.",
        reference="-",
        make=ridge.make,
        wants=Matrix(),
        emit=emit,
    )
    columns, y = table("regression")
    pipeline = fit(broken, columns, y)
    assert not prove(assemble([(pipeline, 1.0)], columns.kinds, None), [(pipeline, 1.0)], columns).agrees


def test_a_learner_without_a_compiled_form_is_named():
    ridge = find("ridge", "regression")
    mute = Learner(name="mute", task="regression", summary="It can't.", reference="-", make=ridge.make, wants=Matrix())
    columns, y = table("regression")
    with pytest.raises(CompileError, match="'mute' declares no compiled form"):
        assemble([(fit(mute, columns, y), 1.0)], columns.kinds, None)
