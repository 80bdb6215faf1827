"""How large a change is, with how much of it is sure."""

from itertools import combinations
from math import comb, exp, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dora.metrics import effects
from dora.metrics.effects import (
    episode_ratio_interval,
    rate_ratio_interval,
    rate_ratio_intervals,
    ratio_rank,
    share_difference_interval,
    share_difference_intervals,
    time_ratio_interval,
)
from tests.support.examples import examples

HOURS = st.lists(st.integers(1, 400), min_size=4, max_size=7)


# -- Rates ---------------------------------------------------------------------------------------


def test_ratio_of_rates_by_hand() -> None:
    """K2: means of 2 and 6 a week, of variance 2/3 each: log 3 ± t · √(1/24 + 1/216)."""
    spread = (1 / 6 / 4, 1 / 6 / 36)
    degrees = sum(spread) ** 2 / (spread[0] ** 2 / 3 + spread[1] ** 2 / 3)
    half = stats.t.ppf(0.975, degrees) * sqrt(sum(spread))
    found = rate_ratio_interval([1, 2, 2, 3], [5, 6, 6, 7])
    assert found == pytest.approx((3 * exp(-half), 3 * exp(half)))


@pytest.mark.parametrize(
    ("before", "now", "interval"),
    [
        ([2, 2, 2, 2], [3, 3, 3, 3], (1.5, 1.5)),
        ([2, 2, 2, 2], [2, 2, 2, 2, 2], (1.0, 1.0)),
        ([0, 0, 0, 0], [1, 2, 3, 4], None),
        ([1, 2, 3, 4], [0, 0, 0, 0], None),
        ([0, 0, 0, 0], [0, 0, 0, 0], None),
        ([1, 2, 3], [1, 2, 3, 4], None),
        ([1, 2, 3, 4], [1, 2, 3], None),
    ],
)
def test_ratio_of_rates_at_its_limits(
    before: list[int], now: list[int], interval: tuple[float, float] | None
) -> None:
    """K2: weeks that do not differ are sure; none at all, or three weeks, have no ratio."""
    assert rate_ratio_interval(before, now) == interval


def test_ratio_of_rates_of_a_table() -> None:
    """K2: row by row the interval is that of the row alone, and back to front its inverse."""
    before, now = [[1, 5, 0, 2], [0] * 4, [3, 1, 4, 1, 5]], [[9, 2, 6, 5, 3], [1] * 4, [5, 8, 9, 7]]
    low, high = rate_ratio_intervals(before, now)
    alone = [rate_ratio_interval(*pair) for pair in zip(before, now, strict=True)]
    assert [None if np.isnan(a) else (a, b) for a, b in zip(low, high, strict=True)] == alone
    turned = rate_ratio_interval(now[0], before[0])
    assert turned == pytest.approx((1 / high[0], 1 / low[0]))


# -- Shares --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "before", "interval"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998) 873–890, table II, method 10.
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((6, 7), (2, 7), (0.0582, 0.8062)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
        ((0, 10), (0, 20), (-0.1611, 0.2775)),
        ((0, 10), (0, 10), (-0.2775, 0.2775)),
        ((10, 10), (0, 20), (0.6791, 1.0)),
        ((10, 10), (0, 10), (0.6075, 1.0)),
    ],
)
def test_published_differences(
    now: tuple[int, int], before: tuple[int, int], interval: tuple[float, float]
) -> None:
    """K2: intervals of differences are those that Newcombe printed."""
    assert share_difference_interval(*before, *now) == pytest.approx(interval, abs=5e-5)


@pytest.mark.parametrize(
    ("now", "before", "interval"),
    [
        # confint_proportions_2indep(…, compare="diff", method="newcomb") of statsmodels 0.14.
        ((56, 70), (48, 80), (0.05243147240236498, 0.33387265403690614)),
        ((5, 56), (0, 29), (-0.038137147903536936, 0.19256001385511165)),
        ((9, 10), (3, 10), (0.1705227239345029, 0.809017973535488)),
    ],
)
def test_differences_are_statsmodels_s(
    now: tuple[int, int], before: tuple[int, int], interval: tuple[float, float]
) -> None:
    """K2: to the last digit, and the other way round with the other sign."""
    assert share_difference_interval(*before, *now) == pytest.approx(interval)
    turned = share_difference_interval(*now, *before)
    assert turned == pytest.approx((-interval[1], -interval[0]))


def test_differences_of_a_table() -> None:
    """K2: a share of nothing has no difference to any other."""
    low, high = share_difference_intervals([3, 0, 0], [10, 0, 5], [9, 1, 0], [10, 5, 0])
    assert low.tolist() == pytest.approx([0.17052272, np.nan, np.nan], nan_ok=True)
    assert high.tolist() == pytest.approx([0.80901797, np.nan, np.nan], nan_ok=True)
    assert share_difference_interval(0, 0, 1, 5) is None


# -- Times ---------------------------------------------------------------------------------------

#: Permeability of membranes at term and before, as in R's documentation of wilcox.test, after
#: M. Hollander and D. A. Wolfe, Nonparametric statistical methods (1973), p. 69.
AT_TERM = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
BEFORE_TERM = [1.15, 0.88, 0.90, 0.74, 1.21]


@pytest.mark.parametrize(
    ("before", "now", "difference"),
    [
        # R: wilcox.test(x, y, conf.int = TRUE) gives −0.15 to 0.76.
        (BEFORE_TERM, AT_TERM, (-0.15, 0.76)),
        (AT_TERM, BEFORE_TERM, (-0.76, 0.15)),
        # Four and four: the least and the greatest difference, which are 97 % sure.
        ([1.0, 2.0, 4.0, 7.0], [1.5, 3.0, 6.0, 9.0], (1.5 - 7.0, 9.0 - 1.0)),
        # Five and five: rank 3 of the 25, for P(U ≤ 2) = 4/252 is under 0.025, P(U ≤ 3) is not.
        ([1.0, 2.0, 4.0, 7.0, 11.0], [1.5, 3.0, 6.0, 9.0, 13.0], (1.5 - 7.0, 13.0 - 4.0)),
    ],
)
def test_published_shifts(
    before: list[float], now: list[float], difference: tuple[float, float]
) -> None:
    """K2: on logarithms the interval is that of Hodges and Lehmann, as R has it."""
    found = time_ratio_interval(*([1e3 * exp(x) for x in side] for side in (before, now)))
    assert found is not None
    assert np.log(np.array(found, dtype="float64")) == pytest.approx(difference)


@pytest.mark.parametrize(
    ("sizes", "rank"),
    [
        # One more than the critical values of U, two-sided at 5 %, that every textbook prints.
        ((5, 5), 3), ((8, 7), 11), ((10, 10), 24), ((12, 9), 27), ((20, 20), 128),
        # The first sizes that can be 95 % sure, and those that cannot.
        ((4, 4), 1), ((3, 5), 1), ((2, 8), 1), ((1, 39), 1), ((39, 1), 1),
        ((3, 4), 0), ((2, 7), 0), ((1, 38), 0), ((3, 3), 0), ((0, 9), 0), ((9, 0), 0),
        # Beyond fifty by the normal distribution: 1275 − ½ − 1.96 √(50 · 51 · 102 ÷ 12) = 985.94.
        ((50, 51), 986), ((1, 60), 0),
    ],
)  # fmt: skip
def test_ranks_of_the_low_end(sizes: tuple[int, int], rank: int) -> None:
    """K2: as Mann and Whitney's U without ties says, and none where samples are too small."""
    assert ratio_rank(*sizes) == rank


@pytest.mark.parametrize("sizes", [(4, 4), (3, 6), (6, 3), (5, 7), (2, 9)])
def test_ranks_are_counted(sizes: tuple[int, int]) -> None:
    """K2: of all ways to deal the ranks, so many leave no more pairs in order than this."""
    size, other = sizes
    ranks = [sum(deal) for deal in combinations(range(1, size + other + 1), size)]
    pairs = sorted(one - size * (size + 1) // 2 for one in ranks)
    rank = next(
        n
        for n in range(size * other)
        if 40 * sum(u <= n for u in pairs) >= comb(size + other, size)
    )
    assert ratio_rank(*sizes) == rank


def test_times_under_a_second_are_a_second() -> None:
    """K2: nothing is a multiple of no time at all."""
    assert time_ratio_interval([0.0, 0.2, 0.9, 1.0], [0.0, 2.0, 2.0, 4.0]) == (1.0, 4.0)
    assert time_ratio_interval([5.0] * 4, [5.0] * 4) == (1.0, 1.0)
    assert time_ratio_interval([1.0] * 3, [2.0] * 3) is None
    assert time_ratio_interval([], [2.0] * 30) is None


@pytest.mark.parametrize(
    ("before", "now", "interval"),
    [
        # Rank 1 of 16: an open one now may last for ever; its age is the least that it took.
        (([1, 2, 3, 4], "oooo"), ([8, 8, 8, 8], "oooo"), (2.0, 8.0)),
        (([1, 2, 3, 4], "oooo"), ([8, 8, 8, 6], "ooo-"), (1.5, None)),
        # One of before that is open may have been endless, and was at least as long as its age.
        (([1, 2, 3, 4], "-ooo"), ([8, 8, 8, 8], "oooo"), (0.0, 8.0)),
        (([1, 2, 3, 4], "ooo-"), ([8, 8, 8, 8], "---o"), (0.0, None)),
        (([1, 2, 3, 4], "----"), ([8, 8, 8, 8], "----"), (0.0, None)),
        # Rank 3 of 25: two pairs with an open one still leave the third.
        (([1, 2, 3, 4, 5], "ooooo"), ([10, 10, 10, 10, 20], "ooooo"), (2.0, 10.0)),
    ],
)
def test_open_episodes(
    before: tuple[list[float], str],
    now: tuple[list[float], str],
    interval: tuple[float, float | None] | None,
) -> None:
    """K2: a pair with an open episode counts with the least and the most that it may come to."""
    sides = [(times, [sign == "o" for sign in signs]) for times, signs in (before, now)]
    assert episode_ratio_interval(*sides) == interval


@examples(60, few=15)
@given(before=HOURS, now=HOURS, data=st.data())
def test_open_episodes_are_bounded(
    before: list[float], now: list[float], data: st.DataObject
) -> None:
    """K2: whatever becomes of the open ones, the interval holds that of the finished story."""
    ended = [
        data.draw(st.lists(st.booleans(), min_size=len(x), max_size=len(x))) for x in (before, now)
    ]
    longer = [
        [
            time if is_over else time * data.draw(st.integers(1, 50))
            for time, is_over in zip(*side, strict=True)
        ]
        for side in zip((before, now), ended, strict=True)
    ]
    told, known = (
        episode_ratio_interval((before, ended[0]), (now, ended[1])),
        time_ratio_interval(*longer),
    )
    assert told is not None
    assert known is not None
    assert known[1] is not None
    assert told[0] <= known[0]
    assert told[1] is None or known[1] <= told[1]


def test_large_samples_are_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    """K2: where there are too many pairs to list, ends are the same as if they were."""
    chance = np.random.default_rng(7)
    before, now = chance.lognormal(9, 1.2, 300).round(), chance.lognormal(9.3, 1, 200).round()
    ended = [(chance.random(len(side)) > 0.1).tolist() for side in (before, now)]
    sides = [(side.tolist(), own) for side, own in zip((before, now), ended, strict=True)]
    listed = episode_ratio_interval(*sides), time_ratio_interval(sides[0][0], sides[1][0])
    monkeypatch.setattr(effects, "MOST_PAIRS", 10)
    halved = episode_ratio_interval(*sides), time_ratio_interval(sides[0][0], sides[1][0])
    assert np.array(halved, dtype="float64") == pytest.approx(
        np.array(listed, dtype="float64"), rel=1e-15
    )
