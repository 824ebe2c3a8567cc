"""What a learner asks of its feature matrix."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from holdfast.arrays import Matrix32
from holdfast.features.preparation import Preparation


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """What a learner wants: the encoder builds a float32 matrix that satisfies it, inside the fold.

    scaled: every number centred and scaled, to unit variance unless the user asks otherwise.
    missing: "impute" fills gaps (median, plus an indicator column) so no NaN is left; "keep" leaves NaN to the learner.
    categories: "one_hot" for learners that need it (rare values grouped, columns of many values target-encoded instead);
    "ordinal" gives a code by frequency, beside the target encoding where a column has many values. asked: the user's own
    choices, which go first.
    """

    scaled: bool = False
    missing: Literal["impute", "keep"] = "impute"
    categories: Literal["one_hot", "ordinal"] = "one_hot"
    asked: Preparation = field(default_factory=Preparation)


def beside(*parts: Matrix32) -> Matrix32:
    """Put parts of a matrix side by side; a part that is all there is is not copied, for it may be large.

    >>> beside(np.ones((2, 1), np.float32), np.ones((2, 0), np.float32)).shape
    (2, 1)
    """
    filled = [part for part in parts if part.shape[1]]
    return np.ascontiguousarray(filled[0] if len(filled) == 1 else np.concatenate(parts, axis=1))
