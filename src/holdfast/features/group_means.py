"""Numbers held against the rows of their category: how far from the mean of its group each is, or how many times the mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from holdfast.arrays import Floats
from holdfast.data.columns import Columns
from holdfast.features.crosses import OPERATORS, Cross, Operation, combine
from holdfast.features.inputs import Inputs
from holdfast.features.power import LARGEST
from holdfast.graph import Graph

# Weight of the overall mean in a group's, in rows; and values of a category told apart at most.
SMOOTHING, MOST_VALUES = 10.0, 20_000

# Stands in a table without keys; it does not occur in text data.
NO_KEY = "\x1f"


@dataclass(frozen=True)
class GroupMeans:
    """What the numbers of crosses are on average by a category. The crosses share the category and the operation.

    values: the category's values that have a mean of their own. means: (len(values) + 1, len(crosses)), drawn towards the
    overall means where rows are few; the last row holds those, for values never seen and for gaps.

    >>> from holdfast.data.columns import Coded, Kind
    >>> city = Coded(np.repeat([0, 1, -1], [10, 20, 10]), np.array(["Oslo", "Rome"], dtype=object))
    >>> price = np.repeat([100.0, 200.0, 300.0], [10, 20, 10])
    >>> columns = Columns({"price": price}, {"city": city}, {"price": Kind.NUMBER, "city": Kind.CATEGORY})
    >>> learned = GroupMeans.learn(columns, "city", "by", [Cross("price", "by", "city")])
    >>> dict(zip((*learned.values, "others"), learned.means[:, 0].tolist()))
    {'Rome': 200.0, 'Oslo': 150.0, 'others': 200.0}
    """

    category: str
    operation: Operation
    crosses: Sequence[Cross]
    values: Sequence[str]
    means: Floats

    @classmethod
    def learn(cls, columns: Columns, category: str, operation: Operation, crosses: Sequence[Cross]) -> Self:
        """Average training rows; the commonest of very many values have a mean of their own."""
        coded = columns.strings[category]
        counts = np.bincount(coded.codes + 1, minlength=len(coded.values) + 1)[1:]
        kept = np.argsort(-counts, kind="stable")[:MOST_VALUES]
        kept = kept[counts[kept] > 0]
        means = np.empty((len(kept) + 1, len(crosses)))
        for place, cross in enumerate(crosses):
            numbers = columns.numbers[cross.first]
            known = np.isfinite(numbers)
            numbers, codes = np.clip(numbers[known], -LARGEST, LARGEST), coded.codes[known] + 1
            overall = float(numbers.mean()) if len(numbers) else 0.0
            rows = np.bincount(codes, minlength=len(counts) + 1)[1:][kept]
            sums = np.bincount(codes, weights=numbers, minlength=len(counts) + 1)[1:][kept]
            means[:, place] = np.append((sums + SMOOTHING * overall) / (rows + SMOOTHING), overall)
        return cls(category, operation, tuple(crosses), tuple(str(coded.values[k]) for k in kept), means)

    def words(self) -> dict[str, str]:
        """What the columns are that it makes."""
        way = "deviation from" if self.operation == "by" else "divided by"
        return {cross.name: f"{way} the mean {cross.first} of the {cross.second}" for cross in self.crosses}

    def beside_means(self, columns: Columns) -> dict[str, Floats]:
        """The columns it makes by name, each (n_rows,); a missing number stays missing."""
        # What has no number, -1, finds the last row: the overall means.
        rows = columns.strings[self.category].look_up({value: k for k, value in enumerate(self.values)})
        return {
            cross.name: combine(self.operation, columns.numbers[cross.first], self.means[rows, place])
            for place, cross in enumerate(self.crosses)
        }

    def emit(self, graph: Graph, inputs: Inputs) -> str:
        """The same columns in a graph, a double tensor (rows, len(crosses))."""
        row = graph.add(
            "LabelEncoder",
            inputs.strings_of(graph, [self.category]),
            domain="ai.onnx.ml",
            keys_strings=self.values or [NO_KEY],
            values_int64s=list(range(max(1, len(self.values)))),
            default_int64=len(self.values),
        )
        found = graph.add("Gather", graph.constant(self.means), row, axis=0)
        means = graph.add("Reshape", found, graph.constant(np.array([-1, len(self.crosses)])))
        return graph.add(
            OPERATORS[self.operation], inputs.numbers_of(graph, [cross.first for cross in self.crosses]), means
        )
