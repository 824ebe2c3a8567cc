"""Should learners be fitted with costs as weights? Mean cost of the cheapest answers with and without, fold by fold.

The weights are the row sums of the table of costs by class (Breiman et al., 1984), divided out of the probabilities again, so
that both sides decide by probabilities that mean what they say. HOLDFAST_DATA names a folder of data sets with an INDEX.csv.
Run: python benchmarks/costs.py
"""

import numpy as np
from budget import sets

from holdfast.arrays import Floats
from holdfast.data.folds import make_folds
from holdfast.features.encoder import Encoder
from holdfast.learners.catalogue import find
from holdfast.learners.pipeline import fit_labels
from holdfast.learners.preparing import encoding_targets
from holdfast.metrics.cost import Costs
from holdfast.study.prepare import Question, ask, audited
from holdfast.study.request import Request
from holdfast.tasks.costs import cost_table

LEARNERS = ("lightgbm", "random_forest", "decision_tree", "logistic")

# Rows of a set at most; smaller sets are cut in folds as often as makes up for it.
ROWS = 3_000

# The first is the set's published table; the others are five or eight times dearer misses, and dear mistakes of one class.
PRICED = {
    "german_credit": {"0": {"1": 5}, "1": {"0": 1}},
    "telco_churn": {"Churned": {"Stayed": 5}, "Stayed": {"Churned": 1}},
    "bank_marketing": {"yes": {"no": 8}, "no": {"yes": 1}},
    "satellite_landsat": {a: {b: 10 if a == "4" else 1 for b in "123457" if b != a} for a in "123457"},
}


def differences(question: Question, table: Floats, name: str) -> list[tuple[float, float, float]]:
    """Mean cost of each fold: of the likeliest answers, of the cheapest, and of the cheapest by weighted fits."""
    found, costs, plain = [], Costs(table), 1 - np.eye(len(table))
    weight = table.sum(axis=1)
    for seed in range(max(1, ROWS // question.dataset.n_rows)):
        rows = np.sort(np.random.default_rng(seed).permutation(question.dataset.n_rows)[:ROWS])
        columns, y = question.columns(rows), question.y(rows)
        for fold in make_folds(question.hashes[rows], n_folds=5, seed=seed, strata=y):
            learner, classes = find(name, "classification"), len(table)
            encoder = Encoder(learner.wants, seed=0)
            matrix = encoder.fit_transform(columns.take(fold.train), encoding_targets(y[fold.train], classes))
            unseen, truth = encoder.transform(columns.take(fold.valid)), y[fold.valid]
            sides = []
            for weights in (None, weight[y[fold.train]] / weight[y[fold.train]].mean()):
                pipeline = fit_labels(
                    learner,
                    learner.defaults,
                    encoder,
                    matrix,
                    y[fold.train],
                    n_classes=classes,
                    weights=weights,
                    n_jobs=2,
                )
                sides.append(pipeline.predict_encoded(unseen))
            undone = sides[1] / weight
            likeliest = float(np.mean(table[truth, (sides[0] @ plain).argmin(axis=1)]))
            found.append((likeliest, costs(truth, sides[0]), costs(truth, undone / undone.sum(axis=1, keepdims=True))))
    return found


def main() -> None:
    """Print a row for each set and learner."""
    print("| set | learner | likeliest answer | cheapest answer | weighted minus unweighted |\n|---|---|---|---|---|")
    places = {each["name"]: each for each in sets(list(PRICED))}
    for name, prices in PRICED.items():
        place = places[name]
        question, _ = audited(ask(place["path"], Request.of(target=place["target"], split="random", trials=1)))
        assert question.task.classes is not None
        table = cost_table(prices, question.task.classes)
        for learner in LEARNERS:
            likeliest, cheapest, weighted = np.array(differences(question, table, learner)).T
            gap = weighted - cheapest
            error = gap.std(ddof=1) / np.sqrt(len(gap))
            print(
                f"| {name} | {learner} | {likeliest.mean():.3f} | {cheapest.mean():.3f} | {gap.mean():+.3f} ± {error:.3f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
