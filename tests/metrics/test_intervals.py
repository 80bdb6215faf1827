"""Intervals and medians against scipy's own, and where they are exact."""

from fractions import Fraction
from math import comb, inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dora.metrics.clustered_medians import median_ranks
from dora.metrics.intervals import (
    poisson_interval,
    wilson_interval,
)
from dora.metrics.survival import kaplan_meier_median
from tests.support.examples import examples

FEW = examples(100, derandomize=True)


def test_poisson_interval_is_garwood_s() -> None:
    """DF3: the exact interval's ends are quantiles of chi-squared distributions."""
    counts = np.array([*range(200), 1_000, 31_234, 1_000_000])
    low, high = poisson_interval(counts)
    expected_low = np.where(counts > 0, stats.chi2.ppf(0.025, 2 * counts) / 2, 0)
    np.testing.assert_allclose(low, expected_low, rtol=1e-9)
    np.testing.assert_allclose(high, stats.chi2.ppf(0.975, 2 * counts + 2) / 2, rtol=1e-9)


def test_poisson_interval_of_none_begins_at_zero() -> None:
    """DF3: for none it begins at 0 and ends at −ln 0.025."""
    low, high = poisson_interval([0])
    assert [0.0] == low.tolist()
    assert [pytest.approx(-np.log(0.025))] == high.tolist()


def test_wilson_interval_by_hand() -> None:
    """F9: two of ten are 20 %, from 5.7 % to 51.0 %."""
    low, high = wilson_interval([2], [10])
    assert [pytest.approx(0.0566822, abs=1e-7)] == low.tolist()
    assert [pytest.approx(0.5098375, abs=1e-7)] == high.tolist()


def test_wilson_interval_is_scipy_s() -> None:
    """F9, RW1: the interval is the score interval of a binomial share."""
    pairs = [(part, whole) for whole in (1, 2, 7, 30, 1000) for part in {0, 1, whole // 2, whole}]
    low, high = wilson_interval([one for one, _ in pairs], [whole for _, whole in pairs])
    for place, (part, whole) in enumerate(pairs):
        expected = stats.binomtest(part, whole).proportion_ci(method="wilson")
        assert pytest.approx((expected.low, expected.high), abs=1e-12) == (low[place], high[place])


def test_wilson_interval_touches_what_is_certain() -> None:
    """F9: none of some begins at exactly 0, all of them ends at exactly 1, none of none is NaN."""
    low, high = wilson_interval([0, 3, 0], [3, 3, 0])
    assert [0.0, True] == [low[0], np.isnan(low[2])]
    assert [1.0, True] == [high[1], np.isnan(high[2])]


@pytest.mark.parametrize(
    ("size", "rank"), [(0, 0), (1, 0), (5, 0), (6, 1), (8, 1), (9, 2), (11, 2), (12, 3), (100, 40)]
)
def test_rank_of_the_median_s_interval(size: int, rank: int) -> None:
    """LT6: below six there is no interval; 2 · 0.5⁶ is the first that is under 5 %."""
    assert [rank] == median_ranks([size]).tolist()


def test_ranks_are_exact_for_every_size() -> None:
    """LT6: the smallest j with P(Bin(n, ½) ≤ j) ≥ 0.025, counted in whole numbers."""
    sizes = range(1, 400)
    expected = []
    for size in sizes:
        ways, j = 1, 0
        while Fraction(ways, 2**size) < Fraction(25, 1000):
            j += 1
            ways += comb(size, j)
        expected.append(j)
    assert expected == median_ranks(list(sizes)).tolist()


def test_ranks_are_scipy_s() -> None:
    """LT6: the rank is the binomial's 2.5 % quantile, for large samples too."""
    sizes = np.array([*range(1, 2000), 12_345, 1_000_000])
    expected = np.asarray(stats.binom.ppf(0.025, sizes, 0.5))
    assert expected.tolist() == median_ranks(sizes).tolist()


def test_order_of_sizes_does_not_matter() -> None:
    """LT6: a vector of sizes gives each its own rank."""
    assert [3, 0, 40, 1] == median_ranks([12, 3, 100, 6]).tolist()


@pytest.mark.parametrize(
    ("durations", "ended", "median"),
    [
        pytest.param([], [], None, id="nothing"),
        pytest.param([3.0], [True], 3.0, id="one"),
        pytest.param([3.0], [False], None, id="one open"),
        pytest.param([1.0, 2.0], [True, True], 1.0, id="even number: the lower middle one"),
        pytest.param([1.0, 2.0, 3.0], [True, True, True], 2.0, id="odd number"),
        pytest.param([1.0, 5.0], [True, False], 1.0, id="a half is low enough"),
        pytest.param([1.0, 5.0, 6.0], [True, False, False], None, id="never that low"),
        pytest.param([2.0, 2.0], [True, False], 2.0, id="recovery before censoring"),
        pytest.param([1.0, 2.0, 3.0, 4.0], [False, True, True, True], 3.0, id="censored early"),
        pytest.param([0.0, 0.0, 9.0], [True, True, True], 0.0, id="at once"),
        pytest.param(
            [float(number) for number in range(1, 25)],
            [True] * 24,
            12.0,
            id="12 of 24: a half exactly, in floats a little more",
        ),
    ],
)
def test_kaplan_meier_median_by_hand(
    durations: list[float], ended: list[bool], median: float | None
) -> None:
    """R4: the smallest time at which the curve is at or below one half."""
    assert median == kaplan_meier_median(durations, ended)


@given(
    st.lists(st.tuples(st.integers(0, 12).map(float), st.booleans()), min_size=1, max_size=40),
)
@FEW
def test_kaplan_meier_median_is_scipy_s(
    sample: list[tuple[float, bool]],
) -> None:
    """R4: the median is where scipy's survival curve falls to one half."""
    durations = [duration for duration, _ in sample]
    ended = [one for _, one in sample]
    data = stats.CensoredData.right_censored(durations, [not one for one in ended])
    curve = stats.ecdf(data).sf
    times = [
        time
        for time, share in zip(curve.quantiles, curve.probabilities, strict=True)
        if share <= 0.5 + 1e-12
    ]
    assert (min(times) if times else None) == kaplan_meier_median(durations, ended)
    assert kaplan_meier_median(durations[::-1], ended[::-1]) == kaplan_meier_median(
        durations, ended
    )


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=30))
@FEW
def test_kaplan_meier_median_of_the_recovered_is_the_lower_middle(durations: list[float]) -> None:
    """R4: with nothing open it is the middle one, of an even number the lower."""
    expected = sorted(durations)[(len(durations) - 1) // 2]
    assert expected == kaplan_meier_median(durations, [True] * len(durations))


@given(st.integers(0, 10_000), st.integers(0, 10_000))
@FEW
def test_intervals_contain_their_number(part: int, more: int) -> None:
    """DF3, F9: an interval contains its rate; a share's stays within 0 and 1."""
    low, high = poisson_interval([part])
    assert 0 <= low[0] <= part <= high[0] < inf
    if part + more:
        low, high = wilson_interval([part], [part + more])
        assert 0 <= low[0] <= part / (part + more) <= high[0] <= 1
