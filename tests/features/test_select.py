"""Selection: what each method keeps, and that choosing on all rows would have fooled us."""

import numpy as np
import pytest
from sklearn.feature_selection import RFE, SelectKBest, mutual_info_regression
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import scale

from holdfast.data.columns import Columns, Kind
from holdfast.data.folds import make_folds
from holdfast.features.preparation import SELECTORS, Preparation, Selection
from holdfast.features.select import select
from holdfast.search.trial import Problem, Spec, run_trial
from holdfast.tasks.classification import Binary


def signal(n_rows: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Two columns of twelve that matter."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 12)).astype(np.float32)
    return X, 2 * X[:, 3].astype(float) - X[:, 7] + 0.3 * rng.normal(size=n_rows)


@pytest.mark.parametrize("method", SELECTORS)
@pytest.mark.parametrize("classes", [False, True])
def test_what_matters_is_kept(method, classes):
    X, y = signal()
    y = (y > 0).astype(np.int64) if classes else y
    kept = select(Selection(method, 2), X, y, classes=classes, seed=0)
    assert kept.tolist() == [3, 7]


@pytest.mark.parametrize("method", SELECTORS)
def test_gaps_constants_and_many_classes_are_no_obstacle(method):
    X, y = signal(150)
    X[::7, 2], X[:, 5] = np.nan, 1.0
    kept = select(Selection(method), X, np.digitize(y, [-1, 1]), classes=True, seed=0)
    assert 3 in kept.tolist()
    assert len(kept) <= 12


def test_elimination_and_information_agree_with_scikit_learn():
    X, y = signal()
    oracle = RFE(Ridge(), n_features_to_select=4, step=0.1).fit(scale(X.astype(float)), y)
    assert (
        select(Selection("rfe", 4), X, y, classes=False, seed=0).tolist() == oracle.get_support(indices=True).tolist()
    )

    def information(X, y):
        return mutual_info_regression(X, y, random_state=0)

    best = SelectKBest(information, k=3).fit(scale(X.astype(float)), y)
    found = select(Selection("mutual_information", 3), X, y, classes=False, seed=0)
    assert found.tolist() == best.get_support(indices=True).tolist()


def noise(selection: Selection | None, keep: np.ndarray | None = None) -> Problem:
    """A hundred rows, a thousand columns and a target that has nothing to do with them."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(100, 1000)), np.arange(100) % 2
    numbers = {f"x{k}": X[:, k] for k in (range(1000) if keep is None else keep)}
    columns = Columns(numbers, {}, dict.fromkeys(numbers, Kind.NUMBER))
    task = Binary("asked", (0, 1))
    folds = make_folds(rng.integers(0, 2**63, 100).astype(np.uint64), n_folds=5, strata=y)
    return Problem(columns, y, folds, task, task.default_metric, preparation=Preparation(selection=selection))


def auc(problem: Problem) -> float:
    outcome = run_trial(problem, Spec(1, "logistic", {"C": 1.0}), float("inf"))
    return float(roc_auc_score(problem.y[problem.judged], outcome.predictions[:, 1]))


def test_selection_in_the_fold_finds_nothing_in_noise_and_outside_it_would():
    inside = auc(noise(Selection("rfe", 20)))
    everything = noise(None)
    matrix = np.column_stack(list(everything.columns.numbers.values())).astype(np.float32)
    chosen_on_all_rows = select(Selection("rfe", 20), matrix, everything.y, classes=True, seed=0)
    assert abs(inside - 0.5) < 0.15
    assert auc(noise(None, chosen_on_all_rows)) > 0.85
