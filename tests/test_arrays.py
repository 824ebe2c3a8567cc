import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from holdfast.arrays import PARTS, likeliest, likeliest_of

SHARES = st.lists(
    st.one_of(st.floats(0, 1), st.sampled_from([0.5, 0.5 + 0.4 / PARTS, 0.5 - 1e-16])), min_size=2, max_size=6
)


@given(SHARES)
def test_one_row_gets_the_label_that_many_rows_get(shares):
    assert likeliest_of(shares) == likeliest(np.array([shares]))[0]


def test_a_tie_goes_to_the_first_class():
    assert likeliest_of([0.1, 0.45, 0.45 + 1e-12]) == 1
    assert likeliest_of([0.1, 0.45, 0.45 + 1e-6]) == 2
