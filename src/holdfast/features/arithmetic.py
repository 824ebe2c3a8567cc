"""Numbers joined in pairs, drawn at random: trees find in one cut what they would need many for."""

from itertools import combinations

import numpy as np

from holdfast.data.columns import Columns, Kind
from holdfast.features.crosses import OF_NUMBERS, Cross

# So many columns are made at most.
MOST_DRAWN = 200

# Of more numbers than this, so many are drawn first: all pairs of a thousand would be millions.
MOST_NUMBERS = 100


def draw_crosses(columns: Columns, most: int, seed: int) -> tuple[Cross, ...]:
    """Products, both ratios, sums and differences of pairs of numbers: all of them, or so many drawn at random.

    The draw knows nothing of the target: the nine strongest columns, joined with each other, were worth less on six of
    eight data sets.

    >>> numbers = {name: np.arange(3.0) for name in "abc"}
    >>> columns = Columns(numbers, {}, dict.fromkeys(numbers, Kind.NUMBER))
    >>> len(draw_crosses(columns, 100, 0)), [cross.name for cross in draw_crosses(columns, 2, 0)]
    (15, ['a + b', 'b / c'])
    """
    random, numbers = np.random.default_rng(seed), columns.of_kind(Kind.NUMBER)
    if len(numbers) > MOST_NUMBERS:
        numbers = [numbers[place] for place in np.sort(random.permutation(len(numbers))[:MOST_NUMBERS])]
    every = [
        cross
        for first, second in combinations(numbers, 2)
        for cross in (*(Cross(first, operation, second) for operation in OF_NUMBERS), Cross(second, "/", first))
        if cross.name not in columns.kinds
    ]
    drawn = np.sort(random.permutation(len(every))[:most])
    return tuple(every[place] for place in drawn)
