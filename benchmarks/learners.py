"""Every learner on real sets: what it scores, what it costs, and how far its compiled form is from the fitted one.

Each learner is fitted at its defaults on up to 2,000 rows of each set of its task, in a process of its own with a limit of time,
and judged on up to 1,000 others; as a user would get them, without leaks. The compiled form is compared on those rows, and on
the same rows with gaps, odd numbers and values that training never saw. Writes docs/learners.md, beside the catalogue.

HOLDFAST_DATA names a folder of data sets with an INDEX.csv. Run: OMP_NUM_THREADS=1 python benchmarks/learners.py [LEARNER ...]
(with names, only those are run, and the tables are printed.)
"""

import multiprocessing
import multiprocessing.connection
import pickle
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

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
from holdfast.learners.pipeline import fit_labels
from holdfast.learners.preparing import encoding_targets
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

TRAIN, TEST = 2_000, 1_000

# Seconds of processor time for each, and how many at once.
LIMIT, AT_ONCE = 30, 2

# Seconds that a speed is measured for.
SPELL = 0.05

# Loaded once, before the processes part.
HEAVY = [
    "sklearn.ensemble",
    "sklearn.linear_model",
    "sklearn.svm",
    "sklearn.gaussian_process",
    "sklearn.neural_network",
    "sklearn.neighbors",
    "lightgbm",
    "xgboost",
    "catboost",
    "interpret.glassbox",
    "torch",
    "onnx",
    "onnxruntime",
]

# Of the cells in the odd rows, this share is emptied.
GAPS = 0.1

ROOT = Path(__file__).parent.parent

# The page, and where what is finished is kept, so that a run that was stopped goes on (`make clean` removes it).
PAGE, KEPT = ROOT / "docs" / "learners.md", ROOT / "build" / "learners"

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
    keep(path, (question.task.name, question.task.n_classes, *parts))


def keep(path: Path, found: Any) -> None:
    """Write at once or not at all, so that a run stopped in between leaves nothing half done."""
    part = path.with_name(f"{path.name}~")
    part.write_bytes(pickle.dumps(found))
    part.replace(path)


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
        keep(out, {"error": reason})
        return
    began = time.process_time()
    encoder = Encoder(learner.wants)
    matrix = encoder.fit_transform(columns, encoding_targets(y, n_classes))
    pipeline = fit_labels(learner, learner.defaults, encoder, matrix, y, n_classes=n_classes)
    found = {"fit": time.process_time() - began, "score": METRIC[task].score(answers, pipeline.predict(new))}
    found["rows"] = rows_a_second(lambda: pipeline.predict(new), new.n_rows)
    onnx = assemble([(pipeline, 1.0)], columns.kinds, n_classes)
    found["bytes"], found["compiled rows"] = len(onnx), compiled_speed(onnx, new)
    proofs = [prove(onnx, [(pipeline, 1.0)], rows) for rows in (new, odd(new))]
    # In units of the target's spread, as probabilities are in units of one.
    found["difference"] = max(proof.max_abs_difference / proof.allowed for proof in proofs) * TOLERANCE
    found["labels"] = sum(proof.labels_differ for proof in proofs)
    keep(out, found)


def compiled_speed(onnx: bytes, columns: Columns) -> float:
    """Rows a second through the graph, on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    given = {each.name for each in session.get_inputs()}
    feeds = {}
    if "numbers" in given:
        feeds["numbers"] = np.column_stack(list(columns.numbers.values()))
    if "strings" in given:
        feeds["strings"] = np.column_stack([coded.strings() for coded in columns.strings.values()])
    return rows_a_second(lambda: session.run(None, feeds), columns.n_rows)


def rows_a_second(score: Callable[[], Any], n_rows: int) -> float:
    """By processor time, which is told in ticks: again and again until there are enough of them."""
    began, rounds = time.process_time(), 0
    while (seconds := time.process_time() - began) < SPELL:
        score()
        rounds += 1
    return n_rows * rounds / seconds


def in_children(jobs: list[tuple], seconds: int) -> Iterator[tuple[int, str]]:
    """Run (function, *arguments) in processes of their own, a few at once; yields job number and what went wrong, or ""."""
    context, running, waiting = multiprocessing.get_context("fork"), {}, list(enumerate(jobs))
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            number, job = waiting.pop(0)
            running[number] = context.Process(target=limited, args=(seconds, *job))
            running[number].start()
        multiprocessing.connection.wait([child.sentinel for child in running.values()])
        for number in [number for number, child in running.items() if not child.is_alive()]:
            code = running.pop(number).exitcode
            yield number, f"over {seconds} s" if code == -signal.SIGXCPU else f"exit {code}" * bool(code)


def limited(seconds: int, function: Callable, *arguments: Any) -> None:
    """Call a function that is stopped when it has taken so much processor time."""
    now = int(time.process_time())
    resource.setrlimit(resource.RLIMIT_CPU, (now + seconds, now + seconds + 1))
    function(*arguments)


def run(each: dict[str, str], learners: list[Learner]) -> dict[tuple[str, str], dict]:
    """What was measured on one set, by learner and set; what an earlier run measured is not measured again."""
    path, measured = KEPT / each["name"], {}
    if not path.exists():
        for _, error in in_children([(prepare, each, path)], 600):
            print(f"{each['name']}: {error or 'ready'}", flush=True)
    outs = [path.with_suffix(f".{learner.name}") for learner in learners]
    waiting = [(learner, out) for learner, out in zip(learners, outs, strict=True) if not out.exists()]
    for number, error in in_children([(measure, learner, path, out) for learner, out in waiting], LIMIT):
        if error:
            keep(waiting[number][1], {"error": error})
    for learner, out in zip(learners, outs, strict=True):
        measured[learner.name, each["name"]] = pickle.loads(out.read_bytes())
        told = {
            key: f"{value:.4g}" if isinstance(value, float) else value
            for key, value in measured[learner.name, each["name"]].items()
        }
        print(f"{each['name']} {learner.name}: {told}", flush=True)
    return measured


def main() -> None:
    """One set after the other, those of both tasks by turns; the page is written anew after each."""
    KEPT.mkdir(parents=True, exist_ok=True)
    for name in HEAVY:
        import_module(name)
    learners = [learner for learner in catalogue() if learner.installed]
    only, among, measured = sys.argv[1:], {family: [] for family in NAMES}, {}
    for pair in zip(*NAMES.values(), strict=True):
        for family, name in zip(NAMES, pair, strict=True):
            asked = [each for each in learners if each.task == family and (each.name in only or not only)]
            if asked:
                measured |= run(sets([name])[0], asked)
                among[family].append(name)
        if only:
            continue
        PAGE.write_text(page(learners, among, measured), encoding="utf-8")
    if only:
        print("\n".join(scores([each for each in learners if each.name in only], among, measured)))


if __name__ == "__main__":
    main()
