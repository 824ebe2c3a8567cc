import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import parametrize_with_checks

import holdfast as hf
from holdfast.errors import CompileError
from holdfast.search.search import Board

SMALL = {"trials": 2, "learners": ("decision_tree", "lightgbm")}

# What scikit-learn asks that can't hold for a search, each with the reason.
EXCEPTIONS = {
    "check_sample_weight_equivalence_on_dense_data": "a repeated row shares a fold with its twin, a weighted one has none",
}


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(
    [hf.Classifier(**SMALL), hf.Regressor(**SMALL)],
    expected_failed_checks=lambda estimator: EXCEPTIONS,
    xfail_strict=False,  # on the few rows of the check, the folds may agree by luck
)
def test_scikit_learn_accepts_the_estimators(estimator, check):
    check(estimator)


def test_a_classifier_scores_like_its_best_learner():
    X, y = load_breast_cancer(return_X_y=True)
    assert cross_val_score(hf.Classifier(trials=2), X, y, cv=3, scoring="roc_auc").mean() > 0.98


def test_a_regressor_beats_the_mean():
    X, y = load_diabetes(return_X_y=True)
    assert cross_val_score(hf.Regressor(trials=2), X, y, cv=3, scoring="r2").mean() > 0.35


def test_words_and_gaps_are_welcome():
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    X = pandas.DataFrame({"city": rng.choice(["Paris", "Rome", None], 200), "age": rng.normal(40, 9, 200)})
    X.loc[:20, "age"] = np.nan
    y = np.where(X["city"] == "Rome", "yes", "no")
    model = hf.Classifier(trials=2).fit(X, y)
    assert (model.predict(X) == y).mean() > 0.95


def test_a_budget_is_kept():
    import time

    X, y = load_breast_cancer(return_X_y=True)
    began = time.monotonic()
    hf.Classifier(budget="10s", trials=None).fit(X, y)
    assert time.monotonic() - began < 14


def test_when_the_best_has_no_compiled_form_the_next_ships(monkeypatch):
    from holdfast.study import estimators

    fit_and_compile, refused = estimators.fit_and_compile, []

    def refusing(training, members, *rest):
        if not refused:
            refused.append(members[0].learner)
            raise CompileError("not this one")
        return fit_and_compile(training, members, *rest)

    monkeypatch.setattr(estimators, "fit_and_compile", refusing)
    X, y = load_breast_cancer(return_X_y=True)
    assert hf.Classifier(**SMALL).fit(X, y).score(X, y) > 0.9
    assert refused


def test_a_budget_alone_is_for_as_many_trials_as_it_allows(monkeypatch):
    from holdfast.study import estimators

    asked = []
    monkeypatch.setattr(estimators, "search", lambda *args, max_trials, **rest: asked.append(max_trials) or Board())
    X, y = load_breast_cancer(return_X_y=True)
    for settings in ({}, {"budget": 5}, {"budget": 5, "trials": 3}):
        with pytest.raises(IndexError):
            hf.Classifier(**settings).fit(X, y)
    assert asked == [6, 47, 3]
