from collections import Counter
from types import SimpleNamespace

import pytest

from holdfast.errors import RequestError
from holdfast.learners.catalogue import _all, _plain, catalogue, find
from holdfast.metrics import custom

# What textbooks and other libraries call them, and what they are here.
CALLED = {
    "classification": {
        "LogisticRegression": "logistic",
        "linear discriminant analysis": "lda",
        "quadratic_discriminant_analysis": "qda",
        "knn": "nearest_neighbours",
        "naive_bayes": "gaussian_naive_bayes",
        "MultinomialNB": "multinomial_naive_bayes",
        "bernoulli-nb": "bernoulli_naive_bayes",
        "complement_nb": "complement_naive_bayes",
        "cart": "decision_tree",
        "RIPPER": "decision_list",
        "svc": "svm",
        "polynomial_svm": "svm",
        "LinearSVC": "linear_svm",
        "GaussianProcessClassifier": "gaussian_process",
        "RandomForestClassifier": "random_forest",
        "extremely randomized trees": "extra_trees",
        "BaggingClassifier": "bagging",
        "AdaBoostClassifier": "adaboost",
        "gradient_boosting": "hist_gradient_boosting",
        "XGBClassifier": "xgboost",
        "LGBMClassifier": "lightgbm",
        "explainable_boosting_machine": "ebm",
        "MLPClassifier": "mlp",
        "radial_basis_function_network": "rbf_network",
        "tan": "bayesian_network",
        "StackingClassifier": "stacking",
        "VotingClassifier": "voting",
        "OneVsRestClassifier": "one_vs_rest",
        "ovo": "one_vs_one",
    },
    "regression": {
        "LinearRegression": "linear",
        "PolynomialRegression": "polynomial",
        "Ridge": "ridge",
        "ElasticNet": "elastic_net",
        "glm": "poisson",
        "GammaRegressor": "gamma",
        "tweedie_regression": "tweedie",
        "CART": "decision_tree",
        "svr": "svm",
        "linear_svr": "linear_svm",
        "kriging": "gaussian_process",
        "GBDT": "hist_gradient_boosting",
        "explainable boosting": "ebm",
        "neural_network": "mlp",
        "RealMLPRegressor": "realmlp",
    },
}


@pytest.mark.parametrize(
    ("family", "name", "meant"), [(family, *pair) for family, names in CALLED.items() for pair in names.items()]
)
def test_a_name_from_elsewhere_leads_to_the_learner(family, name, meant):
    with pytest.raises(RequestError, match=f"is unknown; expected one of .* Did you mean '{meant}'"):
        find(name, family)


def test_a_name_for_the_other_task_says_so():
    with pytest.raises(RequestError, match=r"'linear_regression' is for regression; .* use logistic or lightgbm"):
        find("linear_regression", "classification")


@pytest.mark.parametrize("family", ["classification", "regression"])
def test_no_name_leads_to_two_learners(family):
    led = Counter(
        plain
        for learner in catalogue()
        if learner.task == family
        for plain in {_plain(each) for each in (learner.name, *learner.also)}
    )
    assert max(led.values()) == 1, led.most_common(3)


def test_a_plug_in_does_not_take_the_place_of_a_learner(monkeypatch):
    ridge = find("ridge", "regression")
    taken = SimpleNamespace(name="mine", value="package:RIDGE", load=lambda: ridge)
    monkeypatch.setattr(custom, "entry_points", lambda group: [taken])
    with pytest.raises(
        RequestError, match=r"plug-in 'mine' of holdfast\.learners .* 'regression ridge', which is taken"
    ):
        _all.__wrapped__()
