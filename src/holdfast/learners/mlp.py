"""A small neural network: the multilayer perceptron."""

import time
from functools import partial
from math import ceil
from typing import Any

import numpy as np

from holdfast.arrays import Floats
from holdfast.features.matrix import Matrix
from holdfast.graph.tensor import Number, clip
from holdfast.learners.learner import Learner
from holdfast.learners.network import Layered, Rows, emit_network, settle_rounds
from holdfast.learners.space import Choice, Float
from holdfast.learners.watching import best_round

# A round ends after so many turns through all rows. There are none of more turns than MOST_TURNS, or, on few rows, than take so
# many steps, of so many rows each.
TURNS = (1, 2, 3, 4, 5, 7, 9, 12, 16, 21, 28, 37, 49, 65, 87, 116, 155, 207, 276)
MOST_TURNS, STEPS, BATCH = 65, 600, 256

# Learning ends when so many rounds have gained nothing on rows not learned from.
PATIENCE = 4


class Perceptron(Layered):
    """scikit-learn's multilayer perceptron, stopped by its loss.

    Its own stopping goes by accuracy: where most rows are of one class that stands still at first, and nothing was learned.
    """

    few_rows_rounds = TURNS.index(MOST_TURNS) + 1

    def scores(self, values: Number) -> Number:
        """Layer after layer: weights, then the rectifier."""
        (weights, bias), *others = self.learned_
        sums: Number = values @ weights + bias
        for weights, bias in others:
            sums = clip(sums, 0.0, np.inf) @ weights + bias
        return sums

    def _learn(self, rows: Rows, inner: Rows | None, n_rounds: int | None) -> tuple[list[Any], Floats, float]:
        model = self._model(len(rows), **self.params)
        classes = {} if self.classes_ is None else {"classes": np.arange(len(self.classes_))}
        most = max(MOST_TURNS, STEPS // ceil(len(rows) / BATCH))
        ends = [turns for turns in TURNS if turns <= most][:n_rounds]
        places, losses, done = list[Any](), list[float](), 0
        for end in ends:
            if places and time.monotonic() > self.deadline:
                break
            for _ in range(end - done):
                model.partial_fit(rows.values, rows.target, sample_weight=rows.weights, **classes)
            done = end
            places.append([(w.copy(), b.copy()) for w, b in zip(model.coefs_, model.intercepts_, strict=True)])
            if inner is None:
                continue
            losses.append(self._loss(model, inner))
            if len(losses) - best_round([np.array(losses)]) >= PATIENCE:
                return places, np.array(losses), 1.0
        return places, np.array(losses), len(places) / len(ends)

    def _model(self, n_rows: int, hidden: str, **params: Any) -> Any:
        from sklearn.neural_network import MLPClassifier, MLPRegressor

        return (MLPClassifier if self.classifier else MLPRegressor)(
            hidden_layer_sizes=tuple(int(size) for size in hidden.split("x")),
            # A number would deal out the rows alike in each turn.
            random_state=np.random.RandomState(self.seed),
            batch_size=min(BATCH, n_rows),
            **params,
        )

    def _loss(self, model: Any, rows: Rows) -> float:
        """The mean loss: squared errors, or cross-entropy."""
        if self.classes_ is None:
            return float(np.average((model.predict(rows.values) - rows.target) ** 2, weights=rows.weights))
        given = model.predict_proba(rows.values)[np.arange(len(rows)), rows.target]
        return float(np.average(-np.log(np.maximum(given, np.finfo(np.float64).tiny)), weights=rows.weights))


def _declare(task: Any, *, classifier: bool) -> Learner:
    return Learner(
        name="mlp",
        task=task,
        summary="Layers of weighted sums; for smooth relations between many scaled features, beside trees in an ensemble.",
        reference="Rumelhart, Hinton & Williams, 1986",
        also=("neural_network", "multilayer_perceptron", "nn"),
        make=partial(Perceptron, classifier=classifier),
        wants=Matrix(scaled=True),
        space={
            "hidden": Choice(("64x32", "128x64", "256x128", "32"), default="128x64"),
            "alpha": Float(1e-6, 1e-1, log=True, default=1e-4),
            "learning_rate_init": Float(3e-4, 1e-2, log=True, default=2e-3),
        },
        emit=emit_network,
        settle=settle_rounds,
        varies=True,
        max_rows=50_000,
    )


mlp_classifier = _declare("classification", classifier=True)
mlp_regressor = _declare("regression", classifier=False)
