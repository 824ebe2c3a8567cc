"""Every learner on real sets: what it scores, what it costs, and how far its compiled form is from the fitted one.

Each learner is fitted at its defaults on up to 4,000 rows of each set of its task, in a process of its own with a time limit,
and judged on up to 2,000 others; as a user would get them, without leaks. The compiled form is compared on those rows, and on
the same rows with gaps, odd numbers and values that training never saw. Writes docs/learners.md, beside the catalogue.

HOLDFAST_DATA names a folder of data sets with an INDEX.csv. Run: OMP_NUM_THREADS=1 python benchmarks/learners.py [LEARNER ...]
(with names only those are run, and the tables are printed.)
"""

import multiprocessing
import pickle
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from budget import sets
from learners_page import page, scores

from holdfast.compile.assemble import assemble
from holdfast.compile.prove import TOLERANCE, prove
from holdfast.data.columns import Coded, Columns
from holdfast.features.encoder import Encoder
from holdfast.learners.catalogue import catalogue
from holdfast.learners.learner import Learner
from holdfast.learners.limits import Given, objection
from holdfast.learners.pipeline import encoding_targets, fit_estimator
from holdfast.metrics.classification import CLASSIFICATION
from holdfast.metrics.regression import REGRESSION
from holdfast.study.prepare import ask, audited
from holdfast.study.request import Request
from holdfast.testing.data import unseen

NAMES = {
    "classification": [
        "adult_income",
        "telco_churn",
        "german_credit",
        "mushroom",
        "credit_scoring_es",
        "titanic_seaborn",
        "mlc_churn",
        "spambase",
        "magic_telescope",
        "letter_recognition",
        "satellite_landsat",
        "midwest_survey",
    ],
    "regression": [
        "employee_salaries",
        "bike_sharing_hourly",
        "california_housing",
        "ames_housing",
        "diamonds",
        "abalone",
        "concrete_strength",
        "insurance_charges",
        "gss_wages",
        "protein_casp",
        "hotel_room_price",
        "sklearn_diabetes",
    ],
}

TRAIN, TEST = 4_000, 2_000
LIMIT, AT_ONCE = 60.0, 2

# Of the cells in the odd rows, this share is emptied.
GAPS = 0.1

PAGE = Path(__file__).parent.parent / "docs" / "learners.md"

METRICS = {metric.name: metric for metric in (*CLASSIFICATION, *REGRESSION)}
METRIC = {"binary": METRICS["roc_auc"], "multiclass": METRICS["accuracy"], "regression": METRICS["r2"]}


def prepare(each: dict[str, str], path: Path) -> None:
    """Read, audit and sample a set, as a study would."""
    request = Request.of(target=each["target"], data=each["path"], header=bool(each["header"]), split="random")
    question = audited(ask(each["path"], request))[0]
    rng, parts = np.random.default_rng(0), []
    for rows, most in ((question.split.development, TRAIN), (question.split.sealed, TEST)):
        taken = np.sort(rng.choice(rows, min(len(rows), most), replace=False))
        parts += [question.columns(taken), question.y(taken)]
    path.write_bytes(pickle.dumps((question.task.name, question.task.n_classes, *parts)))


def odd(columns: Columns) -> Columns:
    """The rows with gaps, extreme numbers and values never seen."""
    rng, columns = np.random.default_rng(0), unseen(columns)
    n_rows = columns.n_rows
    numbers = {name: np.where(rng.random(n_rows) < GAPS, np.nan, each) for name, each in columns.numbers.items()}
    strings = {
        name: Coded(np.where(rng.random(n_rows) < GAPS, -1, each.codes).astype(np.int32), each.values)
        for name, each in columns.strings.items()
    }
    return Columns(numbers, strings, columns.kinds)


def measure(learner: Learner, path: Path, out: Path) -> None:
    """Fit one learner on one set, judge it, compile it and compare."""
    task, n_classes, columns, y, new, answers = pickle.loads(path.read_bytes())
    reason = objection(learner, Given(y, len(columns.kinds), n_classes), sampled=True)
    if reason is not None:
        out.write_bytes(pickle.dumps({"error": reason}))
        return
    began = time.perf_counter()
    encoder = Encoder(learner.wants)
    matrix = encoder.fit_transform(columns, encoding_targets(y, n_classes))
    pipeline = fit_estimator(learner, learner.defaults, encoder, matrix, y, n_classes=n_classes)
    fitted = time.perf_counter()
    predicted = pipeline.predict(new)
    done = time.perf_counter()
    found = {"score": METRIC[task].score(answers, predicted), "fit": fitted - began}
    found["rows"] = new.n_rows / (done - fitted)
    onnx = assemble([(pipeline, 1.0)], columns.kinds, n_classes)
    found["bytes"], found["compiled rows"] = len(onnx), compiled_speed(onnx, new)
    proofs = [prove(onnx, [(pipeline, 1.0)], rows) for rows in (new, odd(new))]
    # In units of the target's spread, as probabilities are in units of one.
    found["difference"] = max(proof.max_abs_difference / proof.allowed for proof in proofs) * TOLERANCE
    found["labels"] = sum(proof.labels_differ for proof in proofs)
    out.write_bytes(pickle.dumps(found))


def compiled_speed(onnx: bytes, columns: Columns) -> float:
    """Rows a second through the graph, on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    given = {each.name for each in session.get_inputs()}
    began, feeds = time.perf_counter(), {}
    if "numbers" in given:
        feeds["numbers"] = np.column_stack(list(columns.numbers.values()))
    if "strings" in given:
        feeds["strings"] = np.column_stack([coded.strings() for coded in columns.strings.values()])
    session.run(None, feeds)
    return columns.n_rows / (time.perf_counter() - began)


def in_children(jobs: list[tuple], limit: float):
    """Run (function, *arguments) in processes of their own, a few at once; yields job number and what went wrong, or None."""
    context, running, waiting = multiprocessing.get_context("fork"), {}, list(enumerate(jobs))
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            number, (function, *arguments) = waiting.pop(0)
            child = context.Process(target=function, args=arguments)
            child.start()
            running[number] = child, time.monotonic() + limit
        time.sleep(0.02)
        for number, (child, deadline) in list(running.items()):
            late = time.monotonic() > deadline
            if child.is_alive() and not late:
                continue
            child.kill()
            child.join()
            del running[number]
            yield number, f"more than {limit:.0f} s" if late else f"ended with {child.exitcode}" * bool(child.exitcode)


def run(learners: list[Learner], folder: Path) -> dict[tuple[str, str, str], dict]:
    """What was measured, by task, learner and set."""
    wanted = {family: sets(names) for family, names in NAMES.items()}
    every = [each for family in {learner.task for learner in learners} for each in wanted[family]]
    for number, error in in_children([(prepare, each, folder / each["name"]) for each in every], 600.0):
        print(f"{every[number]['name']}: {error or 'ready'}", flush=True)
    tried = [(learner, each["name"]) for learner in learners for each in wanted[learner.task]]
    outs = [folder / f"{learner.task}-{learner.name}-{name}" for learner, name in tried]
    jobs = [(measure, learner, folder / name, out) for (learner, name), out in zip(tried, outs, strict=True)]
    measured = {}
    for number, error in in_children(jobs, LIMIT):
        (learner, name), out = tried[number], outs[number]
        found = {"error": error} if error else pickle.loads(out.read_bytes())
        measured[learner.task, learner.name, name] = found
        told = {key: round(value, 9) if isinstance(value, float) else value for key, value in found.items()}
        print(f"{learner.task} {learner.name} {name}: {told}", flush=True)
    return measured


def main() -> None:
    known = [learner for learner in catalogue() if learner.installed]
    learners = [learner for learner in known if learner.name in sys.argv[1:] or not sys.argv[1:]]
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        measured = run(learners, Path(folder))
    minutes = (time.monotonic() - began) / 60
    if sys.argv[1:]:
        print("\n".join(scores(learners, NAMES, measured)))
    else:
        PAGE.write_text(page(learners, NAMES, measured, minutes), encoding="utf-8")


if __name__ == "__main__":
    main()
