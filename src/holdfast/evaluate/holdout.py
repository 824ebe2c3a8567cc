"""A holdout that can be asked more than once: Thresholdout (Dwork et al., The reusable holdout, Science, 2015)."""

from dataclasses import dataclass

import numpy as np

from holdfast.errors import SealError

# In units of the noise: answers of development rows are repeated unless the sealed rows disagree by more than this. These
# are the settings of the paper's experiments: a threshold of 0.04 and noise of 0.01 for 10,000 rows.
THRESHOLD = 4.0

# Answers that may disclose something of the sealed rows before they are spent: one for so many rows, and this many at least.
ROWS_A_DISCLOSURE, FEWEST = 25, 20


def disclosures(n_rows: int) -> int:
    """How many answers may disclose something of that many sealed rows."""
    return max(FEWEST, n_rows // ROWS_A_DISCLOSURE)


@dataclass(frozen=True)
class Answer:
    """value: what is told. disclosed: whether it tells something of the sealed rows; `left` such answers remain."""

    value: float
    disclosed: bool
    left: int


class Thresholdout:
    """Answers questions about sealed rows so that the answers stay true although each question depends on those before.

    noise: the scale of the noise, in the units of the answers; about twice the standard error of an answer. While
    development and sealed rows agree within a noisy threshold, only what the development rows say is told, which costs
    nothing; else the noisy answer of the sealed rows, which spends one disclosure.

    >>> holdout = Thresholdout(noise=0.01, seed=0, left=20)
    >>> holdout.ask(0.80, 0.81)
    Answer(value=0.8, disclosed=False, left=20)
    >>> holdout.ask(0.95, 0.70).disclosed
    True
    """

    def __init__(self, *, noise: float, seed: int, left: int) -> None:
        self._noise, self._rng, self.left = noise, np.random.default_rng(seed), left

    def ask(self, development: float, sealed: float) -> Answer:
        """Answer with what the development rows say, or with what the sealed rows say, blurred.

        Raises SealError when nothing may be disclosed any more: from then on every answer would be a guess.
        """
        if self.left <= 0:
            raise SealError(
                "the sealed rows have disclosed all they may and can't be trusted to answer more; expected rows that were "
                "never asked: collect new ones"
            )
        wide = THRESHOLD * self._noise + self._rng.normal(scale=self._noise)
        if abs(development - sealed) <= wide:
            return Answer(development, False, self.left)
        self.left -= 1
        return Answer(sealed + self._rng.normal(scale=self._noise), True, self.left)
