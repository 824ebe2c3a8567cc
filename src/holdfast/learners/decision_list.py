"""Decision lists: rules asked one after the other, the first that holds answers."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from holdfast.arrays import Flags, Floats
from holdfast.features.matrix import Matrix
from holdfast.graph import Graph
from holdfast.learners.learner import Learner
from holdfast.learners.space import Float, Int

# Cuts tried of each column, at quantiles of its values.
CUTS = 24

# Of the rows a rule is grown on, a third is kept to prune it (Cohen, 1995).
PRUNING_SHARE = 1 / 3

MOST_RULES = 60


@dataclass(frozen=True)
class Rule:
    """conditions: (column, cut, above), all of which must hold: x > cut where above, else x <= cut. shares: of the classes."""

    conditions: tuple[tuple[int, float, bool], ...]
    shares: tuple[float, ...]

    def holds(self, X: Any) -> Flags:
        """Which rows meet every condition, (n_rows,)."""
        held = np.ones(len(X), dtype=bool)
        for column, cut, above in self.conditions:
            held &= (X[:, column] > cut) == above
        return held


class DecisionList:
    """Rules grown by the gain of FOIL and pruned by reduced error (IREP), rarest class first.

    n_conditions: of a rule, at most; purity: share of its class that a rule must have among rows kept for pruning. After
    `fit`: classes_, rules_ (the last has no condition).

    >>> X = np.array([[k, k % 3] for k in range(90)], dtype=np.float32)
    >>> model = DecisionList(n_conditions=3, purity=0.5, seed=0).fit(X, (X[:, 0] > 60).astype(int))
    >>> model.predict_proba(X).argmax(axis=1).tolist() == (X[:, 0] > 60).astype(int).tolist()
    True
    """

    def __init__(self, *, n_conditions: int, purity: float, seed: int) -> None:
        self.n_conditions, self.purity, self.seed = n_conditions, purity, seed

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "DecisionList":
        """Separate and conquer: rows that a rule covers are taken away before the next is grown."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        weights = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        questions = _questions(X)
        held = (
            np.stack([X[:, column] > cut for column, cut in questions])
            if questions
            else np.zeros((0, len(X)), dtype=bool)
        )
        random = np.random.default_rng(self.seed)
        left = np.ones(len(X), dtype=bool)
        self.rules_: list[Rule] = []
        order = np.argsort(np.bincount(codes, weights), kind="stable")
        for wanted in order[:-1]:
            while len(self.rules_) < MOST_RULES and (codes[left] == wanted).any():
                conditions = self._grown(held, questions, codes == wanted, weights, left, random)
                if not conditions:
                    break
                rule = Rule(conditions, ())
                covered = left & rule.holds(X)
                self.rules_.append(Rule(conditions, self._shares(codes[covered], weights[covered])))
                left &= ~covered
        self.rules_.append(Rule((), self._shares(codes[left], weights[left])))
        return self

    def _grown(
        self,
        held: Flags,
        questions: list[tuple[int, float]],
        positive: Flags,
        weights: Floats,
        left: Flags,
        random: np.random.Generator,
    ) -> tuple[tuple[int, float, bool], ...]:
        """One rule for the wanted class among rows that are left; empty when none is good enough."""
        kept = left & (random.random(len(left)) < PRUNING_SHARE)
        growing = left & ~kept
        if not (growing & positive).any() or not len(held):
            return ()
        p, n = weights * (growing & positive), weights * (growing & ~positive)
        conditions: list[tuple[int, float, bool]] = []
        while len(conditions) < self.n_conditions and n.sum() > 0:
            above_p, above_n = held @ p, held @ n
            gains = np.stack(
                [
                    _foil(above_p, above_n, p.sum(), n.sum()),
                    _foil(p.sum() - above_p, n.sum() - above_n, p.sum(), n.sum()),
                ]
            )
            side, best = np.unravel_index(int(gains.argmax()), gains.shape)
            if gains[side, best] <= 1e-9:
                break
            conditions.append((*questions[best], side == 0))
            stays = held[best] == (side == 0)
            p, n = p * stays, n * stays
        return self._pruned(conditions, held, questions, positive, weights, kept)

    def _pruned(
        self,
        conditions: list[tuple[int, float, bool]],
        held: Flags,
        questions: list[tuple[int, float]],
        positive: Flags,
        weights: Floats,
        kept: Flags,
    ) -> tuple[tuple[int, float, bool], ...]:
        """Drop last conditions while rows not grown on are told apart better without; refuse a rule that is not pure there."""
        place = {question: number for number, question in enumerate(questions)}
        covered, best, worth = kept.copy(), 0, -np.inf
        for length, (column, cut, above) in enumerate(conditions, 1):
            covered &= held[place[column, cut]] == above
            p, n = (weights * (covered & positive)).sum(), (weights * (covered & ~positive)).sum()
            share = p / (p + n) if p + n > 0 else 0.0
            if share >= worth and p + n > 0:
                best, worth = length, share
        return tuple(conditions[:best]) if worth >= self.purity else ()

    def _shares(self, codes: Any, weights: Floats) -> tuple[float, ...]:
        """Classes among the rows a rule answers for, with one row of each added (Laplace)."""
        counts = np.bincount(codes, weights, minlength=len(self.classes_)) + 1.0
        return tuple((counts / counts.sum()).tolist())

    def predict_proba(self, X: Any) -> Any:
        """Predict probabilities, shape (n_rows, n_classes)."""
        answers = np.tile(np.array(self.rules_[-1].shares), (len(X), 1))
        for rule in reversed(self.rules_[:-1]):
            answers[rule.holds(X)] = rule.shares
        return answers


def _questions(X: Any) -> list[tuple[int, float]]:
    """Cuts between values of each column, as float32 holds them."""
    found = []
    for column in range(X.shape[1]):
        values = np.unique(X[:, column])
        if len(values) > CUTS:
            values = np.unique(np.quantile(X[:, column], np.linspace(0, 1, CUTS + 2)[1:-1], method="lower"))
        else:
            values = values[:-1]
        found += [(column, float(value)) for value in values]
    return found


def _foil(p: Floats, n: Floats, p_before: float, n_before: float) -> Floats:
    """Gain of a condition in FOIL (Quinlan, 1990): positives kept, times the bits each is surer."""
    before = np.log2(p_before / (p_before + n_before))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(p > 0, p * (np.log2(p / (p + n)) - before), 0.0)


def emit_rules(graph: Graph, matrix: str, estimator: Any) -> str:
    """From the last rule to the first: where a rule holds, its shares, else those of the rules after it."""
    columns: dict[int, str] = {}

    def column(number: int) -> str:
        if number not in columns:
            columns[number] = graph.add("Gather", matrix, graph.constant(np.array([number])), axis=1)
        return columns[number]

    # A zero of each row, so that the answer has as many rows when there is no rule.
    nothing = graph.add("Cast", graph.add("Less", column(0), column(0)), to=11)
    answer = graph.add("Add", nothing, graph.constant(np.array([estimator.rules_[-1].shares])))
    for rule in reversed(estimator.rules_[:-1]):
        held = ""
        for number, cut, above in rule.conditions:
            over = graph.add("Less", graph.constant(np.array(cut, dtype=np.float32)), column(number))
            each = over if above else graph.add("Not", over)
            held = graph.add("And", held, each) if held else each
        answer = graph.add("Where", held, graph.constant(np.array([rule.shares])), answer)
    return answer


def _make(*, seed: int, n_jobs: int, **params: Any) -> DecisionList:
    return DecisionList(seed=seed, **params)


decision_list = Learner(
    name="decision_list",
    complexity=2,
    task="classification",
    summary="If-then rules in order, the first that holds answers; for models that people apply by hand.",
    reference="Rivest, 1987; Furnkranz & Widmer, 1994; Cohen, 1995",
    make=_make,
    wants=Matrix(missing="impute"),
    space={"n_conditions": Int(1, 8, default=4), "purity": Float(0.3, 0.9, default=0.5)},
    emit=emit_rules,
    max_rows=50_000,
    max_columns=500,
    max_classes=30,
    opt_in=True,
    instead="decision_tree",
)
