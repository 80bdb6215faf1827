"""How sure a frequency is, from how much whole weeks differ (DF3)."""

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora.metrics.intervals import (
    poisson_interval,
    weekly_rate,
    weekly_rate_interval,
    weekly_rate_intervals,
)
from tests.support.examples import examples

FEW = examples(100, derandomize=True)
#: Student's 97.5 % quantile for three degrees of freedom.
T3 = 3.1824463


@pytest.mark.parametrize(
    ("counts", "weeks", "total", "expected"),
    [
        pytest.param([9, 0, 4], 3.9, 15, None, id="three whole weeks"),
        # s² = 5/3; Garwood's of 10 is 4.795 to 18.390, and wider at the upper end alone.
        pytest.param(
            [1, 2, 3, 4], 4, 10, (2.5 - T3 * sqrt(5 / 3) / 2, 18.3903560 / 4), id="four weeks"
        ),
        pytest.param([4, 1, 3, 2], 4, 10, (0.4457398, 4.5975890), id="in any order"),
        # s = 10: a lower end below 0 is 0.
        pytest.param([0, 0, 20, 0], 4, 20, (0, 5 + T3 * 10 / 2), id="all in one week"),
        # No spread at all: what is left is Garwood's of 20, 12.216 to 30.888.
        pytest.param([5, 5, 5, 5], 4, 20, (3.0541300, 7.7220950), id="every week alike"),
        pytest.param([0, 0, 0, 0], 4, 0, (0, 3.6888795 / 4), id="none"),
        # None in the whole weeks, six before them: the rate is of all 4.5 weeks.
        pytest.param([0, 0, 0, 0], 4.5, 6, (2.2018942 / 4.5, 13.0594740 / 4.5), id="all before"),
        # s² = 120, t(4) = 2.7764451; the 3 before the five weeks count in the rate.
        pytest.param(
            [2, 22, 2, 22, 22],
            5.5,
            73,
            (73 / 5.5 - 2.7764451 * sqrt(120 / 5.5), 73 / 5.5 + 2.7764451 * sqrt(120 / 5.5)),
            id="five and a half weeks",
        ),
    ],
)
def test_interval_of_a_rate_by_hand(
    counts: list[int], weeks: float, total: int, expected: tuple[float, float] | None
) -> None:
    """DF3: r ± t · s ÷ √w, not below 0, never narrower at either end than Garwood's."""
    found = weekly_rate_interval(counts, weeks, total)
    assert (expected and pytest.approx(expected, abs=1e-6)) == found


def test_an_interval_tells_what_it_is_made_of() -> None:
    """DF3: the counts, the exposure, their deviation, Student's quantile, the rate and the ends."""
    expected = [
        (1, 2, 3, 4),
        4.5,
        pytest.approx(sqrt(5 / 3)),
        pytest.approx(T3),
        pytest.approx(13 / 4.5),
        pytest.approx(13 / 4.5 - T3 * sqrt(5 / 3 / 4.5)),
        pytest.approx(22.2304 / 4.5, abs=1e-4),
    ]
    assert expected == [*(weekly_rate([1, 2, 3, 4], 4.5, 13) or ())]
    assert weekly_rate([1, 2, 3], 4.5, 13) is None


weekly = st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=14), max_size=5)


@given(weekly, st.floats(0, 0.99), st.integers(0, 9))
@FEW
def test_many_groups_at_once(groups: list[list[int]], rest: float, before: int) -> None:
    """DF3: many groups at once have the intervals that each has alone, which hold its rate."""
    weeks = [len(own) + rest for own in groups]
    totals = [sum(own) + before for own in groups]
    lows, highs = weekly_rate_intervals(
        [len(own) for own in groups],
        [sum(own) for own in groups],
        [sum(count**2 for count in own) for own in groups],
        weeks,
        totals,
    )
    floors = zip(*(end / weeks for end in poisson_interval(totals)), strict=True)
    ends = zip(lows.tolist(), highs.tolist(), strict=True)
    for own, length, total, (low, high), floor in zip(
        groups, weeks, totals, ends, floors, strict=True
    ):
        alone = weekly_rate_interval(own, length, total)
        assert alone == (None if np.isnan(low) else (low, high))
        if alone is not None:
            assert 0 <= low <= floor[0] <= total / length <= floor[1] <= high
