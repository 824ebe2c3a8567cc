import numpy as np
import pytest

from holdfast.errors import RequestError
from holdfast.tasks.costs import cost_table, read_costs

GERMAN = "truth,good,bad\ngood,0,1\nbad,5,\n"


def table(text, tmp_path, labels=("good", "bad")):
    (tmp_path / "costs.csv").write_text(text, encoding="utf-8")
    return cost_table(read_costs(tmp_path / "costs.csv"), labels)


def test_a_file_is_read_in_the_order_of_the_labels(tmp_path):
    assert table(GERMAN, tmp_path).tolist() == [[0, 1], [5, 0]]
    assert table(GERMAN, tmp_path, ("bad", "good")).tolist() == [[0, 5], [1, 0]]


def test_labels_that_are_numbers_or_truths_are_named_as_files_write_them(tmp_path):
    assert table("x,0,1\n0,0,2\n1,3,0\n", tmp_path, (0, 1)).tolist() == [[0, 2], [3, 0]]
    assert table("x,false,true\nfalse,0,2\ntrue,3,0\n", tmp_path, (False, True)).tolist() == [[0, 2], [3, 0]]


def test_a_right_answer_may_be_a_gain_and_need_not_be_given():
    costs = {"a": {"b": 2}, "b": {"a": 1, "b": -4}}
    assert cost_table(costs, ["a", "b"]).tolist() == [[0, 2], [1, -4]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("truth,good,worse\ngood,0,1\nworse,5,0\n", "'worse', which is no class; expected good, bad"),
        ("truth,good,bad\ngood,0,1\ngoodd,5,0\n", "Did you mean 'good'"),
        ("truth,good\ngood,0\nbad,5\n", "lack 'bad'"),
        ("truth,good,bad\ngood,0,-1\nbad,5,0\n", "costs -1; expected a wrong answer to cost 0 or more"),
        ("truth,good,bad\ngood,0,much\nbad,5,0\n", "costs 'much'; expected a number"),
        ("truth,good,bad\ngood,0,\nbad,5,0\n", "costs ''; expected a number"),
        ("truth,good,bad\ngood,0,nan\nbad,5,0\n", "expected a number"),
        ("truth,good,bad\ngood,3,1\nbad,5,0\n", "no wrong answer for 'good' costs more than the right one"),
        ("truth,good,bad\ngood,0,1\ngood,5,0\n", "name 'good' twice"),
        ("truth,good,bad\ngood,0\nbad,5,0\n", "expected a table"),
        ("", "expected a table"),
    ],
)
def test_what_is_wrong_is_said(text, said, tmp_path):
    with pytest.raises(RequestError, match=said):
        table(text, tmp_path)


def test_a_missing_class_is_said():
    with pytest.raises(RequestError, match="the true classes lack 'c'"):
        cost_table({"a": {"b": 1, "c": 1}, "b": {"a": 1, "c": 1}}, ["a", "b", "c"])


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(RequestError, match="can't be read"):
        read_costs(tmp_path / "none.csv")


def test_many_classes_keep_their_order():
    labels = list("dcba")
    costs = {a: {b: 10 * i + j for j, b in enumerate(labels) if a != b} for i, a in enumerate(labels)}
    found = cost_table(costs, sorted(labels))
    assert found[0].tolist() == [0, 32, 31, 30]
    assert np.diag(found).tolist() == [0] * 4
