"""What a learner asks of its feature matrix."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """What a learner wants: the encoder builds a float32 matrix that satisfies it, inside the fold.

    scaled: every column centred and scaled to unit variance.
    missing: "impute" fills gaps (median, plus an indicator column) so no NaN is left; "keep" leaves NaN to the learner.
    categories: "one_hot" for learners that need it (rare values grouped, columns with more than `max_one_hot` values
    target-encoded instead); "ordinal" gives a code by frequency, beside the target encoding where a column has many
    values.
    """

    scaled: bool = False
    missing: Literal["impute", "keep"] = "impute"
    categories: Literal["one_hot", "ordinal"] = "one_hot"
    max_one_hot: int = 20
