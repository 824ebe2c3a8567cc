"""Decision lists: rules asked one after the other, the first that holds answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, TypeAlias

import numpy as np

from holdfast.arrays import Flags, Floats, Integers
from holdfast.features.matrix import Matrix
from holdfast.graph import Graph, zero_of_each_row
from holdfast.learners.learner import Learner
from holdfast.learners.space import Float, Int

# Cuts tried of each column, at quantiles of its values: fewer when rows times cuts would be more cells than this.
CUTS, MOST_CELLS = 24, 100_000_000

# Of the rows a rule is grown on, a third is kept to prune it (Cohen, 1995).
PRUNING_SHARE = 1 / 3

# Rules that are this pure are looked for first, then those less pure, down to any that beat chance: so the list falls from the
# sure to the likely, and no class is asked for before another is worth more.
PURITIES = (0.9, 0.7, 0.5, 0.3, 0.0)

# So many rows, with the class as often as among all, are added to a rule's before rules are compared (Cestnik, 1990).
M = 10.0

FEWEST, MOST_RULES = 5.0, 100

# A condition that gains no more than rounding does gains nothing.
LEAST_GAIN = 1e-6

Conditions: TypeAlias = tuple[tuple[int, float, bool], ...]

# The number of a question, and its answer.
Answers: TypeAlias = Sequence[tuple[int, bool]]


@dataclass(frozen=True)
class Rule:
    """conditions: (column, cut, above), all of which must hold: x > cut where above, else x <= cut. shares: of the classes."""

    conditions: Conditions
    shares: tuple[float, ...]

    def holds(self, X: Any) -> Flags:
        """Which rows meet every condition, (n_rows,)."""
        held = np.ones(len(X), dtype=bool)
        for column, cut, above in self.conditions:
            held &= (X[:, column] > cut) == above
        return held


class DecisionList:
    """Rules grown by the gain of FOIL and pruned on rows they were not grown on (IREP), the purest first, rarest class first.

    n_conditions: of a rule, at most; evidence: how many standard errors a rule's share of its class must lie above that of
    all rows that are left, among rows kept for pruning. After `fit`: classes_, rules_ (the last has no condition).

    >>> X = np.array([[k, k % 3] for k in range(90)], dtype=np.float32)
    >>> model = DecisionList(n_conditions=3, evidence=1.3, seed=0).fit(X, (X[:, 0] > 60).astype(int))
    >>> model.predict_proba(X).argmax(axis=1).tolist() == (X[:, 0] > 60).astype(int).tolist()
    True
    """

    def __init__(self, *, n_conditions: int, evidence: float, seed: int) -> None:
        self.n_conditions, self.evidence, self.seed = n_conditions, evidence, seed

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "DecisionList":
        """Separate and conquer: rows that a rule covers are taken away before the next is grown."""
        self.classes_, codes = np.unique(y, return_inverse=True)
        weights = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        weights = weights / weights.mean()
        questions = _questions(X)
        held = np.empty((len(questions), len(X)), dtype=np.float32)
        for number, (column, cut) in enumerate(questions):
            held[number] = X[:, column] > cut
        random = np.random.default_rng(self.seed)
        left = np.arange(len(X))
        self.rules_: list[Rule] = []
        order = np.argsort(np.bincount(codes, weights), kind="stable")
        for purity, wanted in product(PURITIES if questions else (), order):
            while len(self.rules_) < MOST_RULES:
                kept = random.random(len(left)) < PRUNING_SHARE
                signed = weights * np.where(codes == wanted, 1.0, -1.0)
                grown = self._grown(held, signed, left[~kept])
                best = self._pruned(grown, held, signed, left[kept], purity)
                if not best:
                    break
                covered = _covered(best, held, left)
                conditions = tuple((*questions[number], above) for number, above in best)
                self.rules_.append(Rule(conditions, self._shares(codes[covered], weights[covered])))
                left = np.setdiff1d(left, covered, assume_unique=True)
        self.rules_.append(Rule((), self._shares(codes[left], weights[left])))
        return self

    def _grown(self, held: Any, signed: Floats, rows: Integers) -> Answers:
        """One rule for a class, whose rows have weights above zero and all others below: (question, answer) by gain."""
        found: list[tuple[int, bool]] = []
        while len(found) < self.n_conditions:
            p, n = np.maximum(signed[rows], 0.0), np.maximum(-signed[rows], 0.0)
            if not p.any() or not n.any():
                break
            above = held[:, rows] @ np.stack([p, n], axis=1).astype(np.float32)
            whole = np.array([p.sum(), n.sum()])
            gains = np.stack(
                [_foil(*each.T.astype(np.float64), *whole) for each in (above, np.maximum(whole - above, 0.0))]
            )
            side, best = np.unravel_index(int(gains.argmax()), gains.shape)
            if gains[side, best] <= LEAST_GAIN:
                break
            found.append((int(best), bool(side == 0)))
            rows = _covered(found[-1:], held, rows)
        return found

    def _pruned(self, grown: Answers, held: Any, signed: Floats, rows: Integers, purity: float) -> Answers:
        """The first conditions, as many as tell the class best among rows not grown on; none when that is not good enough."""
        p, n = np.maximum(signed[rows], 0.0).sum(), np.maximum(-signed[rows], 0.0).sum()
        if not p or not n:
            return []
        chance = p / (p + n)
        best, worth, enough = 0, -np.inf, False
        for length in range(1, len(grown) + 1):
            rows = _covered(grown[length - 1 : length], held, rows)
            p, n = np.maximum(signed[rows], 0.0).sum(), np.maximum(-signed[rows], 0.0).sum()
            if p + n < FEWEST:
                break
            share, error = p / (p + n), np.sqrt(chance * (1 - chance) / (p + n))
            shrunk = (p + M * chance) / (p + n + M)
            if shrunk >= worth:
                best, worth = length, shrunk
                enough = share >= purity and share - chance > self.evidence * error
        return grown[:best] if enough else []

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


def _covered(answers: Answers, held: Any, rows: Integers) -> Integers:
    """Which of some rows give these answers."""
    for number, above in answers:
        rows = rows[(held[number, rows] > 0) == above]
    return rows


def _questions(X: Any) -> list[tuple[int, float]]:
    """Cuts between values of each column, as float32 holds them."""
    found, n_cuts = [], int(np.clip(MOST_CELLS // X.size, 1, CUTS))
    for column in range(X.shape[1]):
        values = np.unique(X[:, column])
        if len(values) > n_cuts + 1:
            values = np.unique(np.quantile(X[:, column], np.linspace(0, 1, n_cuts + 2)[1:-1], method="lower"))
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

    # So that the answer has as many rows when there is no rule.
    nothing = zero_of_each_row(graph, column(0))
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
    reference="Rivest, 1987; Furnkranz & Widmer, 1994; Cohen, 1995; Wang & Rudin, 2015",
    also=("ripper", "irep", "jrip", "rule_list", "rules"),
    make=_make,
    wants=Matrix(missing="impute"),
    space={"n_conditions": Int(1, 8, default=4), "evidence": Float(0.0, 4.0, default=1.3)},
    emit=emit_rules,
    max_rows=50_000,
    max_columns=500,
    max_classes=30,
    opt_in=True,
    instead="decision_tree",
)
