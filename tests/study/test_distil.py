import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris

import holdfast as hf
from holdfast.cli.train import _closing
from holdfast.data.columns import Columns, Kind
from holdfast.data.folds import Fold
from holdfast.errors import OverrunError, RequestError
from holdfast.evaluate.compare import fold_interval
from holdfast.learners.catalogue import portfolio
from holdfast.metrics.classification import ROC_AUC
from holdfast.metrics.regression import RMSE
from holdfast.search.candidates import Candidate
from holdfast.search.clock import Clock
from holdfast.search.executor import Inline
from holdfast.search.journal import Journal
from holdfast.search.proposals import Proposals
from holdfast.search.trial import Outcome, Problem, Spec, run_trial
from holdfast.study.board import candidates_of, run_search
from holdfast.study.distil import agreement_of, distil, price_of, student_of, words_of
from holdfast.study.prepare import ask
from holdfast.study.request import Request
from holdfast.tasks.regression import Regression

SETTINGS = {"trials": 3, "tuner": "none", "learners": "lightgbm,extra_trees"}


def quiet(message):
    pass


@pytest.fixture(scope="module")
def rows():
    return load_breast_cancer(as_frame=True).frame


@pytest.fixture(scope="module")
def study(rows, tmp_path_factory):
    out = tmp_path_factory.mktemp("distilled") / "study"
    return hf.train(rows, "target", metric="log_loss", distill="decision_tree", out=out, **SETTINGS)


def searched_of(data, **settings):
    question = ask(data, Request.of(target="target", **settings))
    found = run_search(question, executor=(executor := Inline()), trials=None, clock=Clock(None), say=quiet)
    return question, found, executor, candidates_of(question, found, clock=Clock(None))


def taught(question, found, executor, tried, clock=None, trials=None):
    clock = Clock(None) if clock is None else clock
    return distil(tried, {}, question, found, trials, executor=executor, clock=clock, say=quiet)


def test_what_ships_is_one_tree_and_its_price_is_told(study):
    found, result = study.result["distilled"], study.result
    assert found["ships"]
    assert result["chosen"]["name"] == "distilled_decision_tree"
    assert [each["learner"] for each in result["chosen"]["members"]] == ["decision_tree"]
    board = {row["learner"]: row for row in result["leaderboard"]}
    assert board["distilled_decision_tree"]["chosen"]
    assert board["distilled_decision_tree"]["score"] == found["student"]["score"]
    assert board[found["teacher"]["name"]]["score"] == found["teacher"]["score"]
    assert board["decision_tree"]["score"] == found["labels"]
    price = found["price"]
    assert price["score"] == pytest.approx(found["student"]["score"] - found["teacher"]["score"])
    assert price["low"] < price["score"] < price["high"]
    front = {row["name"]: row for row in result["front"]}
    assert front["distilled_decision_tree"]["size"] == found["student"]["size"] < found["teacher"]["size"]
    page = study.report().read_text()
    for words in (page, _closing(result, study.path)):
        assert "distilled into decision tree: log loss" in words.replace("&gt;", ">")


def test_a_tree_that_is_taught_agrees_with_its_teacher_more_than_one_fitted_to_labels():
    for seed in (0, 1):
        rng = np.random.default_rng(seed)
        frame = pl.DataFrame({name: rng.normal(size=800) for name in "abcd"})
        chance = 1 / (1 + np.exp(-(frame["a"] + frame["d"] + frame["b"] * frame["c"].sign()).to_numpy()))
        frame = frame.with_columns(target=pl.Series(rng.uniform(size=800) < chance).cast(pl.Int8))
        settings = {**SETTINGS, "trials": 4, "learners": "lightgbm,extra_trees,logistic", "seed": seed}
        question, found, executor, tried = searched_of(frame, metric="log_loss", distill="decision_tree", **settings)
        done = taught(question, found, executor, tried)
        assert len(done.teacher.members) > 1
        own = next(each for each in tried if each.name == "decision_tree")
        difference = [np.abs(each.predictions - done.teacher.predictions).mean() for each in (done.student, own)]
        assert difference[0] < difference[1]
        assert done.student.score < own.score


def test_a_learner_that_is_the_best_by_itself_is_not_taught():
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"a": rng.normal(size=300), "b": rng.normal(size=300)})
    frame = frame.with_columns(target=pl.col("a") + 2 * pl.col("b") + pl.Series(rng.normal(size=300)))
    question, found, executor, tried = searched_of(frame, trials=1, learners="linear", distill="linear")
    done = taught(question, found, executor, tried)
    assert done.student is None
    assert done.first(tried)[0].name == "linear"
    assert "best by itself" in words_of(done, question.metric, done.first(tried)[0])


def test_a_tree_of_four_leaves_pays_for_what_it_cannot_follow():
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({name: rng.normal(size=600) for name in "abcdef"})
    for metric, sign in (("rmse", 1), ("r2", -1)):
        noisy = frame.with_columns(target=pl.sum_horizontal(list("abcdef")) + pl.Series(0.1 * rng.normal(size=600)))
        settings = {"learners": "linear", "trials": 6, "space": {"decision_tree": {"max_leaf_nodes": 4}}}
        question, found, executor, tried = searched_of(noisy, metric=metric, distill="decision_tree", **settings)
        price = taught(question, found, executor, tried).price
        assert sign * price.score > 0.3
        assert min(sign * price.low, sign * price.high) > 0.2


def problem_of(y, folds):
    columns = Columns({"x": np.arange(len(y), dtype=np.float64)}, {}, {"x": Kind.NUMBER})
    return Problem(columns, y, folds, Regression("asked for"), RMSE)


def candidate(predictions, y, parts):
    score = float(np.mean([RMSE.score(y[part], predictions[part]) for part in parts]))
    return Candidate("any", (), predictions, score)


def test_agreement_is_of_classes_or_of_variance():
    assert agreement_of(np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([[0.6, 0.4], [0.7, 0.3]])) == 0.5
    values = np.array([1.0, 2.0, 3.0])
    assert agreement_of(values, values) == 1.0
    assert agreement_of(values, np.full(3, 2.0)) == 0.0


def test_the_price_is_the_mean_difference_of_the_folds():
    rng = np.random.default_rng(0)
    y, every = rng.normal(size=100), np.arange(100)
    folds = [Fold(np.flatnonzero(every % 5 != k), np.flatnonzero(every % 5 == k)) for k in range(5)]
    teacher, student = y + 0.1 * rng.normal(size=100), y + 0.3 * rng.normal(size=100)
    problem = problem_of(y, folds)
    parts = problem.parts
    made = [candidate(each, y, parts) for each in (teacher, student)]
    differences = [RMSE.score(y[p], student[p]) - RMSE.score(y[p], teacher[p]) for p in parts]
    expected = fold_interval(differences, 0.25)
    found = price_of(RMSE, *made, problem, seed=0)
    assert (found.score, found.low, found.high) == pytest.approx((expected.score, expected.low, expected.high))
    single = problem_of(y, folds[:1])
    held = folds[0].valid
    made = [candidate(each[held], y[held], single.parts) for each in (teacher, student)]
    found = price_of(RMSE, *made, single, seed=0)
    assert 0 < found.low < found.score < found.high


def test_a_fold_is_taught_by_what_was_fitted_on_its_own_rows(rows):
    y, every = rows["target"].to_numpy().astype(np.int64), np.arange(len(rows))
    folds = [Fold(np.flatnonzero(every % 3 != k), np.flatnonzero(every % 3 == k)) for k in range(3)]
    question = ask(rows, Request.of(target="target", trials=1))
    problem = Problem(question.features.columns(), y, folds, question.task, question.metric)
    own = run_trial(problem, Spec(1, "decision_tree", {"max_leaf_nodes": 8}), float("inf"))
    forest = run_trial(problem, Spec(2, "extra_trees", {}), float("inf"))
    spec = student_of(Candidate("extra_trees", ((forest, 1.0),), forest.predictions, forest.score), own, 3)
    before = run_trial(problem, spec, float("inf"))
    # What the rows of the first fold are must not matter for what is said of them.
    wrong = y.copy()
    wrong[folds[0].valid] = 1 - wrong[folds[0].valid]
    after = run_trial(replace(problem, y=wrong, encoded=type(problem.encoded)(), first_fold={}), spec, float("inf"))
    assert np.array_equal(before.predictions[folds[0].valid], after.predictions[folds[0].valid])
    assert not np.array_equal(before.predictions, after.predictions)


def test_a_student_is_kept_and_found_again_with_the_same_teacher_only(tmp_path):
    journal = Journal(tmp_path)
    member = Spec(1, "ridge", {"alpha": np.float64(1.0)})
    spec = Spec(3, "decision_tree", {"max_leaf_nodes": 4}, teacher=((member, 0.5), (replace(member, number=2), 0.5)))
    journal.write(Outcome(spec, 1.0, (1.0,), np.zeros(3), {}, 10.0, 0.1, 10.0, 0.1))
    assert isinstance(journal.read(spec), Outcome)
    assert journal.read(replace(spec, teacher=((member, 1.0),))) is None
    assert journal.read(replace(spec, teacher=())) is None


def test_the_learner_to_be_taught_is_tried_first_whatever_the_learned_order():
    learners = portfolio("classification")
    for tuner in ("bayes", "none"):
        proposals = Proposals(learners, metric=ROC_AUC, tuner=tuner, rows=1_000, foremost="decision_tree")
        assert proposals.next([]).learner == "decision_tree"
        assert Proposals(learners, metric=ROC_AUC, tuner=tuner, rows=1_000).next([]).learner != "decision_tree"


def test_boosters_grow_more_trees_for_a_teacher_and_others_do_not():
    own = Outcome(Spec(1, "lightgbm", {"num_leaves": 8}), 1.0, (), np.zeros(1), {"n_trees": 50}, 1.0, 1.0, 1.0, 1.0)
    teacher = Candidate("lightgbm", ((own, 1.0),), own.predictions, own.score)
    assert student_of(teacher, own, 2).params == {"num_leaves": 8, "n_trees": 100}
    assert student_of(teacher, own, 2, rounds=1).params == {"num_leaves": 8, "n_trees": 50}
    assert student_of(teacher, own, 2).teacher[0][0].params == {"num_leaves": 8, "n_trees": 50}
    tree = replace(own, spec=Spec(1, "decision_tree", {"max_leaf_nodes": 8}), settled={})
    assert student_of(teacher, tree, 2).params == {"max_leaf_nodes": 8}


@pytest.mark.parametrize("load", [load_iris, load_diabetes])
def test_classes_and_numbers_are_distilled_again_the_same(load, tmp_path):
    frame = load(as_frame=True).frame
    settings = {"distill": "lightgbm", "learners": "ridge" if load is load_diabetes else "logistic", "trials": 2}
    first = hf.train(frame, "target", out=tmp_path / "first", **settings)
    assert first.result["distilled"]["ships"]
    assert first.result["chosen"]["name"] == "distilled_lightgbm"
    second = hf.train(frame, "target", out=tmp_path / "second", **settings)
    assert first.result["model"]["sha256"] == second.result["model"]["sha256"]
    assert (tmp_path / "first" / "trials" / "distilled").is_dir()


@pytest.mark.slow
def test_a_killed_study_goes_on_from_the_student_it_had(rows, study, tmp_path, monkeypatch):
    from holdfast.study import distil as module

    settings = {**SETTINGS, "distill": "decision_tree", "out": tmp_path / "study"}
    whole = hf.train(rows, "target", **settings)
    (tmp_path / "study" / "result.json").unlink()
    monkeypatch.setattr(module, "run_trial", None)  # a call would fail
    resumed = hf.train(rows, "target", **settings)
    assert resumed.result["model"]["sha256"] == whole.result["model"]["sha256"]
    assert resumed.result["distilled"]["price"] == whole.result["distilled"]["price"]


@pytest.mark.slow
def test_the_teacher_may_be_larger_than_the_limit_and_the_student_not(rows, study, tmp_path):
    found = study.result["distilled"]
    most = found["student"]["size"] * 3
    assert most < found["teacher"]["size"]
    small = hf.train(
        rows, "target", metric="log_loss", distill="decision_tree", max_size=most, out=tmp_path / "a", **SETTINGS
    )
    assert small.result["distilled"]["ships"]
    assert small.result["distilled"]["teacher"]["size"] > most
    assert small.result["model"]["size_bytes"] <= most
    none = hf.train(
        rows, "target", metric="log_loss", distill="lightgbm", max_size=most, out=tmp_path / "b", **SETTINGS
    )
    assert not none.result["distilled"]["ships"]
    assert "keeps the limits" in none.result["distilled"]["words"]
    assert none.result["model"]["size_bytes"] <= most


def test_without_time_for_a_teacher_the_learner_itself_comes_first(rows, monkeypatch):
    question, found, executor, tried = searched_of(
        rows, trials=2, tuner="none", learners="extra_trees", distill="decision_tree"
    )
    done = taught(question, found, executor, tried, clock=Clock(1e-3))
    assert done.student is None
    assert "no time" in done.why_not
    assert done.first(tried)[0].name == "decision_tree"
    assert done.beside(tried, {}) == (tried, {})

    def stopped(*args, **more):
        raise OverrunError("stopped at its deadline")

    monkeypatch.setattr(executor, "call", stopped)
    done = taught(question, found, executor, tried)
    assert done.why_not == "stopped at its deadline"
    assert done.first(tried)[0].name == "decision_tree"


def test_each_outer_fold_is_judged_by_a_student(tmp_path):
    frame = load_iris(as_frame=True).frame
    settings = {"distill": "decision_tree", "learners": "logistic", "trials": 2, "nested": True, "outer_folds": 3}
    found = hf.train(frame, "target", out=tmp_path / "study", **settings).result["nested"]
    assert {fold["chosen"] for fold in found["folds"]} == {"distilled_decision_tree"}


def test_several_targets_are_distilled_each(tmp_path):
    frame = load_diabetes(as_frame=True).frame
    frame["other"] = frame["target"] + frame["bmi"]
    found = hf.train(
        frame, ["target", "other"], distill="decision_tree", learners="ridge", trials=2, out=tmp_path / "s"
    )
    assert all(each["distilled"]["ships"] for each in (found["target"].result, found["other"].result))
    assert _closing(found.result, found.path).count("distilled into decision tree") == 2


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"distill": "lightgmb"}, "Did you mean 'lightgbm'"),
        ({"distill": "prior"}, "a baseline, which looks at no column"),
        ({"distill": "lda"}, "it takes no weights"),
        ({"distill": "lightgbm", "prefer": "simple"}, "expected one of the two"),
    ],
)
def test_what_cannot_be_taught_is_refused_before_any_training(rows, tmp_path, settings, words):
    with pytest.raises(RequestError, match=words):
        hf.train(rows, "target", out=tmp_path / "study", trials=1, **settings)
    assert not (tmp_path / "study" / "trials").exists()


def test_an_estimator_is_taught_too(rows):
    X, y = load_breast_cancer(return_X_y=True)
    model = hf.Classifier(trials=3, learners=("extra_trees", "logistic"), distill="decision_tree", folds=3).fit(X, y)
    plain = hf.Classifier(trials=1, learners=("decision_tree",), folds=3).fit(X, y)
    assert model.score(X, y) > 0.93
    assert not np.allclose(model.predict_proba(X), plain.predict_proba(X))


def test_a_study_without_a_teacher_says_nothing_of_one(tmp_path):
    frame = load_iris(as_frame=True).frame
    study = hf.train(frame, "target", learners="logistic", trials=1, out=tmp_path / "study")
    assert json.loads((study.path / "result.json").read_text())["distilled"] is None
    assert not (study.path / "trials" / "distilled").exists()
