import numpy as np
import pytest

from holdfast.compile.prove import open_session
from holdfast.evaluate.pool import AVERAGE, Pool
from holdfast.graph import Graph

RNG = np.random.default_rng(0)
SHARES = [RNG.dirichlet(np.ones(3), 50) for _ in range(3)]
VALUES = [RNG.normal(size=50) for _ in range(3)]
WEIGHTS = [0.5, 0.3, 0.2]


def compiled(pool, answers, weights):
    """What the pool's graph makes of the answers."""
    graph = Graph()
    given = [each.reshape(len(each), -1) for each in answers]
    names = [graph.input(f"member_{k}", np.float64, each.shape[1]) for k, each in enumerate(given)]
    graph.output(pool.emit(graph, names, weights), "answer", np.float64, given[0].shape[1])
    session = open_session(graph.model().SerializeToString())
    return session.run(None, dict(zip(names, given, strict=True)))[0].reshape(answers[0].shape)


def test_an_average_is_one():
    assert np.allclose(AVERAGE.join(VALUES, WEIGHTS), np.average(VALUES, axis=0, weights=WEIGHTS))


def test_an_average_of_logarithms_is_a_geometric_mean_made_probabilities():
    mean = SHARES[0] ** 0.5 * SHARES[1] ** 0.3 * SHARES[2] ** 0.2
    assert np.allclose(Pool(logs=True).join(SHARES, WEIGHTS), mean / mean.sum(axis=1, keepdims=True))


def test_a_stack_of_values_is_linear():
    assert np.allclose(Pool(shift=(7.0,)).join(VALUES, [2.0, 0.0, 1.0]), 7 + 2 * VALUES[0] + VALUES[2])


@pytest.mark.parametrize(
    ("pool", "answers"),
    [
        (AVERAGE, SHARES),
        (AVERAGE, VALUES),
        (Pool(logs=True), SHARES),
        (Pool(logs=True, shift=(0.5, -2.0, 0.1)), SHARES),
        (Pool(shift=(3.0,)), VALUES),
    ],
)
@pytest.mark.parametrize("n_members", [1, 3])
def test_the_compiled_form_is_equal(pool, answers, n_members):
    answers, weights = answers[:n_members], [1.0] if n_members == 1 else WEIGHTS
    assert np.abs(compiled(pool, answers, weights) - pool.join(answers, weights)).max() < 1e-14


def test_certain_answers_that_contradict_each_other_stay_numbers():
    sure = [np.eye(3)[:, :], np.eye(3)[:, ::-1]]
    found = Pool(logs=True).join(sure, [0.5, 0.5])
    assert np.isfinite(found).all()
    assert found.sum(axis=1) == pytest.approx(1)
    assert np.abs(compiled(Pool(logs=True), sure, [0.5, 0.5]) - found).max() < 1e-14
