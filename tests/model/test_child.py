import os
import pickle
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from small_models import expected, facts, logistic_graph

from holdfast.errors import ModelError, SchemaError
from holdfast.model import child
from holdfast.model.package import load, write

pytestmark = pytest.mark.skipif(os.name != "posix", reason="children with limits are for Linux and macOS")


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "model", facts(), logistic_graph(), reference=b"ARROW1", card="# A card")
    return tmp_path / "model"


def rows(n=50):
    return [{"age": 20.0 + k, "city": ["Paris", "Rome", "Oslo"][k % 3], "member": k % 2 == 0} for k in range(n)]


def test_answers_are_those_of_the_same_process(folder):
    inside, outside = load(folder), load(folder, sandbox=True)
    np.testing.assert_array_equal(outside.predict_proba(rows()), inside.predict_proba(rows()))
    np.testing.assert_array_equal(outside.predict_proba(rows(10_000)), inside.predict_proba(rows(10_000)))
    assert outside.predict(rows(1)[0]) == inside.predict(rows(1)[0])
    again = pickle.loads(pickle.dumps(outside))
    np.testing.assert_array_equal(again.predict_proba(rows()), inside.predict_proba(rows()))
    assert expected is not None


def test_a_child_that_dies_or_hangs_is_an_error(folder, monkeypatch):
    model = load(folder, sandbox=True)
    os.kill(model._session._process.pid, signal.SIGKILL)
    with pytest.raises(ModelError, match="child process ended"):
        model.predict(rows())
    model = load(folder, sandbox=True)
    monkeypatch.setattr(child, "SECONDS", 0.5)
    os.kill(model._session._process.pid, signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(ModelError, match="did not answer"):
        model.predict(rows())
    assert time.monotonic() - began < 5


def test_a_child_may_write_no_file_and_take_no_more_memory(folder, tmp_path):
    pid = os.fork()
    if pid == 0:
        child.confine()
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            with open(tmp_path / "written", "wb", buffering=0) as file:
                file.write(b"x")
            os._exit(1)
        except OSError:
            pass
        try:
            np.ones(child.MEMORY // 8)
            os._exit(2)
        except MemoryError:
            os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0


def test_after_a_bad_question_comes_a_good_one(folder):
    model = load(folder, sandbox=True)
    os.kill(model._session._process.pid, signal.SIGKILL)
    with pytest.raises(ModelError):
        model.predict(rows())
    assert len(model.predict(rows())) == 50


def test_threads_that_find_the_child_ended_start_one_together(folder, monkeypatch):
    model = load(folder, sandbox=True)
    os.kill(model._session._process.pid, signal.SIGKILL)
    with pytest.raises(ModelError):
        model.predict(rows(1))
    start, started = child.ChildSession._start, []
    monkeypatch.setattr(child.ChildSession, "_start", lambda self: started.append(1) or start(self))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(model.predict, [rows(1)] * 4))
    assert len(started) == 1
    assert answers == [answers[0]] * 4


def test_text_that_is_no_unicode_is_the_rows_fault(folder):
    for sandbox in (False, True):
        with pytest.raises(SchemaError, match="lone surrogate"):
            load(folder, sandbox=sandbox).predict({"age": 1.0, "city": "\ud800", "member": True})


@pytest.mark.parametrize("head", [{}, {"inputs": 5, "outputs": []}, {"inputs": [[1]], "outputs": []}, {"error": "no"}])
def test_a_child_that_lies_is_refused(folder, monkeypatch, head):
    monkeypatch.setattr(child.ChildSession, "_ask", lambda self, *_: (head, b""))
    with pytest.raises(ModelError):
        load(folder, sandbox=True)
