"""Which changes of a whole table are clear."""

from math import inf, nan
from typing import Any

import numpy as np
import pytest

from dora.metrics import judgement
from dora.metrics.judgement import judge

STEADY, TWICE = [2, 3, 2, 3, 2, 3], [5, 4, 6, 5, 5, 6]


def row(**values: Any) -> judgement.Tested:
    """One row of which everything says that it grew, but for *values*."""
    clear = {"p_values": 0.01, "floors": 0.001, "signs": 1.0, "low": 1.5, "high": 3.0}
    columns = {name: np.array([value]) for name, value in {**clear, **values}.items()}
    return judgement.Tested(**columns, no_change=1.0)


@pytest.mark.parametrize(
    ("values", "moved", "direction"),
    [
        ({}, 1.0, 1.0),
        ({"signs": -1.0, "low": 0.2, "high": 0.9}, -1.0, -1.0),
        # The adjusted p-value is the only one's own.
        ({"p_values": 0.05}, 1.0, 1.0),
        ({"p_values": 0.0501}, 1.0, 0.0),
        ({"p_values": nan}, 1.0, 0.0),
        ({"floors": 0.0501}, 1.0, 0.0),
        # An interval that holds no change, or ends there, or says the contrary.
        ({"low": 1.0}, 1.0, 0.0),
        ({"low": 0.9}, 1.0, 0.0),
        ({"signs": -1.0, "low": 0.2, "high": 1.0}, -1.0, 0.0),
        ({"low": 0.2, "high": 0.9}, 1.0, 0.0),
        ({"high": inf}, 1.0, 1.0),
        ({"signs": -1.0, "low": 0.0, "high": inf}, -1.0, 0.0),
        # Without an interval the test alone decides.
        ({"low": nan, "high": nan}, 1.0, 1.0),
        # The number that is shown has to move the same way, where there is one.
        ({}, -1.0, 0.0),
        ({}, 0.0, 0.0),
        ({}, nan, 1.0),
        ({"signs": 0.0, "low": nan, "high": nan}, 0.0, 0.0),
    ],
)
def test_a_word_needs_everything(values: dict[str, float], moved: float, direction: float) -> None:
    """K2, K5: an adjusted p-value, the interval, and the number beside the word agree."""
    (found,) = judge([row(**values)], [[moved]])
    assert found.directions.tolist() == [direction]


def test_a_table_is_judged_as_one() -> None:
    """K5: all tests of all metrics are adjusted together, but for those that could not be clear."""
    one = judgement.Tested(
        np.array([0.02, 0.9, nan]), np.array([0.001, 0.001, nan]), np.array([1.0, 1.0, 0.0]),
        np.full(3, nan), np.full(3, nan), no_change=1.0,
    )  # fmt: skip
    other = judgement.Tested(
        np.array([0.03, 0.04, 0.001]), np.array([0.001, 0.06, 0.0005]), np.array([-1.0, 1.0, -1.0]),
        np.array([-0.5, 0.1, -0.5]), np.array([-0.1, 0.5, -0.1]), no_change=0.0,
    )  # fmt: skip
    first, second = judge([one, other], [np.ones(3), [-1.0, 1.0, -1.0]])
    # Four tests: 0.001 × 4, then 0.02 × 4 ÷ 2 and 0.03 × 4 ÷ 3, which is the same, and 0.9.
    assert first.adjusted.tolist() == pytest.approx([0.04, 0.9, nan], nan_ok=True)
    assert second.adjusted.tolist() == pytest.approx([0.04, nan, 0.004], nan_ok=True)
    assert (first.directions.tolist(), second.directions.tolist()) == ([1, 0, 0], [-1, 0, -1])


def test_table_without_rows() -> None:
    """K5: of no rows nothing is said."""
    nothing = [
        judgement.tested_rates([], []),
        judgement.tested_shares([], [], [], []),
        judgement.tested_times([], []),
    ]
    assert [one.directions.tolist() for one in judge(nothing, [[], [], []])] == [[], [], []]


def test_what_is_set_side_by_side() -> None:
    """K2 to K4: which way each metric moved, and NaN where there is nothing to compare."""
    rates = judgement.tested_rates(
        [STEADY, TWICE, STEADY, [0] * 4, [1] * 3], [TWICE, STEADY, STEADY, [0] * 4, TWICE]
    )
    assert rates.signs.tolist() == [1, -1, 0, 0, 0]
    assert np.isnan(rates.p_values).tolist() == [False] * 4 + [True]
    assert np.isnan(rates.low).tolist() == [False] * 3 + [True] * 2
    shares = judgement.tested_shares([1, 3, 1, 0], [10, 10, 5, 0], [3, 1, 2, 1], [10, 10, 10, 5])
    assert shares.signs.tolist() == [1, -1, 0, 0]
    assert np.isnan(shares.low).tolist() == [False] * 3 + [True]
    times = judgement.tested_times(
        [[1.0] * 4, [9.0] * 4, [], [1.0]], [[5.0] * 4, [3.0] * 4, [1.0], [2.0]]
    )
    assert times.signs.tolist() == [1, -1, 0, 1]
    assert times.low.tolist() == pytest.approx([5.0, 1 / 3, nan, nan], nan_ok=True)
    ended = [True] * 4
    lasting = judgement.tested_episodes([([1.0] * 4, ended)], [([2.0] * 4, [False] * 4)])
    assert (lasting.low.tolist(), lasting.high.tolist()) == ([2.0], [inf])
    assert lasting.floors.tolist() == pytest.approx([2 / 70])


def test_rates_of_a_table_by_hand() -> None:
    """K2, K5: twice as many a week is clear where weeks hardly differ, and not where they do."""
    bursts = [0, 12, 1, 0, 2, 0], [0, 1, 22, 0, 6, 1]
    found = judgement.tested_rates([STEADY, TWICE, bursts[0]], [TWICE, STEADY, bursts[1]])
    (judged,) = judge([found], [[1.0, -1.0, 1.0]])
    assert judged.directions.tolist() == [1, -1, 0]
