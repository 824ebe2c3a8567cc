import os
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from holdfast.errors import OverrunError, RequestError, WorkFailedError
from holdfast.learners.catalogue import find
from holdfast.search.clock import Clock, parse_budget
from holdfast.search.executor import Inline, Local, threads_for
from holdfast.search.trial import warm_up


def add(state, number):
    return state + number


def same(state):
    return state


def sleep(state, seconds):
    time.sleep(seconds)


def fail(state):
    raise KeyError("what went wrong")


def die(state):
    os._exit(3)


def shout(state):
    print("noise on standard output")
    return "still understood"


class OnlyThere:
    """Can be read by the process of that number alone."""

    def __init__(self, process):
        self.process = process

    def __setstate__(self, kept):
        if os.getpid() != kept["process"]:
            raise ValueError("not here")


def made_there(state):
    return OnlyThere(os.getpid())


@pytest.fixture
def local(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.path.dirname(__file__))
    executor = Local()
    executor.load(40)
    yield executor
    executor.close()


def test_inline_does_the_same():
    executor = Inline()
    executor.load(40)
    assert executor.call(add, 2) == 42
    with pytest.raises(WorkFailedError, match="what went wrong"):
        executor.call(fail)


def test_a_worker_works_fails_and_dies_without_harm(local):
    assert local.call(add, 2) == 42
    assert local.call(shout) == "still understood"
    with pytest.raises(WorkFailedError, match="KeyError: 'what went wrong'"):
        local.call(fail)
    with pytest.raises(WorkFailedError, match="ended with code 3"):
        local.call(die)
    assert local.call(add, 2) == 42
    local.load(1)
    assert local.call(add, 2) == 3


def test_what_the_worker_cant_read_is_said_and_does_no_harm(local):
    with pytest.raises(WorkFailedError, match="can't read what it was given: ValueError: not here"):
        local.call(add, OnlyThere(os.getpid()))
    assert local.call(add, 2) == 42
    local.load(OnlyThere(os.getpid()))
    with pytest.raises(WorkFailedError, match="not here"):
        local.call(same)
    local.load(40)
    with pytest.raises(WorkFailedError, match="what the worker answered can't be read: ValueError: not here"):
        local.call(made_there)
    assert local.call(add, 2) == 42


def test_a_closed_worker_stays_closed(local):
    local.call(add, 2)
    waiting = local.aside(lambda: local.call(sleep, 60))
    time.sleep(0.2)
    local.close()
    with pytest.raises(WorkFailedError):
        waiting()
    with pytest.raises(WorkFailedError, match="closed"):
        local.call(add, 2)
    assert local._process.poll() is not None


def test_arrays_travel_as_they_are(local):
    rng = np.random.default_rng(0)
    arrays = {"doubles": rng.normal(size=(300, 70)), "none": np.zeros(0), "across": rng.normal(size=(5, 4)).T}
    arrays["names"] = np.array(["a", None, "c"], dtype=object)
    arrays["shut"] = rng.normal(size=7)
    arrays["shut"].flags.writeable = False
    local.load(arrays)
    for name, array in local.call(same).items():
        np.testing.assert_array_equal(array, arrays[name])


def test_late_work_is_stopped_on_time(local):
    local.call(add, 1)
    began = time.monotonic()
    with pytest.raises(OverrunError):
        local.call(sleep, 60, deadline=time.monotonic() + 0.3)
    assert time.monotonic() - began < 2
    assert local.call(add, 2) == 42


def test_a_worker_does_not_outlive_its_parent():
    script = (
        "import time; from holdfast.search.executor import Local\n"
        "worker = Local(); print(worker._process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("the worker is still there")


def test_small_matrices_get_one_thread():
    assert threads_for(1000) == 1
    assert threads_for(10**8) >= 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60s", 60), ("5 min", 300), ("1h", 3600), ("2 hours", 7200), ("90", 90), (12.5, 12.5), (None, None)],
)
def test_budgets(text, seconds):
    assert parse_budget(text) == seconds


@pytest.mark.parametrize("text", ["soon", "-5s", "0", "5 years", "", "nan"])
def test_no_budgets(text):
    with pytest.raises(RequestError, match="budget"):
        parse_budget(text)


def test_a_clock_counts_down():
    clock = Clock(10.0, started=time.monotonic() - 4)
    assert clock.left == pytest.approx(6, abs=0.1)
    assert clock.elapsed == pytest.approx(4, abs=0.1)
    assert clock.share(0.5) - clock.started == 5
    assert Clock(None).left == Clock(None).share(0.1) == float("inf")


def test_the_child_works_while_this_process_goes_on(local):
    local.call(add, 0)
    began = time.monotonic()
    waiting = local.aside(lambda: local.call(sleep, 1.0))
    assert time.monotonic() - began < 0.5
    waiting()
    assert time.monotonic() - began >= 1.0
    with pytest.raises(WorkFailedError, match="what went wrong"):
        local.aside(lambda: local.call(fail))()


def test_without_a_child_it_is_done_first():
    executor, done = Inline(), []
    waiting = executor.aside(lambda: done.append("it"))
    assert done == ["it"]
    assert waiting() is None


def is_imported(state, name):
    return name in sys.modules


@pytest.mark.parametrize("name", ["xgboost", "catboost"])
def test_a_worker_warms_up_by_importing_what_its_learners_need(local, name):
    pytest.importorskip(name)
    assert not local.call(is_imported, name)
    local.call(warm_up, ("logistic", name), "classification")
    assert local.call(is_imported, name)


def test_a_library_that_is_not_installed_is_left_to_the_trial_that_needs_it(monkeypatch):
    absent = replace(find("xgboost", "regression"), library="no_such_library")
    monkeypatch.setattr("holdfast.search.trial.find", lambda name, family: absent)
    Inline().call(warm_up, ("xgboost",), "regression")
