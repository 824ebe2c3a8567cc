"""The board puts the best first, each learner beside the baseline, on the folds it was judged on."""

from dataclasses import replace

import numpy as np
import pytest

from holdfast.evaluate.leaderboard import DRAWS, FEWEST_DRAWS, Entry, leaderboard
from holdfast.metrics.regression import RMSE


def test_the_board_puts_the_best_first_and_the_baseline_on_it():
    rng = np.random.default_rng(0)
    y = rng.normal(size=300)
    entries = [
        Entry("mean", np.full(300, y.mean()), 0.1, 1e6, baseline=True),
        Entry("far", y + 2 * rng.normal(size=300), 1, 1e5),
        Entry("close", y + 0.3 * rng.normal(size=300), 1, 1e5, chosen=True),
    ]
    board = leaderboard(entries, y, RMSE, parts=np.array_split(np.arange(300), 3))
    assert [row.learner for row in board] == ["close", "mean", "far"]
    assert board[0].beats_baseline < 0.01 < 0.9 < board[2].beats_baseline
    assert board[1].beats_baseline is None
    assert board[0].to_json()["beats_baseline"] == {"p": board[0].beats_baseline}
    for row in board:
        assert row.low <= row.score <= row.high


def test_where_a_score_takes_long_fewer_draws_are_scored():
    calls = 0

    def slow(y, given, weights):
        nonlocal calls
        calls += 1
        return RMSE.function(y, given, weights)

    y = np.random.default_rng(0).normal(size=60)
    entries = [Entry("mean", np.full(60, y.mean()), 0.1, 1e6, baseline=True), Entry("close", y + 0.1, 1, 1e5)]
    counted, boards = [], []
    for seconds in (float("inf"), 1e9, 0.0):
        calls = 0
        boards.append(
            leaderboard(entries, y, replace(RMSE, function=slow), parts=[np.arange(60)], once=1, seconds=seconds)
        )
        counted.append(calls)
    assert counted[0] > 2 * DRAWS
    assert counted[1] == counted[0] + FEWEST_DRAWS + 2  # which tell how long one takes
    assert counted[2] == counted[1] - 2 * (DRAWS - FEWEST_DRAWS)
    assert boards[0] == boards[1]
    assert [row.score for row in boards[2]] == [row.score for row in boards[0]]


def test_what_was_judged_on_the_first_cut_alone_stands_beside_the_others():
    rng = np.random.default_rng(0)
    y = rng.normal(size=300)
    twice = np.tile(y, 2)
    close = twice + 0.3 * rng.normal(size=600)
    entries = [
        Entry("mean", np.full(600, y.mean()), 0.1, 1e6, baseline=True),
        Entry("close", close, 1, 1e5, chosen=True),
        Entry("lucky", y + 0.2 * rng.normal(size=300), 1, 1e5),
        Entry("far", y + 0.7 * rng.normal(size=300), 1, 1e5),
    ]
    parts = np.array_split(np.arange(600), 6)
    board = leaderboard(entries, twice, RMSE, parts=parts, once=3)
    # A better score on fewer folds may be luck: the first was judged on all.
    assert [(row.learner, row.folds) for row in board] == [("close", 6), ("lucky", 3), ("far", 3), ("mean", 6)]
    assert board[2].beats_baseline < 0.01
    lucky, far = board[1].best, board[2].best
    assert lucky.difference > 0 > far.difference
    # They are compared by the folds they share.
    first = np.sqrt(np.mean((close[:300] - y).reshape(3, -1) ** 2, axis=1)).mean()
    theirs = np.sqrt(np.mean((entries[3].predictions - y).reshape(3, -1) ** 2, axis=1)).mean()
    assert far.difference == pytest.approx(first - theirs)
