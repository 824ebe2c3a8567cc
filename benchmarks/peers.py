"""What a peer's own validation score says, against the truth: FLAML on the draws of coverage.py.

FLAML (pip install flaml, in an environment of its own beside Holdfast) searches within a few seconds and reports the
cross-validated score of its best model; the truth is that model's score on 10,000 rows that were not drawn. Run:
HOLDFAST_DATA=... python benchmarks/peers.py [--draws 25] [--seconds 5] [NAME ...]
"""

import argparse

import numpy as np
from budget import sets
from coverage import DRAWN, REST, bias

from holdfast.study.prepare import Question, ask, audited
from holdfast.study.request import Request


def once(question: Question, seed: int, seconds: float) -> float:
    """Validation minus truth, as a share of the truth: positive scores are too good, negative losses are."""
    from flaml import AutoML

    order = np.random.default_rng(seed).permutation(question.dataset.n_rows)
    drawn, rest = np.sort(order[:DRAWN]), np.sort(order[DRAWN : DRAWN + REST])
    frame, target = question.features.frame, question.dataset.frame[question.request.target]
    classes = question.task.n_classes is not None
    x = frame.to_pandas()
    for name in x.columns:
        if x[name].dtype == object or str(x[name].dtype) in ("str", "string"):
            x[name] = x[name].astype("category")
    y = question.y(np.arange(question.dataset.n_rows)) if classes else target.to_numpy()
    automl = AutoML()
    task, metric = ("classification", "roc_auc") if classes else ("regression", "rmse")
    automl.fit(
        x.iloc[drawn],
        y[drawn],
        task=task,
        metric=metric,
        time_budget=seconds,
        eval_method="cv",
        verbose=0,
        seed=seed,
        n_jobs=1,
    )
    predicted = automl.predict_proba(x.iloc[rest]) if classes else automl.predict(x.iloc[rest])
    true = question.metric.score(y[rest], np.asarray(predicted, dtype=np.float64))
    told = 1 - automl.best_loss if classes else automl.best_loss
    return (told - true) / abs(true)


def main() -> None:
    """Print a row a set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names", nargs="*", default=["magic_telescope", "adult_income", "california_housing", "protein_casp"]
    )
    parser.add_argument("--draws", type=int, default=25)
    parser.add_argument("--seconds", type=float, default=5.0)
    given = parser.parse_args()
    print("| set | metric | FLAML's validation minus truth |\n|---|---|---|")
    for each in sets(given.names):
        request = Request.of(target=each["target"], data=each["path"], header=bool(each["header"]), split="random")
        question = audited(ask(each["path"], request))[0]
        values = np.array([once(question, seed, given.seconds) for seed in range(given.draws)])
        print(f"| {each['name']} | {question.metric.name} | {bias(values)} |", flush=True)


if __name__ == "__main__":
    main()
